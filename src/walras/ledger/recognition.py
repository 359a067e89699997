"""How business becomes money: each rule makes the one balanced entry of a business event, from plain values.

Revenue of marketing is recognised when an advertiser is charged; of live streaming when a gift is given, gross, with
the shares of host and guild as cost; of orders when they are final, and then only the platform's commission, since
the goods are the merchant's. Sales tax is contained in every price and is never revenue. A line calls these from its
`postings.py`; lines to come add what only they know as dimensions.
"""

from collections.abc import Sequence

import msgspec

from walras.base.ids import NO_EVENT, EventId
from walras.ledger import chart
from walras.ledger.money import share_out
from walras.schema import JournalEntry, Posting

WHOLE_BP = 10_000


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Shares in hundredths of a per cent, as contracts say them."""

    sales_tax_bp: int = 600  # on top of the net price
    host_bp: int = 4_500  # of a gift
    guild_bp: int = 500  # of a gift, where the host has a guild
    commission_bp: int = 500  # of an order, kept by the platform
    promoter_bp: int = 0  # of an order, to whoever led to it; the merchant bears it


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry belongs to, on every posting."""

    line: str = ""
    city: str = ""
    campaign: str = ""
    programme: str = ""
    item: str = ""


NOWHERE = Where()


def debit(account: str, amount: int, where: Where = NOWHERE, owner: str = "", currency: str = "CNY") -> Posting:
    """A debit."""
    return Posting(
        account=account, side="debit", amount=amount, owner=owner, currency=currency, **msgspec.structs.asdict(where)
    )


def credit(account: str, amount: int, where: Where = NOWHERE, owner: str = "", currency: str = "CNY") -> Posting:
    """A credit."""
    return Posting(
        account=account, side="credit", amount=amount, owner=owner, currency=currency, **msgspec.structs.asdict(where)
    )


def entry(
    key: str, kind: str, time_ms: int, postings: Sequence[Posting], event: EventId = NO_EVENT, memo: str = ""
) -> JournalEntry:
    """An entry without those postings whose amount came out as 0."""
    kept = tuple(posting for posting in postings if posting.amount)
    return JournalEntry(key=key, kind=kind, time_ms=time_ms, postings=kept, event=event, memo=memo)


def net_and_tax(gross: int, terms: Terms) -> tuple[int, int]:
    """A price with sales tax inside, taken apart."""
    net, tax = share_out(gross, [WHOLE_BP, terms.sales_tax_bp])
    return net, tax


def top_up(key: str, time_ms: int, owner: str, amount: int, account: str = chart.WALLETS) -> JournalEntry:
    """An advertiser puts money in, or a viewer buys coins."""
    return entry(key, "top-up", time_ms, [debit(chart.CLEARING, amount), credit(account, amount, owner=owner)])


def marketing_income(amount: int, terms: Terms, where: Where) -> list[Posting]:
    """The credits of a charge for marketing; the debit is the wallet's, or what was held of it."""
    net, tax = net_and_tax(amount, terms)
    return [one for one in (credit(chart.MARKETING, net, where), credit(chart.SALES_TAX, tax, where)) if one.amount]


def charge(
    key: str, time_ms: int, owner: str, amount: int, terms: Terms, where: Where, event: EventId = NO_EVENT
) -> JournalEntry:
    """An advertiser pays for what was delivered."""
    sides = [debit(chart.WALLETS, amount, where, owner), *marketing_income(amount, terms, where)]
    return entry(key, "marketing.charge", time_ms, sides, event)


