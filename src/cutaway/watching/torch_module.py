"""Watching a `torch.nn.Module` while a person's own loop trains it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cutaway.errors import MissingExtraError, OptionError
from cutaway.insight.faults.setting import Found, Setting
from cutaway.training.record import Record
from cutaway.watching import torch_backward
from cutaway.watching import torch_statistics as statistics
from cutaway.watching.logbook import Logbook
from cutaway.watching.torch_layers import Layers

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
    from torch.amp import GradScaler

# After so many updates their losses are added up.
MANY = 1000
# Nobody is asked for answers before so many updates.
ANSWERS = 16


def watch(
    module: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    *,
    epochs: int | None = None,
    updates_per_epoch: int | None = None,
    history: str | Path | None = None,
    say: Callable[[Found], None] | None = None,
) -> Watcher:
    """Watch a PyTorch module: write Records of its training, and name faults when they arise.

    optimizer          tells how much each update changes the weights
    epochs             that are planned, and updates_per_epoch: what "too slow" is measured by
    history            a new file for the Records, JSON lines; `cutaway diagnose` reads it
    say                called with each fault; prints it unless given

    Nothing in the loop changes. The watcher has `records` and `faults`; `close()` ends it.

    Raises:
        MissingExtraError: PyTorch is not installed.
        OptionError: module or optimizer is something else, the module has no layer with weights,
            or `history` exists.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("torch", "watch", "watching a PyTorch module") from error
    for name, given, kind in (
        ("module", module, torch.nn.Module),
        ("optimizer", optimizer, torch.optim.Optimizer | None),
    ):
        if not isinstance(given, kind):
            wanted = "a torch.nn.Module" if name == "module" else "a torch.optim.Optimizer, or none"
            raise OptionError(f"{name} is of type {type(given).__name__}; give {wanted}")
    return Watcher(module, optimizer, epochs, updates_per_epoch, history, say)


