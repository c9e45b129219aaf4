"""From a run to a file of some format, compared with the model before it is written."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from cutaway.errors import MissingExtraError, OptionError, RunError, unknown
from cutaway.export import FORMATS
from cutaway.export.parity import TOLERANCE, Examples, UncheckedError, difference
from cutaway.export.subject import Subject
from cutaway.training.files import write_bytes, writing
from cutaway.training.model import find_model
from cutaway.training.run_folder import RunFolder


class Exported(NamedTuple):
    """What was written, what it was compared on, and the largest difference (None: not compared).

    why  what was missing for the comparison
    """

    files: tuple[Path, ...]
    words: str
    difference: float | None
    why: str = ""


def find_subject(run: str | Path, runs: str | Path = "runs") -> tuple[Subject, RunFolder | None]:
    """Return the model of a run or a model file as the formats see it, and the run's folder.

    Raises:
        RunError: there is no such run, or its model cannot be read.
    """
    model, folder = find_model(run, runs)
    if model.members is not None:
        raise RunError(
            f"{folder.path if folder else run} is an ensemble of {model.members} networks, which "
            "no format here can hold; export one of them"
            + (f": {folder.path}/members/1" if folder else "")
        )
    about = {}
    if folder is not None:
        values = folder.read()
        versions = values.get("versions", {})
        about = {
            "data": str(values["data"].get("name")),
            "fingerprint": str(values["data"].get("fingerprint")),
            "trained": str(values.get("created", ""))[:19],
            "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        }
    return Subject(folder.name if folder else Path(run).stem, model, about), folder


def destination(
    format: str, run: str | Path, folder: RunFolder | None, into: str | Path | None
) -> Path:
    """Return the path of the main file: in the run's folder unless `into` says where.

    Raises:
        RunError: the file's suffix is that of something else.
    """
    name = FORMATS[format].file
    if into is None:
        return (folder.path if folder else Path(run).parent) / name
    into = Path(into)
    if into.is_dir() or not into.suffix:
        return into / name
    expected = Path(name).suffix
    if into.suffix != expected:
        raise RunError(f"{into} does not end with {expected}, as a file of --to {format} does")
    return into


def export(
    subject: Subject, format: str, path: Path, examples: Examples, *, overwrite: bool = False
) -> Exported:
    """Write a model as a format, after it was compared with the model itself.

    Raises:
        OptionError: there is no such format.
        RunError: a file exists, cannot be written, or does not answer as the model does.
        MissingExtraError: what writes the format is not installed.
    """
    if format not in FORMATS:
        raise OptionError(unknown("format", format, FORMATS))
    module: Any = importlib.import_module(FORMATS[format].module)
    files = module.write(subject, path.name)
    wanted = {path.with_name(name): content for name, content in files.items()}
    for there, content in wanted.items():
        if there.exists() and not overwrite and not _holds(there, content):
            raise RunError(f"{there} exists already; --force replaces it, --into writes elsewhere")
    apart, why = None, ""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        try:
            written, floats = Path(folder, path.name), FORMATS[format].floats
            apart = difference(subject, module.answer, written, examples.rows, floats=floats)
        except (UncheckedError, MissingExtraError) as error:
            why = str(error)
    if apart is not None and apart > TOLERANCE:
        raise RunError(
            f"the {format} file would differ from the model by {apart:.1g} on {examples.words} "
            f"(more than {TOLERANCE:g}), so nothing was written; this is a fault of ours unless "
            "the model's numbers are huge: please report it"
        )
    with writing(path.parent, "--into"):
        path.parent.mkdir(parents=True, exist_ok=True)
    for there, content in wanted.items():
        if not (there.exists() and _holds(there, content)):
            write_bytes(there, content, "--into")
    return Exported(tuple(wanted), examples.words, apart, why)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
