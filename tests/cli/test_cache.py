"""Large data are converted once: the person hears of it, sees what is there and removes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Cutaway

FAST = ("--epochs", 2, "--hidden", "3", "--batch-size", 16, "--cache", "always")


@pytest.fixture(autouse=True)
def folder_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CUTAWAY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def points(tmp_path: Path) -> Path:
    """Two inputs, so that the report draws its map as well."""
    X = np.random.default_rng(0).normal(size=(90, 2))
    lines = [f"{a},{b},{'yes' if a > b else 'no'}" for a, b in X]
    path = tmp_path / "points.csv"
    path.write_text("\n".join(["a,b,y", *lines]))
    return path


def test_a_conversion_is_announced_listed_and_removed(
    cutaway: Cutaway, points: Path, folder_of_the_cache: Path
) -> None:
    assert f"nothing in {folder_of_the_cache}" in cutaway("cache").out
    assert cutaway("cache", "--json").json() == []
    first = cutaway("train", "points.csv", *FAST)
    assert first.code == 0
    assert f"converting {points} once into {folder_of_the_cache}" in first.out
    second = cutaway("train", "points.csv", *FAST, "--seed", 1)
    assert "converting" not in second.out
    assert "read from the cache: " in second.out
    listed = cutaway("cache").out
    assert str(points) in listed
    assert "cutaway cache --clear" in listed
    (entry,) = cutaway("cache", "--json").json()
    assert entry["source"] == str(points)
    assert entry["bytes"] == sum(file.stat().st_size for file in Path(entry["path"]).iterdir())
    assert "removed" in cutaway("cache", "--clear").out
    assert cutaway("cache", "--json").json() == []
    assert points.exists()


def test_a_run_from_the_cache_has_all_that_others_have(cutaway: Cutaway, points: Path) -> None:
    stored = cutaway("train", "points.csv", *FAST, "--json").json()
    in_memory = cutaway("train", "points.csv", *FAST, "--cache", "never", "--json").json()
    for name in ("train", "dev", "baselines", "split", "confused"):
        assert stored[name] == in_memory[name]
    reports = [Path(f"runs/points-{i}/report.html").read_text() for i in (1, 2)]
    assert ["What it answers where" in report for report in reports] == [True, True]
    tests = [cutaway("evaluate", f"points-{i}", "--test", "--json").json() for i in (1, 2)]
    assert {**tests[0], "run": 0, "data": 0} == {**tests[1], "run": 0, "data": 0}
    assert cutaway("cache", "--clear", "--json").json()["freed"] > 0


def test_a_training_is_resumed_from_the_cache(cutaway: Cutaway, points: Path) -> None:
    cutaway("train", "points.csv", *FAST, "--name", "whole")
    cutaway("train", "points.csv", *FAST, "--name", "halved")
    run = Path("runs/halved")
    (run / "report.html").unlink()
    (run / "checkpoint.safetensors").unlink()
    again = cutaway("train", "--resume", "halved")
    assert again.code == 0
    assert "converting" not in again.out
    models = [Path(f"runs/{name}/model.safetensors").read_bytes() for name in ("whole", "halved")]
    assert models[0] == models[1]


def test_a_cache_that_cannot_be_written_is_one_line(
    cutaway: Cutaway, points: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUTAWAY_CACHE", str(points / "cache"))
    code, _, err = cutaway("train", "points.csv", *FAST)
    assert code == 2
    assert "CUTAWAY_CACHE" in err
