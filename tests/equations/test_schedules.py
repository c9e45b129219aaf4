"""Every schedule: its values, and that it never rises."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.equations import SCHEDULES, Decay

every_row = pytest.mark.parametrize("row", SCHEDULES.values(), ids=lambda row: row.name)
epochs = st.integers(1, 1000)


@pytest.mark.parametrize(
    ("name", "rates"),  # alpha0 = 0.2, decay_rate = 1, decay_interval = 2, at epochs 0, 1, 2 of 4
    [
        ("constant", [0.2, 0.2, 0.2]),
        ("inverse_time", [0.2, 0.1, 0.2 / 3]),
        ("step", [0.2, 0.2, 0.1]),
        ("exponential", [0.2, 0.2 / math.e, 0.2 / math.e**2]),
        ("cosine", [0.2, 0.1 * (1 + math.sqrt(0.5)), 0.1]),
    ],
)
def test_known_values(name: str, rates: list[float]) -> None:
    decay = Decay(rate=1.0, interval=2, epochs=4)
    assert [SCHEDULES[name].rate(0.2, epoch, decay) for epoch in range(3)] == pytest.approx(rates)


@every_row
@given(
    alpha0=st.floats(1e-6, 10.0),
    decay=st.builds(Decay, st.floats(0.0, 10.0), st.integers(1, 50), epochs),
    data=st.data(),
)
def test_it_starts_at_alpha0_and_never_rises(
    row: Any, alpha0: float, decay: Decay, data: Any
) -> None:
    epoch = data.draw(st.integers(0, decay.epochs - 1))
    now, next_ = (row.rate(alpha0, e, decay) for e in (epoch, epoch + 1))
    assert row.rate(alpha0, 0, decay) == pytest.approx(alpha0)
    assert 0.0 <= next_ <= now <= alpha0 * (1 + 1e-12)


@every_row
@given(alpha0=st.floats(1e-6, 10.0), epoch=epochs)
def test_rate_0_decays_none_but_cosine(row: Any, alpha0: float, epoch: int) -> None:
    decay = Decay(rate=0.0, interval=3, epochs=epoch)
    expected = 0.0 if row.name == "cosine" else alpha0
    assert row.rate(alpha0, epoch, decay) == pytest.approx(expected)


@every_row
@given(epoch=st.integers(0, 100))
def test_the_equation_is_the_rate(row: Any, epoch: int) -> None:
    decay = Decay(rate=0.1, interval=7, epochs=100)
    names = {
        "alpha0": 0.3,
        "epoch": epoch,
        "epochs": decay.epochs,
        "decay_rate": decay.rate,
        "decay_interval": decay.interval,
        "pi": math.pi,
        **{name: getattr(math, name) for name in ("exp", "cos", "floor")},
    }
    assert row.rate(0.3, epoch, decay) == pytest.approx(eval(row.equation, names))


def test_no_epoch_at_all_divides_by_nothing() -> None:
    assert SCHEDULES["cosine"].rate(0.1, 0, Decay(0.0, 1, 0)) == pytest.approx(0.1)
