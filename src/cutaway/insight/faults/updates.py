"""Faults of what the updates do: each a sign, and its row of the table."""

from __future__ import annotations

import itertools
import math
import statistics

from cutaway.insight.faults.fault import MEASURED, STUCK, Fault, option, rate
from cutaway.insight.faults.history import at, dev_rests, far_enough, loss, surely, taken_away
from cutaway.insight.faults.setting import Records, Setting, Sign, share
from cutaway.training.record import Record

# Examples that are not around 0 share a mean. The first updates of an ordinary network move every
# unit along it, and turn off for good about the half whose weights point away from it.
KILLED = 0.65


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
    back: float,
    damage: float,
    killed: float,
    wide: float,
    fallen: float,
    first: int,
) -> Sign | None:
    """The first steps do damage, the cost rises and stays up, or it only goes up and down."""
    start = h[0].cost or 0.0
    if len(h) < 2 or start <= 0:
        return None
    if len(h) <= first and h[0].iteration == 0:
        sign = _damage(h, s, damage, killed, wide, fallen)
        if sign is not None:
            return sign
    low = min(r.cost or 0.0 for r in h[-2:])
    if len(h) > 2 and low > far * start:
        words = f"the cost has risen to {low / start:.3g} times its start"
        return Sign(low / start, words, limit=far)
    # A rise in the first updates may settle; one that lasts does not.
    since = h[-1].iteration - updates
    lasting = list(itertools.takewhile(lambda r: r.iteration >= since, reversed(h)))
    if h[0].iteration <= since and len(lasting) > 1:
        low = min(r.cost or 0.0 for r in lasting)
        if low > rise * start:
            words = f"the cost has stayed above {low / start:.3g} times its start"
            return Sign(low / start, f"{words} for {updates} updates")
    return _back_up(h, s, back, window) or _restless(h, s, window, swing, part)


def _damage(
    h: Records, s: Setting, damage: float, killed: float, wide: float, fallen: float
) -> Sign | None:
    """Return the sign of units that the first steps have killed or driven to a bound."""
    signs = [("dead", h[-1].dead, h[0].dead, killed, wide)]
    # Saturated is what a network that has learned looks like, too.
    if loss(h[-1]) >= fallen * (s.trivial_cost or loss(h[0])):
        signs.append(("saturated", h[-1].saturated, h[0].saturated, damage, 0.0))
    for what, now, before, most, chance in signs:
        for l, (value, at_start) in enumerate(zip(now or (), before or (), strict=False), start=1):
            if not taken_away(h, l) and surely(value, l, s, chance) - at_start >= most:
                words = f"the first updates made {share(value)} of {s.called(l)} {what}"
                return Sign(value, words, s.layer(l), most)
    return None


