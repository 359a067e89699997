"""Limits of teen mode, held at the door: minutes of a day, quiet hours, and what is closed altogether."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from walras.base.clock import Clock
from walras.base.errors import Forbidden
from walras.events import Log
from walras.world import Account, Teen, World

# Events looked at for a day's minutes; somebody who watches more than so many videos a day is over her limit anyway.
EVENTS_MAX = 3_000
# A count is believed for this long: it changes by seconds, and counting costs a look into the log.
TRUST_MS = 20_000
_KEPT_MAX = 10_000


class TeenClosed(Forbidden):
    """Teen mode has no such thing: messages and what is only for grown-ups."""

    code = "teen-closed"


class TeenTime(Forbidden):
    """The minutes of today are used up; they begin again at midnight."""

    code = "teen-time"


class TeenQuiet(Forbidden):
    """It is a quiet hour; the hint says until when."""

    code = "teen-quiet"


class TeenLimits:
    """Counts what somebody in teen mode has watched today."""

    def __init__(self, world: World, log: Log, clock: Clock, time_zone: str) -> None:
        """Read from these.

        Args:
            world: accounts with their settings.
            log: what was watched.
            clock: what time it is.
            time_zone: IANA zone of accounts that name none.
        """
        self._world, self._log, self._clock = world, log, clock
        self._zone = time_zone
        self._known: dict[str, tuple[float, int]] = {}  # seconds of today, when they were counted

    def hold(self, person: str, teen: str) -> None:
        """Refuse what the limits of a person in teen mode do not allow.

        Args:
            person: somebody in teen mode.
            teen: what the route says: `timed` or `closed`.

        Raises:
            TeenClosed: it is closed for her.
            TeenQuiet: it is a quiet hour.
            TeenTime: today's minutes are used up.
        """
        if teen == "closed":
            raise TeenClosed("is closed in teen mode", hint="A parent can end teen mode in the settings.")
        account = self._world.accounts.get(person)
        limits = account.settings.teen
        if is_quiet(limits, self._now(account)):
            raise TeenQuiet("is closed in the quiet hours", field="quiet_to", value=limits.quiet_to, hint="Sleep well.")
        if self.seconds_left(account) <= 0:
            hint = "Come back tomorrow; a parent can change the limit in the settings."
            raise TeenTime(
                "the minutes of today are used up", field="minutes_per_day", value=limits.minutes_per_day, hint=hint
            )

    def seconds_left(self, account: Account) -> float:
        """What is left of today."""
        return max(0.0, account.settings.teen.minutes_per_day * 60 - self._watched_s(account))

    def _watched_s(self, account: Account) -> float:
        now_ms = self._clock.now_ms()
        seconds, since_ms = self._known.get(account.person, (0.0, -TRUST_MS))
        if not 0 <= now_ms - since_ms < TRUST_MS:
            midnight_ms = _midnight_ms(self._now(account))
            events = self._log.history(account.person, EVENTS_MAX)
            seconds = sum(event.value for event in events if event.outcome == "watch" and event.time_ms >= midnight_ms)
            if len(self._known) >= _KEPT_MAX:
                self._known.clear()
            self._known[account.person] = (seconds, now_ms)
        return seconds

    def _now(self, account: Account) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, zone_of(account.settings.time_zone or self._zone))


def is_quiet(teen: Teen, now: datetime) -> bool:
    """Whether an instant lies in the quiet hours, which may pass midnight; equal ends mean: none."""
    at = now.strftime("%H:%M")
    if teen.quiet_from <= teen.quiet_to:
        return teen.quiet_from <= at < teen.quiet_to
    return at >= teen.quiet_from or at < teen.quiet_to


def zone_of(name: str) -> ZoneInfo:
    """A zone by its name; UTC where nobody knows it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _midnight_ms(now: datetime) -> int:
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return int(start.timestamp() * 1000)
