"""What a notebook shows: pictures that are well-formed and say it in words as well."""

from __future__ import annotations

import importlib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from tests.report.conftest import EVIL, arrays, pictures, table

import cutaway
from cutaway import notebook
from cutaway.data.dataset import Dataset
from cutaway.data.load import load
from cutaway.equations import Network
from cutaway.insight.diagnosis import diagnose
from cutaway.insight.part_errors import Errors
from cutaway.notebook.curves import MOST_POINTS, curves
from cutaway.training.evaluation import evaluate
from cutaway.training.files import write_json
from cutaway.training.record import Record


class Handle:
    """What display(.., display_id=True) gives back."""

    def __init__(self, first: Any) -> None:
        self.shown = [first]

    def update(self, picture: Any) -> None:
        self.shown.append(picture)


def trained(data: Any, **options: Any) -> Any:
    return cutaway.train(data, **{"epochs": 3, "hidden": (5,)} | options)


def endless() -> Any:
    """Train on numbers so large that the cost of the start is not finite."""
    rows = np.random.default_rng(0).standard_normal((40, 3)) * 1e30
    data = Dataset("far", "array", "regression", rows, rows[:, :1] * 1e-30, (), ("y",))
    return trained(data, normalize="none")


SHOWN: dict[str, tuple[Callable[[], Any], str, list[str]]] = {
    "digits": (
        lambda: load("digits"), "<Dataset digits: 1,797 pictures of 8x8x1, 10 classes>", ["0 178"],
    ),
    "evil pictures": (lambda: pictures(3), f"<Dataset {EVIL}: 120 pictures of 6x5x3", [EVIL]),
    "evil table": (
        lambda: table("regression"), "<Dataset houses: 100 rows, to predict price",
        ["and 4 columns more", f"price {EVIL}"],
    ),
    "labels": (lambda: table("multi-label", 2), "<Dataset houses: 100 rows, 2 labels>", []),
    "arrays": (arrays, "<Dataset xy: 80 rows, 2 classes>", ["x1", "out"]),
    "network": (
        lambda: Network((9, 5, 3), ("tanh",), "softmax", "cross_entropy"), "Network(sizes=(9, 5,",
        ["9 inputs, 1 hidden layer, 3 outputs; 68 parameters", "(5, 9)", "tanh", "softmax"],
    ),
    "logistic regression": (
        lambda: Network((9, 1), ()), "Network(sizes=(9, 1)", ["no hidden layer", "(1, 9)"],
    ),
    "model": (
        lambda: trained("iris").model,
        "<Model: a network (4-5-3) that tells 3 classes apart in rows of a table>",
        ["Classes: setosa, versicolor, virginica", "petal width (cm)"],
    ),
    "run": (
        lambda: trained("iris"), "<Run iris: finished after 3 epochs; kept: epoch",
        ["95 % interval", "dev", "not looked at", "mean loss", "kept: epoch 3", "W2"],
    ),
    "run of a regression": (
        lambda: trained("diabetes", dev="none"), "<Run diabetes: finished", ["rmse", "root mean"],
    ),
    "run without an epoch": (
        lambda: trained("moons", epochs=0), "<Run moons: ", ["epoch 0", "What it answers"],
    ),
    "run without a Record": (
        lambda: endless(), "<Run far: diverged after 0 epochs; kept: epoch 0>", ["train 24 -"],
    ),
    "diagnosis": (
        lambda: diagnose(Errors(0.01, 0.11, n_dev=500)),
        "<Diagnosis variance: bias 1.00 % (low), variance 10.00 % (high)>", ["7.5 to 13.0 %"],
    ),
}  # fmt: skip


@pytest.fixture
def handles(monkeypatch: pytest.MonkeyPatch) -> list[Handle]:
    """What is displayed with a handle, which is drawn each time it changes."""
    shown: list[Handle] = []

    def display(picture: Any, display_id: bool) -> Handle:
        assert display_id
        shown.append(Handle(picture))
        return shown[-1]

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("cutaway.notebook.live.SECONDS_BETWEEN", 0)
    return shown


