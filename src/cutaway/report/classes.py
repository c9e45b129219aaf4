"""Class by class: who is taken for whom, how often, and which labels are hard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cutaway.report.markup import (
    Markup,
    bullets,
    details,
    element,
    framed_table,
    join,
    paragraph,
    section,
    table,
)
from cutaway.report.results import Judged
from cutaway.training.trainee import Run
from cutaway.wording import plural

# A larger matrix is cut down to the classes with the most mistakes
MOST_CLASSES = 60


def classes(run: Run, judged: Judged) -> Markup:
    """Show precision and recall of each class, the confusion matrix and the most confused pairs."""
    evaluation = judged.evaluation
    task = run.setup.dataset.task
    if task == "regression":
        return Markup()
    if task == "multi-label":
        return section("Label by label", _per_label(judged))
    C = evaluation.confusion
    if C is None or evaluation.precision is None or evaluation.recall is None:
        return Markup()
    pairs = [
        join([element("b", true), " taken for ", element("b", answer), f": {count}\u00d7"])
        for true, answer, count in evaluation.confused(6)
    ]
    rows = [
        [name, f"{n:,.0f}", *(f"{100 * share:.1f} %" for share in shares)]
        for name, n, *shares in zip(
            evaluation.classes, C.sum(axis=1), evaluation.precision, evaluation.recall, strict=True
        )
    ]
    per_class = table(
        ["class", "examples", "precision", "recall"],
        rows,
        class_="numbers",
    )
    return section(
        "Class by class",
        _matrix(evaluation.classes, C, judged.examples(run.setup.dataset)),
        element("h3", "Most confused"),
        bullets(pairs) if pairs else paragraph("No example was put into a wrong class."),
        element("h3", "Precision and recall"),
        paragraph(
            "Precision: of the examples given this answer, the share that is right. "
            "Recall: of the examples of this class, the share that was found."
        ),
        details(f"Precision and recall of {plural(len(rows), 'class')}", per_class)
        if len(rows) > MOST_CLASSES
        else per_class,
    )


def _matrix(names: Sequence[str], C: npt.NDArray[np.float64], who: str) -> Markup:
    kept = np.arange(len(C))
    words = (
        f"The confusion matrix of {who}: rows are the true classes, columns the answers. The "
        "more of its row a cell holds, the stronger its colour; blue is right, orange wrong."
    )
    if len(C) > MOST_CLASSES:
        off = C - np.diag(np.diag(C))
        order = np.argsort(-(off.sum(axis=0) + off.sum(axis=1)), kind="stable")
        kept = np.sort(order[:MOST_CLASSES])
        words += f" Shown are the {MOST_CLASSES} of {len(C)} classes with the most mistakes."
    total = np.maximum(C.sum(axis=1, keepdims=True), 1)
    rows = [
        element(
            "tr",
            element("th", names[int(i)], scope="row"),
            *(_cell(int(C[i, j]), float(C[i, j] / total[i, 0]), bool(i == j)) for j in kept),
        )
        for i in kept
    ]
    corner = element("td", "true \\ answer", class_="quiet")
    head = element("tr", corner, *(element("th", names[int(j)], scope="col") for j in kept))
    return join([paragraph(words), framed_table(head, join(rows), "confusion")])


def _cell(count: int, share: float, right: bool) -> Markup:
    if not count:
        return element("td", 0, class_="none")
    # A single mistake among thousands must still be seen
    shade = share if right else max(0.25, share)
    return element("td", count, class_="right" if right else "wrong", style=f"--shade:{shade:.2f}")


def _per_label(judged: Judged) -> Markup:
    answers, truth = judged.evaluation.A > 0.5, judged.part.Y > 0.5
    both = (answers & truth).sum(axis=1)

    def share(of: npt.NDArray[np.intp]) -> list[str]:
        pairs = zip(both, of, strict=True)
        return [f"{100 * right / n:.1f} %" if n else "-" for right, n in pairs]

    rows = zip(
        judged.evaluation.classes,
        truth.sum(axis=1).tolist(),
        [f"{100 * wrong:.1f} %" for wrong in (answers != truth).mean(axis=1)],
        share(answers.sum(axis=1)),
        share(truth.sum(axis=1)),
        strict=True,
    )
    words = "Every label is decided for itself: above a probability of one half it is given."
    head = ["label", "examples", "wrong", "precision", "recall"]
    return join([paragraph(words), table(head, rows, class_="numbers")])
