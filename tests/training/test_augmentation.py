"""Pictures that each epoch sees anew: the same for every executor, only where training looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cutaway
from cutaway.engine.draws import drawn
from cutaway.engine.inputs import Stored, at_once, block, take
from cutaway.errors import OptionError
from cutaway.experiments.many import train_many
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.resume import reopen, resume
from cutaway.training.run_folder import RunFolder
from cutaway.training.session import begin, execute
from cutaway.training.setup import Setup, set_up

AUGMENT = "flip,rotate:10,shift:0.1,noise,elastic"
COMMON: dict[str, Any] = {
    "split": "100,60,0", "hidden": (6,), "epochs": 4, "batch_size": 32, "dtype": "float64",
    "keep_prob": 1.0, "early_stopping": False, "augment": AUGMENT, "device": "cpu", "split_seed": 0,
}  # fmt: skip


def setup(**given: Any) -> Setup:
    return set_up("digits", Hyperparameters.of(**COMMON | given))


@pytest.mark.parametrize(("batch_size", "seeds"), [(32, (0,)), (32, (0, 1)), ("full", (0, 1))])
def test_every_executor_sees_the_same_pictures(batch_size: Any, seeds: tuple[int, ...]) -> None:
    settings = [{"seed": seed} for seed in seeds]
    runs = {
        backend: train_many(
            "digits", settings, **COMMON | {"batch_size": batch_size, "backend": backend}
        )
        for backend in ("numpy", "jax")
    }
    for ours, theirs in zip(*runs.values(), strict=True):
        np.testing.assert_allclose(ours.model.theta, theirs.model.theta, rtol=0, atol=1e-10)
    for run, setting in zip(runs["numpy"], settings, strict=True):
        alone = cutaway.train("digits", **COMMON | setting | {"batch_size": batch_size})
        np.testing.assert_allclose(run.model.theta, alone.model.theta, rtol=0, atol=1e-12)


def test_each_epoch_draws_anew_and_measuring_sees_the_pictures_as_they_are() -> None:
    one = setup()
    X, clean, job = one.train.X, one.prepared.train.X, one.plan.job
    np.testing.assert_array_equal(block(X, slice(3, 9)), clean[:, 3:9])
    np.testing.assert_array_equal(take(X, np.array([5, 2]), None), clean[:, [5, 2]])
    assert at_once(X) is X
    columns = np.arange(20)
    first, again, second = (take(drawn(X, job, e), columns, None) for e in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.any(np.all(first == second, axis=0))
    assert not np.any(np.all(first == clean[:, columns], axis=0))
    # A picture is what it is in whatever mini-batch.
    whole, some = at_once(drawn(X, job, 0)), np.array([71, 3, 99])
    np.testing.assert_array_equal(whole[:, some], take(drawn(X, job, 0), some, None))
    run = execute(one)
    looked = cutaway.train("digits", **COMMON | {"augment": None, "epochs": 0})
    assert run.history[0].train_loss == looked.history[0].train_loss


@pytest.mark.parametrize("batch_size", [32, "full"])
@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_pictures_that_stay_in_the_cache_are_drawn_to_the_same_bits(
    batch_size: Any, backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUTAWAY_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (80, 6, 5, 1), dtype=np.uint8)
    np.savez(tmp_path / "pictures.npz", x=x, y=x.mean(axis=(1, 2, 3)) > 127)
    given = COMMON | {"split": "50,30,0", "batch_size": batch_size, "backend": backend}
    always, never = (
        train_many(tmp_path / "pictures.npz", [{"seed": 0}, {"seed": 1}], cache=cache, **given)
        for cache in ("always", "never")
    )
    for one, other in zip(always, never, strict=True):
        assert isinstance(one.setup.prepared.train.X, Stored)
        np.testing.assert_array_equal(one.model.theta, other.model.theta)


def test_what_was_interrupted_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole = cutaway.train("digits", runs=tmp_path, name="whole", **COMMON)
    folder = begin(setup(), tmp_path, "half")
    execute(setup(epochs=2), folder=folder)
    folder.update(status="interrupted")
    resume(folder, reopen(folder))
    kept = RunFolder(tmp_path / "half")
    assert kept.model.read_bytes() == (tmp_path / "whole" / "model.safetensors").read_bytes()
    assert len(kept.history()) == len(whole.history)
    assert kept.read()["plan"]["augment"] == "flip:0.5,rotate:10,shift:0.1,noise:0.05,elastic:0.04"
    assert kept.read()["data"]["picture"] == [8, 8, 1]


@pytest.mark.parametrize(
    ("data", "given", "says"),
    [
        ("iris", {"augment": "flip"}, "changes pictures, and these examples are none"),
        ("digits", {"augment": "flop"}, "did you mean 'flip'?"),
        ("digits", {"augment": "rotate:200"}, "must be above 0 and at most 180"),
        ("digits", {"augment": "rotate:x"}, r"augment\[rotate\]='x' is no number"),
        ("digits", {"augment": "flip,flip"}, "give each transformation once"),
        ("digits", {"augment": ""}, "give each transformation once"),
        (
            "digits",
            {"augment": "flip", "path": "example-space", "optimizer": "momentum"},
            "does not hold with pictures that change every epoch",
        ),
    ],
)
def test_what_is_refused(data: str, given: dict[str, Any], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        set_up(data, Hyperparameters.of(**given))


def test_strengths_as_text_and_as_a_mapping_are_the_same() -> None:
    text = Hyperparameters.of(augment="rotate, shift:0.2").augment
    assert text == "rotate:15,shift:0.2"
    assert Hyperparameters.of(augment={"rotate": 15, "shift": 0.2}).augment == text
    assert Hyperparameters.of(augment=text).augment == text
    assert Hyperparameters.of(augment="none").augment is None
