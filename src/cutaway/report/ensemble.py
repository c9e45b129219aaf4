"""The page of an ensemble: what averaging gained over its members, and the report of a network."""

from __future__ import annotations

from collections.abc import Sequence

from cutaway.experiments.ensemble import Ensemble
from cutaway.experiments.gain import Gain
from cutaway.report import about
from cutaway.report.answer_map import answer_map
from cutaway.report.charts import dots
from cutaway.report.classes import classes
from cutaway.report.inside import network
from cutaway.report.markup import Markup, document, element, paragraph, section, table
from cutaway.report.mistakes import mistakes
from cutaway.report.results import comparison, judge, verdict
from cutaway.training.evaluation import Evaluations, evaluate
from cutaway.training.standing import NamedErrors
from cutaway.wording import error, interval, plural


def write_ensemble(ensemble: Ensemble, found: Evaluations, baselines: Sequence[NamedErrors]) -> str:
    """Return the report of an ensemble as one HTML page that loads nothing from elsewhere."""
    run = ensemble.whole
    judged = judge(run, found)
    name = run.folder.name if run.folder else run.setup.dataset.name
    body = element(
        "main",
        element(
            "header",
            element("p", "cutaway: report of an ensemble", class_="quiet"),
            element("h1", name),
            paragraph(_what(ensemble)),
            verdict(run, judged, baselines),
        ),
        comparison(run, judged, found.train, baselines),
        _members(ensemble),
        about.data(run),
        network(run),
        about.settings(run),
        answer_map(run),
        classes(run, judged),
        mistakes(run, judged),
        about.footer(run),
    )
    return document(name, body)


def _what(ensemble: Ensemble) -> str:
    k = len(ensemble.members)
    how = (
        "Each learned from its own draw of the training examples, with replacement"
        if ensemble.bootstrap
        else "They differ by their seed: where they started, and how the examples were shuffled"
    )
    return f"The mean of {k} networks. {how}."


def said(gain: Gain, metric: str) -> str:
    """Say what averaging gained, as far as the examples can tell."""
    change, bounds = error(gain.single - gain.ensemble, metric), interval(gain.interval, metric)
    one, all_of_them = error(gain.single, metric), error(gain.ensemble, metric)
    text = (
        f"one member alone: {one} on average; together: {all_of_them}, "
        f"a gain of {change} (95 % interval {bounds})"
    )
    if gain.interval[0] > 0:
        return f"{text}: averaging helped"
    if gain.interval[1] < 0:
        return f"{text}: averaging harmed"
    return f"{text}: not distinguishable from none"


def _members(ensemble: Ensemble) -> Markup:
    run, metric = ensemble.whole, ensemble.whole.plan.metric
    dev = run.setup.prepared.dev
    rows, errors = [], []
    for number, member in enumerate(ensemble.members, 1):
        prepared = member.setup.prepared
        theirs = evaluate(member.model, dev).error if dev else None
        errors.append(theirs)
        rows.append(
            [
                number,
                member.plan.seed,
                member.best_epoch,
                error(evaluate(member.model, prepared.train).error, metric),
                error(theirs, metric),
                member.outcome.reason,
            ]
        )
    parts: list[object] = []
    if dev:
        gain = ensemble.gain(dev)
        words = [*map(str, range(1, len(rows) + 1)), "mean"]
        points = [(float(i), e) for i, e in enumerate([*errors, gain.ensemble]) if e is not None]
        label = "dev rmse" if metric == "rmse" else "dev error"
        picture = dots("Members", ("member", label), points, words=words, percent=metric != "rmse")
        text = said(gain, metric)
        parts = [
            paragraph(f"{text[0].upper()}{text[1:]}, on {plural(dev.m, 'dev example')}."),
            element("div", picture, class_="charts"),
        ]
    head = ["member", "seed", "epoch kept", "train", "dev", "how it ended"]
    return section("The members", *parts, table(head, rows, "numbers"))
