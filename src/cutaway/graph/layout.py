"""Where the nodes of a graph stand: in layers, few crossings, each beside what it is joined to.

A layer holds what can be computed at the same time: an input stands in layer 0, an operation one
layer behind the last of its inputs. An arrow that passes a layer keeps a free place in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cutaway.graph.node import Node

SWEEPS = 12
STRAIGHT = 8


@dataclass(frozen=True, eq=False)
class Place:
    """A place in a layer: of a node, or of an arrow that passes (node None)."""

    node: Node | None


Edge = tuple[Node, Node]
Layers = list[list[Place]]
Links = Sequence[tuple[Place, Place]]


@dataclass(frozen=True)
class Layout:
    """layers of places; the places that each arrow runs through; where each place stands across."""

    layers: Layers
    paths: Mapping[Edge, Sequence[Place]]
    across: Mapping[Place, float]


def depths(root: Node) -> dict[Node, int]:
    """Return the layer of every node that `root` depends on, and its own; inputs are in layer 0."""
    depth: dict[Node, int] = {}
    for node in root.ancestors():
        depth[node] = max((depth[p] + 1 for p in node.inputs if not p.is_constant), default=0)
    return depth


def layout(root: Node, sizes: Mapping[Node, float], gap: float) -> Layout:
    """Lay out what `root` depends on; sizes are those of the nodes across the layers."""
    layers, paths = _layers(root)
    links = [pair for path in paths.values() for pair in pairwise(path)]
    layers = _ordered(layers, links)
    room = {
        place: (sizes[place.node] if place.node else gap) for layer in layers for place in layer
    }
    return Layout(layers, paths, _across(layers, links, room, gap))


def _layers(root: Node) -> tuple[Layers, dict[Edge, list[Place]]]:
    depth = depths(root)
    layers: Layers = [[] for _ in range(depth[root] + 1)]
    places = {node: Place(node) for node in depth}
    paths: dict[Edge, list[Place]] = {}
    for node in depth:
        layers[depth[node]].append(places[node])
        for parent in dict.fromkeys(node.inputs):
            if parent.is_constant:
                continue
            passed = [Place(None) for _ in range(depth[parent] + 1, depth[node])]
            for i, place in enumerate(passed, start=depth[parent] + 1):
                layers[i].append(place)
            paths[parent, node] = [places[parent], *passed, places[node]]
    return layers, paths


def _neighbours(links: Links) -> dict[Place, list[Place]]:
    joined: dict[Place, list[Place]] = {}
    for left, right in links:
        joined.setdefault(left, []).append(right)
        joined.setdefault(right, []).append(left)
    return joined


def _ordered(layers: Layers, links: Links) -> Layers:
    """Return each layer in the order with the fewest crossings found by averaging neighbours."""
    joined = _neighbours(links)
    best, fewest = layers, _crossings(layers, links)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        step = 1 if forward else -1
        new = [list(layer) for layer in layers]
        for i in range(1, len(new)) if forward else range(len(new) - 2, -1, -1):
            at = {place: k for k, place in enumerate(new[i - step])}
            now = {place: k for k, place in enumerate(new[i])}

            def mean(place: Place, at: dict[Place, int] = at, now: dict[Place, int] = now) -> float:
                near = [at[other] for other in joined.get(place, ()) if other in at]
                return sum(near) / len(near) if near else now[place]

            new[i].sort(key=mean)
        layers = new
        if (crossings := _crossings(layers, links)) < fewest:
            best, fewest = layers, crossings
    return best


def _crossings(layers: Layers, links: Links) -> int:
    at = {place: (i, k) for i, layer in enumerate(layers) for k, place in enumerate(layer)}
    ends = [(at[left], at[right]) for left, right in links]
    return sum(
        a[0] == c[0] and (a[1] - c[1]) * (b[1] - d[1]) < 0
        for i, (a, b) in enumerate(ends)
        for c, d in ends[:i]
    )


def _across(
    layers: Layers, links: Links, room: Mapping[Place, float], gap: float
) -> dict[Place, float]:
    """Move every place towards the mean of its neighbours as far as its own layer lets it."""
    joined = _neighbours(links)
    offsets = {}
    for layer in layers:
        at = 0.0
        for before, place in zip([None, *layer], layer, strict=False):
            at += (room[before] + room[place]) / 2 + gap if before else 0.0
            offsets[place] = at
    across = dict(offsets)
    for layer in layers:
        middle = (offsets[layer[0]] + offsets[layer[-1]]) / 2
        across |= {place: offsets[place] - middle for place in layer}
    for sweep in range(2 * SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wished = []
            for place in layer:
                # An arrow that passes runs straight, and bends where it leaves or arrives.
                near = [
                    (across[other], 1 if other.node or place.node else STRAIGHT)
                    for other in joined.get(place, ())
                ] or [(across[place], 1)]
                wished.append(
                    sum(x * w for x, w in near) / sum(w for _, w in near) - offsets[place]
                )
            for place, shift in zip(layer, _ascending(wished), strict=True):
                across[place] = offsets[place] + shift
    return across


def _ascending(numbers: Sequence[float]) -> list[float]:
    """Return the ascending numbers nearest to `numbers` in the sum of squares."""
    blocks: list[tuple[float, int]] = []
    for number in numbers:
        total, count = number, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before, more = blocks.pop()
            total, count = total + before, count + more
        blocks.append((total, count))
    return [total / count for total, count in blocks for _ in range(count)]
