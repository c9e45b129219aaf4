"""Runs the benchmarks: every case in a process of its own, then the table and the picture.

    python benchmarks/run.py [--data FOLDER] [--rounds 5] [CASE ..]

FOLDER holds the course's train_catvnoncat.h5. Cases that are not named keep what results.json has.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "docs" / "performance.md"
PICTURE = HERE.parent / "docs" / "_static" / "performance.svg"
# The files of cases/, and their cases in the order of the table.
CASES = {
    "logistic": "logistic",
    "cats": "cats",
    "logistic-reduced": "logistic",
    "cats-reduced": "cats",
    "planar": "planar",
    "fashion-64": "fashion",
    "fashion-256": "fashion",
    "planar-many": "planar_many",
    "digits-ensemble": "digits_ensemble",
    "digits-process": "digits_process",
}
# They make NumPy's BLAS slow, or every import.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
# A time end to end includes compiling, whatever an earlier process has left on the disk.
COMPILE_ANEW = {
    "JAX_ENABLE_COMPILATION_CACHE": "false",
    "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1",
    # Its idle workers would take a core from whoever comes next.
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
}
PACKAGES = ("cutaway", "numpy", "scikit-learn", "torch", "jax")


def environment() -> dict[str, str]:
    """Return the environment of a benchmark's own process."""
    given = {name: value for name, value in os.environ.items() if name not in UNSET}
    return given | COMPILE_ANEW


def main(cases: Mapping[str, Callable[[Path | None], Any]]) -> None:
    """Measure cases: what every file of cases/ does when it is run."""
    from apart import apart
    from harness import SkippedError, measure
    from table import details

    parser = argparse.ArgumentParser(usage="%(prog)s [--data FOLDER] [--rounds 5] [CASE ..]")
    parser.add_argument("cases", nargs="*", help=" ".join(cases))
    parser.add_argument("--data", type=Path, help="folder with train_catvnoncat.h5")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the results here too")
    options = parser.parse_args()
    if environment() != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment())
    results = {}
    for name in options.cases or cases:
        try:
            with apart(cases[name](options.data)) as case:
                result = measure(case, options.rounds) | {"blas": blas()}
        except SkippedError as reason:
            result = {"name": name, "title": name, "skipped": str(reason)}
        print(details(result))
        results[name] = result
    if options.json:
        options.json.write_text(json.dumps(results))


def blas() -> list[str]:
    """Return the BLAS libraries of this process, with the kernel that runs here."""
    from threadpoolctl import threadpool_info

    return sorted(
        {
            " ".join(filter(None, (i["internal_api"], i["version"], i.get("architecture"))))
            for i in threadpool_info()
            if i["user_api"] == "blas"
        }
    )


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "cpu": model,
        "system": platform.platform(),
        "load_before": round(os.getloadavg()[0], 2),
        "versions": versions,
    }


def run_case(name: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Measure one case in a process of its own; one that breaks is shown, not hidden."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.json"
        script = HERE / "cases" / f"{CASES[name]}.py"
        command = [sys.executable, str(script), name, "--json", str(path), *arguments]
        ended = subprocess.run(command, env=environment(), check=False)
        if path.exists():
            result: dict[str, Any] = json.loads(path.read_text())[name]
            return result
    return {"name": name, "title": name, "skipped": f"its process ended with {ended.returncode}"}


def run() -> None:
    """Measure the cases that are named, or all; write the results, the tables and the picture."""
    from table import draw, page, summary

    parser = argparse.ArgumentParser(description="Measure cutaway beside its peers.")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--data", help="folder with the course's train_catvnoncat.h5")
    parser.add_argument("--rounds", default="5")
    options = parser.parse_args()
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    arguments = ["--rounds", options.rounds, *(["--data", options.data] if options.data else [])]
    results = json.loads(RESULTS.read_text()) if options.cases and RESULTS.exists() else {}
    cases = results.get("cases", {})
    facts = machine()
    began = time.perf_counter()
    for name in options.cases or CASES:
        cases[name] = run_case(name, arguments) | {"load_after": round(os.getloadavg()[0], 2)}
    facts["minutes"] = round((time.perf_counter() - began) / 60, 1)
    results = {"machine": facts, "cases": {name: cases[name] for name in CASES if name in cases}}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    if PAGE.exists():
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    draw(results["cases"].values(), PICTURE)
    print(summary(results["cases"].values()))


if __name__ == "__main__":
    run()
