"""The parts that generated Python files share: names, the inputs of the network, the answers."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.export.subject import Subject

# The model's own file, where a format loads it
TENSORS = "model.safetensors"
WIDTH = 100
MOST_NAMES = 12


def comment(text: str, mark: str = "#") -> str:
    """Return a text as comment lines that nothing in it can end."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    prefix = f"{mark} "
    return "\n".join(
        textwrap.wrap(clean, WIDTH - 4, initial_indent=prefix, subsequent_indent=prefix)
    )


def literal(value: Any) -> str:
    """Return a Python literal: whatever a name holds, it stays a name."""
    return repr(value)


def call(name: str, items: Iterable[str], close: str = ")") -> str:
    """Return `name` with its items, wrapped where one line is too short."""
    body = ", ".join(items)
    one = f"{name}{body}{close}"
    if len(one) <= WIDTH:
        return one
    inner = " " * (len(name) - len(name.lstrip()) + 4)
    lines = textwrap.fill(body, WIDTH, initial_indent=inner, subsequent_indent=inner,
                          break_long_words=False, break_on_hyphens=False)  # fmt: skip
    return f"{name}\n{lines},\n{inner[4:]}{close}"


def numbers(values: npt.NDArray[Any]) -> list[str]:
    """Return numbers as text, each in the fewest digits that give it back in its own type."""
    return [str(value) for value in values.ravel()]


def names(subject: Subject) -> str:
    """Return the names of classes, targets and inputs as constants."""
    p = subject.preparation
    lines = []
    if p.task == "regression":
        lines.append(f"TARGETS = {literal(p.target_names)}")
    else:
        lines.append(call("CLASSES = (", map(literal, p.classes)))
    if subject.columns is not None:
        rows = [
            f"    ({literal(c.name)}, {literal(c.kind)}, {literal(c.categories)}, {c.fill!r}, "
            f"{c.indicator}),"
            for c in subject.columns
        ]
        head = "# name, kind, categories, mean of the training rows, whether one more input says"
        lines += [head, "# that the value is missing", "COLUMNS = (", *rows, ")"]
    return "\n".join(lines)


def inputs(subject: Subject) -> str:
    """Return `encode`, where there are columns, and `inputs`: from rows to X."""
    p, n_x = subject.preparation, subject.network.n_x
    centre = "(x - MEAN) / SCALE"
    if subject.columns is not None:
        what = "rows {column: value}"
        read = "np.array([encode(row) for row in rows])"
        before = _ENCODE
    elif p.picture:
        what = f"pixels of 0 to 255, (m, {', '.join(map(str, p.picture))})"
        read = f"np.asarray(rows, dtype=np.float64).reshape(-1, {n_x}) / 255"
        before = ""
    else:
        what = f"rows of numbers, (m, {n_x})"
        read, before = "np.asarray(rows, dtype=np.float64)", ""
    return (
        f"{before}def inputs(rows):\n"
        f'    """Return the inputs (m, {n_x}) of the network from {what}."""\n'
        f"    x = {read}\n"
        f"    return ({centre}).astype(np.float32)\n"
    )


_ENCODE = '''\
def encode(row):
    """Return a row {column: value} as numbers; a missing value is None, NaN or ''.

    A missing number is the mean of the training rows; a missing or unknown category gives zeros.
    """
    numbers = []
    for name, kind, categories, fill, indicator in COLUMNS:
        value = row[name]
        if kind == "category":
            numbers += [float(value == category) for category in categories]
            continue
        missing = value is None or value == "" or value != value
        value = {"true": 1, "false": 0}.get(str(value).lower(), value)
        numbers.append(fill if missing else float(value))
        if indicator:
            numbers.append(float(missing))
    return numbers


'''


