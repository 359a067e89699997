"""What the ledger's room gives to others, and that money and months are read and rounded as they say."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras import ledger
from walras.base.errors import Invalid
from walras.ledger import before, digits_of, fen_of_yuan, home_of, minor_of, month_after, months_of, quarter_of, rate_of


def test_the_door_is_what_it_is() -> None:
    assert set(ledger.__all__) == {
        *("CHART", "HOME", "Account", "Chain", "Conservation", "Hold", "Ledger", "Posted", "Written"),
        *("account_named", "before", "digits_of", "fen_of_yuan", "home_of", "minor_of", "month_after", "months_of"),
        *("period_of", "quarter_of", "rate_of", "reversal", "share_out", "signed"),
    }


@pytest.mark.parametrize(
    ("yuan", "fen"),
    [(0.005, 0), (0.015, 2), (0.025, 2), (1.1, 110), ("12.34", 1234), (-0.015, -2), (1e9, 10**11), (0.1 + 0.2, 30)],
)
def test_half_a_fen_goes_to_the_even_neighbour(yuan: float | str, fen: int) -> None:
    assert fen_of_yuan(yuan) == fen


def test_each_currency_has_its_own_minor_unit() -> None:
    assert [digits_of(c) for c in ("CNY", "JPY", "KWD", "USD", "ISK")] == [2, 0, 3, 2, 0]
    assert (minor_of("1.2345", "KWD"), minor_of("12.5", "JPY")) == (1_234, 12)
    for wrong in (float("nan"), float("inf"), "x", 1e30):
        with pytest.raises(Invalid):
            minor_of(wrong, "CNY")
    with pytest.raises(Invalid, match="Did you mean"):
        digits_of("CNV")


@given(amounts=st.lists(st.integers(-(10**9), 10**9), max_size=20), rate=st.integers(1, 10**9))
def test_amounts_that_balance_still_do_in_fen(amounts: list[int], rate: int) -> None:
    balanced = [*amounts, -sum(amounts)]
    by = Fraction(rate, 10**6)
    homes = home_of(balanced, "USD", by)
    assert sum(homes) == 0
    assert all(abs(home - amount * by) <= 1 for home, amount in zip(homes, balanced, strict=True))


def test_quarters_and_months_follow_one_another() -> None:
    assert months_of("2026-Q4") == ("2026-10", "2026-11", "2026-12")
    assert [quarter_of(m) for m in months_of("2026-Q1")] == ["2026-Q1"] * 3
    assert (before("2026-Q1"), before("2026-Q3", 4), month_after("2025-12")) == ("2025-Q4", "2025-Q3", "2026-01")
    assert rate_of("7.1234") == Fraction(71234, 10_000)
