"""Which process of a distributed training this is: said by options, by Slurm or by Open MPI."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from cutaway.errors import OptionError

# Where the variables of a launcher name no port, it is taken from the number of the job.
FIRST_PORT, PORTS = 61440, 4096


class Launch(NamedTuple):
    """One process of N: process 0 is reached at coordinator, host:port."""

    coordinator: str
    processes: int
    process_id: int

    @property
    def host(self) -> str:
        """Host of process 0."""
        return self.coordinator.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """Port at which process 0 waits for the others."""
        return int(self.coordinator.rpartition(":")[2])


class Launcher(NamedTuple):
    """One launcher: its variables for N and for the process, and the coordinator from them."""

    name: str
    processes: str
    process_id: str
    coordinator: Callable[[Mapping[str, str]], str]


def _of_slurm(variables: Mapping[str, str]) -> str:
    """Return the first host of node001, node001,node2 or node[001-015,17],b at the job's port."""
    nodes = variables["SLURM_STEP_NODELIST"]
    first = re.match(r"([^\[,]+)(?:\[([^\],-]+))?", nodes)
    if first is None:
        raise ValueError(f"SLURM_STEP_NODELIST='{nodes}' names no host")
    return f"{first[1]}{first[2] or ''}:{FIRST_PORT + int(variables['SLURM_JOB_ID']) % PORTS}"


def _of_open_mpi(variables: Mapping[str, str]) -> str:
    """Return the host of mpirun, as 1531576320.0;tcp://10.96.0.1,10.148.0.1:34911 gives it."""
    uri = variables["OMPI_MCA_orte_hnp_uri"]
    host = re.search(r"tcp://([^,:]+)|tcp6://(\[[^,\]]+)", uri)
    if host is None:
        raise ValueError(f"OMPI_MCA_orte_hnp_uri='{uri}' names no host")
    # The number of a job is a multiple of 4096.
    port = FIRST_PORT + int(uri.split(".")[0]) // 4096 % PORTS
    return f"{host[1] or host[2] + ']'}:{port}"


LAUNCHERS = (
    Launcher("Open MPI", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", _of_open_mpi),
    Launcher("Slurm", "SLURM_NTASKS", "SLURM_PROCID", _of_slurm),
)


def find_launch(
    coordinator: str | None,
    processes: int | None,
    process_id: int | None,
    variables: Mapping[str, str],
) -> Launch:
    """Return what the options say, or else the variables of a launcher.

    Raises:
        OptionError: neither says it all, or the numbers do not fit.
    """
    options = {
        "--coordinator": coordinator,
        "--processes": processes,
        "--process-id": process_id,
    }
    missing = [name for name, value in options.items() if value is None]
    launcher = next((row for row in LAUNCHERS if row.process_id in variables), None)
    if coordinator is not None and processes is not None and process_id is not None:
        launch = Launch(coordinator, processes, process_id)
    elif launcher is None or processes is not None or process_id is not None:
        raise OptionError(
            f"--distributed lacks {', '.join(missing)}: give --coordinator host:port, --processes "
            "N and --process-id 0 to N-1, or start it with srun or mpirun"
        )
    else:
        try:
            launch = Launch(
                coordinator or launcher.coordinator(variables),
                int(variables[launcher.processes]),
                int(variables[launcher.process_id]),
            )
        except (KeyError, ValueError) as error:
            raise OptionError(
                f"the variables of {launcher.name} do not say which process this is ({error}); "
                "give --coordinator, --processes and --process-id"
            ) from error
    return _checked(launch)


def _checked(launch: Launch) -> Launch:
    if launch.processes < 1:
        raise OptionError(f"--processes {launch.processes}: at least 1 is expected")
    if not 0 <= launch.process_id < launch.processes:
        raise OptionError(
            f"--process-id {launch.process_id} is none of the {launch.processes} processes, "
            f"which are numbered 0 to {launch.processes - 1}"
        )
    host, colon, port = launch.coordinator.rpartition(":")
    if not (host and colon and port.isdecimal() and 0 < int(port) < 1 << 16):
        raise OptionError(
            f"--coordinator '{launch.coordinator}' is no host:port, such as 10.0.0.1:4711"
        )
    return launch
