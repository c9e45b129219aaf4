"""cutaway compare: whether two networks, or two settings, can be told apart."""

from __future__ import annotations

import click

from cutaway.cli.options import json_option, runs_option
from cutaway.cli.streams import print_json


@click.command("compare")
@click.argument("first")
@click.argument("second")
@runs_option
@json_option
def command(first: str, second: str, runs: str, as_json: bool) -> None:
    """Tell whether FIRST and SECOND differ by more than chance.

    Two runs are compared as networks, on the dev examples that both have. Two lists of runs are
    compared as settings, by the dev errors of their pairs: one pair a seed.

    \b
      cutaway compare digits-1 digits-2
      cutaway compare small-1,small-2,small-3 large-1,large-2,large-3
    """
    from pathlib import Path

    from cutaway import wording
    from cutaway.cli.console import field, make_console
    from cutaway.insight.comparison import compare_networks, compare_settings
    from cutaway.training.runs import find

    one, two = ([find(name, Path(runs)) for name in names.split(",")] for names in (first, second))
    if len(one) == len(two) == 1:
        found = compare_networks(one[0], two[0])
    else:
        found = compare_settings(one, two)
    if as_json:
        print_json(found._asdict() | {"is_different": found.is_different})
        return
    console, metric = make_console(), found.metric
    field(console, "compared", found.of)
    field(console, "first", f"{first}: {wording.error(found.first, metric)}")
    field(console, "second", f"{second}: {wording.error(found.second, metric)}")
    change = wording.error(found.second - found.first, metric)
    bounds = wording.interval(found.interval, metric)
    field(console, "change", f"{change}  (95 % interval {bounds}, p = {found.p:.3g})")
    better = "first" if found.second > found.first else "second"
    verdict = f"different: the {better} is better" if found.is_different else "not distinguishable"
    field(console, "verdict", verdict)
