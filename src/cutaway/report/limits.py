"""What a reader of a model card has to know before trusting the network: one function a limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cutaway import wording
from cutaway.report.markdown import text

Json = Mapping[str, Any]
# A class with so many times the examples of another one decides most of the error
UNEVEN = 5
MOST_CONFUSED = 3


def limits(values: Json, figures: Json | None) -> list[str]:
    """Return the limits of a run as Markdown, from its run.json and its metrics.json."""
    found = [limit(values, figures or {}) for limit in LIMITS]
    return [line for line in found if line]


def _ended(values: Json, figures: Json) -> str:
    if values["status"] in ("diverged", "interrupted"):
        return f"The training ended before its time: {text(values.get('reason', ''))}."
    return ""


def _faults(values: Json, figures: Json) -> str:
    faults = figures.get("faults")
    if not faults:
        return ""
    if not faults["found"]:
        looked = wording.plural(len(faults["looked_for"]), "fault")
        return f"{looked} of training were looked for in its Records; none was found."
    found = "; ".join(f"{text(f['name'])}: {text(f['what'])}" for f in faults["found"])
    return f"Faults of its training: {found}."


def _measured(values: Json, figures: Json) -> str:
    if not figures:
        return "How often it is wrong was not measured here."
    if figures["dev"] is None and "test" not in values:
        return (
            "It was measured on its training examples only, which a network can learn by heart: "
            "nothing is known of new ones."
        )
    return ""


def _dev(values: Json, figures: Json) -> str:
    if figures and figures["dev"] and figures["plan"]["early_stopping"]:
        return (
            "The dev set chose the epoch whose parameters were kept, so the dev error is slightly "
            "optimistic."
        )
    return ""


def _test(values: Json, figures: Json) -> str:
    held, reads = values.get("split", {}).get("test", 0), values.get("test_reads", 0)
    if not held:
        return "There is no test set." if figures else ""
    if not reads:
        return f"{wording.plural(held, 'test example')} were held back and not looked at yet."
    if reads == 1:
        return ""
    return (
        f"The test set was looked at {reads} times: where choices followed from that, its error "
        "is optimistic too."
    )


def _standing(values: Json, figures: Json) -> str:
    standing = figures.get("standing", {})
    better, alike = (
        " and ".join(map(text, standing.get(group, ()))) for group in ("better", "alike")
    )
    sentences = [f"It does not beat {better}, which would serve better as it is."] if better else []
    sentences += [f"It cannot be told apart from {alike} on this many examples."] if alike else []
    return " ".join(sentences)


def _classes(values: Json, figures: Json) -> str:
    counts = values["data"].get("classes") or {}
    if len(counts) < 2:
        return ""
    rare, often = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[often] < UNEVEN * counts[rare]:
        return ""
    return (
        f"The classes are uneven: {text(rare)} has {counts[rare]:,} examples, {text(often)} "
        f"{counts[often]:,}; the error says little about the rare ones."
    )


def _recall(values: Json, figures: Json) -> str:
    part = values.get("test") or figures.get("dev") or figures.get("train") or {}
    found = [row for row in part.get("classes", ()) if row["examples"]]
    if not found:
        return ""
    worst = min(found, key=lambda row: row["recall"])
    if worst["recall"] == 1:
        return ""
    right = round(worst["recall"] * worst["examples"])
    named = ", ".join(
        f"{text(true)} taken for {text(taken)} ({n})" for n, true, taken in _confused(part)
    )
    return (
        f"It finds {text(worst['class'])} worst: {right:,} of {worst['examples']:,}. "
        f"Most often confused: {named}."
    )


def _confused(part: Json) -> list[tuple[int, str, str]]:
    names = [row["class"] for row in part["classes"]]
    pairs = [
        (n, true, taken)
        for true, row in zip(names, part["confusion"], strict=True)
        for taken, n in zip(names, row, strict=True)
        if n and true != taken
    ]
    return sorted(pairs, key=lambda pair: -pair[0])[:MOST_CONFUSED]


def _skipped(values: Json, figures: Json) -> str:
    skipped = figures.get("data", {}).get("skipped", ())
    return f"{wording.plural(len(skipped), 'example')} could not be read." if skipped else ""


def _foreign(values: Json, figures: Json) -> str:
    if values["data"]["task"] == "classification":
        return (
            "It answers one of its classes for whatever it is given, also for what belongs to none "
            "of them."
        )
    return "It answers for whatever it is given, also for what is unlike its training examples."


def _probabilities(values: Json, figures: Json) -> str:
    if values["data"]["task"] == "regression":
        return "Its answers carry no interval of their own."
    return "Whether its probabilities are calibrated was not measured."


LIMITS: tuple[Callable[[Json, Json], str], ...] = (
    _ended,
    _faults,
    _measured,
    _dev,
    _test,
    _standing,
    _classes,
    _recall,
    _skipped,
    _foreign,
    _probabilities,
)
