"""One sweep on several machines: an Optuna storage keeps who trains which trial.

The settings are drawn as on one machine, from the same command: the n-th trial of the study has
the n-th settings, whoever asks for it. Each machine beats while it lives; the trials of one that
no longer does are failed by another, by one only, and put into the queue again.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from cutaway.errors import MissingExtraError, RunError
from cutaway.experiments.sweep import ETA, HALVED, Trial
from cutaway.training.record import Needs, Record, State, Stop

BEATS_BEFORE_STALE = 6
GONE = "gone"


class Taken(NamedTuple):
    """A trial that this machine trains: its number in the study, its settings' number.

    again  another machine had begun it
    """

    number: int
    member: int
    again: bool


class Study:
    """The trials of one sweep, shared through a storage; this machine beats while it is entered.

    storage  path of a journal file, or the URL of a database
    stale    seconds without a beat after which the trials of a machine are taken up again

    Raises:
        MissingExtraError: Optuna is not installed.
        RunError: the storage cannot be opened, or holds another sweep of this name.
    """

    def __init__(
        self, storage: str, name: str, members: int, content: Any, stale: float = 60.0
    ) -> None:
        try:
            import optuna
        except ImportError as error:
            raise MissingExtraError("Optuna", "tune", "a sweep over machines") from error
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.states = optuna.trial.TrialState
        self.create_trial = optuna.trial.create_trial
        try:
            self.study = optuna.create_study(
                storage=_open(storage), study_name=name, load_if_exists=True
            )
        except Exception as error:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise RunError(f"the storage {storage} cannot be opened: {first}") from error
        self.members, self.stale = members, stale
        self.worker = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.mine: dict[int, Taken] = {}
        self.lost: set[int] = set()
        self._seen: dict[int, tuple[Any, float]] = {}
        self._over = threading.Event()
        self._beats = threading.Thread(target=self._beat, daemon=True)
        self._require_same(storage, name, content)

    def _require_same(self, storage: str, name: str, content: Any) -> None:
        text = json.dumps(content, sort_keys=True, default=str)
        print_ = hashlib.sha256(text.encode()).hexdigest()
        known = self.study.user_attrs.get("sweep")
        if known is None:
            self.study.set_user_attr("sweep", print_)
        elif known != print_:
            raise RunError(
                f"{storage} holds another sweep '{name}' (other options or other data): "
                "give the same command, or another --name"
            )

    def __enter__(self) -> Study:
        self._beats.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._beats.join()
        # What this machine has not ended is free at once.
        self.study.set_user_attr(self._key(self.worker), GONE)

    @staticmethod
    def _key(worker: str | None) -> str:
        return f"beat {worker}"

    def _beat(self) -> None:
        count = 0
        while not self._over.is_set():
            count += 1
            self.study.set_user_attr(self._key(self.worker), count)
            running = {t.number for t in self._trials() if t.state == self.states.RUNNING}
            self.lost |= set(self.mine) - running
            self._over.wait(self.stale / BEATS_BEFORE_STALE)

    def _trials(self) -> list[Any]:
        return self.study.get_trials(deepcopy=False)

    def take(self) -> list[Taken]:
        """Return the next trials for this machine, none where all are taken."""
        most = ETA if self.members < ETA**3 else ETA**2
        taken: list[Taken] = []
        while len(taken) < most:
            trials = self._trials()
            queued = any(t.state == self.states.WAITING for t in trials)
            if len(trials) >= self.members and not queued:
                break
            trial = self.study.ask()
            member = trial.user_attrs.get("member")
            if member is None and trial.number >= self.members:
                # Two machines asked for the last one at the same moment.
                self.study.tell(trial.number, state=self.states.FAIL)
                continue
            trial.set_user_attr("worker", self.worker)
            again = member is not None
            one = Taken(trial.number, trial.number if member is None else member, again)
            taken.append(one)
            self.mine[one.number] = one
        return taken

    def tell(self, taken: Taken, trial: Trial) -> None:
        """Keep how a trial ended, unless it was taken from this machine."""
        self.mine.pop(taken.number)
        if taken.number in self.lost:
            return
        one = next(t for t in self._trials() if t.number == taken.number)
        storage = self.study._storage
        storage.set_trial_user_attr(one._trial_id, "trial", trial.to_json())
        storage.set_trial_user_attr(one._trial_id, "settings", trial.to_json()["settings"])
        if trial.reason.startswith(HALVED) or trial.status == "diverged":
            self.study.tell(taken.number, state=self.states.PRUNED)
        else:
            self.study.tell(taken.number, trial.dev_error)

    def take_up(self) -> bool:
        """Queue the trials of machines that are gone; say whether any machine still trains."""
        running = [t for t in self._trials() if t.state == self.states.RUNNING]
        beats, now = self.study.user_attrs, time.monotonic()
        for trial in running:
            sign = beats.get(self._key(trial.user_attrs.get("worker")))
            before, since = self._seen.setdefault(trial.number, (sign, now))
            if before != sign:
                # The clocks of two machines differ: a beat counts when it is seen here.
                self._seen[trial.number] = (sign, now)
            if sign == GONE or (before == sign and now - since > self.stale):
                self._queue(trial)
        return bool(running)

    def _queue(self, trial: Any) -> None:
        try:
            # Of several machines one succeeds: a trial fails once.
            self.study.tell(trial.number, state=self.states.FAIL)
        except (ValueError, RuntimeError):
            return
        member = trial.user_attrs.get("member", trial.number)
        self.study.add_trial(
            self.create_trial(state=self.states.WAITING, user_attrs={"member": member})
        )

    def results(self) -> list[Trial]:
        """Return the trials that have ended, on whichever machine."""
        ended = (self.states.COMPLETE, self.states.PRUNED)
        rows = [t.user_attrs["trial"] for t in self._trials() if t.state in ended]
        return [Trial.from_json(row) for row in rows]


class Lease:
    """The consumer that stops a trial which was taken from this machine while it slept."""

    needs: Needs = frozenset()

    def __init__(self, study: Study, number: int, every: int) -> None:
        self.study, self.number, self.every = study, number, every

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Stop if another machine trains this trial now."""
        return Stop("taken up by another machine") if self.number in self.study.lost else None


def _open(storage: str) -> Any:
    import optuna

    if "://" in storage:
        # SQLite refuses at once what another machine is writing, unless it is told to wait.
        waits = {"connect_args": {"timeout": 60}} if storage.startswith("sqlite") else {}
        return optuna.storages.RDBStorage(storage, engine_kwargs=waits)
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    Path(storage).parent.mkdir(parents=True, exist_ok=True)
    # Exclusive creation is atomic on NFS 3 and later, and needs no symbolic links (Windows).
    return optuna.storages.JournalStorage(
        JournalFileBackend(storage, lock_obj=JournalFileOpenLock(storage))
    )
