"""A year of a small platform, made by hand, and its figures by a second path: plain Python over each row."""

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from walras.base.clock import DAY_MS, SetClock
from walras.base.streams import stream
from walras.events import Log, Registry, SqliteLog, happenings
from walras.ledger import Ledger, recognition
from walras.ledger.chart import RESEARCH, SELLING, WALLETS
from walras.ledger.recognition import Terms, Where
from walras.lines.video import LINE
from walras.loops.booking import Booking, Finals
from walras.schema import Event
from walras.world import World

ZONE = "Asia/Shanghai"
INTERACTIONS = ("like", "comment", "share", "save", "follow")
OUTCOMES = ("exposure", "watch", "watch", "watch", "like", "comment", "share", "save", "follow", "unfollow", "search")
MONEY = ("gift", "order")


class House:
    """A home folder with a log, tables and a ledger."""

    def __init__(self, home: Path, clock: SetClock) -> None:
        self.home, self.clock = home, clock
        self.world = World(f"sqlite:///{home / 'world.sqlite'}", models_folder=home / "models", clock=clock)
        self.world.upgrade()
        self.log = SqliteLog(home / "log", Registry(), clock)
        self.ledger = Ledger(self.world.database, clock, ZONE)

    def booking(self) -> Booking:
        return Booking(
            self.ledger,
            self.log.position,
            lambda after, until: happenings(self.home / "log", after, until, list(LINE.postings)),
            LINE.postings,
            lambda items: {item: f"maker-{item[-1]}" for item in items},
        )

    def finals(self) -> Finals:
        assert LINE.finals is not None
        return Finals(self.ledger, self.clock, LINE.finals)

    def close(self) -> None:
        self.ledger.close()
        self.log.close()
        self.world.close()


def a_year(house: House, end_ms: int, days: int = 430, a_day: int = 12) -> None:
    """Events of many days in the order of time, the older ones compacted; charges, wages and shares by hand."""
    numbers = stream(7, "tests/books")
    events: list[Event] = []
    for day in range(days):
        at_ms = end_ms - (days - day) * DAY_MS
        events += [_event(numbers, at_ms, day, n) for n in range(a_day)]
        if day % 10 == 9:
            house.log.append(events)
            events = []
        if day == days - 21:
            house.clock.instant_ms += 2 * DAY_MS
            house.log.compact(1)
        if day % 10 == 0:
            _by_hand(house.ledger, at_ms, day)
    house.log.append(events)


def _event(numbers, at_ms: int, day: int, n: int) -> Event:
    kind = str(numbers.choice(MONEY if numbers.random() < 0.15 else OUTCOMES))
    value = round(float(numbers.uniform(1, 90)), 2) if kind in (*MONEY, "watch") else 1.0
    person, whom = f"p{numbers.integers(0, 9)}", f"p{numbers.integers(0, 9)}"
    return Event(
        id=f"e{day}-{n}",
        person=person,
        item=f"v{numbers.integers(0, 5)}",
        owner=whom if kind in ("follow", "unfollow") else "",
        outcome=kind,
        value=value,
        time_ms=at_ms + int(numbers.integers(0, DAY_MS)),
        context={"city": "杭州", "guild": "g1"} if kind == "gift" and n % 2 else {},
    )


def _by_hand(ledger: Ledger, at_ms: int, day: int) -> None:
    where = Where(line="ads", campaign=f"c{day % 3}")
    ledger.post(
        recognition.top_up(f"top/{day}", at_ms, "ad1", 90_000 + day),
        recognition.charge(f"charge/{day}", at_ms, "ad1", 70_001 + day, Terms(), where),
        recognition.expense(f"wage/{day}", at_ms, f"{RESEARCH}:Staff", 1_000 + day, "Liabilities:Salaries"),
        recognition.expense(f"brand/{day}", at_ms, f"{SELLING}:Promotion", 3_000, WALLETS),
        recognition.expense(f"tax/{day}", at_ms, "Expenses:Tax:Income", 777, "Liabilities:Tax:Income"),
        recognition.shares_granted(f"shares/{day}", at_ms, RESEARCH, 501),
    )
    if day % 20 == 0:
        ledger.reverse(f"charge/{day}", f"charge/{day}/back", at_ms + 1)


