"""From hyper-parameters to a plan: every "auto" resolved, with the reason that the person reads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.data.dataset import Task
from cutaway.data.estimate import SHARE, memory
from cutaway.engine.executors import Execution
from cutaway.engine.threads import largest_product
from cutaway.equations import ACTIVATIONS, OPTIMIZERS, Decay, Network, Rates
from cutaway.equations.example_space import EXAMPLE_SPACE
from cutaway.equations.metrics import ERROR_OF_TASK
from cutaway.errors import OptionError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.backend import choose_backend, choose_device
from cutaway.training.path import Work, choose
from cutaway.training.plan import Plan
from cutaway.wording import size_in_words

OUTPUT_OF_TASK: Mapping[Task, str] = {
    "classification": "softmax",
    "multi-label": "sigmoid",
    "regression": "identity",
}
LOSS_OF_OUTPUT: Mapping[str, str] = {"sigmoid": "log", "softmax": "cross_entropy"}
MAX_RECORDS = 1000

# The figures behind these stand in docs/defaults.md.
KEEP_PROB, MIN_DROPOUT_UNITS = 0.8, 32
MIN_EPOCHS, MAX_EPOCHS, MIN_UPDATES = 200, 2000, 3000
# Where nothing stops it before, a network that can overfit is trained for less: epochs and updates
# of classes and of a regression.
FEW = {"classification": (10, 250), "multi-label": (10, 250), "regression": (20, 1000)}
MIN_PATIENCE = 20
MIN_BATCH, MAX_BATCH, BATCHES = 32, 256, 100
# With more inputs than FEW_INPUTS the learning rate falls as 1 / sqrt(n_x), and L2 grows as n_x.
LEARNING_RATES = {"gradient_descent": 0.1, "momentum": 0.1, "rmsprop": 0.001, "adam": 0.003}
# Few updates begin with longer steps, which the schedule takes down to 0.
FALLING_RATES = {"rmsprop": 0.003, "adam": 0.01}
FEW_INPUTS = 64


@dataclass(frozen=True)
class Facts:
    """What the plan needs to know of the prepared data."""

    task: Task
    m: int
    n_x: int
    n_y: int
    m_dev: int = 0
    target_scale: tuple[float, ...] = (1.0,)
    stored: bool = False
    pictures: bool = False

    @property
    def has_dev(self) -> bool:
        """Whether there is a dev set."""
        return self.m_dev > 0


def resolve(given: Hyperparameters, facts: Facts) -> Plan:
    """Decide what is left open.

    Raises:
        OptionError: hyper-parameters that do not fit each other, or the task.
    """
    reasons: dict[str, str] = {}
    if given.augment is not None and not facts.pictures:
        raise OptionError(
            f"augment={given.augment} changes pictures, and these examples are none: a table or an "
            "array of numbers has no left and right; leave it out"
        )

    def decide(name: str, value: Any, reason: str) -> Any:
        if getattr(given, name) != "auto":
            return getattr(given, name)
        reasons[name] = reason
        return value

    hidden = decide("hidden", (128, 64), "wide enough, as L2 and dropout keep it from overfitting")
    network = _network(given, facts, hidden)
    batch_size = decide("batch_size", *_batch_size(facts.m))
    full = batch_size is None or batch_size >= facts.m
    if full and facts.stored:
        _check_full_batch(facts, given.dtype)
    wide = full and facts.n_x > facts.m
    optimizer = decide(
        "optimizer",
        "momentum" if wide else "adam",
        "full batch and more inputs than examples" if wide else "little to tune",
    )
    updates = 1 if full else math.ceil(facts.m / batch_size)
    stops = facts.has_dev if given.early_stopping == "auto" else bool(given.early_stopping)
    few = bool(hidden) and not OPTIMIZERS[optimizer].linear and not stops
    falls = few and given.epochs == given.learning_rate == "auto"
    schedule = decide(
        "schedule",
        "cosine" if falls else "constant",
        "few updates: long steps first, short ones at the end" if falls else "",
    )
    learning_rate = decide(
        "learning_rate",
        _learning_rate(optimizer, facts.n_x, falls=falls and schedule == "cosine"),
        f"for {optimizer} and {facts.n_x} inputs",
    )
    limits = FEW[facts.task] if few else None
    epochs = decide("epochs", *_epochs(updates, few=limits, stops=stops))
    patience = decide("patience", max(MIN_PATIENCE, epochs // 10), "a tenth of the epochs")
    penalties = {
        "l1": given.l1,
        "l2": decide("l2", *_l2(facts.task, facts.n_x)),
    }
    wide_layer = any(n >= MIN_DROPOUT_UNITS for n in hidden)
    keep_prob = decide(
        "keep_prob",
        tuple(KEEP_PROB if n >= MIN_DROPOUT_UNITS else 1.0 for n in hidden),
        f"dropout in hidden layers of {MIN_DROPOUT_UNITS} units or more" if wide_layer else "",
    )
    penalties = {name: weight for name, weight in penalties.items() if weight > 0}
    keep_prob = _keep_prob(keep_prob, network.L)
    path, reasons["path"] = choose(
        given.path,
        Work(
            *network.shapes[0],
            facts.m,
            facts.m_dev,
            updates,
            epochs,
            given.dtype == "float32",
            optimizer,
            penalties,
            keep_prob[0],
            facts.stored,
            given.augment is not None,
        ),
    )
    # Example space has the examples for inputs.
    sizes = (facts.m if path == EXAMPLE_SPACE else facts.n_x, *network.sizes[1:])
    in_batch = min(facts.m, batch_size or facts.m)
    backend, reasons["backend"] = choose_backend(
        given.backend,
        given.device,
        sizes,
        updates * epochs,
        in_batch,
        augmented=given.augment is not None,
    )
    device = choose_device(backend, given.device, largest_product(sizes, in_batch))
    if stops and not facts.has_dev:
        raise OptionError(
            "early_stopping=true needs a dev set to watch; give one with split or dev, "
            "or leave early stopping off"
        )
    return Plan(
        network=network,
        initializers=_initializers(given.initializer, network),
        optimizer=optimizer,
        rates=Rates(learning_rate, given.beta1, given.beta2, given.epsilon),
        schedule=schedule,
        decay=Decay(given.decay_rate, given.decay_interval, epochs),
        batch_size=None if batch_size is None or batch_size >= facts.m else batch_size,
        epochs=epochs,
        keep_prob=keep_prob,
        penalties=penalties,
        early_stopping=stops,
        patience=patience,
        print_every=decide("print_every", max(1, epochs // MAX_RECORDS), ""),
        # Example space is small, and float32 would drift in it.
        dtype="float64" if path == EXAMPLE_SPACE else given.dtype,
        seed=given.seed,
        metric=ERROR_OF_TASK[facts.task],
        target_scale=facts.target_scale,
        path=path,
        execution=Execution(backend, device, given.matmul_precision),
        reasons={name: reason for name, reason in reasons.items() if reason},
        augment=given.augment,
    )


def _batch_size(m: int) -> tuple[int, str]:
    power = 2 ** round(math.log2(m / BATCHES))
    size = min(max(power, MIN_BATCH), MAX_BATCH)
    return size, f"about a hundredth of the examples, from {MIN_BATCH} to {MAX_BATCH}"


def _check_full_batch(facts: Facts, dtype: str) -> None:
    """Refuse a full batch of examples that are in the cache because they are large."""
    size = facts.m * facts.n_x * np.dtype(dtype).itemsize
    if size > SHARE * memory():
        raise OptionError(
            f"a full batch needs all {facts.m:,} examples in memory at once, "
            f"{size_in_words(size)}; choose mini-batches, such as --batch-size {MAX_BATCH}"
        )


def _learning_rate(optimizer: str, n_x: int, *, falls: bool) -> float:
    rate = (FALLING_RATES if falls else LEARNING_RATES)[optimizer]
    # Each update moves Z by about the rate times the inputs' size: more inputs, smaller steps.
    return rate * min(1.0, math.sqrt(FEW_INPUTS / n_x))


def _l2(task: Task, n_x: int) -> tuple[float, str]:
    # The squared error curves at least four times as much as the log loss: it holds against more.
    base, reason = (3.0, "for a regression") if task == "regression" else (1.0, "for classes")
    if n_x <= FEW_INPUTS:
        return base, reason
    return base * n_x / FEW_INPUTS, f"{reason} and {n_x} inputs"


def _epochs(updates: int, *, few: tuple[int, int] | None, stops: bool) -> tuple[int, str]:
    if few:
        epochs = max(few[0], math.ceil(few[1] / updates))
        return epochs, f"{epochs * updates:,} updates; without early stopping, more would overfit"
    epochs = min(max(MIN_EPOCHS, math.ceil(MIN_UPDATES / updates)), MAX_EPOCHS)
    much = f"{epochs * updates:,} updates" if epochs > MIN_EPOCHS else "enough for most data"
    return epochs, much + ("; early stopping ends it before" if stops else "")


def _network(given: Hyperparameters, facts: Facts, hidden: tuple[int, ...]) -> Network:
    output = given.output
    if output == "auto":
        output = OUTPUT_OF_TASK[facts.task]
        if output == "softmax" and facts.n_y == 1:
            output = "sigmoid"
        if given.loss == "squared" and facts.task == "classification":
            output = "sigmoid"
    loss = given.loss
    if loss == "auto":
        loss = "squared" if facts.task == "regression" else LOSS_OF_OUTPUT.get(output, "squared")
    names = given.activation
    activations = (names,) * len(hidden) if isinstance(names, str) else names
    return Network((facts.n_x, *hidden, facts.n_y), activations, output, loss)


def _initializers(name: str, network: Network) -> tuple[str, ...]:
    if name != "auto":
        return (name,) * network.L
    # A layer's W is scaled for the activation that it feeds.
    rows = [ACTIVATIONS[activation].initializer for activation in network.activations]
    return (*rows, "lecun")


def _keep_prob(value: float | tuple[float, ...], L: int) -> tuple[float, ...]:
    if isinstance(value, float):
        return (1.0, *(value,) * (L - 1))
    if len(value) == L:
        return value
    if len(value) == L - 1:
        return (1.0, *value)
    raise OptionError(
        f"keep_prob: {len(value)} numbers for {L - 1} hidden layers; give one for all, "
        f"{L - 1} (one a hidden layer) or {L} (the input's in front)"
    )
