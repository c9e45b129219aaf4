from __future__ import annotations

import os

import pytest

from apart import apart
from harness import Case, Contender, measure

# JAX, once another test has loaded it, warns of every fork; these processes do not use it.
pytestmark = pytest.mark.filterwarnings(r"ignore:os\.fork\(\) was called:RuntimeWarning")


def test_each_contender_has_its_own_process_and_keeps_it() -> None:
    seen: list[int] = []

    def train(steps: int) -> tuple[int, int]:
        seen.append(steps)
        return os.getpid(), len(seen)

    contenders = [Contender(name, "plain", train, forget=seen.clear) for name in "ab"]
    with apart(Case("c", "a case", 2, 1, contenders, lambda _: 0.5, 0.01)) as case:
        a, b = case.contenders
        (_, (pid, first)), (_, (again, second)) = a.timed(1), a.timed(2)
        assert (first, second) == (1, 2)
        assert len({pid, again, b.timed(1)[1][0], os.getpid()}) == 3
        a.forget()
        assert a.timed(1)[1] == (pid, 1)
    assert seen == []


def test_a_contender_that_fails_apart_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    def broken(steps: int) -> float:
        raise ValueError("no such kernel")

    contenders = [Contender("a", "plain", broken)]
    with apart(Case("c", "a case", 1, 1, contenders, lambda cost: cost, 0.01)) as case:
        (row,) = measure(case, 1)["rows"]
    assert row["void"] == "failed: ValueError: no such kernel"
