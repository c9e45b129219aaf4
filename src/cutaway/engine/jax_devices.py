"""What JAX is told before it computes: device, precision, and where compiled programs are kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import numpy.typing as npt

from cutaway.errors import OptionError, nearest

# How the products of matrices are computed on an accelerator, by the names that JAX knows
PRECISIONS = {"float32": "float32", "tf32": "tensorfloat32", "bfloat16": "bfloat16"}


def find_device(name: str) -> Any:
    """Return the device that a name means: auto (the best there is), cpu, gpu, tpu, or gpu:1.

    Raises:
        OptionError: there is no such device.
    """
    if name == "auto":
        return jax.devices()[0]
    kind, _, number = name.partition(":")
    try:
        devices = jax.devices(kind)
    except RuntimeError:
        devices = []
    index = int(number) if number.isdecimal() else 0
    if (number and not number.isdecimal()) or index >= len(devices):
        there = sorted({device.platform for device in (*jax.devices(), *jax.devices("cpu"))})
        raise OptionError(
            f"device='{name}': JAX finds no such device{nearest(kind, there) or ';'} there is "
            f"{', '.join(there)} (for NVIDIA hardware: pip install 'cutaway[gpu]')"
        )
    return devices[index]


@contextmanager
def precision(dtype: npt.DTypeLike, matmul_precision: str, device: Any) -> Iterator[None]:
    """Compute with `dtype` on `device`, products of matrices in full unless asked for otherwise."""
    with (
        jax.enable_x64(dtype == "float64"),
        jax.default_matmul_precision(PRECISIONS[matmul_precision]),
        jax.default_device(device),
    ):
        yield


def keep_compiled() -> None:
    """Keep compiled programs on disk, so that the next process need not compile them again.

    A folder that was set already (JAX_COMPILATION_CACHE_DIR) is left alone.
    """
    config: Any = jax.config
    if config.jax_compilation_cache_dir is None:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        config.update("jax_compilation_cache_dir", str(Path(home) / "cutaway" / "jax"))
        config.update("jax_persistent_cache_min_compile_time_secs", 0)
