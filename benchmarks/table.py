"""From results.json to what people look at: the table of docs/performance.md, and the picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

Result = Mapping[str, Any]
BEGIN = "<!-- Written by benchmarks/run.py from benchmarks/results.json. -->"
END = "<!-- The end of what benchmarks/run.py writes. -->"


def summary(results: Iterable[Result]) -> str:
    """Return the table of all cases: the best peer, and how many times faster each of ours is."""
    lines = [
        "| case | | end to end | times faster | a step | times faster |",
        "|---|---|---|---|---|---|",
    ]
    for result in results:
        if "skipped" in result:
            lines.append(f"| {result['title']} | not measured: {result['skipped']} | | | | |")
            continue
        title = result["title"]
        for cells in (*_peers(result), *_all_of_ours(result)):
            lines.append("| " + " | ".join([title, *cells]) + " |")
            title = ""
    return "\n".join(lines)


def details(result: Result) -> str:
    """Return the table of one case: everybody who took part."""
    if "skipped" in result:
        return f"### {result['title']}\n\nNot measured: {result['skipped']}.\n"
    peak = result["peak_gflops"]
    lines = [
        f"### {result['title']}",
        "",
        f"Cost at the end {_cost(result['reference_cost'])}, "
        f"another may differ by {result['tolerance']:.1%}"
        + (f"; {result['notes']}" if result["notes"] else "")
        + ". "
        + (f"Peak of float32 products {peak:.0f} GFlop/s. " if peak else "")
        + f"BLAS: {', '.join(result.get('blas', ()))}.",
        "",
        "| | variant | end to end | a step | cost | rounds | |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in result["rows"]:
        measured = [
            seconds(row.get("seconds")),
            seconds(row.get("step")) if result["steps"] > 1 else "",
            _cost(row.get("cost")),
            str(row["rounds"]),
        ]
        remark = "; ".join(filter(None, (row["void"], row["aside"], _share(row))))
        lines.append(f"| {row['library']} | {row['variant']} | {' | '.join(measured)} | {remark} |")
    return "\n".join(lines) + "\n"


def seconds(value: float | None) -> str:
    """Return a time with three figures, in s, ms or µs."""
    if value is None:
        return ""
    for unit, size in (("s", 1), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:#.3g} {unit}".replace(". ", " ")
    return f"{value / 1e-6:#.3g} µs".replace(". ", " ")


def machine(facts: Mapping[str, Any]) -> str:
    """Return the machine and the versions in one paragraph."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    load = f"load average {facts['load_before']} before, {facts['minutes']} minutes"
    return f"{facts['cpu']}, {facts['cores']} cores, {load}; {facts['system']}; {versions}."


def page(text: str, results: Mapping[str, Any]) -> str:
    """Return a page with the tables between its two marks replaced."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    cases = list(results["cases"].values())
    parts = [BEGIN, summary(cases), machine(results["machine"]), *map(details, cases), END]
    return before + "\n\n".join(part.rstrip() for part in parts) + after


def draw(results: Iterable[Result], path: Path) -> None:
    """Draw how many times faster than the best peer each case is, end to end."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "cutaway"
    from matplotlib import pyplot as plt
    from matplotlib.ticker import LogLocator, NullLocator

    measured = [result for result in results if "skipped" not in result][::-1]
    names = list(dict.fromkeys(row["library"] for r in measured for row in _counted(r)))
    height = 0.8 / max(len(names), 1)
    figure, axes = plt.subplots(figsize=(8, 0.5 + 0.55 * len(measured)), layout="constrained")
    for n, name in enumerate(names):
        bars = [
            (y - n * height, row["times"])
            for y, result in enumerate(measured)
            for row in _counted(result)
            if row["library"] == name
        ]
        # Drawn from 1 on: to the left of it the peer is faster.
        drawn = axes.barh(
            [y for y, _ in bars],
            [times - 1 for _, times in bars],
            height,
            left=1,
            label=name,
            color=("#4c72b0", "#dd8452")[n % 2],
        )
        labels = [f" {times:.1f} " for _, times in bars]
        axes.bar_label(drawn, labels, fontsize=8)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.tick_params(axis="x", labelsize=8)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(measured)), [result["title"] for result in measured], fontsize=8)
    axes.set_xlabel("times faster than the best peer, end to end")
    axes.margins(x=0.1)
    figure.legend(loc="outside upper right", ncols=2, fontsize=8, frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


def _counted(result: Result) -> Iterator[Mapping[str, Any]]:
    return (row for row in result["rows"] if "times" in row)


def _peers(result: Result) -> Iterator[list[str]]:
    """Yield the best peer end to end, and the best one a step where that is another."""
    for named in dict.fromkeys([result["best"], result["best_step"]]):
        row = next((r for r in result["rows"] if _name(r) == named and not r["aside"]), None)
        if row is None:
            yield ["no peer", "", "", "", ""]
        else:
            yield [named, seconds(row["seconds"]), "", _step(result, row), ""]


def _all_of_ours(result: Result) -> Iterator[list[str]]:
    for row in result["rows"]:
        if not row["ours"]:
            continue
        if row["void"]:
            yield [row["library"], row["void"], "", "", ""]
            continue
        times_step = _times(row.get("times_step"), row.get("target_step"))
        yield [
            f"**{row['library']}**",
            seconds(row["seconds"]),
            _times(row.get("times"), row.get("target")),
            _step(result, row),
            times_step if result["steps"] > 1 else "",
        ]


def _step(result: Result, row: Mapping[str, Any]) -> str:
    if result["steps"] == 1:
        return ""
    text = seconds(row["step"])
    if row["ours"] and result["share_target"]:
        text += f", {_share(row)} (target {result['share_target']:.0%})"
    return text


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['library']}, {row['variant']}"


def _times(value: float | None, target: float | None) -> str:
    if value is None:
        return "no peer"
    text = f"{value:.3g}" if value < 100 else f"{value:.0f}"
    return f"{text} (target {target:g})" if target else text


def _share(row: Mapping[str, Any]) -> str:
    share = row.get("share_of_peak")
    return f"{share:.0%} of the peak" if share else ""


def _cost(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
