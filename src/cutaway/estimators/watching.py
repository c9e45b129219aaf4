"""Who watches the training of an estimator: functions of a Record, and scikit-learn's callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cutaway.training.model import Model
from cutaway.training.record import EVERYTHING, NOTHING, Needs, Record, State, Stop
from cutaway.training.run import Consumer
from cutaway.training.setup import Setup

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupportMixin
    from sklearn.callback import with_callbacks as with_callbacks
except ImportError:  # scikit-learn has callbacks from 1.9 on

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands where scikit-learn has no callbacks."""

    def with_callbacks(method: Any) -> Any:
        """Return the method as it is."""
        return method


class Told:
    """Tells functions of every Record; one that returns something true ends the training."""

    needs: Needs = EVERYTHING

    def __init__(self, functions: Iterable[Callable[[Record], Any]], every: int) -> None:
        self.functions = tuple(functions)
        self.every = every

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Tell all of them, whatever one returns."""
        answers = [function(record) for function in self.functions]
        said = next((answer for answer in answers if answer), None)
        if said is None or isinstance(said, Stop):
            return said
        return Stop(f"a callback ended it after epoch {record.epoch}")


class Hooks:
    """Calls the hooks of scikit-learn's callbacks, for the training and for each of its epochs.

    data    X, y and metadata, which hooks may ask for
    fitted  from a model and an epoch to the attributes of an estimator that was fitted so far
    """

    needs: Needs = NOTHING
    every = 1

    def __init__(
        self,
        estimator: Any,
        data: Mapping[str, Any],
        fitted: Callable[[Model, int], dict[str, Any]],
    ) -> None:
        self.estimator, self.data, self.fitted = estimator, data, fitted
        self.context: Any = None
        self.of_epoch: Any = None

    def begin(self, setup: Setup, first: int) -> Sequence[Consumer]:
        """Begin the training after epoch `first`; return the consumer for its epochs, if needed."""
        self.setup, self.first = setup, first
        self.begin_whole(setup.plan.epochs - first)
        if not getattr(self.estimator, "_skl_callbacks", ()):
            return ()
        self._begin_epoch()
        return (self,)

    def begin_whole(self, epochs: int = 0) -> None:
        """Begin the training as a task of so many subtasks."""
        if hasattr(self.estimator, "_init_callback_context"):
            context = self.estimator._init_callback_context(max_subtasks=epochs)
            self.context = context.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def __call__(self, record: Record, state: State) -> Stop | None:
        """End an epoch, and begin the next one."""
        if record.epoch == self.first:
            return None
        network = self.setup.plan.network
        theta = state.parameters(network)

        def fitted() -> dict[str, Any]:
            model = Model(network, theta, self.setup.prepared.preparation)
            return self.fitted(model, record.epoch)

        wants_stop = self.of_epoch.call_on_fit_task_end(
            estimator=self.estimator, **self.data, reconstruction_attributes=fitted
        )
        self.of_epoch = None
        if wants_stop:
            return Stop(f"a callback of scikit-learn ended it after epoch {record.epoch}")
        if record.epoch < self.setup.plan.epochs:
            self._begin_epoch()
        return None

    def end(self) -> None:
        """End what has begun."""
        for context in (self.of_epoch, self.context):
            if context is not None:
                context.call_on_fit_task_end(estimator=self.estimator, **self.data)

    def _begin_epoch(self) -> None:
        self.of_epoch = self.context.subcontext(task_name="epoch").call_on_fit_task_begin(
            estimator=self.estimator, **self.data
        )
