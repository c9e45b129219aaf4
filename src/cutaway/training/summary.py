"""The closing figures of a run as one JSON document: metrics.json, and `train --json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cutaway.training.evaluation import Evaluations
from cutaway.training.standing import NamedErrors, standing
from cutaway.training.trainee import Run


def describe(run: Run, found: Evaluations, baselines: Sequence[NamedErrors] = ()) -> dict[str, Any]:
    """Return what was read, how it was split, the network, how training ended, and the errors."""
    dataset, prepared, plan = run.setup.dataset, run.setup.prepared, run.plan
    network = plan.network
    return {
        "run": str(run.folder.path) if run.folder else None,
        "data": {
            "name": dataset.name,
            "kind": dataset.kind,
            "task": dataset.task,
            "examples": dataset.m,
            "inputs": network.n_x,
            "picture": list(dataset.picture) if dataset.picture else None,
            "target": list(dataset.target_names),
            "classes": dataset.counts(),
            "skipped": [skipped._asdict() for skipped in dataset.skipped],
            "notes": list(run.setup.notes),
        },
        "split": {
            "method": prepared.split.method,
            "train": prepared.train.m,
            "dev": prepared.dev.m if prepared.dev else 0,
            "test": len(prepared.split.test),
            "train_dev": len(prepared.split.train_dev),
        },
        "network": {
            "layers": [
                {"W": [n_l, n_prev], "b": [n_l, 1], "activation": activation}
                for (n_l, n_prev), activation in zip(
                    network.shapes, (*network.activations, network.output), strict=True
                )
            ],
            "loss": network.loss,
            "parameters": network.n_parameters,
        },
        "plan": plan.to_json(),
        "training": {
            "status": run.outcome.status,
            "reason": run.outcome.reason,
            "epochs": run.outcome.state.epoch,
            "best_epoch": run.best_epoch,
            "lowest_train_error": run.lowest_train_error,
            "seconds": run.outcome.state.seconds,
        },
        "error": plan.metric,
        **{part: one and one.to_json() for part, one in found._asdict().items()},
        "baselines": [
            {"name": b.name, "train_error": b.train_error, "dev_error": b.dev_error}
            for b in baselines
        ],
        "standing": {
            name: [b.name for b in members]
            for name, members in standing(found.judged, baselines)._asdict().items()
        },
        "confused": [
            {"true": true, "taken_for": taken, "examples": n}
            for true, taken, n in found.judged.confused()
        ],
    }
