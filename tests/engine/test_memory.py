from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Three arrays of 2 MB, each of them 500 pages, ten times
SCRIPT = """
import resource, sys
import numpy as np
from cutaway.engine.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def use():
    for _ in range(10):
        A, B, C = np.ones(250_000), np.ones(250_000), np.ones(250_000)
        del A, B, C
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that gives memory back")
def test_freed_arrays_come_back_without_page_faults() -> None:
    faults = {
        how: int(subprocess.check_output([sys.executable, "-c", SCRIPT, how]))
        for how in ("as it is", "kept")
    }
    assert faults["as it is"] > 1000
    assert faults["kept"] < 100
