"""Faults on the terminal: each when it arises, all of them at the end."""

from __future__ import annotations

from rich.console import Console

from cutaway import wording
from cutaway.cli.console import field
from cutaway.insight.faults.search import Search
from cutaway.insight.faults.setting import Found
from cutaway.training.record import Needs, Record, State, Stop


class FaultWatch:
    """Shows the faults that a training's Records show, each once."""

    needs: Needs = frozenset({"train", "layers"})

    def __init__(self, console: Console, search: Search, every: int) -> None:
        self.console = console
        self.search = search
        self.every = every

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Look at the Record, unless a training that is gone on with has shown it before."""
        if record.epoch > self.search.epoch:
            for found in self.search.see(record):
                show_fault(self.console, found)
        return None


def show_fault(console: Console, found: Found, *, elsewhere: bool = False) -> None:
    """Show what is wrong, why it matters and what to do; of what follows from another one less.

    elsewhere  another program trained it, which has other commands
    """
    what = f"{found.name}, {found.when}: {found.what}"
    if found.cause:
        field(console, "fault", f"{what} (it follows from {found.cause})")
        return
    field(console, "fault", what, *filter(None, [found.passed]), found.why)
    field(console, "", f"remedy: {found.remedy}")
    if found.command and not elsewhere:
        field(console, "", f"  {found.command}", wrap=False)
    field(console, "", f"see: cutaway lesson {found.lesson}", wrap=False)


def show_faults(console: Console, search: Search) -> None:
    """Show in two lines what was found, or that nothing was, and what else was looked for."""
    names = [found.name for found in search.found]
    others = ", ".join(name for name in search.looked if name not in names)
    if names:
        text = f"{wording.plural(len(names), 'fault')} found: {', '.join(names)}"
        field(console, "faults", text, f"not found: {others}")
    elif others:
        field(console, "faults", f"no known fault found; looked for {others}")
    else:
        field(console, "faults", "not looked for: no history that could show one was kept")
