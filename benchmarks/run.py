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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
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
PACKAGES = ("cutaway", "numpy", "scikit-learn", "torch", "jax")


def environment() -> dict[str, str]:
    """Return the environment of a benchmark's own process."""
    given = {name: value for name, value in os.environ.items() if name not in UNSET}
    # A time end to end includes compiling, whatever an earlier process has left on the disk.
    return given | {"JAX_ENABLE_COMPILATION_CACHE": "false"}


def main(cases: Mapping[str, Callable[[Path | None], Any]]) -> None:
    """Measure cases: what every file of cases/ does when it is run."""
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
            result = measure(cases[name](options.data), options.rounds) | {"blas": blas()}
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
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu": model,
        "system": platform.platform(),
        "load_before": round(os.getloadavg()[0], 2),
        "versions": versions,
    }
