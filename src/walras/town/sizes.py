"""The source's figures and what they are in a town of a given scale."""

from dataclasses import dataclass

# The source's platform in a quarter: people a day and a month, and what they do (domain.md, row A1).
DAILY, MONTHLY, MUTUAL_PAIRS = 376e6, 673e6, 31.1e9
MINUTES_A_DAY, INTERACTIONS_A_DAY = 117.2, 8.0e9 / 376e6
# About 130 bn exposures a day (architecture.md, numbers that the design must carry).
EXPOSURES_A_DAY = 130e9 / 376e6
SEARCHING, BUYING = 0.64, 0.16
REVENUE_YUAN = 27.7e9
SHARES = {"online marketing": 0.517, "live": 0.361, "other": 0.122}
MONTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class Sizes:
    """A town's targets."""

    daily: float
    monthly: float
    pairs: float
    minutes: float = MINUTES_A_DAY
    interactions: float = INTERACTIONS_A_DAY


def sizes_of(scale: int) -> Sizes:
    """Targets of a town with one inhabitant for `scale` people of the source."""
    return Sizes(daily=DAILY / scale, monthly=MONTHLY / scale, pairs=MUTUAL_PAIRS / scale)