def _back_up(h: Records, s: Setting, back: float, window: int) -> Sign | None:
    """Return the sign of a cost that had fallen, and is up again in the last fifth of it."""
    costs, fifth = [r.cost or 0.0 for r in h], len(h) // 5
    # An oscillation in the first half may settle.
    if 2 * fifth < window or not far_enough(h, s, 0.5):
        return None
    # Medians, for the cost of a batch goes up and down by chance.
    ends = range(len(costs), fifth - 1, -max(1, fifth // 4))
    now, *before = (statistics.median(costs[end - fifth : end]) for end in ends)
    low = min(before)
    if now - low < back * costs[0]:
        return None
    words = f"the cost had fallen to {low:.3g}, and has come back up to {now:.3g}"
    return Sign((now - low) / costs[0], words, limit=back)


def _restless(h: Records, s: Setting, window: int, swing: float, part: float) -> Sign | None:
    """Return the sign of a cost that goes up and down in the last half of the history."""
    if len(h) - len(h) // 2 < window or not far_enough(h, s, part):
        return None
    # That of a batch does so by chance.
    if h[-1].cost == h[-1].batch_cost:
        return None
    costs = [r.cost or 0.0 for r in h[len(h) // 2 :]]
    half, start = len(costs) // 2, h[0].cost or 0.0
    mean = sum(costs) / len(costs)
    if mean <= 0 or mean < 0.5 * start:
        return None
    restless = sum(abs(b - a) for a, b in itertools.pairwise(costs)) / (len(costs) - 1) / mean
    earlier, later = sum(costs[:half]) / half, sum(costs[-half:]) / half
    if restless < swing or later < (1 - swing) * earlier:
        return None
    words = f"the cost goes up and down by {share(restless)} and does not fall"
    return Sign(restless, words, limit=swing)


def dead(h: Records, s: Setting, *, most: float, killed: float, wide: float) -> Sign | None:
    """Most units of a layer are off on every example, at two Records in a row."""
    if h[-1].iteration == 0:
        return None
    before = h[-2].dead if len(h) > 1 else h[-1].dead
    found = []
    for l, value in enumerate(h[-1].dead or (), start=1):
        lasting, born = min(value, at(before, l) or 0.0), at(h[0].dead, l) or 0.0
        few = most if surely(born, l, s, wide) >= most else killed
        if not taken_away(h, l) and (value == 1.0 or surely(lasting, l, s, wide) >= few):
            found.append((value, -l, few))
    if not found:
        return None
    value, l, few = max(found)
    l = -l
    words = f"{share(value)} of the units of {s.called(l)} are 0 on every training example"
    return Sign(value, words, s.layer(l), few)


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
    good: float,
) -> Sign | None:
    """The cost falls steadily, and too slowly to get anywhere in the epochs that are planned."""
    if h[-1].iteration - h[0].iteration < updates:
        return None
    if (sign := _hardly_moved(h, s, moved, early)) is not None:
        return sign
    r, start = h[-1], h[0].cost or 0.0
    if len(h) < 5 or start <= 0 or r.cost is None or not far_enough(h, s, early):
        return None
    if r.epoch == h[0].epoch or dev_rests(h):
        return None
    # By the way gone, for a rate that falls goes most of it at first.
    way = list(itertools.accumulate(_step(b, a) for a, b in itertools.pairwise(h)))
    half = next(i for i, gone in enumerate(way) if 2 * gone >= way[-1])
    if half == len(way) - 1 or way[half] <= 0:
        return None
    middle = h[half + 1].cost or 0.0
    first, second = (start - middle) / way[half], (middle - r.cost) / (way[-1] - way[half])
    # A fall that slows down is coming to rest; one that gets faster has yet to begin.
    if not (first > 0 and steady * first < second < faster * first):
        return None
    fell, epochs = start - r.cost, s.epochs or r.epoch
    # The rate now, over the mean of all
    pace = _step(r, h[0]) / way[-1]
    slope = pace * fell / (r.epoch - h[0].epoch)
    reached = (fell + slope * max(0, epochs - r.epoch)) / start
    limit = fall if far_enough(h, s, part) else hardly
    if reached >= limit:
        return None
    if pace < 0.1:
        words = (
            f"the rate has fallen to {r.learning_rate or 0.0:.1g} before the cost fell by more than"
        )
        return Sign(reached, f"{words} {100 * reached:.2g} %", limit=limit)
    # Where the weights change as they should, something else keeps the cost from falling.
    sizes = [max(q.update_ratio) for q in h if q.update_ratio]
    if sizes and statistics.median(sizes) >= good:
        return None
    needed = math.ceil(start / 2 / slope)
    words = (
        f"at this slope the cost falls by {100 * reached:.2g} % in {epochs:,} {s.counted}s; "
        f"to halve it takes about {needed:,}"
    )
    return Sign(reached, words, limit=limit)


def _step(now: Record, before: Record) -> float:
    """Return how far the updates between two Records went: their number times their rate."""
    rate = 1.0 if now.learning_rate is None else now.learning_rate
    return rate * (now.iteration - before.iteration)


def _hardly_moved(h: Records, s: Setting, moved: float, early: float) -> Sign | None:
    """Return the sign of updates that all together cannot have changed the weights."""
    r = h[-1]
    if not far_enough(h, s, early) or min(h[0].W_norm or (0.0,)) == 0:
        return None
    known = (next((q for q in way if q.update_ratio), None) for way in (h, reversed(h)))
    sizes = [max(q.update_ratio or ()) for q in known if q is not None]
    # A gradient of nothing has another reason, and is no rate that is too low.
    if not sizes or min(sizes) <= 0 or (r.cost or 0.0) < 0.9 * (h[0].cost or 0.0):
        return None
    most = max(sizes) * (r.iteration - h[0].iteration)
    if most >= moved:
        return None
    words = f"{r.iteration:,} updates have changed no layer by more than {most:.1g} of it"
    return Sign(most, words, limit=moved)


ROWS = (
    Fault(
        "learning rate too high",
        ("cost",),
        rate_too_high,
        {
            "rise": 1.5,
            "far": 10.0,
            "updates": 100,
            "window": 10,
            "swing": 0.1,
            "part": 0.2,
            "back": 0.25,
            "damage": 0.4,
            "killed": KILLED,
            "wide": 1.0,
            "fallen": 0.75,
            "first": 6,
        },
        "cost over its start",
        MEASURED,
        "A step that is too long jumps over the valley and lands higher on the other side. "
        "An oscillation at the start that settles is no fault; one that stays is.",
        "a learning rate ten times smaller",
        rate(0.1),
        "optimizers",
        ("exploding gradients", "saturated units"),
    ),
    Fault(
        "dead units",
        ("dead",),
        dead,
        {"most": 0.4, "killed": KILLED, "wide": 1.0},
        "share of the units of a layer that are 0 on every training example, beyond chance",
        "CS231n: 40 % is too much; chance, 1 / sqrt(units), may take more of a narrow layer",
        "A ReLU unit that is off on every example gets no gradient, so it never comes back. "
        "What is left of the layer has to do the work of all.",
        "a learning rate ten times smaller, or leaky_relu units, which cannot die",
        option("--activation leaky_relu"),
        "activations",
        ("symmetric units", "exploding gradients", "learning rate too high"),
    ),
    Fault(
        "learning rate too low",
        ("cost",),
        rate_too_low,
        {
            "fall": 0.1,
            "part": 0.5,
            "hardly": 0.01,
            "early": 0.2,
            "steady": 0.5,
            "faster": 1.5,
            "updates": 20,
            "moved": 0.02,
            "good": 1e-3,
        },
        "share of the cost that the epochs planned take away",
        MEASURED,
        "The cost falls along a straight line: the network would learn, were it given the time. "
        "A larger step gets as far in fewer epochs.",
        "a learning rate ten times larger; where it falls, one that falls more slowly",
        rate(10.0),
        "optimizers",
        STUCK,
    ),
)
