"""Processes that train together watch each other: when one dies or hangs, all of them end.

Each worker holds one connection to process 0, over which both send a beat a second. A connection
that closes is a death, one that is silent for `timeout` seconds is a hang. A beat tells also how
far the training of its process has come, for threads go on where training is stuck: whoever lets
the others wait for `patience` seconds hangs. JAX waits for ever in such a case, so that the
process is ended from a thread beside it.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from cutaway.errors import OptionError, TrainingError
from cutaway.training.launch import Launch

BEAT = 1.0
START = 60.0
PATIENCE = 600.0
FAILED = 2


class Stand(NamedTuple):
    """How far one process has come.

    meetings  how often it has come to where the processes wait for each other; all of them come
              there equally often, so that who has fewer is waited for
    steps     whatever it has done in between
    """

    meetings: int = 0
    steps: int = 0


class Watch:
    """The connections of one process to the others.

    again   what to do when it has failed; process 0 knows it better once it has a folder
    stands  of each process; process 0 hears of all of them
    """

    again = "start all of them again"

    def __init__(self, launch: Launch, timeout: float, patience: float = PATIENCE) -> None:
        self.launch, self.timeout, self.patience = launch, timeout, patience
        self.stands = dict.fromkeys(range(launch.processes), Stand())
        self.waited_for: dict[int, tuple[Stand, float]] = {}
        self.peers: dict[int, Any] = {}
        self.listeners: list[threading.Thread] = []
        self.released = threading.Event()
        self.lock = threading.Lock()

    def watch(self, peers: Mapping[int, socket.socket]) -> None:
        """Begin to send beats and to listen for them."""
        self.peers = dict(peers)
        threading.Thread(target=self._beat, daemon=True).start()
        for i, peer in self.peers.items():
            peer.settimeout(self.timeout)
            self.listeners.append(
                threading.Thread(target=self._listen, args=(i, peer), daemon=True)
            )
            self.listeners[-1].start()

    def meet(self) -> None:
        """Say that this process has come to where all of them wait for each other."""
        own = self.launch.process_id
        self.stands[own] = Stand(self.stands[own].meetings + 1)

    def step(self) -> None:
        """Say that this process goes on, where work between two meetings takes long."""
        own = self.launch.process_id
        self.stands[own] = self.stands[own]._replace(steps=self.stands[own].steps + 1)

    def release(self) -> None:
        """Let the workers go: all that they had to do is done; or wait to be let go.

        Process 0 leaves last: JAX would end a worker with an error whose process 0 is gone.
        """
        self.meet()
        if self.launch.process_id == 0:
            self.released.set()
            self._send({"end": True})
            until = time.monotonic() + self.timeout
            for listener in self.listeners:
                listener.join(max(0.0, until - time.monotonic()))
        else:
            self.released.wait()

    def tell(self, why: str) -> None:
        """Tell the others that this process ends, and why."""
        self._send({"failed": f"process {self.launch.process_id} ended: {why}"})

    def leave(self, code: int) -> None:
        """End this process; JAX would wait for the others at its end."""
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

    def await_verdict(self) -> None:
        """Wait until the watching threads have told why something failed, and ended the process."""
        time.sleep(self.timeout + 2 * BEAT)

    def _send(self, message: Mapping[str, Any]) -> None:
        line = (json.dumps(message) + "\n").encode()
        with self.lock:
            for peer in self.peers.values():
                try:
                    peer.sendall(line)
                except OSError:
                    continue

    def _beat(self) -> None:
        own = self.launch.process_id
        while True:
            self._send({"stand": self.stands[own], "again": self.again})
            if own == 0:
                self._judge()
            time.sleep(BEAT)

    def _judge(self) -> None:
        """End the training where the others have waited too long for one process."""
        now, furthest = time.monotonic(), max(stand.meetings for stand in self.stands.values())
        for i, stand in self.stands.items():
            seen, since = self.waited_for.get(i, (None, now))
            if stand.meetings == furthest or stand != seen:
                self.waited_for[i] = stand, now
            elif now - since > self.patience and not self.released.is_set():
                self._fail(
                    f"process {i} of {self.launch.processes} hangs: the others have waited for it "
                    f"for {self.patience:g} seconds"
                )

    def _listen(self, i: int, peer: socket.socket) -> None:
        why = "died"
        try:
            for line in peer.makefile("r"):
                message = json.loads(line)
                if "stand" in message:
                    self.stands[i] = Stand(*message["stand"])
                if i == 0:
                    self.again = message.get("again", self.again)
                if "failed" in message:
                    self._fail(message["failed"])
                if "end" in message:
                    self.released.set()
                    return
        except TimeoutError:
            why = f"has not answered for {self.timeout:g} seconds"
        except (OSError, ValueError):
            pass
        if not self.released.is_set():
            self._fail(f"process {i} of {self.launch.processes} {why}")

    def _fail(self, why: str) -> None:
        self._send({"failed": why})
        print(
            f"error: {why}; the training has ended in all processes; {self.again}",
            file=sys.stderr,
            flush=True,
        )
        os._exit(FAILED)


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