def gift(
    key: str, time_ms: int, amount: int, host: str, guild: str, terms: Terms, where: Where, event: EventId = NO_EVENT
) -> JournalEntry:
    """A viewer gives a gift that she pays for at once; host and guild get their shares of it."""
    net, tax = net_and_tax(amount, terms)
    guild_bp = terms.guild_bp if guild else 0
    to_host, to_guild, _ = share_out(amount, [terms.host_bp, guild_bp, WHOLE_BP - terms.host_bp - guild_bp])
    sides = [
        debit(chart.CLEARING, amount, where),
        credit(chart.LIVE, net, where),
        credit(chart.SALES_TAX, tax, where),
        debit(chart.TO_HOSTS, to_host, where),
        credit(chart.HOSTS, to_host, where, host),
        debit(chart.TO_GUILDS, to_guild, where),
        credit(chart.GUILDS, to_guild, where, guild),
    ]
    return entry(key, "gift", time_ms, sides, event)


def order_paid(
    key: str, time_ms: int, merchant: str, amount: int, where: Where, event: EventId = NO_EVENT
) -> JournalEntry:
    """A buyer pays; the money waits until the order is final."""
    return entry(
        key,
        "order.paid",
        time_ms,
        [debit(chart.CLEARING, amount, where), credit(chart.ORDERS, amount, where, merchant)],
        event,
    )


def order_final(
    key: str,
    time_ms: int,
    merchant: str,
    promoter: str,
    amount: int,
    terms: Terms,
    where: Where,
    event: EventId = NO_EVENT,
) -> JournalEntry:
    """The order can no longer be given back: the merchant is owed, and the commission is revenue."""
    promoter_bp = terms.promoter_bp if promoter else 0
    weights = [terms.commission_bp, promoter_bp, WHOLE_BP - terms.commission_bp - promoter_bp]
    commission, to_promoter, to_merchant = share_out(amount, weights)
    net, tax = net_and_tax(commission, terms)
    sides = [
        debit(chart.ORDERS, amount, where, merchant),
        credit(chart.MERCHANTS, to_merchant, where, merchant),
        credit(chart.CREATORS, to_promoter, where, promoter),
        credit(chart.COMMERCE, net, where),
        credit(chart.SALES_TAX, tax, where),
    ]
    return entry(key, "order.final", time_ms, sides, event)


def order_refunded(
    key: str, time_ms: int, merchant: str, amount: int, where: Where, event: EventId = NO_EVENT
) -> JournalEntry:
    """A buyer gets back what waited."""
    sides = [debit(chart.ORDERS, amount, where, merchant), credit(chart.CLEARING, amount, where)]
    return entry(key, "order.refunded", time_ms, sides, event)


def usage(key: str, time_ms: int, bandwidth: int, servers: int, where: Where, memo: str = "") -> JournalEntry | None:
    """What a day of serving used; None where it used nothing."""
    sides = [
        debit(chart.BANDWIDTH, bandwidth, where),
        debit(chart.SERVERS, servers, where),
        credit(chart.PROVIDERS, bandwidth + servers, where),
    ]
    return entry(key, "usage", time_ms, sides, memo=memo) if bandwidth + servers else None


def shares_granted(key: str, time_ms: int, function: str, amount: int) -> JournalEntry:
    """Share-based compensation of a function, such as Expenses:Research: an expense that no money leaves for."""
    account = f"{function}:{chart.SHARE_BASED}"
    return entry(key, "share-based", time_ms, [debit(account, amount), credit(chart.SHARES_GRANTED, amount)])


def expense(key: str, time_ms: int, account: str, amount: int, owed_to: str = chart.PROVIDERS) -> JournalEntry:
    """Any other cost, owed to somebody."""
    return entry(key, "expense", time_ms, [debit(account, amount), credit(owed_to, amount)])


def pool_shared(key: str, time_ms: int, shares: Sequence[tuple[str, str, int]], where: Where) -> JournalEntry:
    """A pool goes to creators: one posting for each video that earned something.

    Args:
        key: of the entry.
        time_ms: the end of the pool's time.
        shares: (video, maker, fen) each.
        where: line and programme; the video is on each posting.
    """
    total = sum(amount for _, _, amount in shares)
    each = [
        credit(chart.CREATORS, amount, msgspec.structs.replace(where, item=video), maker)
        for video, maker, amount in shares
    ]
    return entry(key, "pool", time_ms, [debit(chart.TO_CREATORS, total, where), *each])
