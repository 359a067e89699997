"""What exists: people, items, owners, API keys, models, the price table, experiments and their assignment.

It gives tables by name behind one `World`, in SQLite or PostgreSQL, made from the log where the log knows them.
It never hands a row or a connection to another room, and never writes to the log.
"""

from walras.base.database import Database
from walras.base.tables import ID, INSTANT, Table, upsert
from walras.world.account_settings import AccountSettings, Notifications, Privacy, Teen
from walras.world.accounts import ROLES, Account, Accounts
from walras.world.audit import Audit, Deed, Deeds
from walras.world.bundles import Manifest, check_bundle, hashes, read_manifest, write_manifest
from walras.world.catalogue import Listing, Owner, Owners, Shelf
from walras.world.codes import Codes, NewCode, WrongCode
from walras.world.dials import SavedFeed, ViewerDials
from walras.world.keys import SCOPES, KeyGrant, Keys, NewKey
from walras.world.models import Model, Models
from walras.world.outbox import Letter, Mail, Outbox, Sender, sender_of
from walras.world.passkeys import Passkey, Passkeys
from walras.world.promises import Promise, Promises, behind, moved_price, priced
from walras.world.seals import Seals
from walras.world.sign_ins import NewSignIn, SignIn, SignIns
from walras.world.trials import (
    Arm,
    Design,
    Guard,
    Layer,
    Live,
    Parameter,
    Parameters,
    Reader,
    Settled,
    Step,
    Trial,
    Trials,
    TrialStatus,
    Unit,
    Value,
    assign,
    window_of,
)
from walras.world.tries import Tries
from walras.world.words import hides
from walras.world.world import World, open_world
from walras.world.worth import PriceTable, Worth

__all__ = [
    "ID",
    "INSTANT",
    "ROLES",
    "SCOPES",
    "Account",
    "AccountSettings",
    "Accounts",
    "Arm",
    "Audit",
    "Codes",
    "Database",
    "Deed",
    "Deeds",
    "Design",
    "Guard",
    "KeyGrant",
    "Keys",
    "Layer",
    "Letter",
    "Listing",
    "Live",
    "Mail",
    "Manifest",
    "Model",
    "Models",
    "NewCode",
    "NewKey",
    "NewSignIn",
    "Notifications",
    "Outbox",
    "Owner",
    "Owners",
    "Parameter",
    "Parameters",
    "Passkey",
    "Passkeys",
    "PriceTable",
    "Privacy",
    "Promise",
    "Promises",
    "Reader",
    "SavedFeed",
    "Seals",
    "Sender",
    "Settled",
    "Shelf",
    "SignIn",
    "SignIns",
    "Step",
    "Table",
    "Teen",
    "Trial",
    "TrialStatus",
    "Trials",
    "Tries",
    "Unit",
    "Value",
    "ViewerDials",
    "World",
    "Worth",
    "WrongCode",
    "assign",
    "behind",
    "check_bundle",
    "hashes",
    "hides",
    "moved_price",
    "open_world",
    "priced",
    "read_manifest",
    "sender_of",
    "upsert",
    "window_of",
    "write_manifest",
]
