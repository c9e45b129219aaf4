"""Labels that do not fit their examples, as they are told and kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cutaway import wording


class Suspect(NamedTuple):
    """An example whose label is suspicious.

    example      its number in the data set
    where        the file, or the row, that it came from
    label, like  the class that it is labelled as, the one that it looks like
    p            probability of its label by a network that has not learned it
    """

    example: int
    where: str
    label: str
    like: str
    p: float


class Suspects(NamedTuple):
    """The worst first; `odd` is how many there are of them among the m training examples.

    by_chance  whether shuffled labels would look wrong as often: nothing is known of them then
    wrong      share of the labels that those networks answer otherwise; guess: that of always
               answering the most frequent class
    """

    worst: tuple[Suspect, ...]
    odd: int
    m: int
    by_chance: bool = False
    wrong: float = 0.0
    guess: float = 1.0

    @property
    def share(self) -> float:
        """Estimated share of wrong labels."""
        return self.odd / self.m

    @property
    def is_doubtful(self) -> bool:
        """Whether most of them may be mistakes of networks that know too little."""
        return self.by_chance or self.wrong > self.guess / 2

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {**self._asdict(), "worst": [suspect._asdict() for suspect in self.worst]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Suspects:
        """Read it back."""
        worst = tuple(Suspect(**row) for row in values["worst"])
        return cls(worst, **{name: values[name] for name in cls._fields[1:] if name in values})

    def in_words(self, most: int = 5) -> list[str]:
        """Return how many there are, and the worst of them, one a line."""
        head = (
            f"{wording.plural(self.odd, 'label')} of {self.m:,} look wrong "
            f"({100 * self.share:.1f} %) to networks that have not learned them"
        )
        if self.by_chance:
            return [f"{head}, as many as if they were shuffled: too little was learned to tell"]
        if self.is_doubtful:
            head += (
                f"; these answer {100 * self.wrong:.1f} % of all labels otherwise, so that most of "
                "them may be right"
            )
        lines = [f"{s.where}: labelled {s.label}, looks like {s.like}" for s in self.worst[:most]]
        return [head, *lines]
