from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Cutaway  # isort: skip


def test_the_story_is_told_on_the_terminal_and_on_one_page(cutaway: Cutaway) -> None:
    done = cutaway(
        "improve", "wine", "--target-error", "0.3", "--seeds", "2", "--hidden", "3",
        "--epochs", "6", "--name", "better", "--keep-prob", "1",
    )  # fmt: skip
    assert done.code == 0
    assert "1. the start" in done.out
    assert "the dev error is at the target" in done.out
    assert "read once, of 35 examples" in done.out
    assert "better than majority class (61.11 %)" in " ".join(done.out.split())
    page = Path("runs/better/improve.html").read_text()
    assert "What was tried" in page
    assert "On the test set, which was read once" in page
    assert "That is better than always answering the majority class (61.11 %)" in page
    assert "cutaway ensemble wine --members 2 --hidden 3" in page
    assert cutaway("predict", "better", "wine").code == 0
    found = cutaway("diagnose", "better", "--suspects", "--json").json()
    assert found["quantities"]
    assert Path(found["page"]).is_file()
    names = [row["name"] for row in cutaway("runs", "--json").json()]
    assert {"better", "better-01-1", "better-01-2"} <= set(names)
    listed = cutaway("runs").out
    assert "better-01-1" not in listed
    assert f"{len(names) - 1} runs of improvements: --all" in listed
    assert "better-01-1" in cutaway("runs", "--all").out
    for command, says in (
        ("train", "go on with: cutaway improve --resume better"),
        ("improve", "there is nothing to resume"),
    ):
        again = cutaway(command, "--resume", "better")
        assert again.code == 2
        assert says in again.err
    assert cutaway("improve", "wine", "--name", "better").code == 2


def test_it_goes_on_after_a_kill(cutaway: Cutaway) -> None:
    words = "improve wine --target-error 1e-6 --seeds 2 --hidden 3 --epochs 40 --budget 3s --name k"
    process = subprocess.Popen(
        [sys.executable, "-m", "cutaway", *words.split(), "--runs", "my runs"],
        stdout=subprocess.DEVNULL,
    )
    story, until = Path("my runs/k/improve.json"), time.monotonic() + 60
    while not story.exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.kill()
    process.wait()
    before = json.loads(story.read_text())
    models = {path: path.read_bytes() for path in Path("my runs").glob("k-01-*/model.safetensors")}
    assert len(models) == 2
    done = cutaway("improve", "--resume", "k", "--runs", "my runs")
    assert done.code == 0
    assert "cutaway predict k --runs 'my runs' PATH" in done.out
    after = json.loads(story.read_text())
    known = len(before["experiments"])
    assert after["experiments"][:known] == before["experiments"]
    numbers = [one["number"] for one in after["experiments"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert after["test"]
    assert all(path.read_bytes() == content for path, content in models.items())
    assert json.loads(Path("my runs/k/run.json").read_text())["status"] == "finished"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("improve", "PATH is missing"),
        ("improve --resume x --target-error 0.1", "give no other"),
        ("improve --resume x --budget 5m", "give no other"),
        ("improve wine --budget soon", "is no duration; write 90s, 10m or 1h"),
        ("improve wine --budget 0s", "is no duration"),
        ("improve wine --dev none", "there is no dev set"),
        ("improve wine --target-error 0.01 --human-error 0.02", "is not above human_error"),
        ("improve diabetes --seeds 1", "1 is not in the range"),
    ],
)
def test_a_wrong_word_is_told(cutaway: Cutaway, words: str, says: str) -> None:
    code, _, err = cutaway(*words.split())
    assert code == 2
    assert says in err
    assert not Path("runs").exists() or not list(Path("runs").iterdir())
