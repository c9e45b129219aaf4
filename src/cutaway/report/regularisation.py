"""What kept the network from learning its examples by heart, and what that did to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.equations import unflatten
from cutaway.report.charts import Series, line_chart
from cutaway.report.markup import Markup, element, paragraph, section
from cutaway.training.plan import initial_theta
from cutaway.training.trainee import Run
from cutaway.wording import figure, plural

BINS = 50
MOST_LAYERS = 4
# Of the |w| that are drawn; the few largest would leave no room for the others
SHOWN = 0.995
# A weight this small, as a share of the layer's mean |w| at the start, is as good as none
TINY = 0.05


def regularisation(run: Run) -> Markup:
    """Show the weights before and after, the cost of dropout, and what early stopping saved."""
    plan = run.plan
    drops = min(plan.keep_prob) < 1
    if not (plan.penalties or drops or plan.early_stopping):
        return Markup()
    parts: list[object] = []
    if plan.penalties or drops:
        parts += [paragraph(_penalties(run)), element("div", *_weights(run), class_="charts")]
    if drops:
        parts += _dropout(run)
    if plan.early_stopping:
        parts.append(paragraph(_early_stopping(run)))
    return section("What regularisation did", *parts)


def _penalties(run: Run) -> str:
    words = {
        "l1": "L1 pulls every weight to zero by the same step",
        "l2": "L2 shrinks large weights",
    }
    acting = [f"{words[name]} ({name} {weight:g})" for name, weight in run.plan.penalties.items()]
    if min(run.plan.keep_prob) < 1:
        acting.append("dropout lets no unit rely on a single other")
    text = "; ".join(acting)
    return (
        f"{text[0].upper()}{text[1:]}. The weights at the start and after training, by layer: "
        "the more they are pushed to the left, the less the network can bend."
    )


def _weights(run: Run) -> list[Markup]:
    """Draw the distribution of |w| of the first layers, before and after."""
    trained = unflatten(run.plan.network, run.model.theta)
    start = _start(run)
    figures = []
    for l in range(min(run.plan.network.L, MOST_LAYERS)):
        after = np.abs(np.asarray(trained[l].W, np.float64)).ravel()
        before = None if start is None else np.abs(start[l]).ravel()
        if not np.isfinite(after).all():
            return []
        most = max(float(np.quantile(w, SHOWN)) for w in (after, before) if w is not None)
        edges = np.linspace(0.0, most or 1.0, BINS + 1)
        lines = [Series("trained", "dev", _density(after, edges))]
        caption = f"Layer {l + 1}: mean |w| {figure(float(after.mean()))}"
        if before is not None:
            lines.append(Series("start", "cost", _density(before, edges)))
            caption += f", at the start {figure(float(before.mean()))}"
            if before.mean() > 0:
                none = float((after < TINY * before.mean()).mean())
                caption += f"; {100 * none:.0f} % of the weights are as good as zero"
        drawing = line_chart(
            f"Weights of layer {l + 1}",
            ("|w|", "share of the weights"),
            lines,
            percent=True,
            whole=False,
        )
        figures.append(element("figure", element("figcaption", f"{caption}."), drawing))
    return figures


def _start(run: Run) -> list[npt.NDArray[np.float64]] | None:
    """Return the W that were drawn; None where training started from others, that were given."""
    layers = unflatten(run.plan.network, initial_theta(run.plan))
    drawn = [np.asarray(layer.W, np.float64) for layer in layers]
    first = run.history[0] if run.history else None
    if first is None or first.epoch != 0 or first.W_norm is None:
        return drawn
    norms = [np.linalg.norm(W) for W in drawn]
    return drawn if np.allclose(norms, first.W_norm, rtol=1e-3) else None


def _density(sizes: npt.NDArray[Any], edges: npt.NDArray[Any]) -> list[tuple[float, float]]:
    counts, _ = np.histogram(sizes, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    return list(zip(middles.tolist(), (counts / len(sizes)).tolist(), strict=True))


def _dropout(run: Run) -> list[object]:
    """Draw the cost of the updates, which have units missing, beside that of the whole network."""
    rows = [(float(r.epoch), r.batch_cost, r.cost) for r in run.history]
    holes = [(epoch, with_holes) for epoch, with_holes, _ in rows if with_holes is not None]
    whole = [(epoch, cost) for epoch, _, cost in rows if cost is not None]
    if not holes or not whole:
        return []
    lines = [Series("units left out", "train", holes), Series("all units", "cost", whole)]
    chart = line_chart("Dropout", ("epoch", "cost J"), lines, logarithmic=True)
    words = (
        "Dropout: each update saw a network with units left out, whose cost is higher and jumps; "
        "what answers is the whole network. Both on the training examples."
    )
    return [paragraph(words), element("div", chart, class_="charts")]


def _early_stopping(run: Run) -> str:
    losses = {r.epoch: r.dev_loss for r in run.history if r.dev_loss is not None}
    last = max(losses, default=0)
    if run.best_epoch == last or run.best_epoch not in losses:
        return (
            "Early stopping watched the dev loss, which was least at the very end: it had nothing "
            "to take back."
        )
    saved = losses[last] / losses[run.best_epoch] - 1 if losses[run.best_epoch] else 0.0
    return (
        f"Early stopping took the network back by {plural(last - run.best_epoch, 'epoch')}, to "
        f"epoch {run.best_epoch}: the dev loss was {figure(losses[run.best_epoch])} there and "
        f"{figure(losses[last])} ({100 * saved:+.0f} %) at the end. The curves above show where."
    )
