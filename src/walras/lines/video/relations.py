"""Who is tied to whom and to what, and how often: questions to the tables that `projecting` fills."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
import sqlalchemy as sa

from walras.base.clock import DAY_MS
from walras.lines.video.adding import add
from walras.lines.video.counting import BINS, TieKey, counted_by
from walras.lines.video.tables import TallyRow, TieRow, VideoDayRow
from walras.lines.video.turns import written_position
from walras.world import Database

# People of one question; more followed people than this are read in stretches by nobody, since no page needs them.
PEOPLE_MAX = 5_000


class SourceDay(msgspec.Struct, frozen=True, kw_only=True):
    """What a video got on one UTC day from one source."""

    day: int  # days since 1970
    source: str
    exposures: int
    views: int
    watch_s: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted of a video, for its maker."""

    video: str
    counts: dict[str, int]
    watch_s: float
    completion: tuple[int, ...]  # stretches of watching by tenth of the duration they reached
    days: tuple[SourceDay, ...]


class Relations:
    """Ties and counts."""

    def __init__(self, database: Database) -> None:
        """Look at the tables."""
        self._database = database

    def said(self, person: str, targets: Iterable[str]) -> dict[str, frozenset[str]]:
        """What a person says of these videos and people: kinds of ties that hold, by target."""
        wanted = list(dict.fromkeys(targets))
        query = sa.select(TieRow.target, TieRow.kind).where(TieRow.person == person, _holds())
        found: dict[str, set[str]] = {}
        with self._database.read() as connection:
            for target, kind in connection.execute(query.where(TieRow.target.in_(wanted))):
                found.setdefault(target, set()).add(kind)
        return {target: frozenset(kinds) for target, kinds in found.items()}

    def said_to(self, person: str, people: Iterable[str]) -> dict[str, frozenset[str]]:
        """What these people say of a person: kinds of ties that hold, by who says it."""
        query = sa.select(TieRow.person, TieRow.kind).where(TieRow.target == person, _holds())
        found: dict[str, set[str]] = {}
        with self._database.read() as connection:
            for who, kind in connection.execute(query.where(TieRow.person.in_(list(dict.fromkeys(people))))):
                found.setdefault(who, set()).add(kind)
        return {who: frozenset(kinds) for who, kinds in found.items()}

    def is_mutual(self, one: str, other: str) -> bool:
        """Whether two follow each other, and neither blocks the other."""
        there, back = self.said(one, [other]).get(other, _NONE), self.said(other, [one]).get(one, _NONE)
        return "follow" in there and "follow" in back and not self.is_blocked(one, other)

    def is_blocked(self, one: str, other: str) -> bool:
        """Whether one of two blocks the other."""
        said = self.said(one, [other]).get(other, _NONE) | self.said(other, [one]).get(one, _NONE)
        return "block" in said

    def followed_by(self, person: str) -> list[str]:
        """Whom a person follows, the newest first."""
        return self._targets(person, "follow")

    def blocked_by(self, person: str) -> list[str]:
        """Whom a person blocks."""
        return self._targets(person, "block")

    def kept_from(self, person: str) -> frozenset[str]:
        """Whose things a person is not shown: those she blocks, and those who block her."""
        blockers = sa.select(TieRow.person).where(TieRow.target == person, TieRow.kind == "block", _holds())
        with self._database.read() as connection:
            return frozenset(connection.scalars(blockers.limit(PEOPLE_MAX))) | frozenset(self.blocked_by(person))

    def mutuals_of(self, person: str) -> list[str]:
        """Who follows a person and is followed back."""
        followed = self.followed_by(person)
        back = self.said_to(person, followed)
        return [who for who in followed if "follow" in back.get(who, _NONE)]

    def people(self, person: str, direction: str, cursor: str, n: int) -> tuple[list[str], str]:
        """A page of a person's `followers` or of those she is `following`, the newest first, and where to go on."""
        own, other = (TieRow.target, TieRow.person) if direction == "followers" else (TieRow.person, TieRow.target)
        query = sa.select(other, TieRow.at_ms).where(own == person, TieRow.kind == "follow", _holds())
        ms, _, id = cursor.partition(".")
        if ms.isdigit() and id:
            behind = sa.and_(TieRow.at_ms == int(ms), other < id)
            query = query.where(sa.or_(TieRow.at_ms < int(ms), behind))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(TieRow.at_ms.desc(), other.desc()).limit(n + 1)).all()
        go_on = f"{rows[n - 1][1]}.{rows[n - 1][0]}" if len(rows) > n else ""
        return [row[0] for row in rows[:n]], go_on

    def videos_of_kind(self, person: str, kind: str, cursor: str, n: int) -> tuple[list[str], str]:
        """Videos a person likes or keeps, the newest first, and where to go on."""
        query = sa.select(TieRow.target, TieRow.at_ms).where(TieRow.person == person, TieRow.kind == kind, _holds())
        ms, _, id = cursor.partition(".")
        if ms.isdigit() and id:
            behind = sa.and_(TieRow.at_ms == int(ms), TieRow.target < id)
            query = query.where(sa.or_(TieRow.at_ms < int(ms), behind))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(TieRow.at_ms.desc(), TieRow.target.desc()).limit(n + 1)).all()
        go_on = f"{rows[n - 1][1]}.{rows[n - 1][0]}" if len(rows) > n else ""
        return [row[0] for row in rows[:n]], go_on

    def counts(self, subjects: Iterable[str]) -> dict[str, dict[str, int]]:
        """Everything that is counted of these videos and people."""
        wanted = list(dict.fromkeys(subjects))
        found: dict[str, dict[str, int]] = {subject: {} for subject in wanted}
        query = sa.select(TallyRow.subject, TallyRow.what, TallyRow.n).where(TallyRow.subject.in_(wanted))
        with self._database.read() as connection:
            for subject, what, n in connection.execute(query):
                found[subject][what] = n
        return found

    def measured(self, video: str) -> Measured:
        """What is counted of one video, with its sources by day and how far it was watched."""
        counts = self.counts([video])[video]
        query = sa.select(VideoDayRow).where(VideoDayRow.video == video).order_by(VideoDayRow.day, VideoDayRow.source)
        with self._database.read() as connection:
            days = tuple(
                SourceDay(
                    day=row.day,
                    source=row.source,
                    exposures=row.exposures,
                    views=row.views,
                    watch_s=row.watch_ms / 1000,
                )
                for row in connection.execute(query)
            )
        return Measured(
            video=video,
            counts={what: n for what, n in counts.items() if not what.startswith("bin") and what != "watch_ms"},
            watch_s=counts.get("watch_ms", 0) / 1000,
            completion=tuple(counts.get(f"bin{n}", 0) for n in range(BINS)),
            days=days,
        )

    def followers_by_day(self, person: str, since_day: int) -> dict[int, int]:
        """How many of a person's present followers began on each UTC day since one (days since 1970)."""
        query = (
            sa.select(TieRow.at_ms // DAY_MS, sa.func.count())
            .where(TieRow.target == person, TieRow.kind == "follow", _holds(), TieRow.at_ms >= since_day * DAY_MS)
            .group_by(sa.text("1"))
            .order_by(sa.text("1"))
        )
        with self._database.read() as connection:
            return {int(at): n for at, n in connection.execute(query)}

    def forget(self, person: str) -> None:
        """Keep nothing of what a person said or was told of; counts of others lose what she said."""
        own = sa.or_(TieRow.person == person, TieRow.target == person)
        with self._database.write() as connection:
            # The position's row keeps every process from counting meanwhile.
            written_position(connection, "log", hold=True)
            ties = [TieKey(*row) for row in connection.execute(_held().where(own))]
            less = Counter(name for key in ties for name in counted_by(key))
            add(connection, TallyRow, [{"subject": s, "what": w, "n": -n} for (s, w), n in sorted(less.items())])
            connection.execute(sa.delete(TieRow).where(own))
            connection.execute(sa.delete(TallyRow).where(TallyRow.subject == person))

    def export(self, person: str) -> dict[str, list[dict[str, object]]]:
        """What a person says of videos and people, by kind."""
        query = sa.select(TieRow.kind, TieRow.target, TieRow.at_ms).where(TieRow.person == person, _holds())
        found: dict[str, list[dict[str, object]]] = {}
        with self._database.read() as connection:
            for kind, target, at_ms in connection.execute(query.order_by(TieRow.at_ms)):
                found.setdefault(kind, []).append({"target": target, "since_ms": at_ms})
        return found

    def _targets(self, person: str, kind: str) -> list[str]:
        query = sa.select(TieRow.target).where(TieRow.person == person, TieRow.kind == kind, _holds())
        with self._database.read() as connection:
            return list(connection.scalars(query.order_by(TieRow.at_ms.desc()).limit(PEOPLE_MAX)))


_NONE: frozenset[str] = frozenset()


def _held() -> sa.Select[str, str, str]:
    return sa.select(TieRow.person, TieRow.kind, TieRow.target).where(_holds())


def _holds() -> sa.ColumnElement[bool]:
    return TieRow.holds == sa.true()


def kinds_of(said: Mapping[str, frozenset[str]], target: str) -> frozenset[str]:
    """Kinds of ties to one target; none where nothing was said."""
    return said.get(target, _NONE)
