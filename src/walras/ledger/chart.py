"""The chart of accounts. Short on purpose: what a yuan belongs to beside its kind is said by dimensions of a posting.

Names are those that beancount reads. A guarded account never falls below nothing, for each owner and currency alone;
where it names `held_in`, its money can be promised and lies there until it is captured or released.
"""

from dataclasses import dataclass
from typing import Literal

from walras.base.errors import Invalid, nearest

Kind = Literal["asset", "liability", "equity", "income", "expense"]


@dataclass(frozen=True, slots=True)
class Account:
    """One account."""

    name: str
    kind: Kind
    meaning: str
    guarded: bool = False
    held_in: str = ""


def _accounts(kind: Kind, *rows: tuple[str, str]) -> tuple[Account, ...]:
    return tuple(Account(name, kind, meaning) for name, meaning in rows)


WALLETS, WALLETS_HELD = "Liabilities:Wallets", "Liabilities:Wallets:Held"
COINS, COINS_HELD = "Liabilities:Coins", "Liabilities:Coins:Held"
CREATORS, HOSTS = "Liabilities:Payable:Creators", "Liabilities:Payable:Hosts"
GUILDS, MERCHANTS = "Liabilities:Payable:Guilds", "Liabilities:Payable:Merchants"
PROVIDERS, PAYOUTS = "Liabilities:Payable:Providers", "Liabilities:Payouts"
ORDERS, DEFERRED = "Liabilities:Orders", "Liabilities:Deferred"
CASH, CLEARING = "Assets:Cash", "Assets:Clearing"
SALES_TAX, INCOME_TAX_DUE = "Liabilities:Tax:Sales", "Liabilities:Tax:Income"
EXCHANGE, SHARES_GRANTED = "Equity:Exchange", "Equity:ShareBased"
MARKETING, LIVE, COMMERCE = "Income:Marketing", "Income:Live", "Income:Other:Commerce"
COST, SELLING = "Expenses:Cost", "Expenses:Selling"
RESEARCH, ADMINISTRATION = "Expenses:Research", "Expenses:Administration"
TO_CREATORS, TO_HOSTS, TO_GUILDS = f"{COST}:Shares:Creators", f"{COST}:Shares:Hosts", f"{COST}:Shares:Guilds"
BANDWIDTH, SERVERS = f"{COST}:Bandwidth", f"{COST}:Servers"
INCOME_TAX = "Expenses:Tax:Income"
SHARE_BASED = "ShareBased"

CHART: dict[str, Account] = {
    account.name: account
    for account in (
        *_accounts(
            "asset",
            (CASH, "Money in the bank."),
            (CLEARING, "Paid by people and still with the payment provider."),
            ("Assets:Receivable", "Owed by customers who pay later."),
            ("Assets:Prepaid", "Paid ahead to suppliers."),
            ("Assets:Equipment", "Servers and other equipment, at cost."),
            ("Assets:Equipment:Depreciation", "What has been written off of it."),
        ),
        Account(WALLETS, "liability", "Money that advertisers have put in.", guarded=True, held_in=WALLETS_HELD),
        Account(WALLETS_HELD, "liability", "Of it, what is promised.", guarded=True),
        Account(COINS, "liability", "Coins that viewers bought and have not spent.", guarded=True, held_in=COINS_HELD),
        Account(COINS_HELD, "liability", "Of them, what is promised.", guarded=True),
        *_accounts(
            "liability",
            (ORDERS, "Paid by buyers for orders that are not final yet, by merchant."),
            (DEFERRED, "Received for what is still to be done."),
            (CREATORS, "Owed to creators."),
            (HOSTS, "Owed to hosts."),
            (GUILDS, "Owed to guilds."),
            (MERCHANTS, "Owed to merchants."),
            (PROVIDERS, "Owed to suppliers of bandwidth, servers and the rest."),
            (PAYOUTS, "Payouts that are on their way."),
            ("Liabilities:Salaries", "Owed to staff."),
            (SALES_TAX, "Sales tax received and not paid over yet."),
            (INCOME_TAX_DUE, "Income tax to be paid."),
        ),
        *_accounts(
            "equity",
            ("Equity:Capital", "Paid in by the owners."),
            ("Equity:Opening", "What was there when these books began."),
            (SHARES_GRANTED, "Share-based compensation granted."),
            (EXCHANGE, "Between two currencies: each side in its own."),
        ),
        *_accounts(
            "income",
            (MARKETING, "Online marketing services."),
            (LIVE, "Live streaming."),
            (COMMERCE, "Other services: commission of orders."),
            ("Income:Other:Services", "Other services beside commerce."),
            ("Income:Finance", "Interest and the like; no revenue."),
        ),
        *_accounts(
            "expense",
            (TO_CREATORS, "Creators' shares."),
            (TO_HOSTS, "Hosts' shares."),
            (TO_GUILDS, "Guilds' shares."),
            (BANDWIDTH, "Bandwidth by use."),
            (SERVERS, "Servers by use."),
            (f"{COST}:Payment", "Fees of payment providers."),
            (f"{COST}:Content", "Content bought."),
            (f"{COST}:Taxes", "Surcharges on sales."),
            (f"{COST}:Depreciation", "Depreciation of servers."),
            (f"{COST}:Staff", "Staff who run the service."),
            (f"{COST}:{SHARE_BASED}", "Their share-based compensation."),
            (f"{SELLING}:Promotion", "Acquisition and brand."),
            (f"{SELLING}:Subsidies", "Coupons and subsidies."),
            (f"{SELLING}:Staff", "Staff who sell."),
            (f"{SELLING}:{SHARE_BASED}", "Their share-based compensation."),
            (f"{RESEARCH}:Staff", "Staff who build."),
            (f"{RESEARCH}:Servers", "Servers for training and trials."),
            (f"{RESEARCH}:{SHARE_BASED}", "Their share-based compensation."),
            (f"{ADMINISTRATION}:Staff", "Staff of administration."),
            (f"{ADMINISTRATION}:General", "Everything else of administration."),
            (f"{ADMINISTRATION}:{SHARE_BASED}", "Its share-based compensation."),
            (INCOME_TAX, "Income tax."),
            ("Expenses:Finance", "Interest, and gains and losses of exchange."),
        ),
    )
}


# Where promised money lies, and whose it is again once nothing is promised.
HELD_OF: dict[str, str] = {account.held_in: account.name for account in CHART.values() if account.held_in}


def account_named(name: str, field: str = "account") -> Account:
    """The account of this name.

    Args:
        name: as in the chart.
        field: path to it, for the error.

    Raises:
        Invalid: the chart has no such account; with the nearest that it has.
    """
    found = CHART.get(name)
    if found is None:
        hint = nearest(name, CHART) or "See docs/ledger.md for the chart."
        raise Invalid("is no account of the chart", field=field, value=name, hint=hint)
    return found
