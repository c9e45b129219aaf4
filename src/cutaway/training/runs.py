"""The runs of a folder: a new one is made, all are listed, one is found by what a person types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cutaway.errors import RunError, nearest
from cutaway.training.files import writing
from cutaway.training.run_folder import RunFolder


def create(runs: Path, name: str | None, stem: str) -> RunFolder:
    """Make the folder of a new run: `name`, or the stem with the next free number.

    Raises:
        RunError: a folder of that name exists, or it cannot be made.
    """
    if name is not None and (not re.fullmatch(r"\w[\w.+-]*", name) or name == "last"):
        raise RunError(
            f"'{name}' is no name for a run ('last' is kept for the last one): "
            "use letters, digits, '-', '_' and '.', a letter or digit first"
        )
    stem = re.sub(r"[^\w.+-]+", "-", stem).strip("-.") or "run"
    with writing(runs):
        runs.mkdir(parents=True, exist_ok=True)
        for candidate in [name] if name else _numbered(runs, stem):
            try:
                (runs / candidate).mkdir()
            except FileExistsError:
                continue
            return RunFolder(runs / candidate)
    raise RunError(
        f"{runs / str(name)} exists already and is never overwritten; "
        "choose another --name, or leave it out"
    )


def _numbered(runs: Path, stem: str) -> Iterator[str]:
    pattern = re.compile(re.escape(stem) + r"-(\d+)")
    taken = [int(m[1]) for p in runs.iterdir() if (m := pattern.fullmatch(p.name))]
    number = max(taken, default=0)
    while True:
        number += 1
        yield f"{stem}-{number}"


def all_runs(runs: Path) -> list[RunFolder]:
    """Return the runs of a folder, the oldest first."""
    found = [path for path in runs.glob("*/run.json") if path.is_file()]
    return [RunFolder(path.parent) for path in sorted(found, key=lambda p: _created(p.parent))]


def _created(path: Path) -> tuple[str, str]:
    try:
        return (str(RunFolder(path).read().get("created", "")), path.name)
    except RunError:
        return ("", path.name)


def is_run(*paths: Path) -> bool:
    """Whether one of the paths is the folder of a run, or a file in one."""
    folders = [path.parent if path.is_file() else path for path in paths]
    return any((folder / "run.json").is_file() for folder in folders)


def find(text: str, runs: Path) -> RunFolder:
    """Return the run that `text` names: a path, a name, a unique prefix, or `last`.

    Raises:
        RunError: there is none, or more than one.
    """
    path = Path(text)
    for folder in (path, path.parent if path.is_file() else path, runs / text):
        if (folder / "run.json").is_file():
            # A folder is called by its name, `.` has none.
            return RunFolder(folder if folder.name else folder.resolve())
    there = all_runs(runs)
    if text == "last" and there:
        return there[-1]
    names = [run.name for run in there]
    matches = [run for run in there if run.name.startswith(text)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise RunError(
            f"'{text}' fits {len(matches)} runs: {', '.join(run.name for run in matches)}; "
            "write more of the name"
        )
    if not names:
        raise RunError(f"there is no run in {runs}/ yet; make one with: cutaway train digits")
    raise RunError(
        f"there is no run '{text}' in {runs}/{nearest(text, names)}; "
        f"the last ones are {', '.join(names[-5:])}"
    )
