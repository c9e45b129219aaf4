"""From a file of another program to a run folder, compared with the file before it is kept."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import importlib
import importlib.metadata
import platform
from pathlib import Path
from typing import Any, NamedTuple

from cutaway.equations.metrics import ERROR_OF_TASK
from cutaway.errors import CutawayError, DataError, MissingExtraError, RunError
from cutaway.export.parity import TOLERANCE, UncheckedError, difference, drawn_rows
from cutaway.export.subject import Subject
from cutaway.importers import FORMATS
from cutaway.importers.imported import Given, Imported
from cutaway.report import keep_card
from cutaway.training.model import Model
from cutaway.training.run_folder import IMPORTED, RunFolder
from cutaway.training.runs import create
from cutaway.training.session import VERSIONS


class Kept(NamedTuple):
    """A network that was imported: its run, what was compared, and what a person should know.

    difference  the largest, None where it was not compared; then `why` says why
    """

    folder: RunFolder
    model: Model
    format: str
    words: str
    difference: float | None
    why: str
    notes: tuple[str, ...]


def import_file(
    path: str | Path,
    given: Given | None = None,
    *,
    runs: str | Path = "runs",
    name: str | None = None,
    command: str = "",
) -> Kept:
    """Read a file of another program into the folder of a new run.

    Raises:
        DataError: there is no such file, it is of no known format, or no dense network.
        OptionError: what was given does not fit, or a pickle is not trusted.
        RunError: the model answers otherwise than the file, or the run exists.
        MissingExtraError: what reads the format is not installed.
    """
    path = Path(path).expanduser()
    format = _format(path)
    module: Any = importlib.import_module(FORMATS[format].module)
    imported: Imported = module.read(path, given or Given())
    apart, why = _compare(path, imported)
    folder = create(Path(runs), name, path.stem)
    kept = Kept(folder, imported.model, format, _WORDS, apart, why, imported.notes)
    folder.write(_values(path, kept, command))
    imported.model.save(folder.model)
    keep_card(folder, imported.model)
    return kept


_WORDS = "64 drawn rows"


def _format(path: Path) -> str:
    suffixes = ", ".join(suffix for row in FORMATS.values() for suffix in row.suffixes)
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise DataError(f"{path} {what}; what can be imported are files of {suffixes}")
    for name, row in FORMATS.items():
        if path.suffix.casefold() in row.suffixes:
            return name
    raise DataError(f"{path}: what can be imported are files of {suffixes}")


def _compare(path: Path, imported: Imported) -> tuple[float | None, str]:
    """Return how far the model is from what the file's own reader answers, or why nobody knows."""
    if imported.answer is None:
        return None, imported.why
    answer, subject = imported.answer, Subject(path.stem, imported.model)
    try:
        apart = difference(
            subject,
            lambda path, subject, rows: answer(rows),
            path,
            [drawn_rows(subject)],
            floats=imported.floats,
        )
    except (UncheckedError, MissingExtraError) as error:
        return None, str(error)
    except CutawayError:
        raise
    # Whatever the file's own reader raises
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise RunError(f"{path} cannot be run by its own reader: {reason}") from error
    if apart > TOLERANCE:
        raise RunError(
            f"the network read from {path} differs from the file by {apart:.1g} on {_WORDS} (more "
            f"than {TOLERANCE:g}), so nothing was kept; please report it with the file"
        )
    return apart, ""


def _values(path: Path, kept: Kept, command: str) -> dict[str, Any]:
    """Return the run.json of a network that was not trained here."""
    p = kept.model.preparation
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "created": datetime.datetime.now().astimezone().isoformat(timespec="milliseconds"),
        "command": command,
        "status": IMPORTED,
        "reason": f"from {path.name}",
        "hyperparameters": {},
        "plan": {
            "network": dataclasses.asdict(kept.model.network),
            "metric": ERROR_OF_TASK[p.task],
        },
        "data": {"name": path.stem, "kind": p.kind, "task": p.task, "examples": 0}
        | {"classes": {}, "fingerprint": None, "source": None},
        "imported": {
            "file": path.name,
            "sha256": content,
            "format": kept.format,
            "compared_on": kept.words if kept.difference is not None else None,
            "largest_difference": kept.difference,
        },
        "notes": list(kept.notes),
        "test_reads": 0,
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS}
        | {"python": platform.python_version()},
    }
