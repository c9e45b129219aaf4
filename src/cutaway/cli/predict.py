"""cutaway predict: answers for new pictures or rows, one line an example."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

from cutaway.cli.options import json_option, runs_option
from cutaway.cli.streams import print_json_list, print_note, printable


@click.command("predict")
@click.argument("run")
@click.argument("path")
@runs_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="print CSV with one column a probability")
def command(run: str, path: str, runs: str, as_json: bool, as_csv: bool) -> None:
    """Answer for the examples at PATH with the network of RUN.

    RUN is a folder, a name, a unique beginning of one, `last`, or a model.safetensors file. PATH is
    a picture, a folder of pictures, or a file of rows like those the network was trained on.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other; give one of them")
    from cutaway.training.model import load

    said: list[str] = []

    def say(text: str) -> None:
        """Announce a long wait, once."""
        if not said:
            print_note(text)
        said.append(text)

    prediction = load(run, runs).predict(path, say=say)
    for note in prediction.notes:
        print_note(note)
    if as_json:
        print_json_list(prediction.rows())
    elif as_csv:
        _print_csv(prediction.rows())
    else:
        width = max(map(len, map(printable, prediction.origins)), default=0)
        _print_lines(prediction.rows(), width)


def _print_csv(answers: Iterable[dict[str, Any]]) -> None:
    writer = None
    for answer in answers:
        # A number of a regression may be called "probabilities" or "labels".
        row = {key: value for key, value in answer.items() if not isinstance(value, dict)}
        if isinstance(row.get("labels"), tuple):
            row["labels"] = " ".join(row["labels"])
        row |= {f"p({name})": p for name, p in _probabilities(answer).items()}
        if writer is None:
            writer = csv.DictWriter(sys.stdout, fieldnames=list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)


def _probabilities(answer: Mapping[str, Any]) -> dict[str, float]:
    """Return those of the classes; none of a regression."""
    found = answer.get("probabilities")
    return found if isinstance(found, dict) else {}


def _print_lines(answers: Iterable[dict[str, Any]], width: int) -> None:
    """Print the example, the answer, and the probabilities, the largest first."""
    from cutaway import wording

    for answer in answers:
        (_, origin), *said = answer.items()
        line = [printable(origin).ljust(width)]
        if not (probabilities := _probabilities(answer)):
            line += [f"{name} {value:.6g}" for name, value in said]
        else:
            chosen = answer.get("class", " ".join(answer.get("labels", [])) or "-")
            line.append(wording.short(chosen).ljust(min(24, max(map(len, probabilities)))))
            ranked = sorted(probabilities.items(), key=lambda pair: -pair[1])
            line += [f"{wording.short(name)} {p:.3f}" for name, p in ranked[:3]]
        print(printable("  ".join(line).rstrip()))
