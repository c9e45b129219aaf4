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
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
# In the order of the table.
CASES = (
    "logistic",
    "cats",
    "logistic_reduced",
    "cats_reduced",
    "planar",
    "fashion_64",
    "fashion_256",
    "planar_many",
    "digits_ensemble",
    "digits_process",
)
# They make NumPy's BLAS slow, or every import.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
PACKAGES = ("cutaway", "numpy", "scikit-learn", "torch", "jax")


def environment() -> dict[str, str]:
    """Return the environment of a benchmark's own process."""
    return {name: value for name, value in os.environ.items() if name not in UNSET}


def main(case: Callable[[Path | None], Any]) -> None:
    """Measure one case: what every file of cases/ does when it is run."""
    from harness import SkippedError, measure
    from table import details

    parser = argparse.ArgumentParser(description=(sys.modules["__main__"].__doc__ or "").strip())
    parser.add_argument("--data", type=Path, help="folder with train_catvnoncat.h5")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the result here too")
    options = parser.parse_args()
    if any(name in os.environ for name in UNSET):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment())
    try:
        result = measure(case(options.data), options.rounds) | {"blas": blas()}
    except SkippedError as reason:
        result = {"skipped": str(reason)}
    print(details(result))
    if options.json:
        options.json.write_text(json.dumps(result))


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
