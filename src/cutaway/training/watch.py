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
from collections.abc import Mapping
from typing import Any, NamedTuple

from cutaway.training.launch import Launch

BEAT = 1.0
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