def by_second_path(log: Log, home: Path, ledger: Ledger, quarter: str, until_ms: int) -> dict[str, float | None]:
    """Every figure of a quarter from raw rows, without SQL."""
    zone = ZoneInfo(ZONE)
    year, number = int(quarter[:4]), int(quarter[-1])
    begin = datetime(year, 3 * number - 2, 1, tzinfo=zone)
    end = datetime(year + number // 4, 3 * number % 12 + 1, 1, tzinfo=zone)
    from_ms, to_ms = int(begin.timestamp() * 1000), int(end.timestamp() * 1000)
    until_ms = max(min(to_ms, until_ms), from_ms)
    every = [one.event for one in happenings(home / "log", 0, log.position(), [o.name for o in Registry()])]
    events = [e for e in every if from_ms <= e.time_ms < until_ms]
    out: dict[str, float | None] = {}

    def day(e):
        return datetime.fromtimestamp(e.time_ms / 1000, zone).date()

    days = {begin.date() + timedelta(n) for n in range(92) if begin + timedelta(n) < end}
    begun = [d for d in days if datetime(d.year, d.month, d.day, tzinfo=zone).timestamp() * 1000 < until_ms]
    person_days = len({(day(e), e.person) for e in events})
    months = len({(d.year, d.month) for d in begun})

    def a_month(*kinds):
        return len({(day(e).replace(day=1), e.person) for e in events if not kinds or e.outcome in kinds})

    def over(a, b):
        return a / b if b else None

    out["daily_people"] = over(person_days, len(begun))
    out["monthly_people"] = over(a_month(), months)
    out["watch_minutes"] = sum(e.value for e in events if e.outcome == "watch") / 60
    out["minutes_a_day"] = over(out["watch_minutes"], person_days)
    out["interactions"] = sum(e.outcome in INTERACTIONS for e in events)
    out["interactions_a_day"] = over(out["interactions"], person_days)
    out["searches"] = sum(e.outcome == "search" for e in events)
    out["searchers"] = over(a_month("search"), months)
    out["searching_share"] = over(a_month("search"), a_month())
    out["buyers"] = over(a_month("order"), months)
    out["buying_share"] = over(a_month("order"), a_month())
    out["orders"] = sum(e.outcome == "order" for e in events)
    out["gmv"] = sum(round(e.value * 100) for e in events if e.outcome == "order")
    follows: set[tuple[str, str]] = set()
    for e in every:
        if e.time_ms < until_ms and e.outcome in ("follow", "unfollow"):
            (follows.add if e.outcome == "follow" else follows.discard)((e.person, e.owner))
    out["mutual_pairs"] = sum((b, a) in follows for a, b in follows if a < b)
    return out | _money(ledger, quarter)


def _money(ledger: Ledger, quarter: str) -> dict[str, float | None]:
    sums: dict[str, int] = defaultdict(int)
    for written in ledger.all_entries():
        month = written.period
        if f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}" == quarter:
            for posting, home in zip(written.entry.postings, written.homes, strict=True):
                sums[posting.account] += home

    def under(*prefixes):
        return sum(amount for account, amount in sums.items() if account.startswith(prefixes))

    def over(a, b):
        return a / b if b else None

    out: dict[str, float | None] = {}
    out["revenue_marketing"], out["revenue_live"] = -under("Income:Marketing"), -under("Income:Live")
    out["revenue_other"] = -under("Income:Other:")
    revenue = out["revenue"] = -under("Income:Marketing", "Income:Live", "Income:Other:")
    for name in ("marketing", "live", "other"):
        out[f"share_{name}"] = over(out[f"revenue_{name}"], revenue)
    out["cost_shares"] = under("Expenses:Cost:Shares:")
    out["cost_bandwidth"] = under("Expenses:Cost:Bandwidth")
    out["cost_servers"] = under("Expenses:Cost:Servers", "Expenses:Cost:Depreciation")
    out["cost_taxes"] = under("Expenses:Cost:Taxes")
    out["cost_rest"] = under("Expenses:Cost:Payment", "Expenses:Cost:Content", "Expenses:Cost:S") - under(
        "Expenses:Cost:Servers", "Expenses:Cost:Shares:"
    )
    cost = out["cost"] = under("Expenses:Cost:")
    gross = out["gross_profit"] = revenue - cost
    out["cost_ratio"], out["gross_margin"] = over(cost, revenue), over(gross, revenue)
    spent = 0
    for name in ("Selling", "Research", "Administration"):
        one = out[name.lower()] = under(f"Expenses:{name}:")
        out[f"{name.lower()}_ratio"] = over(one, revenue)
        spent += one
    out["operating_profit"] = gross - spent
    out["finance"] = -under("Income:Finance", "Expenses:Finance")
    out["profit_before_tax"] = gross - spent + out["finance"]
    out["income_tax"] = under("Expenses:Tax:Income")
    net = out["net_profit"] = -under("Income:", "Expenses:")
    out["net_margin"] = over(net, revenue)
    out["share_based"] = sum(
        amount for account, amount in sums.items() if account.endswith("ShareBased") and "Exp" in account
    )
    out["adjusted_profit"] = net + out["share_based"]
    out["adjusted_margin"] = over(net + out["share_based"], revenue)
    return out
