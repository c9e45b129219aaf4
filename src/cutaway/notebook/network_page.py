"""A network, drawn with its shapes."""

from __future__ import annotations

from cutaway.equations import Network
from cutaway.notebook.frame import frame
from cutaway.report.inside import sizes
from cutaway.report.markup import Markup, paragraph
from cutaway.wording import plural


def network(network: Network) -> Markup:
    """Draw the layers, as high as the logarithm of their units, with the shapes of W and b."""
    return frame(paragraph(words_of(network)), sizes(network))


def words_of(network: Network) -> str:
    """Say the sizes, and what each layer computes."""
    hidden = plural(network.L - 1, "hidden layer") if network.L > 1 else "no hidden layer"
    return (
        f"{plural(network.n_x, 'input')}, {hidden}, {plural(network.n_y, 'output')}; "
        f"{network.n_parameters:,} parameters. Each layer: Z = W A + b, A = g(Z); "
        f"loss {network.loss}."
    )
