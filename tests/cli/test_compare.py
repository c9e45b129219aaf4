"""cutaway compare: networks on one dev set, settings over seeds, and what cannot be compared."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cli.conftest import Cutaway


def train(cutaway: Cutaway, name: str, *options: Any, data: str = "digits") -> None:
    common = ("--epochs", 3, "--split-seed", 0, "--quiet")
    assert cutaway("train", data, *common, *options, "--name", name).code == 0


def test_a_network_that_learned_and_one_that_did_not_are_different(cutaway: Cutaway) -> None:
    train(cutaway, "good", "--seed", 1)
    train(cutaway, "same", "--seed", 1)
    train(cutaway, "bad", "--learning-rate", "1e-9")
    out = cutaway("compare", "bad", "good").out
    assert "these two networks, on the same 360 dev examples" in out
    assert "different: the second is better" in out
    found = cutaway("compare", "good", "bad", "--json").json()
    assert found["is_different"]
    assert found["interval"][0] > 0
    assert found["second"] - found["first"] == pytest.approx(sum(found["interval"]) / 2, abs=0.02)
    alike = cutaway("compare", "good", "same")
    assert "not distinguishable" in alike.out
    assert "p = 1" in alike.out


def test_settings_are_compared_over_seeds(cutaway: Cutaway) -> None:
    for seed in (1, 2, 3):
        train(cutaway, f"slow-{seed}", "--seed", seed, "--learning-rate", "1e-5", data="iris")
        train(cutaway, f"fast-{seed}", "--seed", seed, "--learning-rate", "0.05", data="iris")
    slow, fast = "slow-1,slow-2,slow-3", "fast-1,fast-2,fast-3"
    found = cutaway("compare", slow, fast, "--json").json()
    assert found["of"] == "two settings, by 3 pairs of runs"
    assert found["second"] < found["first"]
    itself = cutaway("compare", fast, fast, "--json").json()
    assert (itself["p"], itself["is_different"]) == (1.0, False)


BAD = [
    ("one", "other", "have not the same dev examples"),
    ("one", "none", "there is no run 'none'"),
    ("one", "without", "without has no dev set"),
    ("number", "one", "answers with a regression"),
    ("one", "one", "one is compared with itself"),
    ("one,deep", "one,deep", "are not of one setting: they differ in hidden"),
    ("one,again", "one,again", "again has a seed that stands there already, 0"),
    ("one,two", "two,one", "one and two are no pair: their seeds are 0 and 1"),
    ("one,other", "one", "2 and 1 runs cannot be compared as settings"),
    ("one,number", "one,one", "the runs measure different errors"),
]


def test_what_cannot_be_compared_is_named(cutaway: Cutaway) -> None:
    train(cutaway, "one", data="iris")
    train(cutaway, "other", "--split", "50,50,0", data="iris")
    train(cutaway, "without", "--split", "100,0,0", data="iris")
    train(cutaway, "number", data="diabetes")
    train(cutaway, "again", data="iris")
    train(cutaway, "two", "--seed", 1, data="iris")
    train(cutaway, "deep", "--seed", 1, "--hidden", 5, data="iris")
    for first, second, message in BAD:
        code, _, err = cutaway("compare", first, second)
        assert (code, message in err) == (2, True), (first, second, err)
