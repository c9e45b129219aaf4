"""The story of an improvement on one page: what was tried, expected, measured, and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cutaway import wording
from cutaway.experiments.improvement import Improved
from cutaway.experiments.story import START, TOGETHER, Experiment, best
from cutaway.report.axes import Axis, fit_axis
from cutaway.report.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, axes, drawing
from cutaway.report.markup import (
    Markup,
    bullets,
    document,
    element,
    join,
    paragraph,
    section,
    table,
)
from cutaway.report.results import compared

NAMES = {START: "the start", TOGETHER: "all seeds together"}
ENDINGS = {
    "reached": "It stopped because the target was reached on the dev set.",
    "nothing left": "It stopped because no remedy was left that it had not tried.",
    "budget": "It stopped because the time it was given was used up.",
    "interrupted": "It was interrupted; what had been kept by then is kept.",
}


def write_improvement(improved: Improved, human: float, target: float, command: str) -> str:
    """Return the story as one HTML page that loads nothing from elsewhere."""
    run = improved.whole
    assert run.folder is not None
    metric, name = run.plan.metric, run.folder.name
    body = element(
        "main",
        element(
            "header",
            element("p", "cutaway: the story of an improvement", class_="quiet"),
            element("h1", name),
            paragraph(_short(improved, metric), class_="lead"),
            paragraph(_honest(improved, metric)),
            paragraph(_rules(improved, human, target, metric), class_="quiet"),
        ),
        section(
            "What was tried",
            paragraph(
                "Each step starts from the last one that was kept, changes one thing, and says "
                "beforehand what it expects. Steps that did not help stand beside the way."
            ),
            _tree(improved.story, metric),
        ),
        section(
            "Expected and measured", _picture(improved.story, metric), _table(improved, metric)
        ),
        section("The final network", *_final(improved, command)),
    )
    return document(name, body)


def _name(one: Experiment) -> str:
    return NAMES.get(one.remedy, one.remedy)


def _short(improved: Improved, metric: str) -> Markup:
    story = improved.story
    trials = [one for one in story if one.remedy not in NAMES]
    kept = [one for one in trials if one.kept]
    first, last = story[0], story[-1]
    what = "remedy" if len(trials) == 1 else "remedies"
    counts = Counter(one.remedy for one in kept)
    said = [name if n == 1 else f"{name} ({n} times)" for name, n in counts.items()]
    names = f": {wording.listed(said, 6)}" if kept else ""
    return join(
        [
            "The dev error went from ",
            element("strong", wording.error(first.dev_error, metric)),
            " to ",
            element("strong", wording.error(last.dev_error, metric)),
            f". {len(trials)} {what} tried, {len(kept) or 'none'} kept{names}. ",
            ENDINGS[improved.status],
        ]
    )


def _honest(improved: Improved, metric: str) -> Markup | str:
    test = improved.test
    if test is None:
        return (
            "The test set was not read: that happens once, at the end."
            if improved.status == "interrupted"
            else "There is no test set, so there is no figure that nothing was chosen by."
        )
    bounds = wording.interval(test.interval, metric)
    text = [
        "On the test set, which was read once, when all was decided: ",
        element("strong", wording.error(test.error, metric)),
        f" of {wording.plural(test.m, 'example')} (95 % interval {bounds}). ",
    ]
    if improved.test_start is not None:
        one, ends = improved.test_start, improved.test_start.interval
        gain = one.single - one.ensemble
        told = "more than chance" if ends[0] > 0 else "not more than chance may do"
        if ends[1] < 0:
            told = "worse by more than chance"
        text.append(
            f"A network of the start would have had {wording.error(one.single, metric)} there: "
            f"a gain of {wording.error(gain, metric)} "
            f"({wording.interval(ends, metric)}), {told}."
        )
    return join(text)


def _rules(improved: Improved, human: float, target: float, metric: str) -> str:
    k = len(improved.story[0].runs)
    aim, people = wording.error(target, metric), wording.error(human, metric)
    return (
        f"Aimed at {aim}, human-level error {people}. "
        f"Every figure is the mean over {k} networks of different seeds, all on the same examples. "
        "A step is kept if the mean dev error fell, or stayed within half an example and the dev "
        "loss fell; whether the difference is more than chance is said beside it, with its 95 % "
        "interval in brackets. The more is "
        "chosen by the dev set, the more its error flatters: only the test set is honest."
    )


def _tree(story: Sequence[Experiment], metric: str) -> Markup:
    """Draw the way down the page, steps that were dropped beside the step they started from."""
    parts = []
    for one in story:
        if one.kept:
            dropped = [o for o in story if o.parent == one.number and not o.kept]
            parts.append(
                element(
                    "li",
                    _step(one, metric),
                    element(
                        "ul", *(element("li", _step(o, metric)) for o in dropped), class_="dropped"
                    )
                    if dropped
                    else "",
                )
            )
    return element("ol", *parts, class_="way")


def _step(one: Experiment, metric: str) -> Markup:
    head: list[object] = [element("strong", f"{one.number}. {_name(one)}")]
    if one.changed:
        head += [" ", element("code", wording.options(one.changed))]
    head.append(f": dev error {wording.error(one.dev_error, metric)}")
    lines: list[object] = [element("div", *head)]
    if one.remedy != START:
        lines.append(element("div", f"Because {one.reason}.", class_="quiet"))
        lines.append(element("div", _judged(one, metric)))
    if one.verdict and one.kept:
        lines.append(element("div", f"Diagnosis: {one.verdict}.", class_="quiet"))
    return element("div", *lines, class_="step kept" if one.kept else "step")


def _judged(one: Experiment, metric: str) -> str:
    assert one.gain is not None
    assert one.gain_interval is not None
    measured = (
        f"measured {_signed(one.gain, metric)} ({wording.interval(one.gain_interval, metric)})"
    )
    expected = "" if one.expected is None else f"expected {_signed(one.expected, metric)}, "
    chance = "" if one.is_told_apart else ", not distinguishable from chance"
    end = "kept" if one.kept else "dropped"
    return f"Gain: {expected}{measured}{chance}: {end}."


def _signed(value: float, metric: str) -> str:
    return ("+" if value > 0 else "") + wording.error(value, metric)


def _picture(story: Sequence[Experiment], metric: str) -> Markup:
    """Draw the dev error of every experiment, and what was expected of it."""
    by_number = {one.number: one for one in story}
    foreseen = {
        one.number: max(0.0, by_number[one.parent].dev_error - one.expected)
        for one in story
        if one.parent is not None and one.expected is not None
    }
    x = Axis(0.5, len(story) + 0.5, LEFT, WIDTH - RIGHT, whole=True)
    values = [one.dev_error for one in story] + list(foreseen.values())
    y = fit_axis(values, HEIGHT - BOTTOM, TOP, percent=metric != "rmse", zero=True)
    label = "dev rmse" if metric == "rmse" else "dev error"
    ticks = [(float(one.number), str(one.number)) for one in story]
    parts: list[object] = [axes(x, y, ("experiment", label), ticks)]
    way = [(x.place(o.number), y.place(o.dev_error)) for o in story if o.kept]
    path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in way)
    parts.append(element("path", d=path, class_="line dev"))
    for number, value in foreseen.items():
        at, height = x.place(number), y.place(value)
        parts.append(
            element("line", x1=f"{at - 9:.1f}", x2=f"{at + 9:.1f}", y1=f"{height:.1f}",
                    y2=f"{height:.1f}", class_="line cost")
        )  # fmt: skip
    for one in story:
        parts.append(
            element("circle", cx=f"{x.place(one.number):.1f}", cy=f"{y.place(one.dev_error):.1f}",
                    r=4, class_="dot dev" if one.kept else "ring dev")
        )  # fmt: skip
    picture = drawing(join(parts), f"{label} of each experiment, and what was expected.")
    legend = paragraph(
        "Full dots on the line were kept, rings were dropped; the bars are what was expected.",
        class_="quiet",
    )
    return join([element("div", picture, class_="charts"), legend])


def _table(improved: Improved, metric: str) -> Markup:
    rows = [
        [
            f"{one.number}. {_name(one)}",
            element("code", wording.options(one.changed)) if one.changed else "-",
            "-" if one.expected is None else _signed(one.expected, metric),
            "-" if one.gain is None else _signed(one.gain, metric),
            "-" if one.gain_interval is None else wording.interval(one.gain_interval, metric),
            wording.error(one.train_error, metric),
            wording.error(one.dev_error, metric),
            "kept" if one.kept else "dropped",
        ]
        for one in improved.story
    ]
    head = ["step", "changed", "expected", "gain", "95 % interval", "train", "dev", ""]
    predicted = [one for one in improved.story if one.expected is not None and one.gain is not None]
    gained = sum(one.gain > 0 for one in predicted if one.gain is not None)
    refuted = sum(one.is_refuted for one in predicted)
    said = (
        f"Of {wording.plural(len(predicted), 'prediction')} of a gain, {gained} gained; "
        f"{refuted or 'none'} of them lay outside the interval of what was measured. "
        f"All of it took {wording.duration(sum(one.seconds for one in improved.story))}."
    )
    quiet = paragraph(said if predicted else "", class_="quiet")
    return join([table(head, rows, "numbers"), quiet])


def _final(improved: Improved, command: str) -> list[object]:
    run, last = improved.whole, best(improved.story)
    assert run.folder is not None
    k = len(last.runs)
    parts: list[object] = [
        paragraph(
            f"The mean of the {k} networks of step {last.parent}: {', '.join(last.runs)}. "
            "All of them in one file, model.safetensors."
        ),
        paragraph(
            f"Its dev error is {wording.error(improved.dev.error, run.plan.metric)}. "
            + compared(run, improved.dev, improved.baselines)
            + (f" There {said}." if (said := improved.dev.one_class()) else "")
        ),
        paragraph("To use it:"),
        element("pre", element("code", f"cutaway predict {run.folder.name} PATH"), tabindex="0"),
        paragraph("To train such networks again:"),
        element("pre", element("code", command), tabindex="0"),
    ]
    if improved.left:
        parts.append(paragraph("What only a person can do:"))
        parts.append(
            bullets(
                f"{one.name}: {one.reason} ({wording.less_error(one.gain, run.plan.metric)}, an "
                "estimate)"
                for one in improved.left
            )
        )
    return parts
