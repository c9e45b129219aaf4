"""Processes that train together meet: all reach process 0, which tells them where JAX meets."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from cutaway.errors import OptionError, TrainingError
from cutaway.training.launch import Launch
from cutaway.training.watch import PATIENCE, Watch

# Seconds in which all have to come
START = 60.0


def join(launch: Launch, timeout: float, patience: float = PATIENCE) -> Watch:
    """Meet the other processes, start JAX's distributed runtime, and begin to watch.

    A process that is silent for `timeout` seconds, or for which the others have waited for
    `patience`, ends them all.

    Raises:
        OptionError: process 0 is not reached, or the processes do not agree on their numbers.
        TrainingError: not all processes came in time.
    """
    watch = Watch(launch, timeout, patience)
    meet = _wait_for_workers if launch.process_id == 0 else _go_to_process_0
    peers, port = meet(launch)
    watch.watch(peers)
    # Its warnings are not for the person who trains; errors are.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Only now, for it takes seconds: a wrong option is told at once.
    import jax
    from jax.experimental.multihost_utils import sync_global_devices

    config: Any = jax.config
    # Others that end must not make JAX abort: the watch says what happened.
    config.update("jax_enable_recoverability", True)
    # A SIGTERM is ours.
    config.update("jax_enable_preemption_service", False)
    host = f"[{launch.host}]" if ":" in launch.host else launch.host
    with _without_output():
        jax.distributed.initialize(
            f"{host}:{port}",
            launch.processes,
            launch.process_id,
            local_device_ids=None,
            cluster_detection_method="deactivate",
            initialization_timeout=int(START),
            # The watch is always sooner.
            heartbeat_timeout_seconds=int(10 * timeout) + 100,
        )
        sync_global_devices("start")
    return watch


@contextmanager
def _without_output() -> Iterator[None]:
    """Keep what JAX's libraries print while they connect out of what the command answers."""
    sys.stdout.flush()
    kept, nothing = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nothing)


def _wait_for_workers(launch: Launch) -> tuple[dict[int, socket.socket], int]:
    peers: dict[int, socket.socket] = {}
    until = time.monotonic() + START
    try:
        server = socket.create_server(("", launch.port))
    except OSError as error:
        raise OptionError(
            f"--coordinator {launch.coordinator}: process 0 cannot listen there "
            f"({error.strerror}); is there another process 0? Choose another port"
        ) from error
    with server, socket.create_server(("", 0)) as free:
        port = free.getsockname()[1]
        while len(peers) < launch.processes - 1:
            server.settimeout(max(0.01, until - time.monotonic()))
            try:
                peer, _ = server.accept()
            except TimeoutError:
                absent = set(range(1, launch.processes)) - set(peers)
                why = (
                    f"process {min(absent)} of {launch.processes} has not come in {START:g} seconds"
                )
                _refuse(peers.values(), why)
                raise TrainingError(f"{why}; start all processes") from None
            try:
                peer.settimeout(5.0)
                with peer.makefile("r") as lines:
                    asked = json.loads(lines.readline())
                i, processes = int(asked["process_id"]), int(asked["processes"])
            except (ValueError, KeyError, TypeError, OSError):
                # A stranger
                peer.close()
                continue
            wrong = ""
            if processes != launch.processes:
                wrong = f"process {i} was started with --processes {processes}, process 0 with "
                wrong += str(launch.processes)
            elif i in peers:
                wrong = f"two processes have --process-id {i}"
            if wrong:
                _refuse([peer, *peers.values()], wrong)
                raise OptionError(f"{wrong}; give each process of a training a number of its own")
            peers[i] = peer
    for peer in peers.values():
        peer.sendall((json.dumps({"port": port}) + "\n").encode())
    return peers, port


def _refuse(peers: Any, why: str) -> None:
    for peer in peers:
        with peer, suppress(OSError):
            peer.sendall((json.dumps({"refused": why}) + "\n").encode())


def _go_to_process_0(launch: Launch) -> tuple[dict[int, socket.socket], int]:
    until = time.monotonic() + START
    while True:
        try:
            peer = socket.create_connection((launch.host, launch.port), timeout=5.0)
            break
        except OSError as error:
            if time.monotonic() > until or isinstance(error, socket.gaierror):
                raise OptionError(
                    f"--coordinator {launch.coordinator}: process 0 is not reached there "
                    f"({error.strerror or error}); start it, and check host and port"
                ) from error
            time.sleep(0.2)
    try:
        port = _ask(peer, launch)
    except BaseException:
        peer.close()
        raise
    return {0: peer}, port


def _ask(peer: socket.socket, launch: Launch) -> int:
    """Tell process 0 who this is; return the port at which JAX meets."""
    peer.settimeout(START + 5)
    hello = {"process_id": launch.process_id, "processes": launch.processes}
    line = b""
    try:
        peer.sendall((json.dumps(hello) + "\n").encode())
        # Byte by byte: what comes after the line belongs to the watch.
        while not line.endswith(b"\n") and (byte := peer.recv(1)):
            line += byte
    except OSError:
        pass
    if not line.endswith(b"\n"):
        raise TrainingError(f"process 0 at {launch.coordinator} ended before the training began")
    answer = json.loads(line)
    if "refused" in answer:
        raise OptionError(f"{answer['refused']}; give each process a number of its own")
    return int(answer["port"])
