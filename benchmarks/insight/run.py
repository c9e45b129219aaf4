"""Banks of trainings whose truth is known, and how often cutaway tells it.

    python benchmarks/insight/run.py [BANK ...] [--full]

Prints every figure beside what it shall be. A full measurement is kept in results.json with the
hash of the code that it was made with.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import sys
import time
from pathlib import Path

from figures import in_lines

HERE = Path(__file__).parent
CODE = HERE.parent.parent / "src" / "cutaway"
# One row a bank: a module here with `measure(full, say) -> Outcome`.
BANKS = {
    "chance": "intervals and tests where the truth is known",
    "curves": "learning curves extrapolated, beside what came of it",
    "causes": "planted causes of bias, variance, data mismatch and over-use of dev",
    "faults": "planted faults and healthy trainings",
    "fault_cost": "what looking for faults costs",
    "improve": "cutaway improve beside a randomised search in the same time",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("banks", nargs="*", metavar="BANK", help=", ".join(BANKS))
    parser.add_argument("--full", action="store_true", help="all cases; kept in results.json")
    given = parser.parse_args()
    unknown = [name for name in given.banks if name not in BANKS]
    if unknown:
        parser.error(f"there is no bank {unknown[0]}; choose from {', '.join(BANKS)}")
    for name in given.banks or BANKS:
        began = time.monotonic()
        print(f"{name}: {BANKS[name]}", flush=True)
        outcome = importlib.import_module(name).measure(given.full, _say)
        seconds = time.monotonic() - began
        for figure in outcome.figures:
            print(f"  {figure.line()}")
        print(f"  in {seconds:.0f} s", flush=True)
        if given.full:
            _keep(name, {
                "code": code_hash(),
                "seconds": round(seconds),
                "figures": [vars(figure) for figure in outcome.figures],
                "cases": list(outcome.cases),
            })  # fmt: skip


def _say(text: str) -> None:
    if " is left out: " in text:
        print(f"  {text}")
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="\r", file=sys.stderr, flush=True)


def _keep(name: str, document: dict[str, object]) -> None:
    path = HERE / "results.json"
    known = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(in_lines(known | {name: document}) + "\n")


def code_hash() -> str:
    """Return a hash of the sources and of the banks."""
    digest = hashlib.sha256()
    for file in sorted([*CODE.rglob("*.py"), *HERE.glob("*.py")]):
        digest.update(file.relative_to(HERE.parent.parent).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    main()
