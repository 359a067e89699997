"""The figures of a quarter, as values: what each is, the query that makes it and the query of the rows behind it.

A figure of the log or of the ledger is a query; every other is made of those by a named rule. `rows` names whatever
it counts by an event's id or an entry's key, so that each figure can be followed down and each event up.
"""

from typing import Literal

import msgspec

Unit = Literal["count", "minutes", "share", "fen", "ratio"]
# What one does with a video that is more than watching it.
INTERACTIONS = ("like", "comment", "share", "save", "follow")
_INTERACTIONS = ", ".join(f"'{name}'" for name in INTERACTIONS)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure."""

    name: str
    unit: Unit
    source: Literal["log", "ledger", "made"]
    group: str
    value: str = ""  # SQL: one number; of the log or the ledger
    rows: str = ""  # SQL: what is behind it; columns of `event` or `key` name each
    members: str = ""  # SQL: the events or postings that count for it; has one where `event` or `key` is asked for
    rule: Literal["", "sum", "difference", "quotient"] = ""  # of what is made of others
    of: tuple[str, ...] = ()
    is_shown: bool = True


def _log(name: str, group: str, unit: Unit, value: str, rows: str, members: str, is_shown: bool = True) -> Figure:
    return Figure(
        name=name,
        unit=unit,
        source="log",
        group=group,
        value=value,
        rows=rows,
        members=members,
        is_shown=is_shown,
    )


def _of_events(where: str) -> str:
    return f"SELECT id AS event FROM quarter_events WHERE {where}"


def _events(name: str, group: str, unit: Unit, what: str, where: str, is_shown: bool = True) -> Figure:
    """A figure over events of the quarter, each of which is a row."""
    columns = "id AS event, day, time_ms, person, item, owner, outcome, value"
    rows = f"SELECT {columns} FROM quarter_events WHERE {where} ORDER BY seq"
    value = f"SELECT {what} FROM quarter_events WHERE {where}"
    return _log(name, group, unit, value, rows, _of_events(where), is_shown)


def _ledger(name: str, group: str, sign: str, where: str, is_shown: bool = True) -> Figure:
    """A figure over postings of the quarter's months, in fen."""
    columns = (
        f"key, event, entry, time_ms, kind, account, {sign}home AS fen, amount, currency, "
        "line, city, campaign, programme, owner, item"
    )
    return Figure(
        name=name,
        unit="fen",
        source="ledger",
        group=group,
        value=f"SELECT coalesce({sign}sum(home), 0) FROM quarter_postings WHERE {where}",
        rows=f"SELECT {columns} FROM quarter_postings WHERE {where} ORDER BY entry, n",
        members=f"SELECT event, key FROM quarter_postings WHERE {where}",
        is_shown=is_shown,
    )


def _made(name: str, group: str, unit: Unit, rule: Literal["sum", "difference", "quotient"], *of: str) -> Figure:
    return Figure(name=name, unit=unit, source="made", group=group, rule=rule, of=of)


def _people_rows(span: str, where: str = "true") -> str:
    return (
        f"SELECT {span}, person, min_by(id, seq) AS event, count(*) AS events FROM quarter_events WHERE {where} "
        f"GROUP BY {span}, person ORDER BY {span}, person"
    )


def _people(name: str, span: str, where: str = "true") -> Figure:
    """People counted once in each day or month."""
    value = f"SELECT count(*) FROM (SELECT DISTINCT {span}, person FROM quarter_events WHERE {where})"
    return _log(name, "people", "count", value, _people_rows(span, where), _of_events(where), is_shown=False)


def _span(name: str, span: str) -> Figure:
    """How many days or months of the quarter have begun."""
    rows = f"SELECT DISTINCT {span} FROM quarter_events ORDER BY {span}"
    return _log(name, "people", "count", f"SELECT {name}_begun()", rows, "SELECT '' AS event WHERE false", False)


_PAIRS = """
WITH follows AS (
  SELECT person, owner AS whom, max_by(outcome, seq) AS last, max_by(id, seq) AS event
  FROM follow_events WHERE time_ms < until_ms() GROUP BY person, owner)
SELECT a.event, a.person, a.whom, b.event AS event_back FROM follows a JOIN follows b
ON a.person = b.whom AND a.whom = b.person WHERE a.person < a.whom AND a.last = 'follow' AND b.last = 'follow'
"""

FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        _span("days", "day"),
        _span("months", "month"),
        _people("person_days", "day"),
        _people("person_months", "month"),
        _people("searcher_months", "month", "outcome = 'search'"),
        _people("buyer_months", "month", "outcome = 'order'"),
        _made("daily_people", "people", "count", "quotient", "person_days", "days"),
        _made("monthly_people", "people", "count", "quotient", "person_months", "months"),
        _events("watch_minutes", "people", "minutes", "coalesce(sum(value), 0) / 60", "outcome = 'watch'"),
        _made("minutes_a_day", "people", "minutes", "quotient", "watch_minutes", "person_days"),
        _events("interactions", "people", "count", "count(*)", f"outcome IN ({_INTERACTIONS})"),
        _made("interactions_a_day", "people", "ratio", "quotient", "interactions", "person_days"),
        _log(
            "mutual_pairs",
            "people",
            "count",
            f"SELECT count(*) FROM ({_PAIRS})",
            f"SELECT * FROM ({_PAIRS}) ORDER BY person, whom",
            f"SELECT unnest([event, event_back]) AS event FROM ({_PAIRS})",
        ),
        _events("searches", "people", "count", "count(*)", "outcome = 'search'"),
        _made("searchers", "people", "count", "quotient", "searcher_months", "months"),
        _made("searching_share", "people", "share", "quotient", "searcher_months", "person_months"),
        _made("buyers", "commerce", "count", "quotient", "buyer_months", "months"),
        _made("buying_share", "commerce", "share", "quotient", "buyer_months", "person_months"),
        _events("orders", "commerce", "count", "count(*)", "outcome = 'order'"),
        _events("gmv", "commerce", "fen", "coalesce(sum(round(value * 100)), 0)", "outcome = 'order'"),
        _ledger("revenue_marketing", "revenue", "-", "account = 'Income:Marketing'"),
        _ledger("revenue_live", "revenue", "-", "account = 'Income:Live'"),
        _ledger("revenue_other", "revenue", "-", "account LIKE 'Income:Other:%'"),
        _made("revenue", "revenue", "fen", "sum", "revenue_marketing", "revenue_live", "revenue_other"),
        _made("share_marketing", "revenue", "share", "quotient", "revenue_marketing", "revenue"),
        _made("share_live", "revenue", "share", "quotient", "revenue_live", "revenue"),
        _made("share_other", "revenue", "share", "quotient", "revenue_other", "revenue"),
        _ledger("cost_shares", "cost", "", "account LIKE 'Expenses:Cost:Shares:%'"),
        _ledger("cost_bandwidth", "cost", "", "account = 'Expenses:Cost:Bandwidth'"),
        _ledger("cost_servers", "cost", "", "account IN ('Expenses:Cost:Servers', 'Expenses:Cost:Depreciation')"),
        _ledger("cost_taxes", "cost", "", "account = 'Expenses:Cost:Taxes'"),
        _ledger(
            "cost_rest",
            "cost",
            "",
            "account IN ('Expenses:Cost:Payment', 'Expenses:Cost:Content', 'Expenses:Cost:Staff', "
            "'Expenses:Cost:ShareBased')",
        ),
        _made("cost", "cost", "fen", "sum", "cost_shares", "cost_bandwidth", "cost_servers", "cost_taxes", "cost_rest"),
        _made("cost_ratio", "cost", "share", "quotient", "cost", "revenue"),
        _made("gross_profit", "cost", "fen", "difference", "revenue", "cost"),
        _made("gross_margin", "cost", "share", "quotient", "gross_profit", "revenue"),
        _ledger("selling", "expenses", "", "account LIKE 'Expenses:Selling:%'"),
        _made("selling_ratio", "expenses", "share", "quotient", "selling", "revenue"),
        _ledger("research", "expenses", "", "account LIKE 'Expenses:Research:%'"),
        _made("research_ratio", "expenses", "share", "quotient", "research", "revenue"),
        _ledger("administration", "expenses", "", "account LIKE 'Expenses:Administration:%'"),
        _made("administration_ratio", "expenses", "share", "quotient", "administration", "revenue"),
        _made(
            "operating_profit", "profit", "fen", "difference", "gross_profit", "selling", "research", "administration"
        ),
        _ledger("finance", "profit", "-", "account IN ('Income:Finance', 'Expenses:Finance')"),
        _made("profit_before_tax", "profit", "fen", "sum", "operating_profit", "finance"),
        _ledger("income_tax", "profit", "", "account = 'Expenses:Tax:Income'"),
        _made("net_profit", "profit", "fen", "difference", "profit_before_tax", "income_tax"),
        _made("net_margin", "profit", "share", "quotient", "net_profit", "revenue"),
        _ledger("share_based", "profit", "", "account LIKE '%:ShareBased' AND account LIKE 'Expenses:%'"),
        _made("adjusted_profit", "profit", "fen", "sum", "net_profit", "share_based"),
        _made("adjusted_margin", "profit", "share", "quotient", "adjusted_profit", "revenue"),
    )
}
GROUPS = ("people", "commerce", "revenue", "cost", "expenses", "profit")


def parts_of(name: str) -> tuple[str, ...]:
    """The figures of the log and the ledger that a figure is made of, itself where it is one of them."""
    figure = FIGURES[name]
    if figure.source != "made":
        return (name,)
    found = [part for one in figure.of for part in parts_of(one)]
    return tuple(dict.fromkeys(found))


def make(figure: Figure, values: dict[str, float | None]) -> float | None:
    """A figure from those that it is made of; None where one divides by nothing or is not known."""
    parts = [values.get(name) for name in figure.of]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if figure.rule == "sum":
        return sum(known)
    first, *rest = known
    if figure.rule == "difference":
        return first - sum(rest)
    return first / rest[0] if rest[0] else None
