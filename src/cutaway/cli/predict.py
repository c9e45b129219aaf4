"""cutaway predict: answers for new pictures or rows, one line an example."""

from __future__ import annotations

import csv
import sys
from typing import Any

import click

from cutaway.cli.options import json_option, runs_option
from cutaway.cli.streams import print_json, print_note, printable


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

    prediction = load(run, runs).predict(path)
    answers = prediction.to_json()
    for note in prediction.notes:
        print_note(note)
    if as_json:
        print_json(answers)
    elif as_csv:
        _print_csv(answers)
    else:
        _print_lines(answers)


def _print_csv(answers: list[dict[str, Any]]) -> None:
    rows = []
    for answer in answers:
        row = {key: value for key, value in answer.items() if key != "probabilities"}
        if "labels" in row:
            row["labels"] = " ".join(row["labels"])
        row |= {f"p({name})": p for name, p in answer.get("probabilities", {}).items()}
        rows.append(row)
    if rows:
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _print_lines(answers: list[dict[str, Any]]) -> None:
    """Print the example, the answer, and the probabilities, the largest first."""
    from cutaway import wording

    width = max((len(printable(answer["example"])) for answer in answers), default=0)
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
