from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from table import BEGIN, END, details, draw, page, seconds, summary

ROOT = Path(__file__).parents[2]


def row(library: str, **more: Any) -> dict[str, Any]:
    measured = {"seconds": 2.0, "step": 0.0002, "cost": 0.25, "rounds": 5}
    return {
        "library": library,
        "variant": "float32",
        "ours": library.startswith("cutaway"),
        "aside": "",
        "void": "",
        **measured,
        **more,
    }


def result(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "title": "a case",
        "steps": 1000,
        "tolerance": 0.01,
        "reference_cost": 0.25,
        "peak_gflops": None,
        "share_target": None,
        "best": "NumPy, float32",
        "best_step": "NumPy, float32",
        "rows": rows,
        "notes": "",
        "blas": ["openblas 1.2 Haswell"],
        **more,
    }


OURS = row("cutaway NumPy", times=4.5, target=5, times_step=9.0, target_step=None)


@pytest.mark.parametrize(
    ("value", "text"),
    [(123.4, "123 s"), (2.0, "2.00 s"), (0.0123, "12.3 ms"), (6.3e-05, "63.0 µs"), (None, "")],
)
def test_times_have_three_figures(value: float | None, text: str) -> None:
    assert seconds(value) == text


def test_the_summary_names_the_best_peers_and_the_target() -> None:
    peers = row("NumPy", seconds=9.0, step=0.0009), row("PyTorch", seconds=10.0, step=0.0008)
    case = result(*peers, OURS, best_step="PyTorch, float32")
    assert summary([case]).splitlines()[2:] == [
        "| a case | NumPy, float32 | 9.00 s |  | 900 µs |  |",
        "|  | PyTorch, float32 | 10.0 s |  | 800 µs |  |",
        "|  | **cutaway NumPy** | 2.00 s | 4.5 (target 5) | 200 µs | 9 |",
    ]


def test_a_share_of_the_peak_stands_beside_its_target() -> None:
    ours = OURS | {"share_of_peak": 0.75}
    case = result(row("NumPy"), ours, share_target=0.8, peak_gflops=180.0)
    assert "| 200 µs, 75% of the peak (target 80%) |" in summary([case])
    assert "Peak of float32 products 180 GFlop/s." in details(case)


def test_a_void_row_shows_why_in_both_tables() -> None:
    wrong = row("cutaway JAX", void="wrong cost: 0.6, not 0.25")
    one = result(row("NumPy"), wrong)
    for table in (summary([one]), details(one)):
        (line,) = [line for line in table.splitlines() if "cutaway JAX" in line]
        assert "wrong cost: 0.6, not 0.25" in line
    assert "2.00 s" not in summary([one]).splitlines()[-1].split("cutaway JAX")[1]


def test_a_failed_contender_and_a_skipped_case_are_shown() -> None:
    failed = {"library": "PyTorch", "variant": "eager", "ours": False, "aside": "", "rounds": 0}
    table = details(result(row("NumPy"), failed | {"void": "failed: ValueError: no"}))
    assert "| PyTorch | eager |  |  |  | 0 | failed: ValueError: no |" in table
    skipped = {"title": "clothes", "skipped": "its files are not installed"}
    assert "not measured: its files are not installed" in summary([skipped])
    assert "Not measured: its files are not installed" in details(skipped)


def test_a_page_keeps_what_is_around_the_tables() -> None:
    machine = {"cpu": "a CPU", "cores": 2, "load_before": 0.1, "minutes": 20, "system": "Linux"}
    machine["versions"] = {"numpy": "2"}
    results = {"machine": machine, "cases": {"a": result(row("NumPy"), OURS)}}
    text = page(f"above\n{BEGIN}\nold\n{END}\nbelow\n", results)
    assert text.startswith(f"above\n{BEGIN}\n\n| case |")
    assert text.endswith(f"{END}\nbelow\n")
    assert "old" not in text
    assert page(text, results) == text


def test_the_picture_is_the_same_for_the_same_results(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the picture needs cutaway[plots]")
    pictures = []
    for name in ("a.svg", "b.svg"):
        draw([result(row("NumPy"), OURS)], tmp_path / name)
        pictures.append((tmp_path / name).read_bytes())
    assert pictures[0] == pictures[1]


def test_the_page_shows_the_results() -> None:
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert page(text, results) == text
