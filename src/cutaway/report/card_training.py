"""The figures of a model card: data, split, procedure, errors with intervals, layers, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cutaway import wording
from cutaway.report.markdown import bullets, code, table, text
from cutaway.training.model import Model

Json = Mapping[str, Any]
MOST_CLASSES = 50
USED_FOR = {
    "train": "learned from",
    "train_dev": "like train, but not learned from",
    "dev": "judged by while it was chosen",
    "test": "held back for one look at the end",
}
# Choices that depend on the machine stand elsewhere on the card
NOT_LISTED = ("reasons", "network", "target_scale", "execution", "print_every")


def training(values: Json, figures: Json | None, model: Model) -> list[str]:
    """Return the parts on the data, their split, the preparation and the hyper-parameters."""
    data = values["data"]
    what = [
        f"**Data:** {text(data['name'])}, {wording.plural(data['examples'], 'example')}",
        f"**Fingerprint:** `{data['fingerprint']}`, of rows and labels: `cutaway` compares it "
        "before it reads the data again",
    ]
    if not data["examples"]:
        what = ["**Data:** not known here"]
    return [
        "### Training Data",
        bullets([*what, *(text(note) for note in values.get("notes", ()))]),
        _split(values),
        _counts(data.get("classes") or {}),
        "### Training Procedure",
        "#### Preprocessing",
        _preparation(model),
        *_hyperparameters(values),
    ]


def _split(values: Json) -> str:
    split = values.get("split") or {}
    rows = [
        [named(part), f"{split[part]:,}", use] for part, use in USED_FOR.items() if split.get(part)
    ]
    if not rows:
        return ""
    return f"Split by {text(split['method'])}:\n\n" + table(["part", "examples", "used"], rows)


# The part whose figures say most about new examples, the first that there is
_JUDGES = ("test", "dev", "train")


def named(part: str) -> str:
    """Write a part of the data: train-dev."""
    return part.replace("_", "-")


def _counts(classes: Mapping[str, int]) -> str:
    rows = [[text(name), f"{n:,}"] for name, n in list(classes.items())[:MOST_CLASSES]]
    if not rows:
        return ""
    more = len(classes) - len(rows)
    rest = f"\n\nand {wording.plural(more, 'class')} more." if more else ""
    return table(["class", "examples"], rows) + rest


def _preparation(model: Model) -> str:
    p = model.preparation
    steps = []
    if p.picture:
        steps.append("pictures are turned upright by EXIF, resized, divided by 255")
    if p.encoding is not None:
        steps.append("a category has an input of its own, a missing number is the mean")
    if (p.mean != 0).any() or (p.scale != 1).any():
        steps.append("at last (input - mean) / scale, fitted on the training set")
    return f"Inputs: {'; '.join(steps) or 'as they are'}. It travels with the model."


def _hyperparameters(values: Json) -> list[str]:
    plan = values.get("plan") or {}
    rows = [
        [f"`{name}`", text(wording.setting(value))]
        for name, value in _flat(plan).items()
        if name not in NOT_LISTED
    ]
    if not rows:
        return []
    command = values.get("command")
    seconds = wording.duration(values.get("seconds", 0.0))
    ended = (
        f"{wording.plural(values.get('epochs', 0), 'epoch')} in {seconds}: "
        f"{text(values.get('reason', ''))}. Kept: the parameters after epoch "
        f"{values.get('best_epoch', 0)}."
    )
    return [
        "#### Training Hyperparameters",
        table(["setting", "value"], rows),
        "#### Speeds, Sizes, Times",
        ended,
        f"To repeat it:\n\n{code(text_of(command))}" if command else "",
    ]


def text_of(command: str) -> str:
    """Return a command as one line."""
    return " ".join(command.split())


def _flat(plan: Json) -> dict[str, Any]:
    """Return the plan without its groups: rates.alpha is the learning rate."""
    flat: dict[str, Any] = {}
    for name, value in plan.items():
        if name == "rates":
            rates = {key: rate for key, rate in value.items() if key != "alpha"}
            flat |= {"learning_rate": value["alpha"], **rates}
        elif name == "decay":
            flat |= {f"decay_{key}": one for key, one in value.items()}
        elif name == "penalties":
            flat |= value
        elif name not in NOT_LISTED:
            flat[name] = value
    return flat


def evaluation(values: Json, figures: Json | None) -> list[str]:
    """Return the parts on what was measured, on what, and what came out."""
    if not figures:
        return ["Nothing was measured: `cutaway evaluate . PATH` does, on labelled examples."]
    metric = figures["error"]
    measured = {part: figures.get(part) for part in USED_FOR} | {"test": values.get("test")}
    rows = [
        [
            named(part),
            f"{m['examples']:,}",
            wording.error(m[metric], metric),
            _between(part, m, metric),
        ]
        for part, m in measured.items()
        if m
    ]
    last, best = next((part, found) for part in _JUDGES if (found := measured[part]))
    return [
        "### Testing Data, Factors & Metrics",
        _METRICS[metric],
        "### Results",
        table(["part", "examples", metric.replace("_", " "), "95 % interval"], rows),
        _baselines(figures, metric),
        _by_class(last, best),
    ]


_METRICS = {
    "error": "The error is the share of wrong answers; its 95 % interval is Wilson's.",
    "label_error": "The label error is the share of wrong labels, each label of an example "
    "counting as one answer; its 95 % interval is Wilson's.",
    "rmse": "The root mean squared error, in the units of the target, averaged over targets; its "
    "95 % interval is by the normal approximation of the mean square.",
}


def _between(part: str, measured: Json, metric: str) -> str:
    # The training error is exact for its examples, and says nothing of others
    return "" if part == "train" else wording.interval(tuple(measured["interval"]), metric)


def _baselines(figures: Json, metric: str) -> str:
    groups = {name: group for group, names in figures["standing"].items() for name in names}
    rows = [
        [
            text(b["name"]),
            wording.error(b["train_error"], metric),
            wording.error(b["dev_error"], metric),
            {"worse": "worse", "alike": "not told apart", "better": "better"}[groups[b["name"]]],
        ]
        for b in figures["baselines"]
    ]
    if not rows:
        return ""
    return "Beside simple baselines:\n\n" + table(["baseline", "train", "dev", "it is"], rows)


def _by_class(part: str, measured: Json) -> str:
    rows = [
        [text(c["class"]), f"{c['examples']:,}"]
        + [f"{100 * c[key]:.1f} %" for key in ("precision", "recall")]
        for c in measured.get("classes", ())[:MOST_CLASSES]
    ]
    head = ["class", "examples", "precision", "recall"]
    return f"Class by class, on {part}:\n\n{table(head, rows)}" if rows else ""


def technical(values: Json, model: Model) -> list[str]:
    """Return the parts on layers, loss, machine and versions."""
    network = model.network
    names = (*network.activations, network.output)
    rows = [
        [str(l), f"({n_l:,}, {n_prev:,})", f"({n_l:,}, 1)", f"{n_l * n_prev + n_l:,}", name]
        for l, ((n_l, n_prev), name) in enumerate(zip(network.shapes, names, strict=True), 1)
    ]
    execution = (values.get("plan") or {}).get("execution", {})
    machine = f"Trained by {execution['backend']} on {execution['device']}." if execution else ""
    versions = values.get("versions", {})
    return [
        "### Model Architecture and Objective",
        "Every layer computes Z = W A + b and then its activation; the loss is "
        f"{text(network.loss)}.",
        table(["layer", "W", "b", "parameters", "activation"], rows),
        "### Compute Infrastructure",
        machine,
        "Versions: " + ", ".join(f"{text(name)} {text(v)}" for name, v in versions.items()) + ".",
    ]
