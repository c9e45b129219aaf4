"""Where many examples came from, in less memory than one text each takes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import chain
from typing import Any, overload

import numpy as np
import numpy.typing as npt


class _Texts(Sequence[str]):
    """A sequence of texts that are made when they are asked for."""

    @abstractmethod
    def _at(self, i: int) -> str: ...

    @overload
    def __getitem__(self, i: int) -> str: ...

    @overload
    def __getitem__(self, i: slice) -> Sequence[str]: ...

    def __getitem__(self, i: int | slice) -> str | Sequence[str]:
        if isinstance(i, slice):
            return [self._at(j) for j in range(*i.indices(len(self)))]
        if not -len(self) <= i < len(self):
            raise IndexError(i)
        return self._at(int(i) % len(self))


class RowNames(_Texts):
    """ "row 17" for each of these row numbers (m,)."""

    def __init__(self, numbers: npt.NDArray[np.integer[Any]]) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def _at(self, i: int) -> str:
        return f"row {self.numbers[i]}"


class TextFile(_Texts):
    """Texts one behind the other as bytes of UTF-8, and where each of the m ends."""

    def __init__(self, content: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]) -> None:
        self.content = content
        self.ends = ends

    def __len__(self) -> int:
        return len(self.ends)

    def _at(self, i: int) -> str:
        start = int(self.ends[i - 1]) if i else 0
        return self.content[start : self.ends[i]].tobytes().decode("utf-8", "surrogateescape")


class Joined(_Texts):
    """The texts of `first`, then those of `second`, each behind a prefix."""

    def __init__(self, first: Sequence[str], second: Sequence[str], prefix: str) -> None:
        self.first = first
        self.second = second
        self.prefix = prefix

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __iter__(self) -> Any:
        return chain(self.first, (self.prefix + text for text in self.second))

    def _at(self, i: int) -> str:
        m = len(self.first)
        return self.first[i] if i < m else self.prefix + self.second[i - m]