def answers(subject: Subject, outputs: str, given: str = "rows") -> str:
    """Return the functions from rows to answers; `outputs` is the expression of A (m, n_y)."""
    p, K, n_y = subject.preparation, len(subject.preparation.classes), subject.network.n_y
    if p.task == "regression":
        return (
            f"def predict({given}):\n"
            f'    """Return the numbers named in TARGETS for each row, (m, {n_y})."""\n'
            f"    return {outputs} * TARGET_SCALE + TARGET_MEAN\n"
        )
    one_of, what = ("class", "class") if p.task == "classification" else ("label", "labels")
    lines = f"    return {outputs}\n"
    if subject.two_from_one:
        lines = (
            f"    A = {outputs}\n"
            "    # The one output is the probability of the second class\n"
            "    return np.hstack([1 - A, A])\n"
        )
    choice = "[[CLASSES[k] for k in np.flatnonzero(row > 0.5)] for row in A]"
    if p.task == "classification":
        choice = "[CLASSES[k] for k in A.argmax(axis=1)]"
    return (
        f"def probabilities({given}):\n"
        f'    """Return the probability of each {one_of} in CLASSES, (m, {K})."""\n'
        f"{lines}\n\n"
        f"def predict({given}):\n"
        f'    """Return the {what} of each row."""\n'
        f"    A = probabilities({given})\n"
        f"    return {choice}\n"
    )


def normalisation(subject: Subject) -> dict[str, npt.NDArray[np.float64]]:
    """Return the constants of `inputs` and `answers` by name."""
    p = subject.preparation
    constants = {"MEAN": p.mean, "SCALE": p.scale}
    if p.task == "regression":
        constants |= {"TARGET_MEAN": p.target_mean, "TARGET_SCALE": p.target_scale}
    return constants


def about(subject: Subject) -> str:
    """Return what is known of the model, as comments."""
    lines = [comment(f"{subject.name}: {subject.title()}.")]
    lines += [comment(f"{key}: {value}") for key, value in subject.about.items()]
    return "\n".join(lines)


def main(subject: Subject, file: str, given: str = "") -> str:
    """Return what the file does when it is run: an answer a line for the rows of a file."""
    if subject.columns is None:
        suffix, needed, read = "npy", "", "rows = np.load(sys.argv[1])"
    else:
        suffix, needed = "csv", "    import csv\n"
        read = (
            'with open(sys.argv[1], encoding="utf-8", newline="") as file:\n'
            "        rows = list(csv.DictReader(file))"
        )
    tail = ".tolist()" if subject.preparation.task == "regression" else ""
    return (
        'if __name__ == "__main__":\n'
        f"    # python {comment(file)[2:]} ROWS.{suffix}\n"
        f"{needed}    import sys\n\n"
        f"    {read}\n"
        f"    for answer in predict({given}rows){tail}:\n"
        "        print(answer)\n"
    )


def beside_the_model(
    subject: Subject, name: str, *, head: str, imports: str, network: str, load: str, answers: str
) -> dict[str, bytes]:
    """Return a file that builds the network, and beside it the model's own, which it loads."""
    parts = [
        head,
        f"{about(subject)}\n",
        "from pathlib import Path\n",
        imports,
        f"{names(subject)}\n\n",
        network + "\n",
        load + "\n",
        inputs(subject) + "\n",
        answers + "\n",
        arrays(normalisation(subject)),
        "\n" + main(subject, name, "load(), "),
    ]
    text = "\n".join(part for part in parts if part)
    return {name: text.encode("utf-8", "backslashreplace"), TENSORS: subject.model.to_bytes()}


def arrays(values: Mapping[str, npt.NDArray[Any]]) -> str:
    """Return arrays as text: a row of W a list, a column with [:, np.newaxis]."""
    return "\n".join(f"{_array(name, array)}\n" for name, array in values.items())


def _array(name: str, array: npt.NDArray[Any]) -> str:
    close = f"], dtype=np.{array.dtype})"
    if array.ndim == 2 and array.shape[1] > 1:
        rows = [call("    [", numbers(row), "],") for row in array]
        return "\n".join([f"{name} = np.array([", *rows, close])
    flat = array.ravel()
    if len(flat) > 1 and (flat == flat[0]).all():
        return f"{name} = np.full({array.shape}, {flat[0]}{close[1:]}"
    end = "[:, np.newaxis]" if array.ndim == 2 else ""
    return call(f"{name} = np.array([", numbers(flat), close + end)


def as_json(rows: Any) -> str:
    """Return the rows of a table as JSON, one object a row."""
    columns = {
        name: [None if value is None or value != value else value for value in values.tolist()]
        for name, values in rows.columns.items()
    }
    count = len(rows)
    return json.dumps([{name: values[i] for name, values in columns.items()} for i in range(count)])
