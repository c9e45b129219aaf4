"""Signs of faults: pure functions of a history, one a fault.

Each is called with the Records so far that have what it needs, the last one being new, with what is
known of the training, and with its limits from the table. It returns a Sign, or None.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from cutaway.insight.faults.setting import Records, Setting, Sign, share
from cutaway.training.record import Record

# Updates after which a training whose plan nobody knows ought to have got somewhere
LONG = 500
# Standard errors that chance hardly ever reaches
CHANCE = 3.0


def not_finite(h: Records, s: Setting) -> Sign | None:
    """The cost, or its mean over the last epoch, is infinite or not a number."""
    for name in ("cost", "batch_cost", "train_loss"):
        value = getattr(h[-1], name)
        if value is not None and not math.isfinite(value):
            return Sign(value, f"the {name.replace('_', ' ')} is {value}")
    return None


def symmetry(h: Records, s: Setting, *, most: float) -> Sign | None:
    """Units of a hidden layer have the same parameters at the start."""
    l, value = _largest(h[0].twins or ())
    if value < most:
        return None
    words = f"{share(value)} of the units of {s.layer(l)} start as copies of another one"
    return Sign(value, words, s.layer(l))


def dead(h: Records, s: Setting, *, most: float, wide: float) -> Sign | None:
    """Most units of a layer are off on every example, at two Records in a row."""
    if h[-1].iteration == 0:
        return None
    before = h[-2].dead if len(h) > 1 else h[-1].dead
    found = [
        (value, -l)
        for l, value in enumerate(h[-1].dead or (), start=1)
        if not _taken_away(h, l)
        and (
            value == 1.0 or (_surely(value, l, s, wide) >= most and (_at(before, l) or 0.0) >= most)
        )
    ]
    if not found:
        return None
    value, l = max(found)
    l = -l
    words = f"{share(value)} of the units of {s.layer(l)} are 0 on every training example"
    return Sign(value, words, s.layer(l))


def _surely(value: float, l: int, s: Setting, wide: float) -> float:
    """Return a share of the units of a layer less what chance may do in a narrow one."""
    return value - wide / math.sqrt(s.units(l) or math.inf)


def saturated(h: Records, s: Setting, *, most: float) -> Sign | None:
    """Many activations are at a bound before anything is learned."""
    l, value = _largest(h[-1].saturated or ())
    if len(h) > 1 or value < most:
        return None
    words = f"{share(value)} of the activations of {s.layer(l)} are within 1 % of a bound"
    return Sign(value, words, s.layer(l))


def vanishing(
    h: Records, s: Setting, *, least: float, nothing: float, records: int, deep: int, off: float
) -> Sign | None:
    """A layer gets next to nothing of the gradient that a later one gets, or all get nothing."""
    if len(h) == 1:
        return _nothing_left(h, s, nothing, deep)
    if len(h) > records:
        return None
    if max(h[0].dead or (0.0,)) >= off:
        # Where nearly all units are off, that is what stops the gradient.
        return None
    now, before = _flow(h[-1]), _flow(h[0])
    for l in range(1, len(now)):
        later = max(now[l:])
        if later > 0 and now[l - 1] < least * later and before[l - 1] < least * max(before[l:]):
            ratio = now[l - 1] / later
            words = f"{s.layer(l)} gets {ratio:.1g} of the gradient that a later layer gets"
            return Sign(ratio, words, s.layer(l))
    return None


def _nothing_left(h: Records, s: Setting, nothing: float, deep: int) -> Sign | None:
    """Return the sign of gradients that are next to nothing in every layer at the start."""
    now, size = _flow(h[-1]), h[-1].train_loss or h[-1].cost or 1.0
    if len(now) >= deep and 0 < max(now) < nothing * size:
        words = f"no layer gets more than {max(now) / size:.1g} of the cost as a gradient"
        return Sign(max(now) / size, words, s.layer(1))
    return None


def exploding(h: Records, s: Setting, *, most: float, worse: float) -> Sign | None:
    """The gradient is far larger than the weights that it is to change, or the cost absurd."""
    # Weights that start from zero are small beside any gradient.
    if len(h) > 1 or not h[-1].gradient or min(h[0].W_norm or (0.0,)) == 0:
        return None
    loss = h[0].train_loss or 0.0
    if s.trivial_cost and loss > worse * s.trivial_cost:
        value = loss / s.trivial_cost
        words = f"the loss starts at {value:.3g} times that of an answer without any input"
        return Sign(value, words, s.layer(len(h[-1].gradient)))
    ratios = [
        g / w if w > 0 else 0.0 for g, w in zip(h[-1].gradient, h[-1].W_norm or (), strict=True)
    ]
    l, value = _largest(ratios)
    if not value >= most:
        return None
    return Sign(value, f"the gradient of {s.layer(l)} is {value:.3g} times its weights", s.layer(l))


def rate_too_high(
    h: Records,
    s: Setting,
    *,
    rise: float,
    far: float,
    updates: int,
    window: int,
    swing: float,
    part: float,
    damage: float,
    wide: float,
    fallen: float,
    first: int,
) -> Sign | None:
    """The first steps do damage, the cost rises and stays up, or it only goes up and down."""
    start = h[0].cost or 0.0
    if len(h) < 2 or start <= 0:
        return None
    if len(h) <= first and h[0].iteration == 0:
        sign = _damage(h, s, damage, wide, fallen)
        if sign is not None:
            return sign
    low = min(r.cost or 0.0 for r in h[-2:])
    if len(h) > 2 and low > far * start:
        return Sign(low / start, f"the cost has risen to {low / start:.3g} times its start")
    # A rise in the first updates may settle; one that lasts does not.
    since = h[-1].iteration - updates
    lasting = list(itertools.takewhile(lambda r: r.iteration >= since, reversed(h)))
    if h[0].iteration <= since and len(lasting) > 1:
        low = min(r.cost or 0.0 for r in lasting)
        if low > rise * start:
            words = f"the cost has stayed above {low / start:.3g} times its start"
            return Sign(low / start, f"{words} for {updates} updates")
    return _restless(h, s, window, swing, part)


def _damage(h: Records, s: Setting, damage: float, wide: float, fallen: float) -> Sign | None:
    """Return the sign of units that the first steps have killed or driven to a bound."""
    for now, before, what in (
        (h[-1].dead, h[0].dead, "dead"),
        (h[-1].saturated, h[0].saturated, "saturated"),
    ):
        for l, (value, at_start) in enumerate(zip(now or (), before or (), strict=False), start=1):
            # Saturated is what a network that has learned looks like, too.
            learned = what == "saturated" and (h[-1].cost or 0.0) < fallen * (h[0].cost or 0.0)
            if learned or _taken_away(h, l):
                continue
            if _surely(value, l, s, wide if what == "dead" else 0.0) - at_start >= damage:
                words = f"the first updates made {share(value)} of {s.layer(l)} {what}"
                return Sign(value, words, s.layer(l))
    return None


def _restless(h: Records, s: Setting, window: int, swing: float, part: float) -> Sign | None:
    """Return the sign of a cost that goes up and down in the last half of the history."""
    costs = [r.cost or 0.0 for r in h[len(h) // 2 :]]
    if len(costs) < window or not _far_enough(h, s, part):
        return None
    half, start = len(costs) // 2, h[0].cost or 0.0
    mean = sum(costs) / len(costs)
    restless = sum(abs(b - a) for a, b in itertools.pairwise(costs)) / (len(costs) - 1) / mean
    earlier, later = sum(costs[:half]) / half, sum(costs[-half:]) / half
    if restless < swing or later < (1 - swing) * earlier or mean < 0.5 * start:
        return None
    words = f"the cost goes up and down by {share(restless)} and does not fall"
    return Sign(restless, words)


def rate_too_low(
    h: Records,
    s: Setting,
    *,
    fall: float,
    steady: float,
    faster: float,
    updates: int,
    part: float,
    hardly: float,
    early: float,
    moved: float,
) -> Sign | None:
    """The cost falls steadily, and too slowly to get anywhere in the epochs that are planned."""
    if (sign := _hardly_moved(h, s, moved, early)) is not None:
        return sign
    epochs = s.epochs or h[-1].epoch
    r, middle, start = h[-1], h[len(h) // 2], h[0].cost or 0.0
    if len(h) < 5 or start <= 0 or r.cost is None or not _far_enough(h, s, early):
        return None
    if r.iteration - h[0].iteration < updates or middle.epoch == h[0].epoch:
        return None
    first = (start - (middle.cost or 0.0)) / (middle.epoch - h[0].epoch)
    second = ((middle.cost or 0.0) - r.cost) / max(1, r.epoch - middle.epoch)
    # A fall that slows down is coming to rest; one that gets faster has yet to begin.
    if not (first > 0 and steady * first < second < faster * first):
        return None
    slope = (start - r.cost) / (r.epoch - h[0].epoch)
    reached = (start - r.cost + slope * max(0, epochs - r.epoch)) / start
    if reached >= (fall if _far_enough(h, s, part) else hardly):
        return None
    needed = math.ceil(start / 2 / slope)
    words = (
        f"at this slope the cost falls by {100 * reached:.2g} % in {epochs:,} {s.counted}s; "
        f"to halve it takes about {needed:,}"
    )
    return Sign(reached, words)


def _hardly_moved(h: Records, s: Setting, moved: float, early: float) -> Sign | None:
    """Return the sign of updates that all together cannot have changed the weights."""
    r = h[-1]
    if not _far_enough(h, s, early) or min(h[0].W_norm or (0.0,)) == 0:
        return None
    known = (next((q for q in way if q.update_ratio), None) for way in (h, reversed(h)))
    sizes = [max(q.update_ratio or ()) for q in known if q is not None]
    # A gradient of nothing has another reason, and is no rate that is too low.
    if not sizes or min(sizes) <= 0 or (r.cost or 0.0) < 0.9 * (h[0].cost or 0.0):
        return None
    most = max(sizes) * (r.iteration - h[0].iteration)
    if most >= moved:
        return None
    return Sign(
        most, f"{r.iteration:,} updates have changed no layer by more than {most:.1g} of it"
    )


def unrelated(
    h: Records, s: Setting, *, most: float, small: float, learned: float, examples: int
) -> Sign | None:
    """Whatever was learned of the training examples, nothing of it holds for others."""
    trivial, n = s.trivial_dev_loss or s.trivial_cost, s.n_dev or 0
    if not trivial or n < examples or (s.related or 0.0) >= CHANCE:
        return None
    best = min(r.dev_loss or 0.0 for r in h) / trivial
    if best < most - small / math.sqrt(n):
        return None
    # Where nobody knows whether neighbours agree, what was learned by heart has to show it.
    by_heart = (h[-1].train_loss or 0.0) < learned * trivial
    if not (by_heart or s.related is not None) or not _far_enough(h, s, 0.5 if by_heart else 1.0):
        return None
    words = f"the dev loss was never below {best:.3g} times that of an answer without any input"
    return Sign(best, words)


def _will_be_unrelated(s: Setting) -> bool:
    """Whether neighbours agree on nothing, and a dev set will tell that at the end."""
    return s.related is not None and s.related < CHANCE and s.trivial_dev_loss is not None


def constant(
    h: Records, s: Setting, *, least: float, records: int, updates: int, part: float
) -> Sign | None:
    """The outputs are the same whatever the input."""
    if len(h) < records or h[-1].iteration < updates or not _far_enough(h, s, part):
        return None
    widest = max(r.spread or 0.0 for r in h[-records:])
    # An answer that is sure of one class, and mostly wrong, is named so.
    sure = s.majority is not None and _loss(h[-1]) > 2 * (s.trivial_cost or math.inf)
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
    if not _far_enough(h, s, part) or (_will_be_unrelated(s) and (s.majority or 0.0) < frequent):
        return None
    value = min(r.commonest or 0.0 for r in h[-records:])
    if value < 1 - least * (1 - (s.majority or 0.0)):
        return None
    return Sign(value, f"{share(value)} of the training examples get the same class")


def update_ratio(
    h: Records, s: Setting, *, most: float, least: float, records: int, updates: int, part: float
) -> Sign | None:
    """The updates are too large or too small for the weights, while the cost still falls."""
    if len(h) <= records or h[-1].iteration < updates or min(h[0].W_norm or (0.0,)) == 0:
        return None
    tail = h[-records:]
    layers = range(len(h[-1].update_ratio or ()))
    for l in layers:
        lowest = min(_at(r.update_ratio, l + 1) or 0.0 for r in tail)
        if lowest > most and not _taken_away(h, l + 1):
            words = f"each update changes {s.layer(l + 1)} by {share(lowest)} of its weights"
            return Sign(lowest, words, s.layer(l + 1))
    falls = (tail[0].cost or 0.0) > (tail[-1].cost or 0.0) > 0.5 * (h[0].cost or 0.0)
    highest = max((max(r.update_ratio or (0.0,)) for r in tail), default=0.0)
    if falls and 0 < highest < least and _far_enough(h, s, part):
        return Sign(
            highest, f"no update changes any layer by more than {highest:.1g} of its weights"
        )
    return None


def _largest(values: Sequence[float]) -> tuple[int, float]:
    """Return the layer 1, 2, .. with the largest value, and the value; 0 where there is none."""
    if not values:
        return 0, 0.0
    l = max(range(len(values)), key=lambda i: values[i] if values[i] is not None else -math.inf)
    return l + 1, values[l]


def _far_enough(h: Records, s: Setting, part: float) -> bool:
    """Whether that part of the epochs that are planned is done, or what is long if none are."""
    if s.epochs is None:
        return h[-1].iteration - h[0].iteration >= LONG
    return h[-1].epoch >= part * s.epochs


def _taken_away(h: Records, l: int) -> bool:
    """Whether a penalty takes away the weights of a layer: small beside any update then."""
    start, now = _at(h[0].W_norm, l), _at(h[-1].W_norm, l)
    shrunk = start is not None and now is not None and now < start / 10
    # From the start most of the cost may be penalty.
    return shrunk or (h[0].cost or 0.0) > 2 * (h[0].train_loss or math.inf)


def _at(values: Sequence[float] | None, l: int) -> float | None:
    return values[l - 1] if values and l <= len(values) else None


def _loss(record: Record) -> float:
    return (record.cost if record.train_loss is None else record.train_loss) or 0.0


def _flow(record: Record) -> list[float]:
    """Return |dW| |W| of each layer: the same for all layers of a balanced network."""
    return [g * w for g, w in zip(record.gradient or (), record.W_norm or (), strict=True)]
