"""C: one header of C99 without allocation, for a microcontroller."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.encoding import EncodedColumn
from cutaway.export.c_text import (
    ACTIVATIONS,
    DENSE,
    HARNESS,
    SOFTMAX,
    array,
    clean,
    comment_line,
    string,
)
from cutaway.export.parity import UncheckedError
from cutaway.export.python_source import call
from cutaway.export.subject import Subject

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")


def write(subject: Subject, name: str) -> dict[str, bytes]:
    """Return the header."""
    parts = [
        _head(subject, name),
        "#ifndef CUTAWAY_MODEL_H\n#define CUTAWAY_MODEL_H\n",
        "#include <math.h>\n",
        _names(subject),
        _constants(subject),
        DENSE,
        _activations(subject),
        SOFTMAX if "softmax" in subject.functions else "",
        _encode(subject),
        _predict(subject),
        "#endif",
    ]
    text = "\n".join(part for part in parts if part) + "\n"
    return {name: text.encode("utf-8", "backslashreplace")}


def _head(subject: Subject, name: str) -> str:
    facts = [f"{subject.name}: {subject.title()}."]
    facts += [f"{key}: {value}" for key, value in subject.about.items()]
    lines = [comment_line(fact) for fact in facts]
    return "\n".join(
        [
            f'/* A trained network in C99: #include "{clean(name)}" in one file of the program.',
            " * It allocates nothing and needs nothing but math.h. Its buffers are static: do not",
            " * call it from two threads at once.",
            " *",
            *lines,
            " */",
        ]
    )


def _names(subject: Subject) -> str:
    p = subject.preparation
    K = len(p.classes) or subject.network.n_y
    lines = [
        f"#define CUTAWAY_INPUTS {len(subject.columns or ()) or subject.network.n_x}",
        f"#define CUTAWAY_OUTPUTS {K}",
    ]
    kind, names = ("targets", p.target_names) if not p.classes else ("classes", p.classes)
    texts = call(
        f"static const char *const cutaway_{kind}[CUTAWAY_OUTPUTS] = {{", map(string, names), "};"
    )
    return "\n".join([*lines, "", texts, ""])


def _constants(subject: Subject) -> str:
    p = subject.preparation
    lines = [
        "/* Layer l: W (n_l, n_prev) row by row, and b (n_l). */",
        *(
            f"{array(f'cutaway_W{l}', W)}\n{array(f'cutaway_b{l}', b)}"
            for l, (W, b) in enumerate(subject.layers, start=1)
        ),
        "/* The inputs of the network are (x - mean) / scale. */",
        *(
            array(f"cutaway_{name}", *_kind(subject, getattr(p, name)))
            for name in ("mean", "scale")
        ),
    ]
    if p.task == "regression":
        lines += [
            array(f"cutaway_{name}", getattr(p, name), "double")
            for name in ("target_mean", "target_scale")
        ]
    return "\n".join(lines) + "\n"


def _kind(subject: Subject, values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[Any], str]:
    """Pixels need float only; a column of large numbers loses digits in it."""
    return (
        (values.astype(np.float32), "float") if subject.preparation.picture else (values, "double")
    )


def _activations(subject: Subject) -> str:
    return "\n".join(
        f"static inline float cutaway_{name}(float z)\n{{\n    return {ACTIVATIONS[name]};\n}}\n"
        for name in dict.fromkeys(subject.functions)
        if name != "softmax"
    )


def _encode(subject: Subject) -> str:
    """From x, as a person has it, to the inputs of the network."""
    n_x, columns = subject.network.n_x, subject.columns
    head = "static inline void cutaway_inputs(const float *x, float *inputs)\n{\n"
    pixel = "/ 255.0f" if subject.preparation.picture else ""
    if columns is None:
        return (
            f"{head}    for (int i = 0; i < {n_x}; i++)\n        inputs[i] = "
            f"(float)((x[i] {pixel}".rstrip()
            + " - cutaway_mean[i]) / cutaway_scale[i]);\n}\n"
        )
    lines, at = [], 0
    for i, column in enumerate(columns):
        lines.append(f"    /* x[{i}] {clean(column.name)} */")
        lines += [f"    {line}" for line in _column(column, i, at)]
        at += len(column.inputs)
    body = "\n".join(lines)
    return (
        f"{head}    static double numbers[{n_x}];\n{body}\n"
        f"    for (int i = 0; i < {n_x}; i++)\n"
        "        inputs[i] = (float)((numbers[i] - cutaway_mean[i]) / cutaway_scale[i]);\n}\n"
    )


def _column(column: EncodedColumn, i: int, at: int) -> list[str]:
    if column.kind == "category":
        k = len(column.categories)
        return [
            f"for (int k = 0; k < {k}; k++)",
            f"    numbers[{at} + k] = x[{i}] == (float)k;",
        ]
    lines = [f"numbers[{at}] = isnan(x[{i}]) ? {column.fill!r} : (double)x[{i}];"]
    if column.indicator:
        lines.append(f"numbers[{at + 1}] = isnan(x[{i}]) ? 1.0 : 0.0;")
    return lines


def _predict(subject: Subject) -> str:
    network = subject.network
    name = subject.answer
    lines = [
        f"static inline {'void' if subject.preparation.task != 'classification' else 'int'} "
        f"cutaway_predict(const float *x, float *{name})",
        "{",
        f"    static float a0[{network.n_x}]"
        + "".join(f", a{l}[{n}]" for l, n in enumerate(network.sizes[1:], start=1))
        + ";",
        "    cutaway_inputs(x, a0);",
    ]
    layers = zip(network.shapes, subject.functions, strict=True)
    for l, ((n_l, n_prev), function) in enumerate(layers, start=1):
        unit = f"cutaway_unit(cutaway_W{l} + i * {n_prev}, cutaway_b{l}[i], a{l - 1}, {n_prev})"
        value = unit if function == "softmax" else f"cutaway_{function}({unit})"
        lines += [
            f"    /* layer {l}: {n_l} x {n_prev}, {function} */",
            f"    for (int i = 0; i < {n_l}; i++)",
            f"        a{l}[i] = {value};",
        ]
        if function == "softmax":
            lines.append(f"    cutaway_softmax(a{l}, {n_l});")
    lines += _answers(subject, f"a{network.L}")
    return "\n".join([_interface(subject), *lines, "}", ""])


def _answers(subject: Subject, a: str) -> list[str]:
    each = "    for (int k = 0; k < CUTAWAY_OUTPUTS; k++)"
    if subject.preparation.task == "regression":
        return [
            each,
            f"        prediction[k] = (float)({a}[k] * cutaway_target_scale[k] + "
            "cutaway_target_mean[k]);",
        ]
    if subject.two_from_one:
        lines = [f"    probabilities[0] = 1.0f - {a}[0];", f"    probabilities[1] = {a}[0];"]
    else:
        lines = [each, f"        probabilities[k] = {a}[k];"]
    if subject.preparation.task == "classification":
        lines += [
            "    int best = 0;",
            each,
            "        if (probabilities[k] > probabilities[best])",
            "            best = k;",
            "    return best;",
        ]
    return lines


def _interface(subject: Subject) -> str:
    p = subject.preparation
    lines = []
    if p.picture:
        shape = f"{p.picture.height} x {p.picture.width} x {p.picture.channels}"
        lines.append(f"x: CUTAWAY_INPUTS pixels of 0 to 255, row by row ({shape}).")
    elif subject.columns is None:
        lines.append("x: CUTAWAY_INPUTS numbers.")
    else:
        lines.append("x: CUTAWAY_INPUTS numbers, one a column of the table:")
        lines += [f"  x[{i}] {c.name}: {_values(c)}" for i, c in enumerate(subject.columns)]
    lines.append(
        {
            "classification": "probabilities: CUTAWAY_OUTPUTS numbers, one a class; the number of "
            "the most probable class is returned.",
            "multi-label": "probabilities: CUTAWAY_OUTPUTS numbers, one a label.",
            "regression": "prediction: CUTAWAY_OUTPUTS numbers, one a target.",
        }[p.task]
    )
    body = "\n".join(comment_line(line) for line in lines)
    return f"/*{body[2:]}\n */"


def _values(column: EncodedColumn) -> str:
    if column.kind == "category":
        known = ", ".join(f"{k} {name}" for k, name in enumerate(column.categories))
        return f"{known}; -1 for any other, or none"
    return f"{'0 or 1' if column.kind == 'boolean' else 'a number'}; NAN where it is missing"


def feed(subject: Subject, rows: Any) -> npt.NDArray[np.float32]:
    """Return x (m, CUTAWAY_INPUTS) for rows as they were read."""
    if subject.columns is None:
        return np.ascontiguousarray(rows, np.float32)
    values = []
    for column in subject.columns:
        found = rows.columns[column.name]
        if column.kind == "category":
            number = {name: float(k) for k, name in enumerate(column.categories)}
            found = np.array([number.get(text, -1.0) for text in found])
        values.append(found.astype(np.float32))
    return np.column_stack(values)


def answer(path: Path, subject: Subject, rows: Any) -> npt.NDArray[np.floating[Any]]:
    """Return what the header answers, compiled with the system's compiler, warnings as errors.

    Raises:
        UncheckedError: there is no C compiler, or it refuses the file.
    """
    compiler = os.environ.get("CC") or "cc"
    if shutil.which(compiler) is None:
        raise UncheckedError(f"there is no C compiler ({compiler})")
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "main.c"), Path(folder, "main")
        source.write_text(HARNESS.format(name=path.name), encoding="utf-8")
        include = f"-I{path.parent}"
        command = [compiler, *FLAGS, "-O1", include, str(source), "-o", str(program), "-lm"]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode:
            raise UncheckedError(f"{compiler} refuses it: {built.stderr.strip().splitlines()[0]}")
        done = subprocess.run(
            [program], input=feed(subject, rows).tobytes(), capture_output=True, check=True
        )
    K = len(subject.preparation.classes) or subject.network.n_y
    return np.frombuffer(done.stdout, np.float32).reshape(-1, K)
