"""What JAX is told: devices by name, precision by scope, compiled programs in a folder."""

from __future__ import annotations

import pytest

from cutaway.errors import OptionError

pytest.importorskip("jax", reason="devices of JAX need JAX: pip install 'cutaway[jax]'")

import jax

from cutaway.engine.jax_devices import PRECISIONS, find_device, keep_compiled, precision
from cutaway.hyperparameters import MATMUL_PRECISIONS


@pytest.mark.parametrize("name", ["auto", "cpu", "cpu:0"])
def test_devices_are_found_by_name(name: str) -> None:
    assert find_device(name) in jax.devices()


@pytest.mark.parametrize("name", ["cpus", "cpu:99", "cpu:x", "quantum"])
def test_a_device_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(OptionError, match=rf"device='{name}': JAX finds no such device.*cpu"):
        find_device(name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_precision_holds_within_and_not_beyond(dtype: str) -> None:
    before = jax.config.jax_enable_x64
    with precision(dtype, "tf32", find_device("cpu")):
        assert jax.numpy.zeros(1, dtype).dtype == dtype
        assert jax.config.jax_default_matmul_precision == "tensorfloat32"
    assert jax.config.jax_enable_x64 == before
    assert jax.config.jax_default_matmul_precision is None


def test_every_precision_has_a_name_that_jax_knows() -> None:
    assert set(PRECISIONS) == set(MATMUL_PRECISIONS)
    for name in PRECISIONS:
        with precision("float32", name, find_device("cpu")):
            pass


def test_a_folder_of_compiled_programs_that_was_set_is_left_alone() -> None:
    before = jax.config.jax_compilation_cache_dir
    assert before is not None
    keep_compiled()
    assert jax.config.jax_compilation_cache_dir == before
