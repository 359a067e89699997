"""Whole minor units of money: from yuan, shared out, and from one currency into another."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction

from walras.base.errors import Invalid
from walras.ledger.currencies import HOME, digits_of

# A signed 64-bit integer holds sums of this many and more.
AMOUNT_MAX = 10**17


def fen_of_yuan(yuan: float | str | Decimal) -> int:
    """Yuan as fen; half a fen goes to the even neighbour, so that many roundings do not lean to one side.

    Raises:
        Invalid: it is no finite number.
    """
    return minor_of(yuan, HOME)


def minor_of(amount: float | str | Decimal, currency: str) -> int:
    """An amount in its minor unit, rounded as `fen_of_yuan` says.

    Raises:
        Invalid: it is no finite number, or too large.
    """
    try:
        # By way of its shortest text: 0.005 means half a fen, not the binary number a little beside it.
        exact = Decimal(str(amount)).scaleb(digits_of(currency))
        whole = int(exact.to_integral_value(ROUND_HALF_EVEN))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise Invalid("is no amount", field="amount", value=amount, hint="A number such as 12.34.") from error
    if abs(whole) > AMOUNT_MAX:
        raise Invalid("is larger than any amount that is taken", field="amount", value=amount)
    return whole


def share_out(amount: int, weights: Sequence[int]) -> list[int]:
    """Parts of an amount in proportion to weights, whole and with exactly this sum (largest remainder, Hamilton).

    Of two equal remainders the earlier gets the unit, so the same input always gives the same parts.

    Args:
        amount: not negative.
        weights: not negative; where all are 0 nothing can be shared out.

    Raises:
        Invalid: a negative amount or weight, or an amount with nobody to get it.
    """
    total = sum(weights)
    if amount < 0 or any(weight < 0 for weight in weights):
        raise Invalid("must not be negative", field="amount" if amount < 0 else "weights", value=amount)
    if total == 0:
        if amount:
            raise Invalid("cannot be shared out: every weight is 0", field="weights", value=amount)
        return [0] * len(weights)
    parts = [amount * weight // total for weight in weights]
    left = amount - sum(parts)
    order = sorted(range(len(weights)), key=lambda n: (-(amount * weights[n] % total), n))
    for n in order[:left]:
        parts[n] += 1
    return parts


def rate_of(text: str) -> Fraction:
    """A rate as it is written, such as 7.1234: yuan for one unit of another currency.

    Raises:
        Invalid: it is no number above 0.
    """
    try:
        rate = Fraction(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise Invalid("is no rate", field="rate", value=text, hint="Yuan for one unit, such as 7.1234.") from error
    if rate <= 0:
        raise Invalid("must lie above 0", field="rate", value=text)
    return rate


def home_of(amounts: Sequence[int], currency: str, rate: Fraction) -> list[int]:
    """Amounts of one currency in fen. Their running sum is rounded, so amounts that balance still do.

    Args:
        amounts: signed, in minor units of `currency`.
        currency: of them.
        rate: yuan for one unit.
    """
    by = rate * Fraction(10) ** (digits_of(HOME) - digits_of(currency))
    homes, run, before = [], 0, 0
    for amount in amounts:
        run += amount
        now = round(run * by)
        homes.append(now - before)
        before = now
    return homes
