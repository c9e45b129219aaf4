"""A network, drawn with its shapes; a model, with what goes in and comes out."""

from __future__ import annotations

from cutaway.equations import Network
from cutaway.notebook.frame import frame
from cutaway.report.inside import sizes
from cutaway.report.markup import Markup, bullets, paragraph
from cutaway.training.model import Model
from cutaway.wording import listed, plural

MOST_NAMES = 12


def network(network: Network) -> Markup:
    """Draw the layers, as high as the logarithm of their units, with the shapes of W and b."""
    return frame(paragraph(_words(network)), sizes(network))


def model(model: Model) -> Markup:
    """Draw the network of a model, and say what it answers for what."""
    p = model.preparation
    lines = [f"{model.title()}."]
    if p.classes:
        lines.append(f"Classes: {listed(p.classes, MOST_NAMES)}.")
    if p.features:
        lines.append(f"Inputs: {listed(p.features, MOST_NAMES)}.")
    how = paragraph("Answers: model.predict(path or rows).", class_="quiet")
    return frame(bullets(lines), sizes(model.network), paragraph(_words(model.network)), how)


def _words(network: Network) -> str:
    hidden = plural(network.L - 1, "hidden layer") if network.L > 1 else "no hidden layer"
    return (
        f"{plural(network.n_x, 'input')}, {hidden}, {plural(network.n_y, 'output')}; "
        f"{network.n_parameters:,} parameters. Each layer: Z = W A + b, A = g(Z); "
        f"loss {network.loss}."
    )
