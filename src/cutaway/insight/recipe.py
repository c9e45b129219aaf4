"""What to do next: the course's recipe for bias and for variance, ordered for one network.

One row a remedy. `share` estimates which share of the bias or variance it would take away, from
what the training has left behind; a remedy that does not apply here returns None. A new remedy is a
new row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from cutaway import wording
from cutaway.insight.diagnosis import Diagnosis
from cutaway.insight.evidence import Evidence
from cutaway.insight.faults.setting import Found

# A cost that falls by less in that part has come to rest.
STILL_FALLS = 0.02
# So many times the epochs; at the fastest an error is expected to fall as 1 / sqrt(epochs).
LONGER, FASTEST = 4, 0.5
# Doubling the examples takes 1 - 1 / sqrt(2) of a variance that falls as 1 / sqrt(m).
OF_TWICE_THE_DATA = 1 - 1 / math.sqrt(2)
# Shares that rest on nothing but the course's order of things to try
PLAUSIBLE, SMALL = 0.25, 0.1
# A hidden layer narrower than this is the first thing to suspect.
FEW_UNITS = 16


class Trouble(NamedTuple):
    """How large what is treated is, and what nobody can avoid."""

    value: float
    human_error: float


class Try(NamedTuple):
    """A remedy for this network: the share of the trouble that it may take, why, and how.

    options  of the command that trains it again
    command  that takes the options, where it is not the one that was typed
    look     a command that says more, where there is nothing to train again
    """

    share: float
    reason: str
    options: tuple[str, ...]
    command: str = ""
    look: str = ""


class Remedy(NamedTuple):
    """One row: what it treats, and what it would be here, None where it does not apply.

    treats  of several the largest that is high; here: takes the evidence, and how large that is
    told    by these faults, which know better what to change
    """

    name: str
    treats: tuple[str, ...]
    here: Callable[[Evidence, Trouble], Try | None]
    told: tuple[str, ...] = ()


class Advice(NamedTuple):
    """A remedy with its expected gain, in units of the error.

    options  what changes, as it is typed; () where it is no setting of a training
    """

    name: str
    treats: str
    gain: float
    reason: str
    command: str
    options: tuple[str, ...] = ()


def _train_longer(e: Evidence, trouble: Trouble) -> Try | None:
    epochs = int(e.plan.get("epochs", 0))
    options = (f"--epochs {LONGER * epochs}",) if epochs else ("--epochs N",)
    if e.fall is None:
        return Try(PLAUSIBLE, "whether the cost still fell at the end is not known", options)
    if e.fall < STILL_FALLS:
        return None
    if e.ended == "stopped":
        more = ("--patience " + str(2 * int(e.plan.get("patience", 20))),)
        reason = f"it was stopped while the train loss still fell ({100 * e.fall:.0f} % in a fifth)"
        return Try(SMALL, reason, more)
    reason = f"in the last fifth of the epochs the train loss still fell by {100 * e.fall:.0f} %"
    return Try(1 - LONGER ** -min(e.pace, FASTEST), reason, options)


def _bigger_network(e: Evidence, trouble: Trouble) -> Try | None:
    layers = e.hidden or [0]
    bigger = [2 * n for n in layers] if any(layers) else [64, 32]
    if not e.plan:
        share, reason = PLAUSIBLE, "more units and layers can fit more"
    elif max(layers) < FEW_UNITS:
        share = 0.6
        reason = f"hidden layers {','.join(map(str, e.hidden)) or 'none'} can tell little apart"
    elif e.fall is not None and e.fall >= STILL_FALLS:
        share, reason = SMALL, "it may be too small; but it is not trained to its end yet"
    else:
        share = PLAUSIBLE
        reason = f"with hidden layers {','.join(map(str, e.hidden)) or 'none'} it learns no more"
    return Try(share, reason, (f"--hidden {','.join(map(str, bigger))}",))


def _less_regularisation(e: Evidence, trouble: Trouble) -> Try | None:
    penalties = e.plan.get("penalties", {})
    options = [f"--{name} 0" for name in penalties] + ["--keep-prob 1"] * e.drops
    if not options:
        return None
    share, reason = e.penalised, "what keeps it from overfitting keeps it from fitting"
    if share is None:
        return Try(SMALL, reason, tuple(options))
    if penalties and share >= 0.005:
        reason += f" (the penalty is {100 * share:.0f} % of the cost)"
    return Try(min(0.5, share / 2 + SMALL / 2 * e.drops + 0.01), reason, tuple(options))


def _another_rate(e: Evidence, trouble: Trouble) -> Try | None:
    alpha = e.plan.get("rates", {}).get("alpha")
    if alpha is None:
        return Try(SMALL, "the rate, or the optimizer, may not suit", ("--optimizer adam",))
    reason = f"the cost may fall further with another rate than {alpha:.3g}"
    return Try(SMALL, reason, (f"--learning-rate {3 * alpha:.2g}",))


def _more_data(e: Evidence, trouble: Trouble) -> Try | None:
    if e.curve is not None:
        twice, metric = e.curve.further[0], e.curve.metric
        reason = (
            f"by its learning curve, twice the {e.curve.m:,} training examples lead to a dev error "
            f"of {wording.error(twice.dev, metric)} (95 % interval "
            f"{wording.interval(twice.interval, metric)}); {e.curve.needed_in_words()}"
        )
        return Try(min(1.0, e.curve.gain_of_twice / trouble.value), reason, ())
    m = f"{e.m:,} " if e.m else ""
    reason = (
        f"a variance falls about as 1 / sqrt(m): twice the {m}training examples take "
        f"{100 * OF_TWICE_THE_DATA:.0f} % of it"
    )
    look = f"cutaway diagnose {e.run} --learning-curve" if e.run else ""
    return Try(OF_TWICE_THE_DATA, reason, (), look=look)


def _better_labels(e: Evidence, trouble: Trouble) -> Try | None:
    if e.suspects is None:
        # Only the labels of classes can be suspected
        of_classes = e.run and e.plan.get("metric") == "error"
        look = f"cutaway diagnose {e.run} --suspects" if of_classes else ""
        return Try(SMALL / 2, "wrong labels can neither be fitted nor foreseen", (), look=look)
    # Wrong labels that are part of the human-level error are no part of bias and variance.
    share = e.suspects.share - trouble.human_error
    if share <= 0 or e.suspects.is_doubtful:
        return None
    reason = (
        f"{wording.plural(e.suspects.odd, 'training label')} ({100 * e.suspects.share:.1f} %) "
        "look wrong to networks that have not learned them; the dev set has most likely as many"
    )
    return Try(min(1.0, share / trouble.value), reason, ())


def _more_l2(e: Evidence, trouble: Trouble) -> Try | None:
    l2 = e.plan.get("penalties", {}).get("l2", 0.0)
    more = 10 * l2 if l2 else 1.0
    share = SMALL if l2 else PLAUSIBLE
    reason = "large weights let it follow single examples"
    return Try(share, f"{reason} (l2 is {l2:g})" if e.plan else reason, (f"--l2 {more:g}",))


def _dropout(e: Evidence, trouble: Trouble) -> Try | None:
    if e.plan and (e.drops or not e.hidden or max(e.hidden) < FEW_UNITS):
        return None
    return Try(0.2, "no unit can lean on a single other", ("--keep-prob 0.8",))


def _augmentation(e: Evidence, trouble: Trouble) -> Try | None:
    if e.picture is None or e.plan.get("augment"):
        return None
    # What is seen in colours has a left and a right like any other; letters and digits have not.
    mirrored = "flip," if e.picture[2] == 3 else ""
    reason = "every epoch sees the pictures turned and shifted anew, as if there were more of them"
    return Try(PLAUSIBLE, reason, (f"--augment {mirrored}rotate:10,shift:0.1",))


def _another_optimizer(e: Evidence, trouble: Trouble) -> Try | None:
    used = e.plan.get("optimizer")
    if used is None:
        return None
    other = "adam" if used != "adam" else "momentum"
    return Try(
        SMALL / 2,
        f"another update rule than {used} may go further",
        (f"--optimizer {other}", "--learning-rate auto"),
    )


def _another_architecture(e: Evidence, trouble: Trouble) -> Try | None:
    if not e.hidden:
        return None
    deeper = ",".join(map(str, [e.hidden[0], *e.hidden]))
    return Try(
        SMALL / 2, "one layer more can build on what the first one finds", (f"--hidden {deeper}",)
    )


def _data_like_dev(e: Evidence, trouble: Trouble) -> Try | None:
    reason = (
        "it does well on new examples of the training set's origin: train on examples like those "
        "of the dev set too, collected, or made from the others"
    )
    return Try(0.5, reason, ())


def _dev_like_train(e: Evidence, trouble: Trouble) -> Try | None:
    reason = (
        "if the dev set is not what the network is meant for, take one from the right "
        "distribution; left out, it is parted from the training data"
    )
    return Try(PLAUSIBLE, reason, ("--dev", "--train-dev"))


def _fresh_dev(e: Evidence, trouble: Trouble) -> Try | None:
    seed = int(e.plan.get("seed", 0)) + 1
    reason = "what was chosen by a dev set fits it by chance: draw another, larger one to go on"
    return Try(0.5, reason, (f"--split-seed {seed}",))


def _ensemble(e: Evidence, trouble: Trouble) -> Try | None:
    if e.is_ensemble:
        return None
    reason = "the mean of several networks is less led astray by single examples than one"
    return Try(SMALL, f"{reason}, at as many times the cost", ("--members 5",), "ensemble")


def _stop_early(e: Evidence, trouble: Trouble) -> Try | None:
    looks = [(r.dev_loss, r.dev_error) for r in e.records if r.dev_loss is not None]
    if e.plan.get("early_stopping") or (e.records and not looks):
        return None
    options = ("--early-stopping true",)
    if not looks:
        return Try(SMALL, "the dev loss may have been lower before", options)
    (loss, error), (last, at_the_end) = min(looks, key=lambda look: look[0]), looks[-1]
    rise = (last - loss) / last if last > 0 else 0.0
    if rise <= STILL_FALLS:
        return None
    reason, share = f"the dev loss was {100 * rise:.0f} % lower before the end", min(0.5, rise)
    # A network that is ever surer of its mistakes has a loss that rises, and no more mistakes.
    if error is not None and (at_the_end or 0.0) - error < SMALL * trouble.value:
        return Try(SMALL / 2, f"{reason}, but hardly the dev error", options)
    return Try(share, reason, options)


def _smaller_network(e: Evidence, trouble: Trouble) -> Try | None:
    if e.plan and (not e.hidden or max(e.hidden) < 8):
        return None
    smaller = ",".join(str(max(4, n // 2)) for n in e.hidden) or "16"
    return Try(SMALL / 2, "fewer parameters fit less noise", (f"--hidden {smaller}",))


def _wider_network(e: Evidence, trouble: Trouble) -> Try | None:
    if not e.hidden or not e.plan.get("penalties"):
        return None
    wider = ",".join(str(2 * n) for n in e.hidden)
    reason = "held back by its penalty, a wider network seldom does worse and may find more"
    return Try(SMALL / 2, reason, (f"--hidden {wider}",))


_ROWS = (
    Remedy("train longer", ("bias",), _train_longer),
    Remedy("bigger network", ("bias",), _bigger_network),
    Remedy("less regularisation", ("bias",), _less_regularisation),
    Remedy(
        "another learning rate",
        ("bias",),
        _another_rate,
        told=("learning rate too high", "learning rate too low"),
    ),
    Remedy("another optimizer", ("bias",), _another_optimizer),
    Remedy("another architecture", ("bias",), _another_architecture),
    Remedy("more data", ("variance",), _more_data),
    Remedy("stop early", ("variance",), _stop_early),
    Remedy("more L2", ("variance",), _more_l2),
    Remedy("augmentation", ("variance",), _augmentation),
    Remedy("dropout", ("variance",), _dropout),
    Remedy("ensemble", ("variance",), _ensemble),
    Remedy("smaller network", ("variance",), _smaller_network),
    Remedy("wider network", ("variance",), _wider_network),
    Remedy("better labels", ("bias", "variance"), _better_labels),
    Remedy("training examples like dev", ("data mismatch",), _data_like_dev),
    Remedy("a dev set of the right distribution", ("data mismatch",), _dev_like_train),
    Remedy("a fresh dev set", ("over-use of dev",), _fresh_dev),
)
REMEDIES: Mapping[str, Remedy] = {row.name: row for row in _ROWS}


def advise(
    diagnosis: Diagnosis,
    evidence: Evidence,
    *,
    all_of_it: bool = False,
    fault: Found | None = None,
) -> list[Advice]:
    """Return what may help here, the largest expected gain first; nothing where all is well.

    all_of_it: also against what is not high, or undecided, as long as there is anything of it.
    fault: that the training has, whose own remedy is not said twice.
    """
    if diagnosis.verdict == "neither" and not all_of_it:
        return []
    there = {
        quantity.name: quantity
        for quantity in diagnosis.quantities
        if quantity.verdict == "high" or (all_of_it and quantity.value > 0)
    }
    advice = []
    for remedy in REMEDIES.values():
        treated = [there[name] for name in remedy.treats if name in there]
        if not treated or (fault is not None and fault.name in remedy.told):
            continue
        quantity = max(treated, key=lambda one: one.value)
        trouble = Trouble(quantity.value, diagnosis.errors.human_error)
        if (found := remedy.here(evidence, trouble)) is None:
            continue
        command = found.look or evidence.again(*found.options, command=found.command)
        gain = found.share * quantity.value
        advice.append(
            Advice(remedy.name, quantity.name, gain, found.reason, command, found.options)
        )
    advice.sort(key=lambda one: -one.gain)
    # Bias and variance may ask for the same thing, which is said once
    once: dict[tuple[str, ...], Advice] = {}
    for one in advice:
        once.setdefault(one.options or (one.name,), one)
    return list(once.values())
