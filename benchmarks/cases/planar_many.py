"""32 networks on the course's flower: 2-4-1, 8 learning rates x 4 seeds, 2,000 iterations each.

    python benchmarks/cases/planar_many.py

The peers train one after the other, scikit-learn also in two processes, as `GridSearchCV(n_jobs=2)`
does. What a user gets who writes all 32 by hand with a leading axis is shown beside them.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import ours
from harness import Case, Contender
from joblib import Parallel, delayed
from peers import Layers, course, initial, log_loss, pytorch, scikit_learn
from peers.contenders import COMPILED, NUMPY, PYTORCH, SCIKIT_LEARN
from run import main

from cutaway.data.generated import planar

RATES, SEEDS, STEPS = tuple(np.geomspace(0.05, 1.2, 8).tolist()), range(4), 2000
BY_HAND = "all networks at once, written by hand"
GRID = [{"learning_rate": rate, "seed": seed} for rate, seed in itertools.product(RATES, SEEDS)]


def stacked(starts: list[Layers]) -> Layers:
    """Return W (S, n_l, n_prev) and b (S, n_l, 1) of every layer."""
    return [tuple(map(np.stack, zip(*layer, strict=True))) for layer in zip(*starts, strict=True)]


def apart(layers: Layers) -> list[Layers]:
    """Return the layers of each of S networks."""
    return [[(W[i], b[i]) for W, b in layers] for i in range(len(layers[0][0]))]
