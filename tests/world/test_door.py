"""The room's door: what other rooms may take, and nothing more."""

import walras.world

KEYS = ("SCOPES", "KeyGrant", "Keys", "NewKey")
MODELS = ("Manifest", "Model", "Models", "check_bundle", "hashes", "read_manifest", "write_manifest")
CATALOGUE = ("Listing", "Owner", "Owners", "Shelf", "World", "open_world")
REST = ("PriceTable", "Worth")
TRIALS = (
    "Arm",
    "Design",
    "Guard",
    "Layer",
    "Live",
    "Step",
    "Trial",
    "TrialStatus",
    "Trials",
    "Unit",
    "assign",
    "window_of",
)
SET = ("Parameter", "Parameters", "Reader", "Settled", "Value")
PEOPLE = ("ROLES", "Account", "AccountSettings", "Accounts", "Notifications", "Privacy", "Teen", "hides")
WAYS_IN = ("Codes", "NewCode", "NewSignIn", "Passkey", "Passkeys", "Seals", "SignIn", "SignIns", "Tries", "WrongCode")
LETTERS = ("Letter", "Mail", "Outbox", "Sender", "sender_of")
RECORD = ("Audit", "Deed", "Deeds")
PROMISES = ("Promise", "Promises", "behind", "moved_price", "priced", "SavedFeed", "ViewerDials")
# What a line keeps its own tables with.
TABLES = ("ID", "INSTANT", "Database", "Table", "upsert")


def test_the_door_gives_these_names() -> None:
    names = [*KEYS, *MODELS, *CATALOGUE, *REST, *TRIALS, *SET, *PEOPLE, *WAYS_IN, *LETTERS, *RECORD, *PROMISES, *TABLES]
    assert sorted(walras.world.__all__) == sorted(names)
    assert all(hasattr(walras.world, name) for name in names)