@pytest.fixture
def formatter(monkeypatch: pytest.MonkeyPatch) -> DisplayFormatter:
    """IPython's own formatter, as it stands in a notebook that has imported cutaway."""

    class Shell:
        display_formatter = DisplayFormatter()
        kernel = object()

    monkeypatch.setattr(notebook, "find_shell", Shell)
    notebook.register()
    return Shell.display_formatter


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_looked_at_is_drawn_and_has_its_text(
    formatter: DisplayFormatter, name: str
) -> None:
    make, text, says = SHOWN[name]
    value = make()
    shown, _ = formatter.format(value)
    assert str(shown["text/plain"]).startswith(text)
    assert repr(value).startswith(text)
    tree = ET.fromstring(shown["text/html"])
    assert tree.get("class") == "cutaway"
    words = " ".join(text.strip() for text in tree.itertext())
    for one in says:
        assert one in words
    for tag in ("script", "link", "iframe"):
        assert not list(tree.iter(tag))


def test_a_model_that_is_loaded_tells_how_its_run_went(
    formatter: DisplayFormatter, tmp_path: Path
) -> None:
    run = trained("iris", runs=tmp_path, name="first")
    dev = run.setup.prepared.dev
    shown = evaluate(run.model, dev).to_json()
    write_json(run.folder.metrics, {"dev": shown})
    model = cutaway.load("first", runs=tmp_path)
    html = formatter.format(model)[0]["text/html"]
    for words in ("first: finished, all 3 epochs", "mean loss", "kept: epoch", "<td>30</td>"):
        assert words in html
    run.folder.metrics.write_text("{")
    assert "Its run cannot be read" in formatter.format(model)[0]["text/html"]


def test_every_row_of_the_table_leads_somewhere() -> None:
    for row in notebook.PICTURES:
        assert hasattr(importlib.import_module(row.module), row.name)
        module, _, function = row.picture.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function))


def test_a_training_draws_one_picture_that_grows_and_stays(
    formatter: DisplayFormatter, handles: list[Handle]
) -> None:
    run = trained("iris", epochs=6, print_every=2)
    (handle,) = handles
    bundles = [formatter.format(picture)[0] for picture in handle.shown]
    assert [b["text/plain"].split(",")[0] for b in bundles[:-1]] == [
        f"epoch {epoch} of 6" for epoch in (0, 2, 4, 6)
    ]
    last = bundles[-1]
    assert last["text/plain"].startswith("finished: all 6 epochs. Kept: epoch 6 of 6, train error")
    assert f"kept: epoch {run.best_epoch}" in last["text/html"]
    # One circle a Record of each line: train and dev, of loss and error
    assert last["text/html"].count("<circle") == 4 * 4
    ET.fromstring(last["text/html"])


def test_a_training_that_never_had_a_record_says_how_it_ended(
    formatter: DisplayFormatter, handles: list[Handle]
) -> None:
    endless()
    (handle,) = handles
    said = formatter.format(handle.shown[-1])[0]["text/plain"]
    assert said.startswith("diverged: the cost is not finite in epoch 0 (in the loss of layer 2). ")


def test_a_long_training_is_drawn_with_few_points() -> None:
    records = [Record(epoch, epoch, train_loss=1 / (1 + epoch)) for epoch in range(901)]
    drawn = curves(records, "error")
    longest = max(path.get("d", "").count("L") for path in ET.fromstring(drawn).iter())
    assert MOST_POINTS / 2 < longest <= MOST_POINTS


def test_a_terminal_has_no_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert not notebook.is_notebook()
    trained("iris", epochs=1)
    assert capsys.readouterr().out == ""
    assert cutaway.train.__doc__ == cutaway.training.session.train.__doc__  # type: ignore[attr-defined]
