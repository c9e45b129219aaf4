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
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError (disk full, no permission) into a RunError that says what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise RunError(
            f"cannot write {path}: {error.strerror or error}; "
            f"{'free some space' if full else 'choose another folder with --runs'}"
        ) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file atomically.

    Raises:
        RunError: it cannot be written; the old one is untouched.
    """
    # Two machines that share a folder may have the same process number.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY}")
    with writing(path):
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file atomically; numbers that are not finite are refused."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    # The bytes of a file name that are no text come as lone surrogates: JSON writes them \udcff.
    write_bytes(path, text.encode("utf-8", "backslashreplace") + b"\n")


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
