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
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from cutaway.errors import CutawayError, MissingExtraError, RunError
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
            raise RunError(f"the storage {storage} cannot be opened: {_first(error)}") from error
        self.storage, self.members, self.stale = storage, members, stale
        self.worker = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.mine: dict[int, Taken] = {}
        self.lost: set[int] = set()
        self._seen: dict[int, tuple[Any, float]] = {}
        self._failure: RunError | None = None
        self._over = threading.Event()
        self._beats = threading.Thread(target=self._beat, daemon=True)
        with self._asking():
            self._require_same(storage, name, content)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turn whatever a storage raises into a RunError that says what to do."""
        try:
            yield
        except CutawayError:
            raise
        except Exception as error:
            raise RunError(
                f"the storage {self.storage} failed: {_first(error)}; what was trained is kept: "
                "once it can be written again, the same command goes on; "
                "where it is gone for good, choose another --storage and --name"
            ) from error

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
        # An error that is on its way already says more than this one would.
        with suppress(RunError) if error is not None else nullcontext(), self._asking():
            # What this machine has not ended is free at once.
            self.study.set_user_attr(self._key(self.worker), GONE)

    @staticmethod
    def _key(worker: str | None) -> str:
        return f"beat {worker}"

    def _beat(self) -> None:
        count, heard = 0, time.monotonic()
        while not self._over.is_set():
            count += 1
            try:
                with self._asking():
                    self.study.set_user_attr(self._key(self.worker), count)
                    # Before the storage is read: what is taken meanwhile is not among its trials.
                    mine = set(self.mine)
                    running = {t.number for t in self._trials() if t.state == self.states.RUNNING}
                self.lost |= mine - running
                heard = time.monotonic()
            except RunError as error:
                # A short failure harms nobody; after this long, others take up these trials.
                if time.monotonic() - heard > self.stale:
                    self._failure = error
                    return
            self._over.wait(self.stale / BEATS_BEFORE_STALE)

    def require_trials(self) -> None:
        """Raise what has kept this machine from beating.

        Raises:
            RunError: the storage fails for so long that others may have taken up its trials.
        """
        if self._failure is not None:
            raise self._failure

    def _trials(self) -> list[Any]:
        return self.study.get_trials(deepcopy=False)

    def take(self) -> list[Taken]:
        """Return the next trials for this machine, none where all are taken.

        Raises:
            RunError: the storage fails.
        """
        with self._asking():
            return self._take()

    def _take(self) -> list[Taken]:
        most = ETA if self.members < ETA**3 else ETA**2
        taken: list[Taken] = []
        while len(taken) < most:
            trials = self._trials()
            queued = any(t.state == self.states.WAITING for t in trials)
            if len(trials) >= self.members and not queued:
                break
            trial = self.study.ask()
            member = trial.user_attrs.get("member")
            again = member is not None
            if self._superfluous(trial.number, member):
                self.study.tell(trial.number, state=self.states.FAIL)
                continue
            trial.set_user_attr("worker", self.worker)
            one = Taken(trial.number, trial.number if member is None else member, again)
            taken.append(one)
            self.mine[one.number] = one
        return taken

    def _superfluous(self, number: int, member: int | None) -> bool:
        """Say whether a trial has no settings left to train, so that nobody shall."""
        if member is None:
            # Two machines asked for the last one at the same moment.
            return number >= self.members
        # Two machines queued the same settings at the same moment: the first trial has them.
        return any(t.number < number and self._member(t) == member for t in self._not_failed())

    def _not_failed(self) -> list[Any]:
        return [t for t in self._trials() if t.state != self.states.FAIL]

    @staticmethod
    def _member(trial: Any) -> int:
        return int(trial.user_attrs.get("member", trial.number))

    def tell(self, taken: Taken, trial: Trial) -> None:
        """Keep how a trial ended, unless it was taken from this machine.

        Raises:
            RunError: the storage fails.
        """
        self.mine.pop(taken.number)
        if taken.number not in self.lost:
            with self._asking():
                self._tell(taken, trial)

    def _tell(self, taken: Taken, trial: Trial) -> None:
        one = next(t for t in self._trials() if t.number == taken.number)
        storage = self.study._storage
        storage.set_trial_user_attr(one._trial_id, "trial", trial.to_json())
        storage.set_trial_user_attr(one._trial_id, "settings", trial.to_json()["settings"])
        if trial.reason.startswith(HALVED) or trial.status == "diverged":
            self.study.tell(taken.number, state=self.states.PRUNED)
        else:
            self.study.tell(taken.number, trial.dev_error)

    def take_up(self) -> bool:
        """Queue the trials of machines that are gone; say whether any machine still trains.

        Raises:
            RunError: the storage fails.
        """
        with self._asking():
            return self._take_up()

    def _take_up(self) -> bool:
        running = [t for t in self._trials() if t.state == self.states.RUNNING]
        beats, now = self.study.user_attrs, time.monotonic()
        for trial in running:
            sign = beats.get(self._key(trial.user_attrs.get("worker")))
            before, since = self._seen.setdefault(trial.number, (sign, now))
            if before != sign:
                # The clocks of two machines differ: a beat counts when it is seen here.
                self._seen[trial.number] = (sign, now)
            if sign == GONE or (before == sign and now - since > self.stale):
                # Another machine may have failed it at the same moment.
                with suppress(ValueError, RuntimeError):
                    self.study.tell(trial.number, state=self.states.FAIL)
        return self._queue_failed() or bool(running)

    def _queue_failed(self) -> bool:
        """Queue the settings whose trials have all failed, whoever failed them; say if any."""
        failed = {self._member(t) for t in self._trials() if t.state == self.states.FAIL}
        lost = failed - {self._member(t) for t in self._not_failed()}
        lost = {member for member in lost if member < self.members}
        for member in sorted(lost):
            self.study.add_trial(
                self.create_trial(state=self.states.WAITING, user_attrs={"member": member})
            )
        return bool(lost)

    def results(self) -> list[Trial]:
        """Return the trials that have ended, on whichever machine.

        Raises:
            RunError: the storage fails.
        """
        ended = (self.states.COMPLETE, self.states.PRUNED)
        with self._asking():
            rows = [t.user_attrs["trial"] for t in self._trials() if t.state in ended]
        return [Trial.from_json(row) for row in rows]


class Lease:
    """The consumer that stops a trial which was taken from this machine while it slept.

    It stops all of them with a RunError where the storage cannot be reached any more.
    """

    needs: Needs = frozenset()

    def __init__(self, study: Study, number: int, every: int) -> None:
        self.study, self.number, self.every = study, number, every

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Stop if another machine trains this trial now."""
        self.study.require_trials()
        return Stop("taken up by another machine") if self.number in self.study.lost else None


def _first(error: Exception) -> str:
    """Return the first line of an error, or of what Optuna made it from."""
    origin = error.__cause__ or error
    return (str(origin).splitlines() or [type(origin).__name__])[0]


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
