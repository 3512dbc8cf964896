"""The matrix of a job as the combinations that GitHub runs: product, `exclude`, `include`.

Source: "Running variations of jobs in a workflow" of GitHub's documentation.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.importing.workflow_expressions import Value

MAX_JOBS = 256
"""As many as GitHub runs of one matrix."""
Combination = dict[str, "Value"]


class NotKnown(Exception):
    """A matrix whose combinations are not known before it runs, or too many; says why."""


def combinations(matrix: Value) -> list[Combination]:
    """The combinations of a matrix in GitHub's order; one that is empty where there is no matrix."""
    if matrix is None:
        return [{}]
    if not isinstance(matrix, dict):
        raise NotKnown("is computed by a job")
    axes = {name: value for name, value in matrix.items() if name not in ("include", "exclude")}
    for name, values in axes.items():
        if not isinstance(values, list):
            raise NotKnown(f"has an axis {name} that is computed by a job")
    include, exclude = (_entries(matrix.get(name), name) for name in ("include", "exclude"))
    lists = [value for value in axes.values() if isinstance(value, list)]
    if prod(map(len, lists)) > MAX_JOBS * 8 or len(include) + len(exclude) > MAX_JOBS * 4:
        raise NotKnown(f"has more than {MAX_JOBS} combinations")
    found = [dict(zip(axes, values, strict=True)) for values in product(*lists)] if axes else []
    found = [one for one in found if not any(_has(one, excluded) for excluded in exclude)]
    added = _included(found, include, set(axes))
    if len(found) + len(added) > MAX_JOBS:
        raise NotKnown(f"has more than {MAX_JOBS} combinations")
    return [*found, *added] or [{}]


def _entries(value: Value, name: str) -> list[Combination]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise NotKnown(f"has an `{name}` that is computed by a job")
    return [dict(one) for one in value if isinstance(one, dict)]


def _has(one: Mapping[str, Value], wanted: Mapping[str, Value]) -> bool:
    return all(name in one and one[name] == value for name, value in wanted.items())


def _included(found: list[Combination], include: list[Combination], axes: set[str]) -> list[Combination]:
    """Adds what `include` says to combinations that it changes nothing of; gives those that are new."""
    added: list[Combination] = []
    for entry in include:
        shared = {name: value for name, value in entry.items() if name in axes}
        fitting = [one for one in found if _has(one, shared)]
        for one in fitting:
            one.update(entry)
        if not fitting:
            added.append(entry)
    return added


def flat(combination: Mapping[str, Value]) -> dict[str, str]:
    """A combination as texts by axis, ``axis.field`` for those of mappings; what is no text is left out."""
    found: dict[str, str] = {}
    for name, value in combination.items():
        if isinstance(value, dict):
            found |= {f"{name}.{key}": one for key, one in flat(value).items()}
        elif isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, str):
            found[name] = value
    return found
