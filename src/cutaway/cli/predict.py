"""cutaway predict: answers for new pictures or rows, one line an example."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
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
        row = {key: value for key, value in answer.items() if key != "probabilities"}
        if "labels" in row:
            row["labels"] = " ".join(row["labels"])
        row |= {f"p({name})": p for name, p in answer.get("probabilities", {}).items()}
        if writer is None:
            writer = csv.DictWriter(sys.stdout, fieldnames=list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)


def _print_lines(answers: Iterable[dict[str, Any]], width: int) -> None:
    """Print the example, the answer, and the probabilities, the largest first."""
    from cutaway import wording

    for answer in answers:
        line = [printable(answer["example"]).ljust(width)]
        if "probabilities" not in answer:
            line += [f"{k} {v:.6g}" for k, v in answer.items() if k != "example"]
        else:
            chosen = answer.get("class", " ".join(answer.get("labels", [])) or "-")
            line.append(
                wording.short(chosen).ljust(min(24, max(map(len, answer["probabilities"]))))
            )
            ranked = sorted(answer["probabilities"].items(), key=lambda pair: -pair[1])
            line += [f"{wording.short(name)} {p:.3f}" for name, p in ranked[:3]]
        print(printable("  ".join(line).rstrip()))
