from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, NamedTuple

import pytest
from tests.report.conftest import EVIL, arrays, pictures, table

from cutaway.data.dataset import Dataset
from cutaway.hyperparameters import Hyperparameters
from cutaway.report import write_report
from cutaway.training.evaluation import evaluate_all
from cutaway.training.session import begin, execute
from cutaway.training.setup import set_up


class Baseline(NamedTuple):
    name: str
    train_error: float
    dev_error: float | None


class Case(NamedTuple):
    data: Callable[[], Dataset | str]
    options: dict[str, Any]
    sections: set[str]


COMMON = {
    "Beside the baselines",
    "The data",
    "The network",
    "The settings",
    "The course of training",
    "What regularisation did",
    "To repeat it",
}
DIAGNOSIS = "What is wrong, and what to do next"
# Where a training example is answered wrong
MISFITS = "Training examples that do not fit"
CLASSES = {"Class by class", "The worst mistakes"}
WEIGHTS = {"What the first layer looks at"}
MAP = {"What it answers where"}
CASES = {
    "digits": Case(lambda: "digits", {"dtype": "float64"}, CLASSES | WEIGHTS),
    "grey pictures": Case(lambda: pictures(1), {}, CLASSES | WEIGHTS),
    "colour pictures": Case(lambda: pictures(3, K=2), {"hidden": "none"}, CLASSES | WEIGHTS),
    "many classes": Case(lambda: pictures(1, K=70, m=700), {}, CLASSES | WEIGHTS),
    "table": Case(lambda: table("classification"), {"l2": 1, "keep_prob": 0.8}, CLASSES),
    "two inputs": Case(lambda: "moons", {}, CLASSES | MAP),
    "array": Case(arrays, {"class_weight": "balanced"}, CLASSES | MAP),
    "regression": Case(lambda: table("regression"), {}, {"The largest misses"}),
    "two targets": Case(lambda: table("regression", 2), {}, {"The largest misses"}),
    "multi-label": Case(
        lambda: table("multi-label", 3), {}, {"Label by label", "The worst mistakes"}
    ),
    "no dev set": Case(lambda: "iris", {"dev": "none"}, CLASSES),
    "regression without dev": Case(lambda: "diabetes", {"dev": "none"}, {"The largest misses"}),
    "one epoch": Case(lambda: "iris", {"epochs": 1}, CLASSES),
    "no epoch": Case(lambda: "iris", {"epochs": 0}, CLASSES),
    "diverged": Case(
        lambda: "diabetes",
        {"optimizer": "gradient_descent", "learning_rate": 1e8, "epochs": 9},
        {"The largest misses"},
    ),
}


def report(data: Dataset | str, folder: Any = None, baselines: Any = None, **options: Any) -> str:
    setup = set_up(data, Hyperparameters.of(**{"epochs": 2, "hidden": "8", **options}))
    if folder is not None:
        folder = begin(setup, folder, "first", command="cutaway train 'my pets/' --epochs 2")
    run = execute(setup, folder=folder)
    prepared = setup.prepared
    if baselines is None:
        baselines = [Baseline("majority class", 0.9, 0.9 if prepared.dev else None)]
    return write_report(run, evaluate_all(run.model, prepared), baselines)


def tree_of(text: str) -> ET.Element:
    return ET.fromstring(text.removeprefix("<!doctype html>"))


def words_of(tree: ET.Element) -> str:
    return " ".join(" ".join(tree.find("body").itertext()).split())


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    row = CASES[request.param]
    return request.param, report(row.data(), **row.options)


class Balance(HTMLParser):
    """Checks as a browser would that what is opened is closed."""

    VOID = ("meta", "img", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag != "script"
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_every_section_is_there(case):
    name, text = case
    headings = [h.text for h in tree_of(text).iter("h2")]
    unknown = ("regression", "two targets", "regression without dev", "diverged")
    expected = COMMON | CASES[name].sections
    # Neither is a failed training diagnosed, nor a regression that knows no baseline.
    expected |= set() if name in unknown else {DIAGNOSIS}
    assert set(headings) - {MISFITS} == expected
    assert len(headings) == len(set(headings))


def test_it_is_well_formed(case):
    _, text = case
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    tree = tree_of(text)
    assert tree.get("lang") == "en"
    text.encode()


def test_nothing_is_loaded_from_elsewhere(case):
    _, text = case
    tree = tree_of(text)
    assert not re.search(r"https?://", text.replace("http://www.w3.org/2000/svg", ""))
    assert "@import" not in text
    assert "url(" not in text
    assert not {e.tag for e in tree.iter()} & {"script", "link", "iframe", "object", "base"}
    for e in tree.iter():
        for key in ("src", "href"):
            assert e.get(key, "data:image/png;base64,").startswith("data:image/png;base64,")
    assert len(text) < 2_000_000


def test_it_can_be_read_without_seeing_it(case):
    _, text = case
    tree = tree_of(text)
    assert all(img.get("alt") for img in tree.iter("img"))
    assert all(th.get("scope") for th in tree.iter("th"))
    svgs = list(tree.iter("{http://www.w3.org/2000/svg}svg"))
    assert svgs
    assert all(svg.get("aria-label") for svg in svgs)
    assert next(h.tag for h in tree.iter() if h.tag in ("h1", "h2")) == "h1"


def test_no_number_is_left_raw(case):
    _, text = case
    words = words_of(tree_of(text))
    assert not re.search(r"\bnan\b|\binf\b|np\.|None|0x|\d\.\d{11}", words)
    assert "!" not in words.replace("<!", "")


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("digits", ["On 360 dev pictures it had never trained on, the network was wrong in"]),
        ("digits", ["95 % interval", "slightly optimistic", "359 test examples were held back"]),
        ("regression", ["root mean squared error was", "R\xb2", "mean absolute error"]),
        ("multi-label", ["% of the labels", "missed"]),
        ("no dev set", ["There was no dev set", "training rows it was trained on"]),
        ("diverged", ["The training failed: the cost is not finite in epoch", "learning rate"]),
        ("no epoch", ["epoch 0 is the start"]),
        ("many classes", ["of 70 classes with the most mistakes"]),
        ("table", ["cost J", "kept by dropout", "The 8 of 12 columns shown"]),
    ],
)
def test_it_says(name, sentences):
    row = CASES[name]
    words = words_of(tree_of(report(row.data(), **row.options)))
    for sentence in sentences:
        assert sentence in words


