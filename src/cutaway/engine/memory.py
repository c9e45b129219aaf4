"""How the C library hands out the arrays of an update: again and again the same memory.

By default glibc takes an array of more than 128 kB from the system and gives it back when it is
freed; every page of it is then a page fault in the next update, which made half of the time of 32
small networks. It stops doing so up to the size of what was freed last (mallopt(3),
M_MMAP_THRESHOLD, "dynamic"), at most 32 MB. Other C libraries do not mind.
"""

from __future__ import annotations

from functools import cache

import numpy as np

# Just below what glibc takes as a threshold, its own header and a page counted
LARGEST = (32 << 20) - (8 << 10)


@cache
def keep_freed_memory() -> None:
    """Let this process keep the memory of freed arrays of up to 32 MB for the next ones."""
    # Nothing is written to it, so that it never takes memory.
    np.empty(LARGEST, np.uint8)
