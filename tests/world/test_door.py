"""The room's door: what other rooms may take, and nothing more."""

import walras.world

KEYS = ("SCOPES", "KeyGrant", "Keys", "NewKey")
MODELS = ("Manifest", "Model", "Models", "check_bundle", "hashes", "read_manifest", "write_manifest")
CATALOGUE = ("Listing", "Owner", "Owners", "Shelf", "World", "open_world")
REST = ("PriceTable", "Worth", "Arm", "Trial", "TrialStatus", "Trials", "assign")
PEOPLE = ("ROLES", "Account", "AccountSettings", "Accounts", "Notifications", "Privacy", "Teen")
WAYS_IN = ("NewSignIn", "Seals", "SignIn", "SignIns")
# What a line keeps its own tables with.
TABLES = ("ID", "INSTANT", "Database", "Table", "upsert")


def test_the_door_gives_these_names() -> None:
    names = [*KEYS, *MODELS, *CATALOGUE, *REST, *PEOPLE, *WAYS_IN, *TABLES]
    assert sorted(walras.world.__all__) == sorted(names)
    assert all(hasattr(walras.world, name) for name in names)
