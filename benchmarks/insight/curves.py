"""Learning curves extrapolated, beside networks that were trained on that many examples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from causes import draw, error_on, fit, parted
from figures import Outcome, share
from populations import available

from cutaway.experiments.learning_curve import learning_curve
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.setup import set_up

DRAWS, N_DEV, EPOCHS = 3, 300, 40


def measure(full: bool, say: Callable[[str], None]) -> Outcome:
    """Return how often the intervals at two and four times the examples hold the true error."""
    cases = []
    for name, p in available(say).items():
        for seed in range(20 if full else 3):
            say(f"{name}, seed {seed}")
            random = np.random.default_rng([seed, 7])
            m = min(400, (p.m - N_DEV) // 8)
            train, dev, rest = draw(p, random, 4 * m, N_DEV)
            given = Hyperparameters.of(epochs=EPOCHS, early_stopping=False, seed=seed)
            data = parted(p, train[:m], dev, p.target, p.rows)
            curve = learning_curve(set_up(data, given), p.goal)
            pool = p.dataset(rest)
            for point in curve.further[:2]:
                runs = [
                    fit(p, train[: point.m], dev, {"epochs": EPOCHS}, seed + draw_)
                    for draw_ in range(DRAWS)
                ]
                truth = float(np.mean([error_on(run, pool) for run in runs]))
                low, high = point.interval
                cases.append(
                    {
                        "population": name,
                        "seed": seed,
                        "m": point.m,
                        "dev": point.dev,
                        "interval": [low, high],
                        "truth": truth,
                        "held": low <= truth <= high,
                    }
                )
    # At four times the examples the law itself is in doubt, which no bootstrap can tell.
    return Outcome(
        [
            share(
                "interval holds the error at twice the examples", [c["held"] for c in cases[::2]]
            ),
            share("at four times", [c["held"] for c in cases[1::2]]),
        ],
        cases,
    )
