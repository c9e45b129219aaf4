from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Cutaway  # isort: skip


def test_an_ensemble_is_one_model_for_every_command(cutaway: Cutaway) -> None:
    done = cutaway("ensemble", "iris", "--members", "3", "--epochs", "30", "--hidden", "6")
    assert done.code == 0
    assert "one member alone:" in done.out
    assert "this ensemble" in done.out
    page = Path("runs/iris-1/report.html").read_text()
    assert "The mean of 3 networks" in page
    assert "The members" in page
    assert cutaway("predict", "iris-1", "iris", "--json").json()[0]["class"] == "setosa"
    assert cutaway("evaluate", "iris-1", "--test", "--json").json()["examples"] == 30
    assert "mean of 3 dense networks" in Path("runs/iris-1/README.md").read_text()
    found = cutaway("diagnose", "iris-1", "--suspects", "--json").json()
    assert found["suspects"]["m"] == 90
    assert Path(found["page"]).is_file()
    assert cutaway("runs", "--json").json()[0]["status"] == "finished"
    for refused, says in (
        (("export", "iris-1", "--to", "numpy"), "is an ensemble of 3 networks"),
        (("train", "--resume", "iris-1"), "go on with: cutaway ensemble --resume iris-1"),
        (("ensemble", "--resume", "iris-1"), "there is nothing to resume"),
    ):
        code, _, err = cutaway(*refused)
        assert code == 2
        assert says in err
    assert cutaway("export", "runs/iris-1/members/2", "--to", "numpy").code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("ensemble", "PATH is missing"),
        ("ensemble iris --members 1", "1 is not in the range"),
        ("ensemble --resume x --members 3", "give no other"),
        ("ensemble iris --bootstrap --epochs x", "epochs='x' is no number"),
    ],
)
def test_a_wrong_word_is_told(cutaway: Cutaway, words: str, says: str) -> None:
    code, _, err = cutaway(*words.split())
    assert code == 2
    assert says in err
