"""Accounts: signing up and in, settings, passkeys, and taking one's own data away.

Gives the routes of people's own accounts over the tables of the world, and letters to their owners.
It never shows one person's account to another, and says of no login whether it exists.
"""

from walras.doors.accounts.lines import LineOfAccounts
from walras.doors.accounts.routes import STATIC_FOLDER, account_routes

__all__ = ["STATIC_FOLDER", "LineOfAccounts", "account_routes"]
