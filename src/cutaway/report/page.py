"""The page as a whole, in the order in which a stranger reads it."""

from __future__ import annotations

from collections.abc import Sequence

from cutaway.insight.faults.search import Search
from cutaway.report import about, diagnosis, inside
from cutaway.report.answer_map import answer_map
from cutaway.report.classes import classes
from cutaway.report.course import course
from cutaway.report.faults import faults
from cutaway.report.markup import Markup, document, element, paragraph
from cutaway.report.mistakes import mistakes
from cutaway.report.regularisation import regularisation
from cutaway.report.results import comparison, judge, verdict
from cutaway.training.evaluation import Evaluations
from cutaway.training.standing import NamedErrors
from cutaway.training.summary import describe
from cutaway.training.trainee import Run

# More classes are not named in the first line
MOST_NAMES = 12


def write_report(
    run: Run,
    found: Evaluations,
    baselines: Sequence[NamedErrors],
    search: Search | None = None,
) -> str:
    """Return the report of a run as one HTML page that loads nothing from elsewhere.

    search: what was looked for in its training, if anything was.
    """
    judged = judge(run, found)
    name = run.folder.name if run.folder else run.setup.dataset.name
    body = element(
        "main",
        element(
            "header",
            element("p", "cutaway: report of a run", class_="quiet"),
            element("h1", name),
            paragraph(_task(run)),
            _alarm(run),
            verdict(run, judged, baselines),
        ),
        comparison(run, judged, found.train, baselines),
        faults(search) if search else "",
        diagnosis.of_run(run, describe(run, found, baselines), search.first if search else None),
        about.data(run),
        inside.network(run),
        about.settings(run),
        course(run),
        regularisation(run),
        answer_map(run),
        classes(run, judged),
        mistakes(run, judged),
        diagnosis.hardest(run, found.train),
        inside.first_weights(run),
        about.footer(run),
    )
    return document(name, body)


def _task(run: Run) -> str:
    dataset = run.setup.dataset
    names = ", ".join(dataset.target_names)
    word = "pictures" if dataset.picture else "rows"
    if dataset.task == "regression":
        return f"A network that predicts {names} from {word}."
    if dataset.task == "multi-label":
        return f"A network that gives each of {len(dataset.classes)} labels to {word}, or not."
    few = f": {', '.join(dataset.classes)}" if len(dataset.classes) <= MOST_NAMES else ""
    return f"A network that tells {len(dataset.classes)} classes of {word} apart{few}."


def _alarm(run: Run) -> Markup:
    if run.outcome.status == "diverged":
        return paragraph(
            f"The training failed: {run.outcome.reason}. What follows describes the last "
            "parameters that were good; a smaller learning rate is the first thing to try.",
            class_="alarm",
        )
    if run.outcome.status == "interrupted":
        return paragraph(
            f"The training was {run.outcome.reason}; it can be resumed.", class_="alarm"
        )
    return Markup()
