"""What came out, in plain sentences, and beside the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutaway.data.dataset import Dataset
from cutaway.engine.job import Part
from cutaway.report.markup import (
    Markup,
    element,
    join,
    paragraph,
    section,
    table,
)
from cutaway.training.evaluation import Evaluation, Evaluations
from cutaway.training.standing import NamedErrors, standing
from cutaway.training.trainee import Run
from cutaway.wording import error, interval, plural


@dataclass(frozen=True, eq=False)
class Judged:
    """The part that the report judges by: dev, or train where there is no dev set.

    index  of its examples in the data set, in the order of the columns of `part`
    """

    name: str
    evaluation: Evaluation
    part: Part
    index: npt.NDArray[np.intp]

    def examples(self, dataset: Dataset) -> str:
        """Say how many examples: 360 dev pictures."""
        word = "picture" if dataset.picture else "row"
        return plural(self.evaluation.m, f"{self.name} {word}")


# How a sentence speaks of a baseline whose name is short
SPOKEN = {
    "majority class": "always answering the majority class",
    "mean": "always answering the mean",
}


def judge(run: Run, found: Evaluations) -> Judged:
    """Choose the part that the report judges by."""
    prepared = run.setup.prepared
    if found.dev is not None and prepared.dev is not None:
        return Judged("dev", found.dev, prepared.dev, prepared.split.dev)
    return Judged("training", found.train, prepared.train, prepared.split.train)


def verdict(run: Run, judged: Judged, baselines: Sequence[NamedErrors]) -> Markup:
    """Say in plain sentences how good the network is, and how far to trust the figure."""
    evaluation, metric = judged.evaluation, run.plan.metric
    # A figure is not parted from its per cent
    figure = error(evaluation.error, metric).replace(" ", "\u00a0")
    who = judged.examples(run.setup.dataset)
    seen = judged.name == "training"
    where = f"On the {who} it was trained on" if seen else f"On {who} it had never trained on"
    strong = element("strong", figure)
    low, high = judged.evaluation.interval
    if metric == "rmse":
        absolute = error(evaluation.metrics["mae"], metric)
        between = "" if seen else f" (95\u00a0% interval {interval((low, high), metric)})"
        rest = (
            f"{units(run)}{between}; the mean absolute error was {absolute}, and R\u00b2 "
            f"{evaluation.metrics['r2']:.2f} (1 is perfect, 0 is no better than the mean)."
        )
        first = join([f"{where}, the network\u2019s root mean squared error was ", strong, rest])
    else:
        what = " of the labels" if metric == "label_error" else ""
        between = "" if seen else f" (95\u00a0% interval {interval((low, high), metric)})"
        first = join([f"{where}, the network was wrong in ", strong, f"{what}{between}."])
    return join(
        [
            paragraph(first, class_="lead"),
            paragraph(compared(run, evaluation, baselines)) if baselines else "",
            paragraph(_trust(run, judged), class_="quiet"),
        ]
    )


def units(run: Run) -> str:
    """Name the target of a regression, in whose units its errors are."""
    names = run.setup.dataset.target_names
    return f" in units of \u201c{names[0]}\u201d" if len(names) == 1 else ""


def compared(run: Run, evaluation: Evaluation, baselines: Sequence[NamedErrors]) -> str:
    """Say which baselines are worse, as good as far as can be told, and better."""
    groups = {
        group: [
            f"{SPOKEN.get(b.name, b.name)} "
            f"({error(b.train_error if b.dev_error is None else b.dev_error, run.plan.metric)})"
            for b in members
        ]
        for group, members in standing(evaluation, baselines)._asdict().items()
    }
    few = f" on {plural(evaluation.m, 'example')}"
    sentences = [
        f"{start} {_listed(groups[group])}{end}."
        for group, start, end in (
            ("worse", "That is better than", ""),
            ("alike", "It cannot be told apart from", few),
            ("better", "It does not beat", ", which as it stands would serve better"),
        )
        if groups[group]
    ]
    if run.setup.hyperparameters.class_weight and (found := evaluation.found()):
        sentences.append(f"{found[0].upper()}{found[1:]}.")
    return " ".join(sentences)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _trust(run: Run, judged: Judged) -> str:
    held_back = len(run.setup.prepared.split.test)
    if judged.name == "training":
        text = (
            "There was no dev set. A network can learn its training examples by heart, so this "
            "figure says little about new ones."
        )
    elif run.plan.early_stopping:
        text = (
            "Early stopping chose the epoch by these same examples, so the figure is slightly "
            "optimistic."
        )
    else:
        text = (
            "Settings that are tuned by looking at these examples make the figure slightly "
            "optimistic."
        )
    if held_back:
        text += f" {plural(held_back, 'test example')} were held back and not looked at"
        if run.folder:
            command = f"cutaway evaluate {run.folder.name} --test"
            text += f"; \u201c{command}\u201d judges the network by them"
        text += "."
    return text


def comparison(
    run: Run, judged: Judged, train: Evaluation, baselines: Sequence[NamedErrors]
) -> Markup:
    """Show the errors of the network beside those of the baselines."""
    metric = run.plan.metric
    on_dev = error(judged.evaluation.error if judged.name == "dev" else None, metric)
    if judged.name == "dev":
        on_dev += f" ({interval(judged.evaluation.interval, metric)})"
    first: list[object] = [element("strong", "this network"), error(train.error, metric), on_dev]
    rows: list[list[object]] = [
        first,
        *(_figures(b, metric) for b in baselines),
    ]
    words = "Errors are root mean squared errors" + units(run) + "." if metric == "rmse" else ""
    if not baselines:
        words += " No baseline was fitted beside it."
    return section(
        "Beside the baselines",
        table(["", "train error", "dev error"], rows, class_="numbers"),
        paragraph(words.strip()) if words else "",
    )


def _figures(baseline: NamedErrors, metric: str) -> list[object]:
    errors = (baseline.train_error, baseline.dev_error)
    return [baseline.name, *(error(value, metric) for value in errors)]
