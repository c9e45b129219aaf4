"""The model card: README.md of a run, in the sections and with the front matter of Hugging Face."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cutaway import wording
from cutaway.report.card_training import evaluation, technical, training
from cutaway.report.limits import limits
from cutaway.report.markdown import bullets, code, front_matter, text
from cutaway.training.files import read_json, write_text
from cutaway.training.model import Model
from cutaway.training.run_folder import RunFolder

Json = Mapping[str, Any]
MOST_NAMES = 12
# How the hub calls what a network does, by its task and whether it sees pictures
PIPELINES = {
    ("classification", True): "image-classification",
    ("classification", False): "tabular-classification",
    ("regression", False): "tabular-regression",
}
_SEAL = (
    "<!-- cutaway card {}: cutaway may write this file anew as long as nobody has changed it -->"
)


def keep_card(folder: RunFolder, model: Model) -> bool:
    """Write README.md from what the run folder says; leave one that a person has changed.

    Returns whether it was written.

    Raises:
        RunError: run.json is damaged, or the file cannot be written.
    """
    if folder.card.exists() and not _is_ours(folder.card):
        return False
    figures = read_json(folder.metrics) if folder.metrics.is_file() else None
    content = card(folder.name, folder.read(), figures, model)
    write_text(folder.card, _sealed(content))
    return True


def _sealed(content: str) -> str:
    return f"{content}\n{_SEAL.format(_digest(content))}\n"


def _digest(content: str) -> str:
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()


def _is_ours(path: Path) -> bool:
    there = path.read_text(encoding="utf-8", errors="replace")
    content = there.rstrip("\n").rpartition("\n")[0]
    return there == _sealed(content)


def card(name: str, values: Json, figures: Json | None, model: Model) -> str:
    """Return the card of a run as Markdown, from its run.json, its metrics.json and its model."""
    parts = [
        front_matter(_metadata(name, values, figures)),
        f"# {text(name)}",
        _summary(values, model),
        "## Model Details",
        "### Model Description",
        _description(values, model),
        "## Uses",
        _uses(values, model),
        "## Bias, Risks, and Limitations",
        bullets(limits(values, figures)),
        "## How to Get Started with the Model",
        _start(model),
        "## Training Details",
        *training(values, figures, model),
        "## Evaluation",
        *evaluation(values, figures),
        "## Technical Specifications",
        *technical(values, model),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _metadata(name: str, values: Json, figures: Json | None) -> dict[str, Any]:
    data = values["data"]
    pipeline = PIPELINES.get((data["task"], data["kind"] == "pictures"))
    found: dict[str, Any] = {"library_name": "cutaway"}
    if pipeline:
        found["pipeline_tag"] = pipeline
    found["tags"] = ["cutaway", "dense-network", data["task"]]
    part, measured = _best_part(values, figures)
    if measured is None:
        return found
    metrics = _metrics(measured)
    return found | {
        "metrics": [metric["type"] for metric in metrics],
        "model-index": [
            {
                "name": name,
                "results": [
                    {
                        "task": {"type": pipeline or data["task"]},
                        "dataset": {"type": data["name"], "name": data["name"], "split": part},
                        "metrics": metrics,
                    }
                ],
            }
        ],
    }


def _best_part(values: Json, figures: Json | None) -> tuple[str, Json | None]:
    """Return the part whose figures say most about new examples, if there is one, and them."""
    if "test" in values:
        return "test", values["test"]
    return "dev", figures and figures["dev"]


def _metrics(measured: Json) -> list[dict[str, Any]]:
    """Name the figures as the hub does: the accuracy of classes is 1 - error."""
    if "rmse" in measured:
        between = wording.interval(tuple(measured["interval"]), "rmse")
        return [
            {"type": "rmse", "value": measured["rmse"], "name": f"95 % interval {between}"},
            {"type": "mae", "value": measured["mae"]},
            {"type": "r_squared", "value": measured["r2"]},
        ]
    error = measured.get("error", measured.get("label_error"))
    low, high = measured["interval"]
    between = wording.interval((1 - high, 1 - low), "accuracy")
    return [{"type": "accuracy", "value": 1 - error, "name": f"95 % interval {between}"}]


def _summary(values: Json, model: Model) -> str:
    p = model.preparation
    word = "pictures" if p.picture else "rows"
    if p.task == "regression":
        return f"A dense network that predicts {_listed(p.target_names)} from {word}."
    if p.task == "multi-label":
        return f"A dense network that gives each of these labels to {word}, or not: " + (
            f"{_listed(p.classes)}."
        )
    return f"A dense network that tells {len(p.classes)} classes of {word} apart: " + (
        f"{_listed(p.classes)}."
    )


def _listed(names: tuple[str, ...]) -> str:
    return wording.listed([text(name) for name in names], MOST_NAMES)


def _description(values: Json, model: Model) -> str:
    sizes = "-".join(map(str, model.network.sizes))
    k = model.members
    kind = "dense network," if k is None else f"mean of {wording.plural(k, 'dense network')} of"
    return bullets(
        [
            f"**Model type:** {kind} units {sizes}, {model.n_parameters:,} parameters",
            f"**Input:** {_inputs(model)}",
            *_imported(values.get("imported")),
            f"**Made with:** cutaway {text(values.get('versions', {}).get('cutaway', ''))}, "
            f"{text(values.get('created', ''))[:10]}",
        ]
    )


def _imported(source: Json | None) -> list[str]:
    if not source:
        return []
    apart = source["largest_difference"]
    compared = (
        "not compared with it"
        if apart is None
        else (f"differs from it by {apart:.1g} at most on {text(source['compared_on'])}")
    )
    file = f"{text(source['file'])} (SHA-256 `{source['sha256']}`)"
    return [f"**Imported from:** {file}, trained elsewhere; {compared}"]


def _inputs(model: Model) -> str:
    p = model.preparation
    if p.picture:
        colour = "grey" if p.picture.channels == 1 else "colour"
        size = f"{p.picture.height} x {p.picture.width} pixels"
        return f"{colour} pictures, brought to {size} (height x width)"
    if p.encoding is not None:
        columns = [f"{column.name} ({column.kind})" for column in p.encoding.columns]
        return f"rows of a table with {_listed(tuple(columns))}"
    names = f": {_listed(p.features)}" if p.features else ""
    return f"rows of {wording.plural(p.n_x, 'number')}{names}"


def _uses(values: Json, model: Model) -> str:
    word = "pictures" if model.preparation.picture else "rows"
    name = text(values["data"]["name"])
    return bullets(
        [
            f"**In scope:** {word} that come from where its training examples came from ({name}).",
            f"**Out of scope:** {word} from elsewhere, or of a later time, before they have been "
            "measured with labels: `cutaway evaluate`.",
            "**Not said here:** licence, who it is for, who made it, what a wrong answer costs. "
            "Whoever publishes this network adds them.",
        ]
    )


def _start(model: Model) -> str:
    python = (
        'import cutaway\n\nmodel = cutaway.load(".")  # this folder, or its model.safetensors\n'
        'print(model.predict("PATH").answers)'
    )
    what = "a picture or a folder of them" if model.preparation.picture else "a table or an array"
    if model.preparation.encoding is None and not model.preparation.picture:
        what = "an array file, or the rows themselves"
    return "\n\n".join(
        [
            f"After `pip install cutaway`, with the path of {what} for PATH:",
            code(python, "python"),
            "From a terminal: `cutaway predict . PATH`; `cutaway export . --to onnx` (or torch, "
            "keras, numpy, c) writes it for other programs. `model.safetensors` holds parameters "
            "`W1`, `b1`, .. and the normalisation `mean`, `scale`; nothing in this folder can run "
            "code when it is read.",
        ]
    )
