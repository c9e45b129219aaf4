"""What is wrong, how sure that is and what to do next: as pictures, in the report or as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cutaway import wording
from cutaway.insight.diagnosis import Diagnosis, diagnose
from cutaway.insight.evidence import Evidence
from cutaway.insight.faults.setting import Found
from cutaway.insight.labels import Suspects
from cutaway.insight.part_errors import PARTS, Errors
from cutaway.insight.recipe import Advice, advise
from cutaway.insight.runs import errors_in, evidence_in
from cutaway.report.diagnosis_charts import error_bars, learning
from cutaway.report.markup import (
    Markup,
    details,
    document,
    element,
    join,
    paragraph,
    section,
    table,
)
from cutaway.report.mistakes import show_examples
from cutaway.training.evaluation import Evaluation
from cutaway.training.trainee import Run

MOST_SUSPECTS = 12
# Remedies that are seen at once
MOST = 4


def write_diagnosis(
    run: Run,
    found: Diagnosis,
    advice: Sequence[Advice],
    evidence: Evidence,
    fault: Found | None = None,
) -> str:
    """Return a diagnosis as one HTML page that loads nothing from elsewhere."""
    name = run.folder.name if run.folder else run.setup.dataset.name
    head = element(
        "header", element("p", "cutaway: diagnosis of a run", class_="quiet"), element("h1", name)
    )
    parts = [diagnosis(found, advice, evidence, fault)]
    if evidence.suspects is not None:
        parts.append(_suspects(run, evidence.suspects))
    return document(name, element("main", head, *parts))


def of_run(run: Run, figures: Mapping[str, Any], fault: Found | None = None) -> Markup:
    """Diagnose a run as its report is written, by its closing figures; nothing where it failed.

    fault  that is to be mended first
    """
    if run.outcome.status == "diverged":
        return Markup()
    errors = errors_in(figures)
    if errors.is_regression and errors.trivial_error is None:
        return Markup()
    found, evidence = diagnose(errors), evidence_in(run).aimed_at(errors.target)
    return diagnosis(found, advise(found, evidence, fault=fault), evidence, fault)


def diagnosis(
    found: Diagnosis, advice: Sequence[Advice], evidence: Evidence, fault: Found | None = None
) -> Markup:
    """Show the errors with their intervals, the verdict, the learning curve and the remedies."""
    errors = found.errors
    pictures = [_errors(errors)]
    if evidence.curve is not None:
        pictures.append(learning(evidence.curve))
    assumed = "" if errors.target_error is not None else ", which is assumed"
    aim = (
        f"Human-level error is taken as {wording.error(errors.human_error, errors.metric)}, the "
        f"error aimed at is {wording.error(errors.target, errors.metric)}{assumed}. "
        f"What is more than half of the way between them counts as high. "
    )
    return section(
        "What is wrong, and what to do next",
        paragraph(element("strong", wording.sentence(found.in_words()), ".")),
        element("div", *pictures, class_="charts"),
        paragraph(aim, class_="quiet"),
        join(paragraph(wording.sentence(note), ".", class_="quiet") for note in found.notes),
        _remedies(advice, errors, fault) if advice else "",
    )


def _errors(errors: Errors) -> Markup:
    rows: list[tuple[str, float, Any]] = [("human", errors.human_error, None)]
    rows += [
        (part.replace("_", "-"), getattr(errors, f"{part}_error"), errors.interval(part))
        for part in PARTS
        if getattr(errors, f"{part}_error") is not None
    ]
    # The train error is exact for its examples.
    shown = [(name, value, None if name == "train" else bounds) for name, value, bounds in rows]
    return error_bars(shown, errors.target, errors.metric)


def _remedies(advice: Sequence[Advice], errors: Errors, fault: Found | None) -> Markup:
    heads = ["remedy", "expected gain", "why, and how"]
    rows = [
        [
            one.name,
            f"{wording.error(one.gain, errors.metric)} ({one.treats})".replace(" ", "\u00a0"),
            join([one.reason, element("div", element("code", one.command))])
            if one.command
            else one.reason,
        ]
        for one in advice
    ]
    if fault is not None:
        words = (
            f"Mend the fault first, {fault.name}: what it has done to the errors is no bias or "
            "variance. What may help then:"
        )
        return join([paragraph(words), details("Remedies", table(heads, rows, "remedies"))])
    words = (
        "What may help, the largest expected gain first: how much lower the error may be, an "
        "estimate."
    )
    most = MOST if len(rows) > MOST + 1 else len(rows)
    parts = [paragraph(words), table(heads, rows[:most], "remedies")]
    if rows[most:]:
        names = ", ".join(one.name for one in advice[most:])
        parts.append(details(f"More: {names}", table(heads, rows[most:], "remedies")))
    return join(parts)


def _suspects(run: Run, found: Suspects) -> Markup:
    """Show the training examples whose label looks wrong to networks that have not learned it."""
    words = (
        f"{found.in_words(0)[0]}. A quarter of the training set at a time was answered by a "
        "network trained on the rest; a label is suspicious where another class is as probable as "
        "it usually is for its own examples. Look at them before changing anything: some are only "
        "hard."
    )
    if not found.worst:
        return section("Suspicious labels", paragraph(words))
    some = found.worst[:MOST_SUSPECTS]
    answers = [[s.label, s.like, f"{100 * s.p:.1f}\u00a0%"] for s in some]
    heads = ("label", "looks like", "p(label)")
    index = np.array([s.example for s in some])
    return section("Suspicious labels", paragraph(words), show_examples(run, index, heads, answers))


def hardest(run: Run, train: Evaluation) -> Markup:
    """Show the training examples with the largest loss against their label: they were learned."""
    dataset: Any = run.setup.dataset
    if dataset.task != "classification":
        return Markup()
    answered = run.model.preparation.answers(train.A)
    index = run.setup.prepared.split.train
    wrong = np.flatnonzero(answered != dataset.target[index])
    if not len(wrong):
        return Markup()
    worst = wrong[np.argsort(-train.losses[wrong], kind="stable")][:MOST_SUSPECTS]
    names = run.model.preparation.classes
    answers = [[names[dataset.target[index[i]]], names[answered[i]]] for i in worst]
    name = run.folder.typed if run.folder else "RUN"
    words = (
        "The training examples that fit their label worst, though they were learned: some labels "
        "may be wrong. Networks that have not learned them judge better: ",
        element("code", f"cutaway diagnose {name} --suspects"),
    )
    return section(
        "Training examples that do not fit",
        paragraph(*words),
        show_examples(run, index[worst], ("label", "looks like"), answers),
    )
