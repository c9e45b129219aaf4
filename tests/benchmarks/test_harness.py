from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

import harness
from harness import Case, Contender, measure

STEPS, TRIAL = 100, 10


class Clock:
    """Stands still but where a contender says that it works."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(harness, "time", SimpleNamespace(perf_counter=clock.perf_counter))
    return clock


def contender(
    clock: Clock,
    library: str,
    step: float,
    *,
    variant: str = "plain",
    once: float = 0.0,
    slower: Iterator[float] | None = None,
    cost: Any = 0.5,
    **more: Any,
) -> Contender:
    """Take `step` seconds a step, `once` a training; a whole training `slower` more, by round."""

    def train(steps: int) -> Any:
        clock.now += once + step * steps + (next(slower) if slower and steps == STEPS else 0.0)
        return cost

    return Contender(library, variant, train, **more)


def broken(library: str, error: Exception) -> Contender:
    def train(steps: int) -> Any:
        raise error

    return Contender(library, "plain", train)


def of(contenders: Sequence[Contender], rounds: int = 5, **more: Any) -> dict[str, Any]:
    targets = {"cutaway": 3}
    case = Case("c", "a case", STEPS, TRIAL, contenders, lambda cost: cost, 0.01, targets, **more)
    return measure(case, rounds)


def row(result: dict[str, Any], library: str) -> dict[str, Any]:
    (only,) = [row for row in result["rows"] if row["library"] == library]
    return dict(only)


def test_times_are_medians_and_a_step_is_what_more_steps_take(clock: Clock) -> None:
    slower = iter([0.0, 9.0, 1.0, 2.0, 0.0])
    result = of([contender(clock, "NumPy", 0.01, once=0.5, slower=slower)])
    numpy = row(result, "NumPy")
    assert numpy["seconds"] == pytest.approx(0.5 + STEPS * 0.01 + 1.0)
    assert numpy["step"] == pytest.approx((STEPS * 0.01 + 1.0 - TRIAL * 0.01) / (STEPS - TRIAL))
    assert numpy["rounds"] == 5


def test_the_contenders_take_turns(clock: Clock) -> None:
    turns: list[str] = []

    def noting(library: str) -> Contender:
        def train(steps: int) -> float:
            clock.now += steps
            if steps == STEPS:
                turns.append(library)
            return 0.5

        return Contender(library, "plain", train)

    of([noting("a"), noting("b")], rounds=3)
    assert turns == ["a", "b"] * 3


def test_ours_is_compared_with_the_best_peer(clock: Clock) -> None:
    result = of(
        [
            contender(clock, "NumPy", 0.06),
            contender(clock, "PyTorch", 0.08, aside="by hand"),
            contender(clock, "scikit-learn", 0.09),
            contender(clock, "cutaway", 0.01, once=1.0, ours=True),
        ]
    )
    ours = row(result, "cutaway")
    assert result["best"] == "NumPy, plain"
    assert ours["times"] == pytest.approx(6.0 / 2.0)
    assert ours["times_step"] == pytest.approx(6.0)
    assert ours["target"] == 3


def test_what_is_aside_is_no_peer_however_fast(clock: Clock) -> None:
    result = of(
        [
            contender(clock, "NumPy", 0.06),
            contender(clock, "PyTorch", 0.001, aside="by hand"),
            contender(clock, "cutaway", 0.01, ours=True),
        ]
    )
    assert result["best"] == "NumPy, plain"
    assert row(result, "PyTorch")["seconds"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("cost", "void"),
    [
        (0.5 * 1.009, ""),
        (0.5 * 1.011, "wrong cost: 0.5055, not 0.5"),
        (float("nan"), "wrong cost: nan, not 0.5"),
        ([0.5, 0.6], "wrong cost: 0.55, not 0.5"),
    ],
)
@pytest.mark.parametrize("library", ["PyTorch", "cutaway"])
def test_a_wrong_cost_voids_the_row(clock: Clock, library: str, cost: Any, void: str) -> None:
    ours = library == "cutaway"
    result = of(
        [contender(clock, "NumPy", 0.06), contender(clock, library, 0.01, cost=cost, ours=ours)]
    )
    judged = row(result, library)
    assert judged["void"] == void
    assert ("times" in judged) == (ours and not void)
    assert result["best"] == ("NumPy, plain" if void or ours else "PyTorch, plain")


def test_the_cost_of_every_round_counts(clock: Clock) -> None:
    costs = iter([0.5, 0.5, 0.5, 0.5, 0.6])

    def train(steps: int) -> float:
        clock.now += steps
        return next(costs) if steps == STEPS else 0.5

    result = of([contender(clock, "NumPy", 1.0), Contender("cutaway", "plain", train, ours=True)])
    assert row(result, "cutaway")["void"].startswith("wrong cost: 0.6")


def test_a_contender_that_fails_is_shown(clock: Clock) -> None:
    result = of([contender(clock, "NumPy", 1.0), broken("PyTorch", ValueError("no such kernel"))])
    failed = row(result, "PyTorch")
    assert failed["void"] == "failed: ValueError: no such kernel"
    assert failed["rounds"] == 0
    assert row(result, "NumPy")["void"] == ""


def test_without_the_reference_every_row_is_void(clock: Clock) -> None:
    result = of([broken("NumPy", ValueError("gone")), contender(clock, "cutaway", 1.0, ours=True)])
    assert row(result, "cutaway")["void"] == "there is no cost of NumPy to compare with"
    assert result["best"] is None


def test_the_fastest_variant_of_a_library_takes_part(clock: Clock) -> None:
    result = of(
        [
            contender(clock, "NumPy", 0.2, variant="1 thread"),
            contender(clock, "NumPy", 0.1, variant="2 threads"),
        ]
    )
    assert row(result, "NumPy")["variant"] == "2 threads"
    assert result["trials"] == {"NumPy, 1 thread": 2.0, "NumPy, 2 threads": 1.0}


def test_a_peer_far_behind_sits_out_and_says_so(clock: Clock) -> None:
    result = of(
        [
            contender(clock, "NumPy", 0.1),
            contender(clock, "close", 0.12),
            contender(clock, "far", 0.2),
            contender(clock, "quick once started", 0.05, once=20.0),
            contender(clock, "cutaway", 0.9, ours=True),
        ]
    )
    rounds = {row["library"]: row["rounds"] for row in result["rows"]}
    assert rounds == {"NumPy": 5, "close": 5, "far": 1, "quick once started": 5, "cutaway": 5}
    assert result["best_step"] == "quick once started, plain"


def compiling(clock: Clock) -> tuple[Callable[[int], float], Callable[[], None]]:
    compiled: set[int] = set()

    def train(steps: int) -> float:
        clock.now += 0.01 * steps + (0.0 if steps in compiled else 7.0)
        compiled.add(steps)
        return 0.5

    return train, compiled.clear


def test_end_to_end_includes_compiling_and_a_step_does_not(clock: Clock) -> None:
    train, forget = compiling(clock)
    result = of([Contender("NumPy", "plain", train, forget=forget)])
    numpy = row(result, "NumPy")
    assert numpy["seconds"] == pytest.approx(8.0)
    assert numpy["step"] == pytest.approx(0.01)


def test_a_step_lost_in_noise_voids_the_row(clock: Clock) -> None:
    def train(steps: int) -> float:
        clock.now += 1.0
        return 0.5

    result = of([Contender("NumPy", "plain", train)])
    assert row(result, "NumPy")["void"].startswith("too noisy")


def test_a_share_of_the_peak_is_of_operations(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, "matmul_peak", lambda: 1000.0)
    result = of([contender(clock, "NumPy", 0.1)], flops=80.0)
    assert row(result, "NumPy")["share_of_peak"] == pytest.approx(0.8)
