"""cutaway runs: what was tried, and how well it did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli.options import json_option, runs_option
from cutaway.cli.streams import print_json, print_note

if TYPE_CHECKING:
    from cutaway.training.run_folder import RunFolder


@click.command("runs")
@runs_option
@click.option("--all", "of_all", is_flag=True, help="list the experiments of improvements too")
@json_option
def command(runs: str, of_all: bool, as_json: bool) -> None:
    """List the runs, the oldest first: settings, errors, when and where."""
    from cutaway.errors import RunError
    from cutaway.training.runs import all_runs

    rows, damaged = [], []
    for folder in all_runs(Path(runs)):
        try:
            rows.append(_row(folder))
        except (RunError, KeyError, TypeError) as error:
            damaged.append(f"{folder.path} cannot be read: {error}")
    if as_json:
        print_json(rows)
    elif rows:
        _show(rows, of_all)
    else:
        print(f"no run in {runs}/ yet; make one with: cutaway train digits")
    for line in damaged:
        print_note(line)


def _row(folder: RunFolder) -> dict[str, Any]:
    from cutaway.hyperparameters import DEFAULTS

    values = folder.read()
    given = {
        name: value
        for name, value in values["hyperparameters"].items()
        if name in DEFAULTS and value != DEFAULTS[name]
    }
    return {
        "name": folder.name,
        "created": values["created"],
        "data": values["data"]["name"],
        "settings": given,
        "sizes": values["plan"]["network"]["sizes"],
        "status": values["status"],
        "epochs": values.get("best_epoch"),
        "metric": values["plan"]["metric"],
        "train_error": values.get("train_error"),
        "dev_error": values.get("dev_error"),
        "seconds": values.get("seconds"),
        "test_reads": values["test_reads"],
        "experiment": "experiment" in values,
        "path": str(folder.path),
    }


def _show(rows: list[dict[str, Any]], of_all: bool) -> None:
    from cutaway import wording
    from cutaway.cli.console import field, make_console, table
    from cutaway.hyperparameters import ROWS

    shown = [row for row in rows if of_all or not row["experiment"]]
    header = ("run", "when", "network", "train", "dev", "epoch", "status")
    cells = [
        (
            row["name"],
            wording.moment(row["created"]),
            "-".join(str(n) for n in row["sizes"]),
            wording.error(row["train_error"], row["metric"]),
            wording.error(row["dev_error"], row["metric"]),
            "-" if row["epochs"] is None else str(row["epochs"]),
            row["status"],
        )
        for row in shown
    ]
    console = make_console()
    table(console, header, cells, margin=0)
    settings = [
        f"{row['name']}: "
        + " ".join(f"{k}={wording.setting(v, ROWS[k].words)}" for k, v in row["settings"].items())
        for row in shown
        if row["settings"]
    ]
    print()
    field(console, "settings", *(settings or ["all runs: the defaults"]))
    if hidden := len(rows) - len(shown):
        field(console, "hidden", f"{wording.plural(hidden, 'run')} of improvements: --all")
    field(console, "where", str(Path(rows[0]["path"]).parent.absolute()), wrap=False)
