"""Pieces of C: names and numbers as its text, and the functions that every network shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy.typing as npt

from cutaway.export.python_source import call, comment, numbers

# Expression of each activation in z; softmax needs all of them
ACTIVATIONS: Mapping[str, str] = {
    "sigmoid": "1.0f / (1.0f + expf(-z))",
    "tanh": "tanhf(z)",
    "relu": "z > 0.0f ? z : 0.0f",
    "leaky_relu": "z > 0.0f ? z : 0.01f * z",
    "identity": "z",
    "softmax": "z",
}


def clean(text: str) -> str:
    """Return a text that cannot end the comment it stands in, nor open another."""
    clean = "".join(c if c.isprintable() else " " for c in text).replace("\\", "/")
    return clean.replace("*/", "* /").replace("/*", "/ *")


def comment_line(text: str) -> str:
    """Return a text as lines of a comment."""
    return comment(clean(text), " *")


def string(text: str) -> str:
    """Return a C string; octal escapes, unlike hexadecimal ones, end after three digits."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "backslashreplace")
    )
    return f'"{plain}"'


def _floats(values: Iterable[str]) -> list[str]:
    return [f"{value}f" if "." in value or "e" in value else f"{value}.0f" for value in values]


def array(name: str, values: npt.NDArray[Any], kind: str = "float") -> str:
    """Return a constant array, row by row."""
    texts = numbers(values)
    items = _floats(texts) if kind == "float" else texts
    return call(f"static const {kind} {name}[{values.size}] = {{", items, "};").replace(
        ",\n}", "\n}"
    )


DENSE = """\
/* z = W a + b, summed in short stretches, which keeps the digits of a long sum. */
static inline float cutaway_unit(const float *w, float b, const float *a, int n_prev)
{
    float z = b;
    for (int start = 0; start < n_prev; start += 32) {
        float part = 0.0f;
        for (int j = start; j < n_prev && j < start + 32; j++)
            part += w[j] * a[j];
        z += part;
    }
    return z;
}
"""
SOFTMAX = """\
static inline void cutaway_softmax(float *a, int n)
{
    float top = a[0], sum = 0.0f;
    for (int i = 1; i < n; i++)
        if (a[i] > top)
            top = a[i];
    for (int i = 0; i < n; i++)
        sum += a[i] = expf(a[i] - top);
    for (int i = 0; i < n; i++)
        a[i] /= sum;
}
"""
# A program around the header: rows of floats in, answers out
HARNESS = """\
#include <stdio.h>
#include "{name}"
int main(void)
{{
    static float x[CUTAWAY_INPUTS], answer[CUTAWAY_OUTPUTS];
    while (fread(x, sizeof *x, CUTAWAY_INPUTS, stdin) == CUTAWAY_INPUTS) {{
        cutaway_predict(x, answer);
        if (fwrite(answer, sizeof *answer, CUTAWAY_OUTPUTS, stdout) != CUTAWAY_OUTPUTS)
            return 1;
    }}
    return 0;
}}
"""
