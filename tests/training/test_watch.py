"""How processes meet, and what they say when they do not."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cutaway.errors import CutawayError, OptionError, TrainingError
from cutaway.training import meeting, watch
from cutaway.training.launch import Launch


@pytest.fixture
def coordinator(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a free place to meet, where nobody waits for long."""
    monkeypatch.setattr(meeting, "START", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def refused(launches: list[Launch]) -> list[str]:
    """Let processes meet, as threads; return why each is refused."""

    def join(launch: Launch) -> str:
        with pytest.raises(CutawayError) as caught:
            meeting.join(launch, 3.0)
        return str(caught.value)

    with ThreadPoolExecutor(len(launches)) as executor:
        return list(executor.map(join, launches))


def test_nobody_at_the_coordinator(coordinator: str) -> None:
    with pytest.raises(OptionError, match=f"{coordinator}: process 0 is not reached there"):
        meeting.join(Launch(coordinator, 2, 1), 3.0)


def test_a_worker_that_does_not_come(coordinator: str) -> None:
    with pytest.raises(TrainingError, match="process 1 of 2 has not come in 1 seconds"):
        meeting.join(Launch(coordinator, 2, 0), 3.0)


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("", 0)) as server:
        there = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(OptionError, match="process 0 cannot listen there"):
            meeting.join(Launch(there, 2, 0), 3.0)


@pytest.mark.parametrize(
    ("launches", "words"),
    [
        ([(3, 0), (3, 1), (3, 1)], "two processes have --process-id 1"),
        ([(2, 0), (3, 1)], "process 1 was started with --processes 3, process 0 with 2"),
    ],
)
def test_numbers_that_do_not_fit(
    launches: list[tuple[int, int]], words: str, coordinator: str
) -> None:
    for why in refused([Launch(coordinator, n, i) for n, i in launches]):
        assert words in why


def test_what_is_no_process_is_not_waited_for(coordinator: str) -> None:
    launch = Launch(coordinator, 3, 0)
    with ThreadPoolExecutor(1) as executor:
        waiting = executor.submit(refused, [launch])
        while not waiting.done():
            try:
                with socket.create_connection((launch.host, launch.port), timeout=1.0) as stranger:
                    stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
                break
            except OSError:
                continue
        assert "process 1 of 3 has not come" in waiting.result()[0]


@pytest.mark.parametrize(
    ("i", "does", "named"),
    [
        (1, None, "process 1 of 3 hangs: the others have waited for it for 5 seconds"),
        (0, None, "process 0 of 3 hangs: the others have waited for it for 5 seconds"),
        # It has come there late, or goes on though it has not come there.
        (1, watch.Watch.meet, None),
        (1, watch.Watch.step, None),
    ],
)
def test_who_lets_the_others_wait_is_named(
    i: int, does: Any, named: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, said = [100.0], []
    monkeypatch.setattr(watch.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(watch.Watch, "_fail", lambda self, why: said.append(why))
    ours, his = (watch.Watch(Launch("a:1", 3, p), 3.0, 5.0) for p in (0, i))
    # As long as nobody is further, all may take their time.
    for later in (0.0, 50.0):
        now[0] += later
        ours._judge()
    ours.stands = dict.fromkeys(range(3), watch.Stand(1))
    for later in (0.0, 4.0, 4.0):
        now[0] += later
        ours.stands[i] = his.stands[i]
        ours._judge()
        if does:
            does(his)
    assert said == ([named] if named else [])
