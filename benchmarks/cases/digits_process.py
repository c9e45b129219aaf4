"""`cutaway train digits` as a process, start to end, against the equivalent scikit-learn script.

    python benchmarks/cases/digits_process.py

Both split 60/20/20, train 128-64 with Adam at 0.003 in batches of 32, stop early, fit the majority
class and logistic regression beside the network, print the errors and save the network. They stop
by rules of their own, so the epochs differ; what is compared in place of the cost is the share of
right answers on dev. cutaway also keeps a history and checkpoints, and writes its report.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import ours
from harness import Case, Contender
from peers.contenders import SCIKIT_LEARN
from run import environment, main

SCRIPT = """
import sys
import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_digits(return_X_y=True)
X = X.astype(np.float32)
X, X_test, y, y_test = train_test_split(X, y, test_size=359, stratify=y, random_state=0)
network = MLPClassifier(
    (128, 64), learning_rate_init=0.003, batch_size=32, alpha=1, max_iter=200,
    early_stopping=True, validation_fraction=360 / 1438, n_iter_no_change=20, random_state=0,
)
models = {
    "network": make_pipeline(StandardScaler(), network),
    "majority class": DummyClassifier(),
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
}
for name, model in models.items():
    model.fit(X, y)
    print(name, model.score(X, y))
print(confusion_matrix(y, models["network"].predict(X)))
joblib.dump(models["network"], sys.argv[1] + "/model.joblib")
print(network.best_validation_score_)
"""


def script(_: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return float(_run("-c", SCRIPT, folder).split()[-1])


def cutaway(_: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        _run("-m", "cutaway", "train", "digits", "--runs", folder)
        (metrics,) = Path(folder).glob("*/metrics.json")
        return 1 - json.loads(metrics.read_text())["dev"]["error"]


def _run(*arguments: str) -> str:
    command: Sequence[str] = (sys.executable, *arguments)
    done = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True)
    return done.stdout


def case(folder: Path | None) -> Case:
    return Case(
        name="digits-process",
        title="cutaway train digits as a process, against a scikit-learn script",
        steps=1,
        short=1,
        contenders=[
            Contender(SCIKIT_LEARN, "a script", script),
            Contender(ours.NUMPY, "cutaway train digits", cutaway, ours=True),
        ],
        cost=float,
        # Two shares of 360 examples differ by as much by chance.
        tolerance=3e-2,
        targets={ours.NUMPY: 1},
        notes="instead of the cost: the share of right answers on dev",
    )


CASES = {"digits-process": case}

if __name__ == "__main__":
    main(CASES)
