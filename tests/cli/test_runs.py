"""A run is never overwritten and never lost, and every command finds it again."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from tests.cli.conftest import Cutaway, pictures, rows, table

from cutaway.data.parts import Prepared
from cutaway.training import files

FAST = ("--epochs", 2, "--hidden", "none")


def test_an_existing_run_is_never_overwritten(cutaway: Cutaway) -> None:
    assert cutaway("train", "iris", *FAST, "--name", "mine").code == 0
    before = Path("runs/mine/model.safetensors").read_bytes()
    code, _, err = cutaway("train", "iris", *FAST, "--name", "mine", "--seed", 1)
    assert code == 2
    assert "never overwritten; choose another --name" in err
    assert Path("runs/mine/model.safetensors").read_bytes() == before
    assert cutaway("train", "iris", *FAST, "--quiet").out == "runs/iris-1\n"


def test_runs_lists_what_was_tried(cutaway: Cutaway) -> None:
    assert "no run in elsewhere/ yet" in cutaway("runs", "--runs", "elsewhere").out
    cutaway("train", "iris", *FAST, "--l2", "0.5", "--early-stopping", "false")
    cutaway("train", "moons", "--epochs", 1, "--dev", "none", "--batch-size", "full")
    out = cutaway("runs").out
    assert "iris-1" in out
    assert "moons-1: epochs=1 batch_size=full dev=none" in out
    assert "settings  iris-1: hidden=none epochs=2 early_stopping=false l2=0.5" in out
    assert str(Path("runs").absolute()) in out
    listed = cutaway("runs", "--json").json()
    assert [row["name"] for row in listed] == ["iris-1", "moons-1"]
    assert {"created", "settings", "train_error", "dev_error", "test_reads", "path"} <= set(
        listed[0]
    )
    assert cutaway("runs", "--json", "--runs", "elsewhere").json() == []


@pytest.mark.parametrize(
    ("content", "says"),
    [('{"format": 99}', "format 99"), ('{"for', "damaged"), ("{}", "names no format")],
)
def test_a_damaged_run_is_named_and_hides_no_other(
    cutaway: Cutaway, content: str, says: str
) -> None:
    cutaway("train", "iris", *FAST)
    shutil.copytree("runs/iris-1", "runs/other")
    Path("runs/other/run.json").write_text(content)
    listed = cutaway("runs")
    assert "iris-1" in listed.out
    assert says in listed.err
    for command in (("train", "--resume", "other"), ("evaluate", "other", "--test")):
        code, _, err = cutaway(*command)
        assert code == 2
        assert says in err


def test_a_finished_run_is_not_resumed(cutaway: Cutaway) -> None:
    cutaway("train", "iris", *FAST)
    code, out, err = cutaway("train", "--resume", "last")
    assert (code, out) == (2, "")
    assert "there is nothing to resume" in err


def test_a_run_killed_before_its_report_gets_it_by_resuming(cutaway: Cutaway) -> None:
    cutaway("train", "iris", *FAST)
    metrics, report = Path("runs/iris-1/metrics.json"), Path("runs/iris-1/report.html")
    errors = [json.loads(metrics.read_text())[name] for name in ("train", "dev", "baselines")]
    metrics.unlink()
    report.unlink()
    assert cutaway("train", "--resume", "last").code == 0
    assert [json.loads(metrics.read_text())[n] for n in ("train", "dev", "baselines")] == errors
    assert report.is_file()


def test_the_test_set_is_counted(cutaway: Cutaway) -> None:
    cutaway("train", "iris", *FAST)
    assert "has been read" not in cutaway("evaluate", "last", "--test").out
    assert "has been read 2 times" in cutaway("evaluate", "last", "--test").out
    document = cutaway("evaluate", "iris-1", "--test", "--json").json()
    assert document["notes"] == [
        "the test set has been read 3 times: what was chosen by it looks better than it is"
    ]
    assert json.loads(Path("runs/iris-1/run.json").read_text())["test_reads"] == 3


def test_data_that_changed_are_told(cutaway: Cutaway, tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv")
    cutaway("train", path, *FAST)
    table(path, lines=list(rows(40)))
    code, _, err = cutaway("evaluate", "last", "--test")
    assert code == 2
    assert "have changed since" in err
    path.unlink()
    code, _, err = cutaway("evaluate", "last", "--test")
    assert code == 2
    assert "does not exist" in err


def test_a_rate_too_large_stops_and_keeps_the_last_good_parameters(cutaway: Cutaway) -> None:
    result = cutaway("train", "diabetes", "--learning-rate", 1e12, "--epochs", 5)
    assert result.code == 2
    assert "the cost is not finite in epoch 1" in result.out
    assert "learning rate 1e+12" in result.out
    assert "kept: the parameters after epoch 0" in result.out
    assert "the same command without --learning-rate, or with a lower one" in result.out
    assert Path("runs/diabetes-1/report.html").is_file()
    assert cutaway("predict", "last", "diabetes").code == 0


@pytest.mark.parametrize("full", ["report.html", "metrics.json"])
def test_a_full_disk_after_training_still_shows_the_figures(
    cutaway: Cutaway, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    _fill(monkeypatch, full)
    code, out, err = cutaway("train", "iris", *FAST)
    assert code == 2
    assert "this network" in out
    assert f"{full}: No space left on device; free some space" in err
    assert cutaway("predict", "last", "iris").code == 0


@pytest.mark.parametrize("command", ["train", "ensemble"])
def test_an_interrupt_before_the_report_says_how_to_go_on(
    cutaway: Cutaway, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def press(prepared: Prepared) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cutaway.experiments.baselines.baselines", press)
        code, _, err = cutaway(command, "iris", *FAST)
    assert code == 130
    assert err == f"error: interrupted; go on with: cutaway {command} --resume iris-1\n"
    assert cutaway(command, "--resume", "iris-1").code == 0


def test_a_full_disk_while_training_says_how_to_go_on(
    cutaway: Cutaway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _fill(patch, "checkpoint.safetensors")
        code, _, err = cutaway("train", "iris", *FAST)
    assert code == 2
    assert "free some space; then go on with: cutaway train --resume iris-1" in err
    assert cutaway("train", "--resume", "iris-1").code == 0


def _fill(patch: pytest.MonkeyPatch, name: str) -> None:
    """Let os.fsync find the disk full while a file of that name is written."""
    real = os.fsync

    def fsync(number: int) -> None:
        if name in os.readlink(f"/proc/self/fd/{number}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(number)

    patch.setattr(files.os, "fsync", fsync)


def test_a_place_that_is_no_folder_is_told(cutaway: Cutaway) -> None:
    Path("file").write_text("")
    code, _, err = cutaway("train", "iris", *FAST, "--runs", "file/runs")
    assert code == 2
    assert "cannot write file/runs: Not a directory; choose another folder with --runs" in err


def test_a_run_elsewhere_is_named_with_its_place(cutaway: Cutaway) -> None:
    out = cutaway("train", "iris", *FAST, "--runs", "my runs").out
    assert "cutaway evaluate iris-1 --runs 'my runs' --test" in out
    assert cutaway("predict", "last", "iris", "--runs", "my runs").code == 0
    assert cutaway("predict", "my runs/iris-1/model.safetensors", "iris").code == 0


@pytest.mark.parametrize(
    "names", [("Kätzchen", "犬"), ("a\x1b[31mred", "b"), ("k" * 150, "b" * 200)]
)
def test_names_are_shown_on_one_line_and_steer_nothing(
    cutaway: Cutaway, tmp_path: Path, names: tuple[str, str]
) -> None:
    folder = pictures(tmp_path / "with space ü", 12, names)
    trained = cutaway("train", folder, *FAST)
    assert trained.code == 0
    judged = cutaway("evaluate", "last", folder).out
    assert max(map(len, (trained.out + judged).splitlines())) < 200
    answers = cutaway("predict", "last", folder).out
    assert len(answers.splitlines()) == 24
    assert "\x1b" not in trained.out + judged + answers
    assert {row["class"] for row in cutaway("predict", "last", folder, "--json").json()} <= set(
        names
    )
