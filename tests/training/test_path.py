"""Example space through the whole of a training: the same run, in less time."""

import itertools

import numpy as np
import pytest

import cutaway
from cutaway.data.dataset import Dataset, PictureShape
from cutaway.equations import OPTIMIZERS, unflatten
from cutaway.errors import OptionError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.path import Work, choose
from cutaway.training.resume import reopen, resume
from cutaway.training.session import begin, execute
from cutaway.training.setup import set_up

WIDE = Work(20, 12288, 200, 50, 1, 1000, True, "momentum", {"l2": 0.7}, 1.0)
NARROW = WIDE._replace(n_x=30)


@pytest.mark.parametrize(
    ("asked", "work", "path", "reason"),
    [
        ("auto", WIDE, "example-space", "200 examples are fewer than 12288 inputs"),
        ("auto", WIDE._replace(m=12000, epochs=1), "plain", "would not pay"),
        ("auto", NARROW, "plain", "would not pay"),
        ("auto", WIDE._replace(optimizer="adam"), "plain", "the optimizer adam"),
        ("auto", WIDE._replace(penalties={"l1": 1.0}), "plain", "an L1 penalty"),
        ("auto", WIDE._replace(keep_input=0.9), "plain", "dropout of the input"),
        ("plain", WIDE, "plain", "as asked for"),
        ("example-space", NARROW, "example-space", "as asked for"),
    ],
)
def test_the_path_is_chosen_with_a_reason(asked, work, path, reason):
    chosen, why = choose(asked, work)
    assert (chosen, reason in why) == (path, True)


@pytest.mark.parametrize("name", [n for n, row in OPTIMIZERS.items() if not row.linear])
def test_example_space_is_refused_where_it_does_not_hold(name):
    with pytest.raises(OptionError, match=f"does not hold with the optimizer {name}"):
        choose("example-space", WIDE._replace(optimizer=name))


def pictures(m=40, side=16, seed=0):
    random = np.random.default_rng(seed)
    target = np.arange(m) % 2
    rows = random.integers(0, 256, size=(m, side * side)).astype(np.uint8)
    rows[target == 1, : side * 4] //= 2
    # Duplicates and pixels that never change: K has not full rank.
    rows[2], rows[:, :9] = rows[4], 7
    shape = PictureShape(side, side, 1)
    return Dataset("wide", "pictures", "classification", rows, target, ("a", "b"), picture=shape)


CASES = list(
    itertools.product(
        [(), (6, 4)],
        ["gradient_descent", "momentum"],
        [None, 7],
        [0.0, 2.0],
        [None, "a=2,b=1"],
    )
)


@pytest.mark.parametrize(("hidden", "optimizer", "batch_size", "l2", "class_weight"), CASES)
def test_the_history_and_the_network_are_those_of_the_plain_path(
    hidden, optimizer, batch_size, l2, class_weight
):
    runs = [
        cutaway.train(
            pictures(),
            path=path,
            hidden=hidden,
            optimizer=optimizer,
            batch_size=batch_size,
            learning_rate=0.05,
            l2=l2,
            class_weight=class_weight,
            keep_prob=1,
            epochs=10,
            early_stopping=False,
            dtype="float64",
        )
        for path in ("plain", "example-space")
    ]
    for plain, lifted in zip(*(run.history for run in runs), strict=True):
        for name, value in plain.to_json().items():
            if name != "seconds" and value is not None:
                np.testing.assert_allclose(
                    lifted.to_json()[name], value, rtol=1e-9, atol=1e-12, err_msg=name
                )
    plain, lifted = (run.model.theta for run in runs)
    np.testing.assert_allclose(lifted, plain, atol=1e-10, rtol=0)


def test_the_model_keeps_the_type_of_the_inputs():
    run = cutaway.train(
        pictures(), path="example-space", optimizer="momentum", keep_prob=1, epochs=3
    )
    assert run.plan.dtype == "float64"
    assert run.model.theta.dtype == np.float32
    W1 = unflatten(run.plan.network, run.model.theta)[0].W
    assert W1.shape == (run.plan.network.sizes[1], 256)


def test_a_killed_run_goes_on_bit_by_bit(tmp_path):
    def given(epochs):
        return Hyperparameters(
            path="example-space",
            optimizer="momentum",
            batch_size=16,
            hidden=(5,),
            epochs=epochs,
            patience=200,
        )

    whole = execute(set_up("digits", given(12)), folder=None)
    setup = set_up("digits", given(12))
    folder = begin(setup, tmp_path)

    class KilledError(Exception):
        pass

    class Killer:
        needs, every = frozenset(), 1

        def __call__(self, record, state):
            if record.epoch == 5:
                raise KilledError

    with pytest.raises(KilledError):
        execute(setup, folder=folder, consumers=[Killer()], checkpoint_interval=0)
    run = resume(folder, reopen(folder))
    np.testing.assert_array_equal(run.model.theta, whole.model.theta)
    for ours, theirs in zip(run.history, whole.history, strict=True):
        assert ours.to_json() | {"seconds": 0} == theirs.to_json() | {"seconds": 0}
