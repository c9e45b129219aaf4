"""What each command prints: for a person in a fixed order, for a program in pure JSON or CSV."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from tests.cli.conftest import Cutaway, table

from cutaway import wording
from cutaway.cli import COMMANDS
from cutaway.cli.console import aligned
from cutaway.cli.progress import Progress
from cutaway.cli.streams import printable
from cutaway.hyperparameters import ROWS, Hyperparameters
from cutaway.training.record import Record
from cutaway.training.setup import set_up

FAST = ("--epochs", 2, "--hidden", 4)


def test_train_shows_data_split_network_training_verdict_run_next(cutaway: Cutaway) -> None:
    out = cutaway("train", "iris", *FAST).out
    order = [
        "data      iris: 150 examples; 3 classes: setosa 50, versicolor 50, virginica 50",
        "split     90 train, 30 dev, 30 test",
        "network   cross_entropy loss",
        "4 x 4   4 x 1           20",
        "3 x 4   3 x 1           15",
        "epoch 2/2",
        "train error   dev error",
        "this network",
        "majority class",
        "logistic regression",
        "gradient boosting",
        "verdict",
        "run       runs/iris-1   runs/iris-1/report.html",
        "next      cutaway evaluate iris-1 --test",
    ]
    places = [out.find(line) for line in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--epochs 0", "epoch 0/0"),
        ("--batch-size 100000", "full batch"),
        ("--dev none", "no dev set"),
        ("--split 1,0,0", "no dev set"),
        ("--keep-prob 0.9,0.8", "keep_prob 0.9,0.8"),
        ("--class-weight setosa=2", "iris-1"),
        ("--class-weight balanced", "iris-1"),
        ("--schedule cosine", "cosine"),
        ("--print-every 7 --dtype float64", "iris-1"),
        ("--hidden none", "layer 1      softmax"),
        ("--output relu --loss squared", "squared loss"),
    ],
)
def test_settings_are_taken_and_shown(cutaway: Cutaway, options: str, says: str) -> None:
    code, out, _ = cutaway("train", "iris", *FAST, *options.split())
    assert code == 0
    assert says in out


def test_train_json_is_one_document(cutaway: Cutaway) -> None:
    result = cutaway("train", "diabetes", *FAST, "--json")
    document = result.json()
    assert (result.code, result.err) == (0, "")
    assert list(document) == [
        "run", "data", "split", "network", "plan", "training",
        "error", "train", "dev", "train_dev", "baselines", "standing", "confused", "faults",
    ]  # fmt: skip
    assert document["error"] == "rmse"
    assert [b["name"] for b in document["baselines"]] == [
        "mean", "linear regression", "gradient boosting",
    ]  # fmt: skip


def test_predict_prints_lines_json_or_csv(cutaway: Cutaway) -> None:
    cutaway("train", "iris", *FAST)
    lines = cutaway("predict", "last", "iris").out.splitlines()
    answers = cutaway("predict", "last", "iris", "--json").json()
    read = csv.DictReader(io.StringIO(cutaway("predict", "last", "iris", "--csv").out))
    in_csv = list(read)
    assert len(lines) == len(answers) == len(in_csv) == 150
    for line, answer, row in zip(lines, answers, in_csv, strict=True):
        assert line.split("  ")[0].strip() == answer["example"] == row["example"]
        assert answer["class"] in line
        assert answer["class"] == row["class"]
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert float(row["p(setosa)"]) == answer["probabilities"]["setosa"]


def test_evaluate_shows_error_interval_classes_and_confusion(cutaway: Cutaway) -> None:
    cutaway("train", "iris", *FAST)
    out = cutaway("evaluate", "last", "iris").out
    assert re.search(r"error +\d+\.\d\d % +\(95 % interval [\d.]+ to [\d.]+ %, Wilson\)", out)
    assert "precision" in out
    assert "true \\ answer" in out
    assert "trained on a part of these examples" in " ".join(out.split())
    assert "trained on" not in cutaway("evaluate", "last", "--test").out
    document = cutaway("evaluate", "last", "iris", "--json").json()
    assert document["examples"] == 150
    assert {"run", "data", "notes"} <= set(document)


def test_help_lists_every_hyperparameter_once(cutaway: Cutaway) -> None:
    out = cutaway("train", "--help").out
    for name in ROWS:
        option = f"--{name.replace('_', '-')}"
        assert len(re.findall(rf"^  {option}\b(?!-)", out, re.MULTILINE)) == 1, option
    assert "[PATH]\n" not in out.split("Options:")[1]


def test_without_a_word_the_help_is_shown(cutaway: Cutaway) -> None:
    code, _, err = cutaway()
    assert code == 2
    assert err.startswith("Usage: cutaway")
    assert all(name in err for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        ("--help", "numpy rich duckdb PIL sklearn"),
        ("train digits --epochs 1 --quiet", "sklearn scipy pandas matplotlib duckdb jax"),
        ("evaluate last digits", "sklearn scipy pandas matplotlib duckdb jax"),
    ],
)
def test_nothing_heavy_is_imported(
    cutaway: Cutaway, tmp_path: Path, arguments: str, heavy: str
) -> None:
    if "last" in arguments:
        cutaway("train", "digits", *FAST)
    program = (
        "import sys\nfrom cutaway.cli import main\n"
        f"try: main({arguments.split()})\n"
        "except SystemExit as ended: assert not ended.code\n"
        f"print([m for m in {heavy.split()} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("width", [80, 120])
def test_the_live_line_fits_a_terminal(width: int) -> None:
    plan = set_up("moons", Hyperparameters(epochs=2000)).plan
    console = Console(width=width, force_terminal=True, file=io.StringIO())
    progress = Progress(console, plan)
    progress.first = Record(epoch=0, iteration=0, seconds=0.0)
    record = Record(
        epoch=1000, iteration=9000, seconds=4000.0, cost=12.345678, train_loss=0.0123456,
        dev_loss=0.0234567, train_error=0.12345, dev_error=0.23456,
    )  # fmt: skip
    line = progress._line(record, final=False).plain
    assert line == (
        "epoch 1000/2000  loss 0.0123 (dev 0.0235)  error 12.35 % (dev 23.46 %)  67 min left"
    )
    assert len(line) <= 84


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain ü 犬", "plain ü 犬"),
        ("two\nlines", r"two\nlines"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("bytes\udcff", r"bytes\udcff"),
        ("\u202eexe.gnp", r"\u202eexe.gnp"),
    ],
)
def test_printable_escapes_what_steers_a_terminal(name: str, shown: str) -> None:
    assert printable(name) == shown


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (wording.plural(1, "class"), "1 class"),
        (wording.plural(2000, "class"), "2,000 classes"),
        (wording.about(1648, "example"), "about 1,700 examples"),
        (wording.about(30, "example"), "about 30 examples"),
        (wording.error(None, "error"), "-"),
        (wording.error(0.123456, "error"), "12.35 %"),
        (wording.error(54.3219, "rmse"), "54.32"),
        (wording.error(32241.7, "rmse"), "32,242"),
        (wording.error(0.0, "rmse"), "0.000"),
        (wording.error(1.5e-7, "rmse"), "1.5e-07"),
        (wording.duration(0.44), "0.4 s"),
        (wording.duration(200), "3 min 20 s"),
        (wording.duration(7500), "2 h 5 min"),
        (wording.duration(7500, coarse=True), "2 h"),
        (wording.duration(90, coarse=True), "90 s"),
        (wording.setting(False), "false"),
        (wording.setting([]), "none"),
        (wording.setting([64, 32]), "64,32"),
        (wording.setting({"cat": 2.0}), "cat=2"),
        (wording.short("abcdefghij", 5), "ab…ij"),
        (wording.counts({"a": 1, "b": 2, "c": 3}, most=2), "a 1, b 2, and 1 more"),
    ],
)
def test_text(written: str, expected: str) -> None:
    assert written == expected


def test_columns_are_aligned_by_what_the_terminal_shows() -> None:
    assert aligned([("", "n"), ("犬", "10"), ("cat", "2")]) == ["       n", "犬    10", "cat    2"]


def test_targets_may_be_called_as_the_parts_of_an_answer(cutaway: Cutaway, tmp_path: Path) -> None:
    names = ("example", "probabilities", "labels")
    lines = [(i / 7, i / 3, -i / 5, (i % 5) / 2) for i in range(60)]
    data = table(tmp_path / "t.csv", ",".join(("x", *names)), lines)
    cutaway("train", data, "--target", ",".join(names), "--epochs", "2")
    row = cutaway("predict", "last", data, "--json").json()[0]
    assert list(row) == ["origin", *names]
    header, first, *_ = cutaway("predict", "last", data, "--csv").out.splitlines()
    assert header == ",".join(row)
    assert first == ",".join(map(str, row.values()))
    words = cutaway("predict", "last", data).out.splitlines()[0]
    assert words == "row 1 " + "".join(f"  {name} {row[name]:.6g}" for name in names)
