"""The runs of a folder: each gets a name of its own, and is found by what a person types."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.training.conftest import made

from cutaway.errors import RunError
from cutaway.training.runs import all_runs, create, find


def names(runs: Path, stem: str, times: int) -> list[str]:
    return [create(runs, None, stem).name for _ in range(times)]


def test_runs_are_numbered(tmp_path: Path) -> None:
    assert names(tmp_path / "a" / "runs", "digits", 3) == ["digits-1", "digits-2", "digits-3"]
    (tmp_path / "a" / "runs" / "digits-2").rmdir()
    (tmp_path / "a" / "runs" / "digits-10").write_text("a file")
    assert names(tmp_path / "a" / "runs", "digits", 1) == ["digits-11"]
    assert names(tmp_path / "a" / "runs", "digit", 1) == ["digit-1"]


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("my pictures/", "my-pictures-1"),
        ("..", "run-1"),
        ("", "run-1"),
        ("../../etc/passwd", "etc-passwd-1"),
        ("katzen_größe", "katzen_größe-1"),
        ("a:b*c?", "a-b-c-1"),
    ],
)
def test_any_data_set_gives_a_name(tmp_path: Path, stem: str, name: str) -> None:
    folder = create(tmp_path, None, stem)
    assert folder.name == name
    assert folder.path.parent == tmp_path


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "a/b", "/tmp/a", "a b", "a\n", "-x", "last", "a\\b", "*"]
)
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match="is no name for a run"):
        create(tmp_path, name, "digits")
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_never_overwritten(tmp_path: Path) -> None:
    folder = made(tmp_path, "mine")
    before = (folder.path / "run.json").read_bytes()
    with pytest.raises(RunError, match="exists already and is never overwritten"):
        create(tmp_path, "mine", "digits")
    (tmp_path / "file").write_text("mine too")
    with pytest.raises(RunError, match="exists already"):
        create(tmp_path, "file", "digits")
    assert (folder.path / "run.json").read_bytes() == before


MANY = """
import sys
from pathlib import Path
from cutaway.training.runs import create
print("ready", flush=True)
sys.stdin.readline()
for _ in range(40):
    print(create(Path(sys.argv[1]), None, "digits").name)
"""


def test_two_processes_at_once_get_different_folders(tmp_path: Path) -> None:
    two = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in two:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in two:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    both = [name for process in two for name in process.communicate(timeout=60)[0].split()]
    assert sorted(both) == sorted(f"digits-{i}" for i in range(1, 81))


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for name, hour in (("digits-1", 9), ("digits-2", 8), ("moons-1", 7)):
        made(tmp_path, name, f"2025-01-01T{hour:02d}:00:00.000+00:00")
    (tmp_path / "no-run").mkdir()
    (tmp_path / "notes.txt").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("digits-1", "digits-1"),
        ("digits-2", "digits-2"),
        ("m", "moons-1"),
        ("moons", "moons-1"),
        ("last", "digits-1"),
        ("{}/digits-2", "digits-2"),
        ("{}/digits-2/", "digits-2"),
        ("{}/digits-2/run.json", "digits-2"),
    ],
)
def test_a_run_is_found_by_path_name_prefix_or_last(three: Path, text: str, name: str) -> None:
    assert find(text.format(three), three).path == three / name


def test_a_run_has_its_name_from_within_too(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(three / "digits-2")
    assert find(".", Path("runs")).name == "digits-2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("digits", "'digits' fits 2 runs: digits-2, digits-1; write more of the name"),
        ("digist-1", "there is no run 'digist-1' in .*; did you mean 'digits-1'"),
        ("no-run", "there is no run 'no-run' in .*the last ones are moons-1, digits-2, digits-1"),
        ("{}/elsewhere", "there is no run"),
    ],
)
def test_a_run_that_is_not_found_is_said(three: Path, text: str, message: str) -> None:
    with pytest.raises(RunError, match=message):
        find(text.format(three), three)


@pytest.mark.parametrize("text", ["last", "digits"])
@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_without_a_run_the_way_to_make_one_is_said(tmp_path: Path, text: str, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match=r"no run in .* yet; make one with: cutaway train digits"):
        find(text, tmp_path / folder)


def test_all_runs_are_in_the_order_they_were_made(three: Path) -> None:
    (three / "broken").mkdir()
    (three / "broken" / "run.json").write_text("{")
    assert [run.name for run in all_runs(three)] == ["broken", "moons-1", "digits-2", "digits-1"]


@pytest.mark.parametrize("runs", ["file", "file/runs", "/proc/nothing/runs"])
def test_a_place_that_takes_no_folder_is_named(tmp_path: Path, runs: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot write .*choose another folder with --runs"):
        create(tmp_path / runs, None, "digits")
