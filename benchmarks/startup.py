"""Start-up: `cutaway --help` and `import cutaway` as processes, against `python -c pass`.

    python benchmarks/startup.py

The three take turns; medians of 15 rounds. PYTHONDONTWRITEBYTECODE is unset, as on a person's
machine: without compiled files every import is several times slower.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
PYTHON = sys.executable
CASES = {
    "python -c pass": [PYTHON, "-c", "pass"],
    "import cutaway": [PYTHON, "-c", "import cutaway"],
    "cutaway --help": [str(Path(PYTHON).with_name("cutaway")), "--help"],
}


def main() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS + 1):
        for name, command in CASES.items():
            began = time.perf_counter()
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
            seconds[name].append(time.perf_counter() - began)
    floor = statistics.median(seconds["python -c pass"][1:])
    for name, values in seconds.items():
        median = statistics.median(values[1:])
        print(f"{name:16} {median:.3f} s   {median - floor:+.3f} s above the floor")


if __name__ == "__main__":
    main()
