"""The registry of outcomes: what can happen, in what unit, and when it is final.

Lines extend it; a name or a code is never reused for something else, since the log and every model remember both.
"""

from collections.abc import Iterable, Iterator

from walras.base.errors import Conflict, Invalid, nearest
from walras.schema import Outcome

_DAY_S = 86_400

CORE: tuple[Outcome, ...] = (
    Outcome(name="exposure", code=1, by_viewer=True, meaning="The item stood on the screen.", sign=0),
    Outcome(
        name="click",
        code=2,
        by_viewer=True,
        meaning="Opened from a list.",
        choice=True,
        predicted=True,
        worth_yuan=0.002,
    ),
    Outcome(
        name="watch",
        code=3,
        by_viewer=True,
        meaning="Seconds watched in one exposure.",
        unit="second",
        predicted=True,
        worth_yuan=0.0002,
        value_max=86_400.0,
    ),
    Outcome(
        name="long_view",
        code=4,
        by_viewer=True,
        meaning="Watched to the end, or for long.",
        choice=True,
        predicted=True,
        worth_yuan=0.004,
    ),
    Outcome(name="like", code=5, by_viewer=True, meaning="Liked.", choice=True, predicted=True, worth_yuan=0.01),
    Outcome(name="comment", code=6, meaning="Commented.", choice=True, predicted=True, worth_yuan=0.02),
    Outcome(
        name="share",
        code=7,
        by_viewer=True,
        meaning="Passed on to somebody.",
        choice=True,
        predicted=True,
        worth_yuan=0.03,
    ),
    Outcome(
        name="save", code=8, by_viewer=True, meaning="Kept for later.", choice=True, predicted=True, worth_yuan=0.02
    ),
    Outcome(
        name="follow",
        code=9,
        by_viewer=True,
        meaning="Followed the owner.",
        of="owner",
        predicted=True,
        worth_yuan=0.05,
    ),
    Outcome(name="unfollow", code=10, by_viewer=True, meaning="Stopped following the owner.", of="owner", sign=-1),
    Outcome(
        name="dislike",
        code=11,
        by_viewer=True,
        meaning="Said: not interested.",
        sign=-1,
        predicted=True,
        worth_yuan=-0.05,
    ),
    Outcome(
        name="report", code=12, by_viewer=True, meaning="Reported as harmful.", sign=-1, predicted=True, worth_yuan=-0.5
    ),
    Outcome(name="block", code=13, by_viewer=True, meaning="Blocked the owner.", of="owner", sign=-1, worth_yuan=-0.5),
    Outcome(name="unblock", code=14, by_viewer=True, meaning="Lifted the block of the owner.", of="owner", sign=0),
    Outcome(
        name="skip", code=15, by_viewer=True, meaning="Swiped away at once.", sign=-1, predicted=True, worth_yuan=-0.002
    ),
    Outcome(name="cart", code=16, meaning="Put into the cart.", choice=True, worth_yuan=0.05),
    Outcome(
        name="order",
        code=17,
        meaning="Ordered; the value is what was paid.",
        unit="yuan",
        choice=True,
        final_after_s=30 * _DAY_S,
        worth_yuan=0.02,
    ),
    Outcome(name="gift", code=18, meaning="Gave a gift; the value is what was paid.", unit="yuan", worth_yuan=0.3),
    Outcome(name="rate", code=19, meaning="Rated it well; the value is the rating.", choice=True, worth_yuan=0.01),
    Outcome(name="rate_low", code=20, meaning="Rated it badly; the value is the rating.", sign=-1),
    Outcome(
        name="search",
        code=21,
        by_viewer=True,
        meaning="Found it by a search; the query stands in the context.",
        choice=True,
    ),
    Outcome(name="engage", code=22, meaning="Took it, in a log that does not say how.", choice=True, worth_yuan=0.005),
    Outcome(name="retract", code=24, by_viewer=True, meaning="Took back what was said of the item before.", sign=0),
    Outcome(
        name="assignment",
        code=25,
        meaning="Met an arm of an experiment: surface is the trial, place the arm.",
        sign=0,
    ),
    Outcome(name="shown_by_other", code=23, meaning="Another system showed it; for comparison only.", sign=0),
)


class Registry:
    """Known outcomes by name and code."""

    def __init__(self, outcomes: Iterable[Outcome] = CORE) -> None:
        """Take outcomes, refusing two with one name or one code."""
        self.by_name: dict[str, Outcome] = {}
        self.by_code: dict[int, Outcome] = {}
        for outcome in outcomes:
            self._add(outcome)
        # The outcomes the ranker foresees, in the order of their codes: the H of every matrix of outcomes. Kept, since
        # a page asks for them some thirty times.
        self.predicted = tuple(outcome for outcome in self if outcome.predicted)

    def _add(self, outcome: Outcome) -> None:
        for known in (self.by_name.get(outcome.name), self.by_code.get(outcome.code)):
            if known is not None:
                raise Conflict(
                    f"stands for {known.name!r} already",
                    field=f"outcome {outcome.name}",
                    value=outcome.code,
                    hint="Give the new outcome a name and a code that nobody has.",
                )
        if not 1 <= outcome.code <= 255:
            raise Invalid("must lie in 1..255", field=f"outcome {outcome.name}.code", value=outcome.code)
        self.by_name[outcome.name] = outcome
        self.by_code[outcome.code] = outcome

    def named(self, name: str) -> Outcome:
        """The outcome of this name.

        Raises:
            Invalid: nobody has declared it; with the nearest known name.
        """
        outcome = self.by_name.get(name)
        if outcome is None:
            raise Invalid("is no known outcome", field="outcome", value=name, hint=nearest(name, self.by_name))
        return outcome

    def __iter__(self) -> Iterator[Outcome]:
        """Outcomes in the order of their codes."""
        return iter(sorted(self.by_name.values(), key=lambda o: o.code))