class Watcher:
    """Hooks on a module, its optimizer and on backpropagation; see `watch`.

    Update t is watched from the forward pass before it to the step of the optimizer: the Record of
    `iteration` t describes the parameters after t updates, on the batch that the next one sees.
    """

    def __init__(
        self,
        module: nn.Module,
        optimizer: torch.optim.Optimizer | None,
        epochs: int | None,
        updates_per_epoch: int | None,
        history: str | Path | None,
        say: Callable[[Found], None] | None,
    ) -> None:
        import torch

        kinds = (torch.nn.Linear, torch.nn.modules.conv._ConvNd)
        named = {m: name for name, m in module.named_modules() if isinstance(m, kinds)}
        if not named:
            raise OptionError(
                "the module has no linear or convolutional layer; there is nothing to watch"
            )
        self.module, self.optimizer = module, optimizer
        self.names: dict[Any, str] = {m: name or "the module" for m, name in named.items()}
        self.per_epoch = updates_per_epoch
        groups = optimizer.param_groups if optimizer is not None else [{}]
        setting = Setting(
            epochs=epochs if updates_per_epoch else None,
            learning_rate=groups[0].get("lr"),
            counted="epoch" if updates_per_epoch else "update",
        )
        try:
            self.log = Logbook(setting, history, say)
        except OSError as error:
            raise OptionError(f"history: {error}; choose a new file") from error
        self.update = 0
        self._due = 0
        self._parameters = self._witnesses = list(module.parameters())
        self._versions: list[int] = []
        self._losses: list[float | Tensor] = []
        self._sum, self._summed = 0.0, 0
        self._heard = False
        self._answers: tuple[Any, Any] = None, None
        self.layers = Layers(module, self.names)
        self._hook: Any = None
        if optimizer is not None:
            self._hook = optimizer.register_step_post_hook(self._after_step)
        self._listens = True
        torch_backward.listen(self)

    def __repr__(self) -> str:
        found = ", ".join(fault.name for fault in self.faults) or "no fault so far"
        return f"<Watcher of {type(self.module).__name__}, {self.update:,} updates: {found}>"

    @property
    def records(self) -> list[Record]:
        """The Records so far."""
        return self.log.records

    @property
    def faults(self) -> list[Found]:
        """The faults found so far, in the order in which they were named."""
        return self.log.faults

    def close(self) -> None:
        """Take the hooks away, and say what only the end shows."""
        if not self._listens:
            return
        self._listens = False
        self._gather()
        if self._summed and not math.isfinite(self._sum):
            # Many a loop ends there, before a Record is due.
            self.layers.begin(closely=False)
            self.log.add(self._record(), self.update)
        self.layers.close()
        if self._hook is not None:
            self._hook.remove()
        torch_backward.leave(self)
        self.log.end()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def before_backward(self) -> None:
        """Remember the gradients that there are: those that change tell whom a loss reaches."""
        self._versions = [-1 if (g := p.grad) is None else g._version for p in self._witnesses]

    def after_backward(self, loss: Tensor, scaler: GradScaler | None) -> None:
        """Take a loss that was propagated back, if it has reached this module in training."""
        versions = [-1 if (g := p.grad) is None else g._version for p in self._witnesses]
        if versions == self._versions or not self.module.training or loss.numel() != 1:
            return
        if len(versions) > 1 and self.optimizer is not None:
            # One is enough from now on; a step without a loss would show if it was not.
            changed = [now != then for now, then in zip(versions, self._versions, strict=True)]
            self._witnesses = [self._witnesses[changed.index(True)]]
        # On an accelerator nobody waits for its value now.
        self._losses.append(loss.item() if loss.is_cpu else loss.detach())
        self._heard = True
        if self.layers.closely:
            self._look_closely(loss, 1.0 if scaler is None else scaler.get_scale())
        if self.optimizer is None:
            self._end()

    def _look_closely(self, loss: Tensor, scale: float) -> None:
        layers = self.layers
        layers.take_gradients(scale)
        name = statistics.name_of(loss)
        if not self.log.search.setting.layers:
            self._meet(layers, name)
        if self.update >= ANSWERS:
            self._answers = statistics.answers(layers.output, name)

    def _meet(self, layers: Layers, loss: str) -> None:
        """Learn what only the first update tells: the layers, the task and the inputs."""
        search = self.log.search
        search.setting = dataclasses.replace(
            search.setting,
            layers=tuple(self.names[m] for m in layers.order),
            sizes=tuple(int(getattr(m, "out_features", 0) or m.out_channels) for m in layers.order),
            trivial_cost=statistics.trivial_cost(layers.output, loss),
        )
        if layers.inputs is not None:
            self.log.look_at_inputs(layers.inputs.float().cpu().numpy())

    def _after_step(self, *_: Any) -> None:
        if self._heard:
            self._end()
        else:
            self._witnesses = self._parameters

    def _end(self) -> None:
        self._heard = False
        if self.update >= self._due:
            self._turn()
        self.update += 1

    def _turn(self) -> None:
        """Make the Record of an update, if one is wanted, and prepare for the next."""
        log, layers = self.log, self.layers
        self._gather()
        if self.update >= log.next:
            if layers.closely and self.optimizer is not None:
                layers.take_step()
            log.add(self._record(), self.update)
            self._sum, self._summed = 0.0, 0
        after = self.update + 1
        if layers.listens or after >= log.next_close:
            layers.begin(closely=after >= log.next_close)
        # Hooks come before the update that they look at.
        wanted = min(log.next, log.next_close - 1, after + MANY)
        self._due = after if layers.listens else wanted

    def _gather(self) -> None:
        """Add up the losses that were heard."""
        losses = statistics.read(self._losses)[0]
        self._sum, self._summed = self._sum + sum(losses), self._summed + len(losses)
        self._losses.clear()

    def _record(self) -> Record:
        loss = self._sum / self._summed
        fields: dict[str, Any] = {}
        if self.layers.closely:
            fields = self.layers.show(self._answers, start=self.update == 0)
        rate = self.optimizer.param_groups[0]["lr"] if self.optimizer is not None else None
        return Record(
            self.update // self.per_epoch if self.per_epoch else self.update,
            self.update,
            cost=loss,
            batch_cost=loss,
            train_loss=loss if fields else None,
            learning_rate=None if rate is None else float(rate),
            **fields,
        )
