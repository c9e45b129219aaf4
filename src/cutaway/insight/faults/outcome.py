"""Faults of what comes of a training: each a sign, and its row of the table."""

from __future__ import annotations

import math

from cutaway.insight.faults.fault import MEASURED, STUCK, Fault, option
from cutaway.insight.faults.history import at, far_enough, loss, taken_away
from cutaway.insight.faults.setting import Records, Setting, Sign, share

# Standard errors that chance hardly ever reaches
CHANCE = 3.0


def constant(
    h: Records, s: Setting, *, least: float, records: int, updates: int, part: float
) -> Sign | None:
    """The outputs are the same whatever the input."""
    if len(h) < records or h[-1].iteration < updates or not far_enough(h, s, part):
        return None
    widest = max(r.spread or 0.0 for r in h[-records:])
    # An answer that is sure of one class, and mostly wrong, is named so.
    sure = s.majority is not None and loss(h[-1]) > 2 * (s.trivial_cost or math.inf)
    if not widest < least or sure or _will_be_unrelated(s):
        return None
    return Sign(widest, f"the outputs differ by {widest:.1g} from one example to the next")


def one_class(
    h: Records,
    s: Setting,
    *,
    least: float,
    records: int,
    updates: int,
    part: float,
    frequent: float,
) -> Sign | None:
    """All examples get one class, though they are of several."""
    if len(h) < records or h[-1].iteration < updates or s.majority == 1.0:
        return None
    value = min(r.commonest or 0.0 for r in h[-records:])
    limit = 1 - least * (1 - (s.majority or 0.0))
    if not far_enough(h, s, part) or value < limit:
        return None
    if (s.majority or 0.0) < frequent and _will_be_unrelated(s):
        return None
    words = f"{share(value)} of the training examples get the same class"
    return Sign(value, words, limit=limit)


def unrelated(
    h: Records,
    s: Setting,
    *,
    most: float,
    small: float,
    learned: float,
    examples: int,
    wide: int,
    errors: float,
) -> Sign | None:
    """Whatever was learned of the training examples, nothing of it holds for others."""
    trivial, n = s.trivial_dev_loss or s.trivial_cost, s.n_dev or 0
    if not trivial or n < examples or not far_enough(h, s, 0.5):
        return None
    # Of more inputs than examples little can be learned, however right the labels are.
    if s.is_wide and n < wide:
        return None
    if s.majority and (error := h[-1].dev_error) is not None:
        chance = s.trivial_error or 0.0
        if chance - error > errors * math.sqrt(chance * (1 - chance) / n):
            return None
    best = min(r.dev_loss or 0.0 for r in h) / trivial
    # What the data are asked is asked last: where nothing is wrong nobody has to compute it.
    if best < most - small / math.sqrt(n) or (s.related or 0.0) >= CHANCE:
        return None
    # Where nobody knows whether neighbours agree, what was learned by heart has to show it.
    by_heart = (h[-1].train_loss or 0.0) < learned * trivial
    if not (by_heart or s.related is not None) or not far_enough(h, s, 0.5 if by_heart else 1.0):
        return None
    words = f"the dev loss was never below {best:.3g} times that of an answer without any input"
    return Sign(best, words, limit=most - small / math.sqrt(n))


def _will_be_unrelated(s: Setting) -> bool:
    """Whether neighbours agree on nothing, and a dev set will tell that at the end."""
    return s.trivial_dev_loss is not None and s.related is not None and s.related < CHANCE


def update_ratio(
    h: Records, s: Setting, *, most: float, least: float, records: int, updates: int, part: float
) -> Sign | None:
    """The updates are too large or too small for the weights, while the cost still falls."""
    if len(h) <= records or h[-1].iteration < updates or min(h[0].W_norm or (0.0,)) == 0:
        return None
    tail = h[-records:]
    layers = range(len(h[-1].update_ratio or ()))
    for l in layers:
        lowest = min(at(r.update_ratio, l + 1) or 0.0 for r in tail)
        if lowest > most and not taken_away(h, l + 1):
            words = f"each update changes {s.called(l + 1)} by {share(lowest)} of its weights"
            return Sign(lowest, words, s.layer(l + 1))
    falls = (tail[0].cost or 0.0) > (tail[-1].cost or 0.0) > 0.5 * (h[0].cost or 0.0)
    highest = max((max(r.update_ratio or (0.0,)) for r in tail), default=0.0)
    if falls and 0 < highest < least and far_enough(h, s, part):
        words = f"no update changes any layer by more than {highest:.1g} of its weights"
        return Sign(highest, words, limit=least)
    return None


ROWS = (
    Fault(
        "constant prediction",
        ("spread",),
        constant,
        {"least": 3e-3, "records": 2, "updates": 50, "part": 0.5},
        "largest standard deviation of an output over the training examples",
        MEASURED,
        "The output does not depend on the input: the network answers what it would answer without "
        "any. Nothing of what it could have learned has arrived in its weights.",
        "less regularisation, another learning rate, or the faults named before this one",
        option("--l2 0", "--keep-prob 1"),
        "regularization",
        (*STUCK, "learning rate too low"),
    ),
    Fault(
        "one-class prediction",
        ("commonest",),
        one_class,
        {"least": 0.05, "records": 2, "updates": 100, "part": 0.5, "frequent": 0.7},
        "examples that do not get the commonest answer, over those not of the most frequent class",
        MEASURED,
        "Always answering the most frequent class is right as often as that class is frequent, and "
        "says nothing about any example. An error that looks low may be no more than that.",
        "weigh the classes alike",
        option("--class-weight balanced"),
        "train_dev_test",
        (*STUCK, "learning rate too low", "constant prediction"),
    ),
    Fault(
        "labels unrelated to inputs",
        ("train_loss", "dev_loss"),
        unrelated,
        {"most": 0.97, "small": 0.3, "learned": 0.6, "examples": 15, "wide": 100, "errors": 2.0},
        "lowest dev loss over that of an answer without any input, less 0.3 / sqrt(dev examples)",
        MEASURED,
        "What was learned by heart says nothing of other examples, as if a row had moved or two "
        "tables been joined wrongly. Where all labels are right, the examples are too few to show "
        "what tells them apart.",
        "check that every label stands beside its own example; where it does, more examples",
        option(),
        "train_dev_test",
        asks=("trivial_cost", "n_dev"),
    ),
    Fault(
        "update ratio out of range",
        ("W_norm", "cost"),
        update_ratio,
        {"most": 0.3, "least": 1e-6, "records": 5, "updates": 50, "part": 0.2},
        "|change of W| / |W| of an update",
        "CS231n: about 1e-3; 1e-6 and 0.3 are far from it on either side",
        "An update that changes a large share of the weights forgets what they had learned; one "
        "that changes next to nothing teaches nothing. A thousandth is a good size.",
        "another learning rate",
        option(),
        "optimizers",
        (*STUCK, "learning rate too low"),
    ),
)
