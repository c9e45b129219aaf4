"""Which process this is, from options and from the variables of launchers."""

from __future__ import annotations

import pytest

from cutaway.errors import OptionError
from cutaway.training.launch import find_launch

SLURM = {"SLURM_NTASKS": "4", "SLURM_PROCID": "3", "SLURM_JOB_ID": "4097"}
OPEN_MPI = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"}
URI = "OMPI_MCA_orte_hnp_uri"


@pytest.mark.parametrize(
    ("variables", "launch"),
    [
        (SLURM | {"SLURM_STEP_NODELIST": "node001"}, ("node001:61441", 4, 3)),
        (SLURM | {"SLURM_STEP_NODELIST": "node001,host2"}, ("node001:61441", 4, 3)),
        (SLURM | {"SLURM_STEP_NODELIST": "node[007-15,17],host2"}, ("node007:61441", 4, 3)),
        (
            OPEN_MPI | {URI: "1531576320.0;tcp://10.96.0.1,10.148.0.1:34911"},
            ("10.96.0.1:62624", 2, 1),
        ),
        (OPEN_MPI | {URI: "4096.0;tcp6://[fe80::b9b,2620::2]:43370"}, ("[fe80::b9b]:61441", 2, 1)),
    ],
)
def test_launchers(variables: dict[str, str], launch: tuple[str, int, int]) -> None:
    assert find_launch(None, None, None, variables) == launch


def test_options_come_before_variables() -> None:
    variables = SLURM | {"SLURM_STEP_NODELIST": "node001"}
    assert find_launch("a:1", 2, 1, variables) == ("a:1", 2, 1)
    assert find_launch("a:1", None, None, variables) == ("a:1", 4, 3)


def test_open_mpi_without_its_host_needs_the_coordinator() -> None:
    with pytest.raises(OptionError, match="Open MPI do not say"):
        find_launch(None, None, None, OPEN_MPI)
    assert find_launch("a:1", None, None, OPEN_MPI) == ("a:1", 2, 1)


@pytest.mark.parametrize("options", [("a:1", 2, None), (None, 2, 1), (None, None, None)])
def test_what_is_missing_is_said(options: tuple[str | None, int | None, int | None]) -> None:
    with pytest.raises(OptionError, match="--distributed lacks"):
        find_launch(*options, {})


@pytest.mark.parametrize(
    ("launch", "words"),
    [
        (("localhost", 2, 0), "no host:port"),
        (("localhost:70000", 2, 0), "no host:port"),
        (("localhost:1", 0, 0), "at least 1"),
        (("localhost:1", 2, 2), "none of the 2"),
        (("localhost:1", 2, -1), "none of the 2"),
    ],
)
def test_wrong_numbers(launch: tuple[str, int, int], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        find_launch(*launch, {})
