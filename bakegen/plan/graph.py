"""The dependency graph of targets and base images: order, cycles and drawings; pure values in, text out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ROW = 34
_COLUMN_GAP = 70
_CHARACTER = 8.0
_STYLE = (
    "text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328}"
    "rect{fill:#eef4ff;stroke:#4a74c9;rx:5}"
    "rect.external{fill:#f4f4f2;stroke:#9a9a94;stroke-dasharray:4 3}"
    "path{fill:none;stroke:#8b95a5;stroke-width:1.3}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#16233d}rect.external{fill:#24262a}}"
)


@dataclass(frozen=True)
class Graph:
    """Targets and base images as nodes; an edge goes from what is used to what uses it."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    external: frozenset[str] = frozenset()

    def children(self) -> Mapping[str, list[str]]:
        """Each node's users, in the order of the nodes."""
        out: dict[str, list[str]] = defaultdict(list)
        for parent, child in self.edges:
            out[parent].append(child)
        return out

    def levels(self) -> dict[str, int]:
        """Each node's distance from the farthest node that it builds on; the graph must have no cycle."""
        parents: dict[str, list[str]] = defaultdict(list)
        for parent, child in self.edges:
            parents[child].append(parent)
        level: dict[str, int] = {}
        for node in topological(self.nodes, parents):
            level[node] = max((level[p] + 1 for p in parents[node]), default=0)
        return level


def topological(nodes: Iterable[str], parents: Mapping[str, Sequence[str]]) -> list[str]:
    """`nodes` with every parent before its children, otherwise in the order given; a cycle raises `CycleError`."""
    done: dict[str, bool] = {}
    out: list[str] = []
    for root in nodes:
        stack: list[tuple[str, int]] = [(root, 0)]
        while stack:
            node, at = stack.pop()
            if at == 0:
                if node in done:
                    if done[node] is False:
                        cycle = [name for name, _ in stack]
                        raise CycleError([*cycle[cycle.index(node) :], node])
                    continue
                done[node] = False
            above = parents.get(node, ())
            if at < len(above):
                stack += [(node, at + 1), (above[at], 0)]
            else:
                done[node] = True
                out.append(node)
    return out


class CycleError(ValueError):
    """Targets that build on each other in a circle; `cycle` names them, the first one again at the end."""

    def __init__(self, cycle: list[str]) -> None:
        self.cycle = cycle
        super().__init__(" -> ".join(cycle))


def draw_text(graph: Graph) -> str:
    """A tree a base image; what appears under several parents is drawn once and then marked with ``*``."""
    children = graph.children()
    used = {child for _, child in graph.edges}
    lines: list[str] = []
    seen: set[str] = set()

    def walk(node: str, lead: str, branch: str, rest: str) -> None:
        below = children.get(node, ())
        again = node in seen and bool(below)
        lines.append(f"{lead}{branch}{node}{' *' if again else ''}{' (base image)' if node in graph.external else ''}")
        seen.add(node)
        if again:
            return
        for index, child in enumerate(below):
            last = index == len(below) - 1
            walk(child, lead + rest, "└── " if last else "├── ", "    " if last else "│   ")

    for node in graph.nodes:
        if node not in used:
            walk(node, "", "", "")
    return "\n".join(lines) + "\n" if lines else ""


def _mermaid_text(text: str) -> str:
    return "".join(c if c.isalnum() or c in " ._-/" else f"#{ord(c)};" for c in text)


def draw_mermaid(graph: Graph) -> str:
    """A Mermaid flowchart, for Markdown pages and pull requests."""
    identity = {node: f"n{index}" for index, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        left, right = ("([", "])") if node in graph.external else ("[", "]")
        lines.append(f'    {identity[node]}{left}"{_mermaid_text(node)}"{right}')
    lines += [f"    {identity[parent]} --> {identity[child]}" for parent, child in graph.edges]
    return "\n".join(lines) + "\n"


def _xml(text: str) -> str:
    kept = "".join(c if c >= " " and not 0xD800 <= ord(c) <= 0xDFFF else "\ufffd" for c in text)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def draw_svg(graph: Graph) -> str:
    """A self-contained SVG picture: base images on the left, what builds on them to the right."""
    columns: dict[int, list[str]] = defaultdict(list)
    level = graph.levels()
    for node in graph.nodes:
        columns[level[node]].append(node)
    place: dict[str, tuple[float, float, float]] = {}
    left = 20.0
    for index in sorted(columns):
        width = max(len(node) for node in columns[index]) * _CHARACTER + 20
        for row, node in enumerate(columns[index]):
            place[node] = (left, 20.0 + row * _ROW, width)
        left += width + _COLUMN_GAP
    height = 20 + _ROW * max((len(nodes) for nodes in columns.values()), default=0)
    total = max(40.0, left - _COLUMN_GAP + 20)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total:.0f}" height="{height + 10}" '
        f'viewBox="0 0 {total:.0f} {height + 10}" role="img"><title>bakegen targets</title><style>{_STYLE}</style>'
    ]
    for parent, child in graph.edges:
        x1, y1, width = place[parent]
        x2, y2, _ = place[child]
        start, end, bend = x1 + width, x2, _COLUMN_GAP / 2
        out.append(
            f'<path d="M{start:.1f} {y1 + 12:.1f}C{start + bend:.1f} {y1 + 12:.1f} '
            f'{end - bend:.1f} {y2 + 12:.1f} {end:.1f} {y2 + 12:.1f}"/>'
        )
    for node in graph.nodes:
        x, y, width = place[node]
        kind = ' class="external"' if node in graph.external else ""
        out.append(
            f'<rect{kind} x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="24"/>'
            f'<text x="{x + 10:.1f}" y="{y + 16.5:.1f}">{_xml(node)}</text>'
        )
    out.append("</svg>\n")
    return "\n".join(out)
