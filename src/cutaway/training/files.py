"""Writing files so that a crash leaves either the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cutaway.errors import RunError

TEMPORARY = ".tmp"


@contextmanager
def writing(path: Path, option: str = "--runs") -> Iterator[None]:
    """Turn an OSError (disk full, no permission) into a RunError that says what to do.

    option: of the command line, which names another place
    """
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise RunError(
            f"cannot write {path}: {error.strerror or error}; "
            f"{'free some space' if full else f'choose another folder with {option}'}"
        ) from error


def write_bytes(path: Path, content: bytes, option: str = "--runs") -> None:
    """Replace a file atomically; `option` is the one that names another place.

    Raises:
        RunError: it cannot be written; the old one is untouched.
    """
    # Two machines that share a folder may have the same process number.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY}")
    with writing(path, option):
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str, option: str = "--runs") -> None:
    """Replace a text file atomically; `option` is the one that names another place."""
    # The bytes of a file name that are no text come as lone surrogates: as in JSON, \udcff.
    write_bytes(path, text.encode("utf-8", "backslashreplace"), option)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file atomically; numbers that are not finite are refused."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        RunError: it is missing or damaged.
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise RunError(f"{path} does not exist; is {path.parent} a run folder?") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{path} is damaged or cannot be read: {error}") from error
