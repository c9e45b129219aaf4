"""What was learned from and how: the data, the settings, and the command to do it again."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any

import numpy as np

from cutaway.data.split import PARTS
from cutaway.hyperparameters import DEFAULTS, ROWS
from cutaway.report import images
from cutaway.report.markup import Markup, bullets, details, element, paragraph, section, table
from cutaway.training.session import VERSIONS
from cutaway.training.trainee import Run
from cutaway.wording import plural, setting

# Longer lists are folded away
MOST_CLASSES = 12
MOST_SKIPPED = 100


def data(run: Run) -> Markup:
    """Show the examples, classes with counts, shape, split, notes and what was skipped."""
    dataset, split = run.setup.dataset, run.setup.prepared.split
    preparation = run.model.preparation
    parts = [(name, len(getattr(split, name))) for name in PARTS]
    parts.append(("train-dev", len(split.train_dev)))
    word = "picture" if dataset.picture else "row"
    what = f"{plural(dataset.m, word)} from \u201c{dataset.name}\u201d"
    if dataset.picture:
        what += f", each {dataset.picture} (height x width x channels)"
    made = f"; {plural(preparation.n_x, 'input')} enter the network"
    names = ", ".join(dataset.target_names)
    if dataset.task == "regression":
        what += f", to predict {names}"
    rows = [
        [name, f"{n:,}", f"{100 * n / dataset.m:.1f}\u00a0%", _ROLES[name]]
        for name, n in parts
        if n
    ]
    skipped = [f"{where}: {why}" for where, why in dataset.skipped[:MOST_SKIPPED]]
    if len(dataset.skipped) > MOST_SKIPPED:
        skipped.append(f"and {len(dataset.skipped) - MOST_SKIPPED:,} more")
    return section(
        "The data",
        paragraph(what + made + "."),
        table(["part", "examples", "share", "what for"], rows, "parts"),
        paragraph(f"How it was split: {split.method}.", class_="quiet"),
        _examples(run),
        _counts(run),
        bullets(run.setup.notes) if run.setup.notes else "",
        details(f"{plural(len(dataset.skipped), 'example')} skipped", bullets(skipped))
        if skipped
        else "",
    )


_ROLES = {
    "train": "the network learns from these",
    "dev": "it is judged by these while it is being chosen",
    "test": "held back, not looked at",
    "train-dev": "like train, but not learned from: what dev differs by is then its origin",
}


def _counts(run: Run) -> Markup:
    dataset, split = run.setup.dataset, run.setup.prepared.split
    if not dataset.counts():
        return Markup()
    parts = {name: getattr(split, name) for name in ("train", "dev")}
    parts = {name: index for name, index in parts.items() if len(index)}
    columns = [dataset.counts(), *(dataset.counts(index) for index in parts.values())]
    rows = [[name, *(f"{counts[name]:,}" for counts in columns)] for name in dataset.classes]
    whole = table(["class", "examples", *parts], rows, class_="numbers")
    if len(rows) <= MOST_CLASSES:
        return whole
    return details(f"Examples of each of {plural(len(rows), 'class')}", whole)


def _examples(run: Run) -> Markup:
    """Show the first training picture of each class."""
    dataset: Any = run.setup.dataset
    if dataset.picture is None or dataset.task != "classification":
        return Markup()
    train = run.setup.prepared.split.train
    numbers, first = np.unique(dataset.target[train], return_index=True)
    cards = [
        element(
            "figure",
            images.picture(dataset.rows[train[at]], dataset.picture, dataset.classes[number]),
            element("figcaption", dataset.classes[number]),
        )
        for number, at in zip(numbers[:MOST_CLASSES], first, strict=False)
    ]
    return element("div", *cards, class_="gallery small")


def settings(run: Run) -> Markup:
    """Show every hyper-parameter as it was resolved, and why."""
    resolved = _resolved(run)
    given = run.setup.hyperparameters
    rows = []
    for name, row in ROWS.items():
        asked = getattr(given, name)
        why = run.plan.reasons.get(name) or (
            "default" if asked == DEFAULTS[name] else "chosen by the person"
        )
        symbol = f" ({row.symbol})" if row.symbol not in ("", name) else ""
        rows.append(
            [f"{name}{symbol}", setting(resolved.get(name, asked), row.words), why, row.help]
        )
    changed = [row for row in rows if row[2] != "default"]
    rest = [row for row in rows if row[2] == "default"]
    head = ["setting", "value", "why", "meaning"]
    return section(
        "The settings",
        table(head, changed, "prose") if changed else "",
        details(f"{plural(len(rest), 'setting')} left at the default", table(head, rest, "prose")),
    )


def _resolved(run: Run) -> dict[str, Any]:
    """Return what every hyper-parameter came to, by its name."""
    return run.plan.values | {
        "batch_size": run.plan.batch_size or "full",
        "size": str(run.setup.dataset.picture or "-"),
        "split": run.setup.prepared.split.method,
    }


def footer(run: Run) -> Markup:
    """Show the command to repeat the run, and the versions it ran with."""
    kept = run.folder.read() if run.folder else {}
    versions = kept.get("versions") or {
        **{name: importlib.metadata.version(name) for name in VERSIONS},
        "python": platform.python_version(),
    }
    when = f"Trained {kept['created'][:16].replace('T', ' ')}. " if kept.get("created") else ""
    made_with = ", ".join(f"{name} {version}" for name, version in versions.items())
    return element(
        "footer",
        element("h2", "To repeat it"),
        element("pre", element("code", kept.get("command") or _in_python(run)), tabindex="0"),
        paragraph(f"{when}Seed {run.plan.seed}, {run.plan.dtype}. {made_with}.", class_="quiet"),
    )


def _in_python(run: Run) -> str:
    given = run.setup.hyperparameters
    options = [
        f"{name}={getattr(given, name)!r}"
        for name, default in DEFAULTS.items()
        if getattr(given, name) != default
    ]
    return f"cutaway.train({', '.join([repr(run.setup.dataset.name), *options])})"
