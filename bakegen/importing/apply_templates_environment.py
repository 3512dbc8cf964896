"""What ``env.NAME`` can be in a template: what folders of Dockerfiles suggest, tried until the Dockerfiles agree."""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING

from bakegen.definition.values import AxisValue
from bakegen.importing.apply_templates_values import Value, constant, known
from bakegen.importing.folding_axes import EMPTY
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bakegen.importing.apply_templates_syntax import Definition, Node
    from bakegen.importing.model import Wanted

_MOST_TRIES = 48


@dataclass(frozen=True)
class Case:
    """A target, and the text of its Dockerfile."""

    target: Wanted
    text: str

    @property
    def version(self) -> str:
        """The version as versions.json calls it."""
        return self.target.axes["version.name"]

    @property
    def parts(self) -> dict[str, str]:
        """The values of the other axes."""
        return {name: value or EMPTY for name, value in self.target.axes.items() if "." not in name}

    def context(self) -> dict[str, object]:
        """What a template sees of it."""
        fields = {"name": self.version, "full": self.target.axes["version.full"]}
        return {"version": AxisValue(self.version, fields), **self.parts}


def environments(tree: Node, functions: Mapping[str, Definition], cases: Sequence[Case]) -> Iterator[dict[str, Value]]:
    """The environments to try, the likeliest first.

    Args:
        tree: the program of the template.
        functions: its definitions.
        cases: what the template may be that of.
    """
    names = dict.fromkeys([*_names(tree), *(name for one in functions.values() for name in _names(one.body))])
    choices = [_candidates(name, cases) for name in names]
    for row in islice(product(*choices), _MOST_TRIES):
        yield dict(zip(names, row, strict=True))


def _names(node: Node) -> Iterator[str]:
    if node.name == "field" and node.parts[0].name == "call" and node.parts[0].value == "env":
        yield str(node.parts[1].value)
    for one in node.parts:
        yield from _names(one)


def _candidates(name: str, cases: Sequence[Case]) -> list[Value]:
    """What a variable can be; several where its name does not tell."""
    version = known("version.name", (case.version for case in cases))
    if name == "version":
        return [version]
    if name == "rcVersion":
        texts = (case.version.removesuffix("-rc") for case in cases)
        return [known("version.name.removesuffix('-rc')", texts)]
    axes = list(cases[0].parts)
    values = [known(axis, (case.parts[axis] for case in cases)) for axis in axes]
    if not values:
        return [constant(None)]
    last = axes[-1]
    if name == "windowsVariant":
        texts = (case.parts[last].partition("-")[0].removeprefix("windows") for case in cases)
        return [known(f"{last}.partition('-')[0].removeprefix('windows')", texts)]
    if name == "windowsRelease":
        return [known(f"{last}.partition('-')[2]", (case.parts[last].partition("-")[2] for case in cases))]
    if name == "variant":
        return [values[-1], *values[:-1], *_last_part(axes, cases)]
    word = name.removesuffix("Version").lower()
    without = [known(f"{axis}.removeprefix('{word}')", (case.parts[axis].removeprefix(word) for case in cases))
               for axis in axes if any(case.parts[axis].startswith(word) for case in cases)]  # fmt: skip
    return [*without, *values, version, constant(None)]


def _last_part(axes: Sequence[str], cases: Sequence[Case]) -> list[Value]:
    """The last folder where folders are not equally deep."""
    if len(axes) != 2:
        return []
    texts = (case.parts[axes[0]] if case.parts[axes[1]] == EMPTY else case.parts[axes[1]] for case in cases)
    return [known(f"({axes[0]} if {axes[1]} == '{EMPTY}' else {axes[1]})", texts)]
