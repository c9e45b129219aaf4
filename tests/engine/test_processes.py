from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.engine.processes import ALONE, Processes


def test_everything_belongs_to_one_process(together: Any) -> None:
    shares = together(3, lambda processes: processes.own(np.arange(7)).tolist())
    assert shares == [[0, 3, 6], [1, 4], [2, 5]]
    assert ALONE.own(np.arange(3)).tolist() == [0, 1, 2]


def test_process_0_speaks_for_all(together: Any) -> None:
    text = {"name": "é€", "values": [0.1, 1e-300], "none": None}

    def listen(processes: Processes) -> Any:
        assert processes.sum(processes.i) == 3.0
        return processes.of_first(lambda: text if processes.i == 0 else 1 / 0)

    assert together(3, listen) == [text] * 3
    assert ALONE.of_first(lambda: text) == text


def test_the_first_that_differs_is_found(together: Any) -> None:
    assert together(3, lambda one: one.unlike_first([one.i == 2])) == [2, 2, 2]
    assert together(3, lambda one: one.unlike_first([1.5])) == [None] * 3
