from __future__ import annotations

import json
from pathlib import Path

import pytest

from cutaway.errors import RunError
from cutaway.training import files
from cutaway.training.files import read_json, write_bytes, write_json


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for value in ({"long": list(range(1000))}, {"größe": [None, True, 0.1]}):
        write_json(path, value)
        assert read_json(path) == value
    assert "größe" in path.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def fail(*args: object) -> None:
        raise OSError(5, "Input/output error")

    path = tmp_path / "a"
    write_bytes(path, b"old")
    monkeypatch.setattr(*((files.os, "fsync") if where == "fsync" else (Path, "replace")), fail)
    with pytest.raises(RunError, match=r"cannot write .*a: Input/output error; "):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_what_is_no_json_is_not_written(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", 1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", float("inf"))
    assert json.loads((tmp_path / "a.json").read_text()) == 1


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (None, "does not exist; is .* a run folder"),
        (b"", "is damaged"),
        (b'{"a": 1', "is damaged"),
        (b"\xff", "is damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, match: str
) -> None:
    path = tmp_path / "run.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match=match) as caught:
        read_json(path)
    assert str(path) in str(caught.value)


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be read"):
        read_json(tmp_path)
    with pytest.raises(RunError, match="cannot write"):
        write_bytes(tmp_path, b"")
