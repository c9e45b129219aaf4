"""A model: what goes in and comes out, its network, and how the run that it is of went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cutaway.errors import CutawayError
from cutaway.notebook.curves import curves, errors
from cutaway.notebook.frame import frame
from cutaway.notebook.network_page import words_of
from cutaway.report.inside import sizes
from cutaway.report.markup import Markup, bullets, join, paragraph
from cutaway.training.files import read_json
from cutaway.training.model import Model
from cutaway.training.run_folder import RunFolder
from cutaway.wording import error, interval, listed

MOST_NAMES = 12


def model(model: Model) -> Markup:
    """Draw the network of a model, say what it answers for what, and show its run."""
    p = model.preparation
    lines = [f"{model.title()}."]
    if p.classes:
        lines.append(f"Classes: {listed(p.classes, MOST_NAMES)}.")
    if p.features:
        lines.append(f"Inputs: {listed(p.features, MOST_NAMES)}.")
    how = paragraph("Answers: model.predict(path or rows).", class_="quiet")
    return frame(
        bullets(lines),
        sizes(model.network),
        paragraph(words_of(model.network)),
        _run(model.folder) if model.folder else "",
        how,
    )


def _run(folder: RunFolder) -> Markup:
    """Show the curves and the errors that a run folder holds."""
    try:
        values, records = folder.read(), folder.history()
        figures = read_json(folder.metrics) if folder.metrics.is_file() else {}
        metric, best = values["plan"]["metric"], values.get("best_epoch", 0)
        told = paragraph(f"Run {folder.name}: {values['status']}, {values.get('reason', '')}.")
        rows = _errors({**figures, "test": values.get("test")}, metric)
    except (CutawayError, KeyError, TypeError) as damaged:
        return paragraph(f"Its run cannot be read: {damaged}", class_="quiet")
    drawn = curves(records, metric, (best, f"kept: epoch {best}")) if records else ""
    return join([told, drawn, errors(rows, metric) if rows else ""])


def _errors(figures: dict[str, Any], metric: str) -> Sequence[Sequence[object]]:
    rows = []
    for part in ("train", "dev", "test"):
        if found := figures.get(part):
            # That of the training examples is exact for them, and says nothing of others.
            between = "" if part == "train" else interval(tuple(found["interval"]), metric)
            rows.append([part, f"{found['examples']:,}", error(found[metric], metric), between])
    return rows
