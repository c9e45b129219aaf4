"""What a training has left behind, by which the recipe orders what to do next."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cutaway.insight.curve import LearningCurve
from cutaway.insight.labels import Suspects
from cutaway.training.record import Record

# The part of the history that is looked at for whether the cost still falls
TAIL = 0.2


@dataclass(frozen=True)
class Evidence:
    """What is known of a training beside its errors; everything may be missing.

    plan       of run.json: what was decided
    records    its history
    ended      "finished" where all epochs were done, "stopped", ..
    command    as it was typed
    m          training examples
    elsewhere  another program trained it, which has other commands
    picture    shape (height, width, channels) of the examples where they are pictures
    run        as a command is given it, to look further
    curve      its learning curve, where it was measured
    suspects   labels that look wrong, where they were looked for
    """

    plan: Mapping[str, Any] = field(default_factory=dict)
    records: Sequence[Record] = ()
    ended: str = ""
    command: str = ""
    m: int | None = None
    elsewhere: bool = False
    picture: Sequence[int] | None = None
    run: str = ""
    curve: LearningCurve | None = None
    suspects: Suspects | None = None

    def aimed_at(self, target: float) -> Evidence:
        """Return it with the learning curve told for a target, which may not be that of before."""
        return replace(self, curve=self.curve.aimed_at(target)) if self.curve else self

    @property
    def hidden(self) -> list[int]:
        """Units of the hidden layers."""
        return list(self.plan.get("network", {}).get("sizes", [0, 0])[1:-1])

    @property
    def drops(self) -> bool:
        """Whether any unit is dropped."""
        return any(p < 1 for p in self.plan.get("keep_prob", ()))

    @property
    def penalised(self) -> float | None:
        """Share of the cost that is the penalty, at the end."""
        known = [r for r in self.records if r.cost and r.train_loss is not None]
        return 1 - known[-1].train_loss / known[-1].cost if known else None  # type: ignore[operator]

    @property
    def fall(self) -> float | None:
        """How much the train loss fell in the last fifth of the epochs, as a share of itself."""
        ends = self._since(1 - TAIL, "train_loss")
        if ends is None:
            return None
        before, after = ends
        return (before - after) / before if before > 0 else 0.0

    @property
    def pace(self) -> float:
        """Exponent c, by which train loss or error (the faster) fell as epochs^-c since halfway."""
        found = [0.0]
        for name in ("train_loss", "train_error"):
            before, after = self._since(0.5, name) or (0.0, 0.0)
            if before > 0:
                found.append(math.log2(before / after) if after > 0 else math.inf)
        return max(found)

    def _since(self, share: float, name: str) -> tuple[float, float] | None:
        """Return a figure after a share of the epochs (between Records by line) and at the end."""
        rows = [(r.epoch, value) for r in self.records if (value := getattr(r, name)) is not None]
        if len(rows) < 2:
            return None
        epochs, values = zip(*rows, strict=True)
        return float(np.interp(share * epochs[-1], epochs, values)), float(values[-1])

    @property
    def is_ensemble(self) -> bool:
        """Whether several networks were trained to answer together."""
        return self.command.startswith("cutaway ensemble ")

    def again(self, *options: str, command: str = "") -> str:
        """Return the command that was typed with other options, "" where nothing was typed here.

        An option without a value is left out; `command` takes them in place of what was typed.
        """
        if self.elsewhere or not options:
            return ""
        words = shlex.split(self.command)
        if words[:2] not in (["cutaway", "train"], ["cutaway", "ensemble"]):
            words = ["cutaway", "train", "PATH"]
        words[1] = command or words[1]
        words = [word for word in words if word not in ("--quiet", "--json")]
        changed = {option.split(" ")[0] for option in options} | {"--name", "--resume"}
        kept, skip = [], False
        for word in words:
            name = word.partition("=")[0]
            if skip or name in changed:
                # The value of an option stands behind it, or behind its equals sign.
                skip = not skip and name in changed and "=" not in word
                continue
            kept.append(word)
        added = [one for one in options if " " in one]
        return " ".join([shlex.join(kept), *added]) if added or kept != words else ""
