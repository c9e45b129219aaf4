"""cutaway gradcheck: a gradient, ours or a person's own, against differences of its cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cutaway.cli.options import GroupedCommand, hyperparameter_options, json_option, require_sense
from cutaway.cli.options import read_hyperparameters as read
from cutaway.cli.streams import print_json

if TYPE_CHECKING:
    from cutaway.insight.gradcheck import ArrayCheck

NETWORK_ROWS = ("hidden", "activation", "output", "loss", "initializer", "l1", "l2", "seed")
COUNT = click.IntRange(min=1)


@click.command("gradcheck", cls=GroupedCommand)
@click.argument("cost", required=False)
@click.argument("gradient", required=False)
@hyperparameter_options(NETWORK_ROWS)
@click.option(
    "--inputs", type=COUNT, default=4, show_default=True, metavar="N", help="n_x of the network"
)
@click.option(
    "--outputs", type=COUNT, default=1, show_default=True, metavar="N", help="n_y of the network"
)
@click.option(
    "--examples", type=COUNT, default=10, show_default=True, metavar="M", help="examples, drawn"
)
@click.option("--at", metavar="FILE:NAME", help="parameters at which your own gradient is checked")
@click.option(
    "--step",
    type=float,
    metavar="EPS",
    help="step of the differences  [default: from the round-off of the cost, 6e-6 or more]",
)
@json_option
def command(
    cost: str | None,
    gradient: str | None,
    inputs: int,
    outputs: int,
    examples: int,
    at: str | None,
    step: float | None,
    as_json: bool,
    **values: str | None,
) -> None:
    """Check a gradient entry by entry against central differences of its cost.

    Without arguments: a network as it would be trained, on drawn examples. With two: your own
    functions, as mine.py:cost and mine.py:grad, which take an array or a dictionary of arrays;
    the file holds the numbers to check at as `parameters` or `theta`.
    """
    if (cost is None) != (gradient is None):
        raise click.UsageError("give both functions: mine.py:cost mine.py:grad")
    if step is not None and not step > 0:
        raise click.UsageError("--step must be above 0")
    if cost is None:
        require_sense(("at",), "functions of your own")
    else:
        require_sense((*NETWORK_ROWS, "inputs", "outputs", "examples"), "a network of cutaway")
    given = read(values)
    from cutaway.errors import DataError
    from cutaway.insight import gradcheck

    try:
        if cost is not None and gradient is not None:
            from cutaway.insight.own_functions import Own, find, parameters_beside

            functions = find(cost), find(gradient)
            own = Own(*functions, find(at) if at else parameters_beside(cost))
            what = f"{gradient} against {cost}"
            checks = gradcheck.check_arrays(own.cost, own.gradients(), own.parameters, step)
        else:
            from cutaway.insight.network_check import drawn_network

            drawn = drawn_network(given, inputs, outputs, examples)
            what = drawn.text
            checks = gradcheck.check_arrays(
                drawn.cost, drawn.gradients(), drawn.parameters, step, given.seed
            )
    except ValueError as error:
        raise DataError(str(error)) from error
    if as_json:
        print_json([_json(check) for check in checks])
    else:
        _show(what, checks)
    if any(check.verdict != "right" for check in checks):
        raise click.exceptions.Exit(1)


def _json(check: ArrayCheck) -> dict[str, Any]:
    worst = check.worst._asdict() if check.worst else None
    return {**check._asdict(), "worst": worst, "verdict": check.verdict}


def _show(what: str, checks: list[ArrayCheck]) -> None:
    from cutaway.cli.console import field, make_console, table

    console = make_console()
    field(console, "check", what)
    rows = []
    for check in checks:
        worst = check.worst
        at = f"[{', '.join(map(str, worst.at))}]" if worst and worst.at else ""
        rows.append(
            (
                check.name,
                " x ".join(map(str, check.shape)) or "scalar",
                f"{check.difference:.1e}",
                f"{check.name}{at}",
                "-" if worst is None else f"{worst.numeric:.9g}",
                "-" if worst is None else f"{worst.analytic:.9g}",
                check.verdict,
            )
        )
    header = ("array", "shape", "difference", "worst entry", "numeric", "analytic", "verdict")
    table(console, header, rows, margin=0)
    sampled = sum(c.checked + c.kinks < c.entries for c in checks)
    kinks = sum(check.kinks for check in checks)
    if sampled:
        field(console, "note", "of each large array 500 entries were checked")
    if kinks:
        field(
            console, "note", f"{kinks} entries lie on a kink, have no derivative, and are left out"
        )
    field(console, "verdict", _verdict(checks))


def _verdict(checks: list[ArrayCheck]) -> str:
    def named(*verdicts: str) -> str:
        return ", ".join(check.name for check in checks if check.verdict in verdicts)

    if wrong := named("wrong"):
        differ = "differ" if "," in wrong else "differs"
        return (
            f"wrong: {wrong} {differ} from the cost's own slope by more than round-off and the "
            "step explain; look at the worst entry first"
        )
    if undecided := named("undecided", "not checked"):
        return (
            f"undecided: of {undecided} the differences of the cost say too little (round-off "
            "hides the slope, or every entry lies on a kink); check at other parameters, or with "
            "another --step"
        )
    return "right: no entry is off by more than round-off and the step explain"
