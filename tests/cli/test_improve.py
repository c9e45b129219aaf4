from __future__ import annotations

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
    page = Path("runs/better/improve.html").read_text()
    assert "What was tried" in page
    assert "On the test set, which was read once" in page
    assert "cutaway ensemble wine --members 2 --hidden 3" in page
    assert cutaway("predict", "better", "wine").code == 0
    assert cutaway("diagnose", "better", "--json").json()["quantities"]
    names = [row["name"] for row in cutaway("runs", "--json").json()]
    assert {"better", "better-01-1", "better-01-2"} <= set(names)
    again = cutaway("train", "--resume", "better")
    assert again.code == 2
    assert "is the end of an improvement" in again.err
    assert cutaway("improve", "wine", "--name", "better").code == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("improve", "Missing argument 'PATH'"),
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
