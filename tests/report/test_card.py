from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from markdown_it import MarkdownIt
from tests.report.conftest import EVIL, arrays, pictures, table

from cutaway.data.dataset import Dataset
from cutaway.hyperparameters import Hyperparameters
from cutaway.report import keep_card
from cutaway.training.evaluation import evaluate, evaluate_all
from cutaway.training.files import read_json, write_json
from cutaway.training.run_folder import RunFolder
from cutaway.training.session import begin, execute
from cutaway.training.setup import set_up
from cutaway.training.summary import describe
from cutaway.training.trainee import Run

# Of the hub's template, in its order
SECTIONS = [
    "Model Details",
    "Uses",
    "Bias, Risks, and Limitations",
    "How to Get Started with the Model",
    "Training Details",
    "Evaluation",
    "Technical Specifications",
]


class Case(NamedTuple):
    data: Callable[[], Dataset | str]
    options: dict[str, Any]
    pipeline: str | None
    metrics: list[str]
    says: list[str]


CASES = {
    "digits": Case(
        lambda: "digits",
        {},
        "image-classification",
        ["accuracy"],
        [
            "grey pictures, brought to 8 x 8 pixels",
            "01abf90298dd9d57",
            "| test | 359 | held back",
            "359 test examples were held back and not looked at yet",
            "chose the epoch whose parameters were kept",
            "It finds",
        ],
    ),
    "evil pictures": Case(
        lambda: pictures(3), {}, "image-classification", ["accuracy"], ["1 example could not"]
    ),
    "train-dev set": Case(
        lambda: replace(arrays(), parts={"train": np.arange(20, 80), "dev": np.arange(20)}),
        {"train_dev": 0.2},
        "tabular-classification",
        ["accuracy"],
        ["| train-dev | 12 | like train"],
    ),
    "evil table": Case(
        lambda: table("regression"),
        {},
        "tabular-regression",
        ["rmse", "mae", "r_squared"],
        ["It does not beat perfect, which would serve better"],
    ),
    "labels": Case(
        lambda: table("multi-label", 2), {}, None, ["accuracy"], ["each label of an example"]
    ),
    "no dev set": Case(
        arrays, {"dev": "none"}, "tabular-classification", [], ["nothing is known of new ones"]
    ),
    "diverged": Case(
        lambda: "diabetes",
        {"optimizer": "gradient_descent", "learning_rate": 1e8, "epochs": 9},
        "tabular-regression",
        ["rmse", "mae", "r_squared"],
        ["The training ended before its time: the cost is not finite in epoch"],
    ),
}


class Baseline(NamedTuple):
    name: str
    train_error: float
    dev_error: float | None


def trained(runs: Path, data: Dataset | str, **options: Any) -> tuple[RunFolder, Run]:
    setup = set_up(data, Hyperparameters.of(**{"epochs": 2, "hidden": "8", **options}))
    run = execute(setup, folder=begin(setup, runs, command="cutaway train 'my pets/'"))
    assert run.folder is not None
    prepared = setup.prepared
    beside = [Baseline("perfect", 0.0, 0.0 if prepared.dev else None)]
    figures = describe(run, evaluate_all(run.model, prepared), beside)
    write_json(run.folder.metrics, figures)
    return run.folder, run


def parts(folder: RunFolder) -> tuple[dict[str, Any], str]:
    """Return the front matter and the Markdown."""
    _, head, body = folder.card.read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(head), body


@pytest.mark.parametrize("case", CASES)
def test_the_card_has_the_hubs_sections_figures_and_limits(tmp_path: Path, case: str) -> None:
    row = CASES[case]
    folder, run = trained(tmp_path, row.data(), **row.options)
    assert keep_card(folder, run.model)
    head, body = parts(folder)
    assert head.get("pipeline_tag") == row.pipeline
    # Figures of the training set alone are not published as those of the network.
    assert head.get("metrics", []) == row.metrics
    for index in head.get("model-index", []):
        (result,) = index["results"]
        assert index["name"] == folder.name
        assert result["dataset"]["name"] == run.setup.dataset.name
        assert [metric["type"] for metric in result["metrics"]] == row.metrics
        assert "95 % interval" in result["metrics"][0]["name"]
    assert re.findall("^## (.*)$", body, re.MULTILINE) == SECTIONS
    for text in row.says:
        assert text in body
    assert not re.search(r"\bnan\b|\binf\b|None|np\.", body)


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        (None, ""),
        ({"found": [], "looked_for": ["a", "b"]}, "2 faults of training were looked for"),
        (
            {"found": [{"name": "dead units", "what": "9 of 10 <are>"}], "looked_for": ["a"]},
            r"Faults of its training: dead units: 9 of 10 \<are\>.",
        ),
    ],
)
def test_faults_that_were_found_are_limits(tmp_path: Path, faults: Any, says: str) -> None:
    folder, run = trained(tmp_path, "iris")
    write_json(folder.metrics, read_json(folder.metrics) | {"faults": faults})
    keep_card(folder, run.model)
    _, body = parts(folder)
    assert says in body
    assert ("fault" in body.casefold()) == bool(says)


def test_names_from_data_stay_text(tmp_path: Path) -> None:
    folder, run = trained(tmp_path, pictures(3))
    keep_card(folder, run.model)
    _, body = parts(folder)
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    inline = [t for token in tokens for t in token.children or []]
    (seal,) = [t.content for t in [*tokens, *inline] if t.type.startswith("html")]
    assert seal.startswith("<!-- cutaway card")
    shown = "".join(t.content for t in inline)
    assert shown.count(EVIL) > 3
    assert "my pets" in body


def test_the_code_on_the_card_runs_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, run = trained(tmp_path, "digits")
    keep_card(folder, run.model)
    monkeypatch.chdir(folder.path)
    (code,) = re.findall("```python\n(.*?)```", folder.card.read_text(), re.DOTALL)
    exec(code.replace("PATH", "digits"), {})
    assert len(capsys.readouterr().out.split(",")) == 1797


def test_a_card_that_a_person_changed_is_left(tmp_path: Path) -> None:
    folder, run = trained(tmp_path, "iris")
    assert keep_card(folder, run.model)
    assert "30 test examples were held back" in folder.card.read_text()
    part = evaluate(run.model, run.setup.prepared.train)
    folder.update(test=part.to_json(), test_reads=1)
    assert keep_card(folder, run.model)
    head, body = parts(folder)
    assert head["model-index"][0]["results"][0]["dataset"]["split"] == "test"
    assert "Class by class, on test" in body
    changed = folder.card.read_text().replace("**Not said here:**", "**Licence:** MIT.")
    folder.card.write_text(changed)
    assert not keep_card(folder, run.model)
    assert folder.card.read_text() == changed


def test_a_model_that_was_never_measured_says_so(tmp_path: Path) -> None:
    folder, run = trained(tmp_path, "iris")
    folder.metrics.unlink()
    keep_card(folder, run.model)
    head, body = parts(folder)
    assert "model-index" not in head
    assert "How often it is wrong was not measured here" in body