def test_mistakes_are_pictures_with_class_answer_probability_and_origin():
    tree = tree_of(report(pictures(3), epochs=0))
    section = next(
        s for s in tree.iter("section") if s.get("aria-labelledby") == "the-worst-mistakes"
    )
    figures = list(section.iter("figure"))
    assert 0 < len(figures) <= 24
    for figure in figures:
        assert [dt.text for dt in figure.iter("dt")] == ["true class", "answer", "probability"]
        true, answer, probability = (dd.text for dd in figure.iter("dd"))
        assert true != answer
        assert re.fullmatch(r"(>\xa0)?\d+\xa0%", probability)
        assert figure.find("figcaption/span").text.endswith(f"{EVIL}.png")


@pytest.mark.parametrize(
    ("baselines", "expected"),
    [
        ([Baseline("majority class", 0.9, 0.99)], "better than always answering the majority"),
        (
            [Baseline("boosting", 0.0, 0.0)],
            "It does not beat boosting (0.00 %), which as it stands would serve better.",
        ),
        ([], "No baseline was fitted"),
    ],
)
def test_the_network_is_compared_in_words(baselines, expected):
    words = words_of(tree_of(report("digits", epochs=1, baselines=baselines)))
    assert expected in words


def test_large_numbers_of_a_regression_have_all_their_digits():
    data = table("regression")
    data = replace(data, target=1e6 + 1e3 * data.target, origins=())
    misses = re.search(r"true answer off by .*", words_of(tree_of(report(data))))[0]
    assert re.search(r"example \d+ [\d,]{7,9} [\d,]{7,9} [+-][\d,]+ ", misses)
    assert "e+" not in misses


def test_weighed_classes_are_judged_by_what_is_found_of_each():
    words = words_of(tree_of(report("iris", epochs=1, class_weight="balanced")))
    assert re.search(r"the classes are weighed: recall setosa [\d.]+ %, versicolor", words)


def test_what_chance_can_do_is_no_difference():
    near = [Baseline("a", 0.0, 0.0), Baseline("b", 0.1, 0.04)]
    words = words_of(tree_of(report("iris", epochs=40, learning_rate=0.01, baselines=near)))
    assert "It cannot be told apart from a (0.00 %) and b (4.00 %) on 30 examples." in words


def test_a_run_in_a_folder_gives_its_name_and_its_command(tmp_path):
    tree = tree_of(report("iris", folder=tmp_path))
    assert tree.find("body/main/header/h1").text == "first"
    assert (
        next(tree.find("body/main/footer").iter("code")).text
        == "cutaway train 'my pets/' --epochs 2"
    )
    assert "cutaway evaluate first --test" in words_of(tree)


def test_a_run_in_memory_is_repeated_in_python():
    tree = tree_of(report("iris"))
    assert (
        next(tree.find("body/main/footer").iter("code")).text
        == "cutaway.train('iris', hidden=(8,), epochs=2)"
    )


def test_the_confusion_matrix_counts_every_example():
    tree = tree_of(report("iris"))
    matrix = next(t for t in tree.iter("table") if t.get("class") == "confusion")
    cells = [int(td.text) for td in matrix.find("tbody").iter("td")]
    assert len(cells) == 9
    assert sum(cells) == 30


def test_photographs(test_data):
    text = report(str(test_data / "catdog" / "test"), size="48")
    tree = tree_of(text)
    assert set(CLASSES | WEIGHTS) <= {h.text for h in tree.iter("h2")}
    assert 0 < len(list(tree.iter("img"))) <= 24 + 32 + 2
    assert len(text) < 2_000_000
