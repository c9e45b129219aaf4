"""A page of examples to look at: training pictures, and beside them what augment makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.augmentation import drawn
from cutaway.engine.draws import AUGMENTATION
from cutaway.equations.augmentations import AUGMENTATIONS
from cutaway.errors import DataError
from cutaway.kinds import augment_steps
from cutaway.report import images
from cutaway.report.markup import Markup, document, element, framed_table, join, paragraph, table
from cutaway.training.setup import Setup
from cutaway.wording import plural

VERSIONS = 7


def write_examples(setup: Setup, examples: int = 8) -> str:
    """Return a page of training pictures, one class after the other.

    Raises:
        DataError: the examples are no pictures.
    """
    dataset, augment = setup.dataset, setup.plan.augment
    if dataset.picture is None:
        raise DataError(
            f"'{dataset.name}' has no pictures to show; its rows are numbers, which cutaway train "
            f"{dataset.name} describes"
        )
    index = _chosen(setup, examples)
    title = "What training sees" if augment else "Training examples"
    body = element(
        "main",
        element(
            "header",
            element("p", "cutaway: examples to look at", class_="quiet"),
            element("h1", f"{dataset.name}: {title.lower()}"),
            paragraph(
                f"{plural(len(index), 'picture')} of the {len(setup.prepared.split.train):,} in "
                f"the training set, {dataset.picture} (height x width x channels)."
            ),
        ),
        _versions(setup, index, augment) if augment else _gallery(setup, index),
    )
    return document(f"{dataset.name}: {title.lower()}", body)


def _chosen(setup: Setup, examples: int) -> npt.NDArray[np.intp]:
    """Return the first training pictures of each class in turn."""
    dataset: Any = setup.dataset
    train = setup.prepared.split.train
    if dataset.task != "classification":
        return train[:examples]
    # The place of each among those of its class
    target = dataset.target[train]
    turn = np.zeros(len(train), int)
    for k in range(len(dataset.classes)):
        turn[target == k] = np.arange((target == k).sum())
    chosen: npt.NDArray[np.intp] = train[np.lexsort((target, turn))[:examples]]
    return chosen


def _name(setup: Setup, i: int) -> str:
    dataset: Any = setup.dataset
    if dataset.task == "classification":
        return str(dataset.classes[dataset.target[i]])
    return str(dataset.origins[i]) if len(dataset.origins) else f"row {i + 1}"


def _gallery(setup: Setup, index: npt.NDArray[np.intp]) -> Markup:
    rows: Any = setup.dataset.rows
    shape: Any = setup.dataset.picture
    cards = [
        element(
            "figure",
            images.picture(rows[i], shape, _name(setup, i)),
            element("figcaption", _name(setup, i)),
        )
        for i in index
    ]
    return join(
        [
            element("div", *cards, class_="gallery small"),
            paragraph(
                "With --augment flip,rotate:15,shift:0.1 this page shows beside each picture how "
                "training would see it.",
                class_="quiet",
            ),
        ]
    )


def _versions(setup: Setup, index: npt.NDArray[np.intp], augment: str) -> Markup:
    rows: Any = setup.dataset.rows
    shape: Any = setup.dataset.picture
    seen = [
        np.rint(drawn(setup.dataset, rows[index], augment, generator.spawn(len(index))))
        for generator in (
            np.random.default_rng([setup.plan.seed, AUGMENTATION, epoch])
            for epoch in range(VERSIONS)
        )
    ]
    lines = [
        element(
            "tr",
            element("th", _name(setup, i), scope="row"),
            element("td", images.picture(rows[i], shape, f"{_name(setup, i)}, as it is")),
            *(
                element("td", images.picture(version[n], shape, f"{_name(setup, i)}, changed"))
                for version in seen
            ),
        )
        for n, i in enumerate(index)
    ]
    head = element(
        "tr",
        element("th", "class" if setup.dataset.task == "classification" else "picture"),
        element("th", "as it is"),
        element("th", f"changed at random, {VERSIONS} times", colspan=VERSIONS),
    )
    steps = [
        [name, f"{strength:g}", AUGMENTATIONS[name].meaning]
        for name, strength in augment_steps(augment)
    ]
    return join(
        [
            paragraph(
                "Each epoch draws every training picture anew. Errors are always measured on the "
                "pictures as they are, and dev and test sets are never changed. What you would "
                "not call by the same name any more is changed too much."
            ),
            framed_table(head, join(lines), "seen"),
            table(["transformation", "strength", "what it does"], steps, "prose"),
        ]
    )
