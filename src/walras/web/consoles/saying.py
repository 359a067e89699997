"""Figures and instants as a console writes them: by locale, short where they are large, 万 and 亿 in Chinese."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent
from markupsafe import Markup, escape

from walras.base.errors import Invalid
from walras.web.texts import Texts

# Up to here a count is written out; above, a reader takes in 1.2万 faster than 12,345.
SHORT_FROM = 10_000
NOTHING = "–"


class Saying:
    """The figures of one screen in one language; templates call it `say`."""

    def __init__(self, texts: Texts, now_ms: int, time_zone: str = "UTC") -> None:
        """Speak this language.

        Args:
            texts: of the screen.
            now_ms: instants are told from here.
            time_zone: IANA name of the zone in which days and hours are written.
        """
        self._texts = texts
        self._locale = Locale.parse(texts.language, sep="-")
        self._now_ms = now_ms
        self._zone = ZoneInfo(time_zone)

    def number(self, value: float | None, digits: int = 0) -> str:
        """A plain number with at most so many digits behind the point."""
        if value is None or value != value:
            return NOTHING
        return format_decimal(value, "#,##0" + ("." + "#" * digits if digits else ""), locale=self._locale)

    def tally(self, value: float | None) -> Markup:
        """A count, short from ten thousand on, with the whole of it on hover."""
        if value is None:
            return Markup(NOTHING)
        if abs(value) < SHORT_FROM:
            return Markup(escape(self.number(value)))
        short = format_compact_decimal(value, fraction_digits=1, locale=self._locale)
        return Markup('<span title="{}">{}</span>').format(self.number(value), short)

    def percent(self, share: float | None, digits: int = 0) -> str:
        """A share of one."""
        if share is None or share != share:
            return NOTHING
        return format_percent(share, "#,##0" + ("." + "0" * digits if digits else "") + "%", locale=self._locale)

    def change(self, now: float, before: float) -> str:
        """How much more or less than before, with its sign; a dash where there was nothing."""
        if not before:
            return NOTHING
        share = (now - before) / before
        return ("+" if share > 0 else "") + self.percent(share)

    def yuan(self, value: float | None, digits: int = 4) -> str:
        """Yuan; exposures are worth fractions of a fen."""
        if value is None or value != value:
            return NOTHING
        pattern = "¥#,##0." + "0" * digits
        return format_currency(value, "CNY", pattern, locale=self._locale, currency_digits=False)

    def minutes(self, seconds: float) -> Markup:
        """Seconds of watching as minutes."""
        return self.tally(round(seconds / 60))

    def span(self, seconds: float) -> str:
        """A span of time in its largest unit."""
        return format_timedelta(timedelta(seconds=seconds), threshold=1.0, locale=self._locale)

    def length(self, seconds: float) -> str:
        """A duration as players show it: 0:42, 12:05."""
        whole = round(seconds)
        return f"{whole // 60}:{whole % 60:02d}"

    def ago(self, instant_ms: int) -> Markup:
        """An instant, seen from now; exactly on hover."""
        if not instant_ms:
            return Markup(NOTHING)
        seconds = (instant_ms - self._now_ms) / 1000
        words = self._texts("page.just-now")
        if abs(seconds) >= 5:
            words = format_timedelta(timedelta(seconds=seconds), add_direction=True, threshold=1.0, locale=self._locale)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            _at(instant_ms).isoformat(), self.exact(instant_ms), words
        )

    def exact(self, instant_ms: int) -> str:
        """An instant with its date and its second."""
        return format_datetime(_at(instant_ms), "medium", tzinfo=self._zone, locale=self._locale)

    def day(self, day: int) -> str:
        """A day since 1970, as an axis names it."""
        return format_date(_at(day * 86_400_000), "MMM d" if self._locale.language != "zh" else "M月d日", self._locale)

    def days(self, days: Iterable[int]) -> list[str]:
        """The days of an axis."""
        return [self.day(day) for day in days]

    def tenths(self) -> list[str]:
        """The tenths of a duration, as an axis names them."""
        return [self.percent(n / 10) for n in range(11)]

    def series(self, room: str, lines: Iterable[tuple[str, Sequence[float]]]) -> list[dict[str, object]]:
        """Lines of a chart, each by the catalogue's name of it."""
        return [{"name": self.name(room, name), "values": values} for name, values in lines]

    def text(self, key: str) -> str:
        """The message of a key that a table holds; empty where the catalogue has none."""
        return self._texts(key) if key in self._texts.messages else ""

    def field(self, instant_ms: int) -> str:
        """An instant as a field of a form takes it; empty where there is none."""
        return _at(instant_ms).astimezone(self._zone).strftime("%Y-%m-%dT%H:%M") if instant_ms else ""

    def name(self, room: str, name: str) -> str:
        """The catalogue's name of something, or its own where the catalogue has none."""
        key = f"{room}.{name}"
        return self._texts(key) if key in self._texts.messages else name


def _at(instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms / 1000, UTC)


def instant_of(field: str, time_zone: str, name: str) -> int:
    """The instant that a form's field of date and hour means; 0 where it is empty.

    Args:
        field: as a browser sends it, such as `2026-11-24T18:00`.
        time_zone: IANA name of the zone it is meant in.
        name: of the field, for the error.

    Raises:
        Invalid: it is no date.
    """
    if not field:
        return 0
    try:
        found = datetime.fromisoformat(field)
        return round(found.replace(tzinfo=found.tzinfo or ZoneInfo(time_zone)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Invalid("is no date", field=name, value=field, hint="Write it as 2026-11-24T18:00.") from error
