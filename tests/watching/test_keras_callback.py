"""Watching Keras on PyTorch: in a process of its own, for the backend is chosen once in each."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from tests.watching.examples import example

pytestmark = pytest.mark.skipif(
    not (importlib.util.find_spec("keras") and importlib.util.find_spec("torch")),
    reason="needs Keras on PyTorch: pip install keras torch==2.13.0",
)

# Trains every case in one process, and prints what was found in each.
PROGRAM = """
import json
import keras
import numpy as np
from sklearn.datasets import load_digits
import cutaway

pixels, digits = load_digits(return_X_y=True)
x = ((pixels - 5) / 6).astype("float32").reshape(-1, 8, 8, 1)
layers, found = keras.layers, {}

def dense(g, hidden=(32, 16)):
    return [layers.Flatten(), *(layers.Dense(n, activation=g) for n in hidden), layers.Dense(10)]

def convolutional(g):
    return [layers.Conv2D(8, 3, activation=g), layers.MaxPooling2D(), layers.Flatten(),
            layers.Dense(16), layers.Activation(g), layers.Dense(10)]

def train(name, body, optimizer, change=None, epochs=3, x=x):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 8, 1)), *body])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss=loss, metrics=["accuracy"])
    if change:
        model.set_weights([change(W) for W in model.get_weights()])
    watcher = cutaway.watch_keras(say=lambda fault: None)
    new = x[:99], digits[:99]
    told = model.fit(x, digits, validation_data=new, epochs=epochs, verbose=0, batch_size=64,
                     callbacks=[watcher]).history
    found[name] = [[fault.name, fault.epoch, fault.layer] for fault in watcher.faults]
    assert watcher.records[0].iteration == 0
    assert 1 - watcher.records[-1].dev_error == told["val_accuracy"][-1]
    assert all("heard" not in str(layer.call) for layer in model.layers)

killed = lambda W: W - 30 if W.ndim == 1 and len(W) in (8, 32) else W
adam, sgd = keras.optimizers.Adam, keras.optimizers.SGD
train("healthy", dense("relu"), adam())
train("healthy convolutional", convolutional("relu"), adam())
train("symmetric units", dense("tanh"), adam(), np.zeros_like)
train("dead units", dense("relu"), adam(), killed)
train("dead units, convolutional", convolutional("relu"), adam(), killed)
train("saturated units", convolutional("tanh"), adam(), lambda W: 50 * W)
train("vanishing gradients", dense("sigmoid", (16,) * 8), adam())
train("learning rate too high", dense("relu"), adam(1.0))
train("cost not finite", dense("relu"), sgd(1e25))
for name, body in ("dense", dense("relu")), ("convolutional", convolutional("relu")):
    train(f"inputs not scaled, {name}", body, adam(), x=pixels.reshape(x.shape))

y, model = digits, keras.Sequential([keras.Input((8, 8, 1)), *dense("relu")])
model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
EXAMPLE
print(json.dumps(found))
""".replace("EXAMPLE", example("watch_keras"))


def test_a_backend_that_is_not_installed_is_named() -> None:
    program = "import cutaway; cutaway.watch_keras()"
    if importlib.util.find_spec("tensorflow"):
        pytest.skip("TensorFlow is installed")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "OptionError: Keras cannot be imported: No module named 'tensorflow'" in done.stderr


def test_faults_are_named_during_fit() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        env=os.environ | {"KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    for name, faults in found.items():
        expected = None if name.startswith("healthy") else name.partition(",")[0]
        assert (faults[0][0] if faults else None) == expected, (name, faults)
        assert not faults or not faults[0][1]
