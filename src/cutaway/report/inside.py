"""What the network is made of: its layers, and its first weights as pictures."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from cutaway.equations import Network
from cutaway.report import images
from cutaway.report.charts import WIDTH, drawing
from cutaway.report.markup import Markup, element, join, paragraph, section, table
from cutaway.training.trainee import Run
from cutaway.wording import plural, setting

MOST_UNITS = 32


def network(run: Run) -> Markup:
    """Show the layers: a drawing of their sizes, then W, b and parameters one by one."""
    plan = run.plan
    net = plan.network
    dropout = any(p < 1 for p in plan.keep_prob)
    head = ["layer", "activation", "W", "b", "parameters", "initial W"]
    head += ["kept by dropout"] if dropout else []
    rows = []
    for l, (n_l, n_prev) in enumerate(net.shapes, start=1):
        activation = (*net.activations, net.output)[l - 1]
        row: list[object] = [l, activation, f"({n_l:,}, {n_prev:,})", f"({n_l:,}, 1)"]
        row += [f"{n_l * n_prev + n_l:,}", plan.initializers[l - 1]]
        # Dropout acts on the units of a layer, the input's being those of layer 0
        keep = plan.keep_prob[l] if l < net.L else 1.0
        rows.append(row + ([setting(keep)] if dropout else []))
    hidden = plural(net.L - 1, "hidden layer") if net.L > 1 else "no hidden layer"
    words = (
        f"{plural(net.n_x, 'input')}, {hidden}, "
        f"{plural(net.n_y, 'output')}; {net.n_parameters:,} parameters in all. "
        f"Every layer computes Z = W A + b and then its activation; the loss is {net.loss}."
    )
    return section("The network", paragraph(words), sizes(net), table(head, rows, class_="numbers"))


def sizes(net: Network) -> Markup:
    """Draw a bar a layer, as high as the logarithm of its units, and the shape of W between two."""
    names = ["input", *net.activations, net.output]
    gap = 110
    width = max(WIDTH, gap * len(net.sizes))
    left = (width - gap * len(net.sizes)) / 2 + gap / 2
    highest = math.log(1 + max(net.sizes))
    bars = [(left + gap * l, 10 + 80 * math.log(1 + n) / highest) for l, n in enumerate(net.sizes)]
    parts: list[object] = []
    for l, ((x, h), (x_next, h_next)) in enumerate(pairwise(bars), start=1):
        corners = [
            (x + 9, 66 - h / 2), (x_next - 9, 66 - h_next / 2),
            (x_next - 9, 66 + h_next / 2), (x + 9, 66 + h / 2),
        ]  # fmt: skip
        text = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
        parts.append(element("polygon", points=text, class_="link"))
        shape = f"({net.sizes[l]:,}, {net.sizes[l - 1]:,})"
        middle = f"{(x + x_next) / 2:.1f}"
        for words, y in ((f"W{l}", 62), (shape, 77)):
            parts.append(
                element("text", words, x=middle, y=y, text_anchor="middle", class_="shape")
            )
    for (x, h), n, name in zip(bars, net.sizes, names, strict=True):
        at = f"{x:.1f}"
        parts += [
            element(
                "rect", x=f"{x - 9:.1f}", y=f"{66 - h / 2:.1f}", width=18, height=f"{h:.1f}",
                rx=3, class_="bar",
            ),
            element("text", f"{n:,}", x=at, y=14, text_anchor="middle", class_="size"),
            element("text", name, x=at, y=132, text_anchor="middle"),
        ]  # fmt: skip
    sizes = ", then ".join(f"{n:,}" for n in net.sizes)
    whole = drawing(join(parts), f"Units layer by layer: {sizes}.", 140, width)
    return element("div", whole, class_="sizes", style=f"max-width:{width}px")


def first_weights(run: Run) -> Markup:
    """Show the rows of the first W as pictures, where the inputs are one; else nothing."""
    shape = run.model.preparation.picture
    if shape is None:
        return Markup()
    W = run.parameters[0].W.astype(np.float64)
    if not np.isfinite(W).all():
        return Markup()
    norms = np.linalg.norm(W, axis=1)
    order = np.argsort(-norms, kind="stable")[:MOST_UNITS]
    only = run.plan.network.L == 1
    names = run.model.preparation.classes
    cards = []
    for i in order:
        name = names[i] if only and len(names) == len(W) else f"unit {i + 1}"
        cards.append(
            element(
                "figure",
                images.weights(W[i], shape, f"Weights of {name}"),
                element("figcaption", f"{name} ({norms[i]:.2g})"),
            )
        )
    colours = (
        "Grey is no weight; a colour that stands out raises the unit where the picture has it."
        if shape.channels == 3
        else "Brightness raises the unit where it is orange, and lowers it where it is blue."
    )
    words = (
        f"{colours} Shapes such as strokes, edges or patches mean that the unit looks for "
        "something; fine noise means that it has learned little, or its training examples by heart."
    )
    shown = (
        f"the {len(order)} of {len(W)} units with the largest weights"
        if len(W) > len(order)
        else plural(len(W), "unit")
    )
    return section(
        "What the first layer looks at",
        paragraph(
            f"The weights of {shown}, each scaled to its own largest; in brackets their "
            f"length |w|. {words}"
        ),
        element("div", *cards, class_="gallery small"),
    )
