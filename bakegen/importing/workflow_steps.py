"""Workflows, jobs, steps: what runs with which inputs, also in composite actions of the repository.

Source: "Workflow syntax for GitHub Actions" and "Metadata syntax for GitHub Actions" of GitHub's documentation.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.documents.nodes import Items, Scalar, Table
from bakegen.documents.yaml_reader import read_yaml
from bakegen.importing.workflow_expressions import MAX_TEXT, Contexts, Value
from bakegen.text import Source
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.diagnostics import Diagnostic
    from bakegen.documents.nodes import Node
    from bakegen.importing.sources import Files

MAX_NESTED = 8
FOLDER = ".github/workflows/"


@dataclass(frozen=True)
class Step:
    """A step of a job that uses an action or runs a text.

    Attributes:
        uses: the action, without its version; empty for a text.
        inputs: as they are written.
        id: how other steps name it.
        place: ``file:line``.
        env: its own environment, as it is written.
        scope: what its expressions see of the inputs of a composite action; None for those of the job.
        run: the text that it runs.
    """

    uses: str
    inputs: Mapping[str, str]
    id: str
    place: str
    env: Mapping[str, str]
    scope: Mapping[str, str] | None = None
    run: str = ""


@dataclass(frozen=True)
class Called:
    """A workflow that a job calls: its path, and the inputs as they are written."""

    path: str
    inputs: Mapping[str, str]


@dataclass(frozen=True)
class Job:
    """A job as it is written.

    Attributes:
        name: its id.
        place: ``file:line``.
        matrix: the node of its matrix.
        env: the workflow's environment and its own.
        steps: in their order.
        calls: the workflow that it calls in place of steps.
    """

    name: str
    place: str
    matrix: Node | None
    env: Mapping[str, str]
    steps: tuple[Step, ...]
    calls: Called | None


@dataclass(frozen=True)
class Workflow:
    """One file.

    Attributes:
        path: of the file.
        inputs: defaults of its inputs, by name; empty where there is none.
        branches: the branches whose pushes start it.
        called: whether nothing but other workflows start it.
        jobs: in their order.
    """

    path: str
    inputs: Mapping[str, str]
    branches: tuple[str, ...]
    called: bool
    jobs: tuple[Job, ...]


class Unreadable(Exception):
    """A file that is no YAML; holds its place and what is wrong."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(what)
        self.place, self.what = place, what


def root(files: Files, path: str) -> Table | None:
    """The root of a YAML file; None where there is none, `Unreadable` where it cannot be read."""
    data = files.read(path)
    if data is None:
        return None
    source = Source.from_bytes(path, data)
    problems: list[Diagnostic] = []
    node = read_yaml(source, problems)
    if problems:
        start = problems[0].location.span.start if problems[0].location is not None else 0
        raise Unreadable(f"{path}:{source.position(start)[0]}", problems[0].message)
    return node if isinstance(node, Table) else None


def workflow(files: Files, path: str) -> Workflow | None:
    """The workflow in a file; None where it has no jobs."""
    top = root(files, path)
    jobs = below(top, "jobs")
    if top is None or not isinstance(jobs, Table):
        return None
    env = texts(top.entries.get("env"))
    events = below(top, "on")
    inputs: dict[str, str] = {}
    for event in ("workflow_call", "workflow_dispatch"):
        declared = below(events, event, "inputs")
        for name, one in declared.entries.items() if isinstance(declared, Table) else ():
            inputs.setdefault(name, written(below(one, "default")))
    pushed = below(events, "push", "branches")
    branches = tuple(
        written(one) for one in (pushed.items if isinstance(pushed, Items) else (pushed,)) if one is not None
    )
    names = set(events.entries) if isinstance(events, Table) else {written(events)}
    read = tuple(_job(files, name, jobs.keys[name], one, env) for name, one in jobs.entries.items())
    return Workflow(path, inputs, branches, names == {"workflow_call"}, read)


def _job(files: Files, name: str, key: Scalar, node: Node, env: Mapping[str, str]) -> Job:
    calls = written(below(node, "uses"))
    called = Called(calls.removeprefix("./"), texts(below(node, "with"))) if calls.startswith("./") else None
    steps = tuple(_steps(files, below(node, "steps"), None, 0))
    own = {**env, **texts(below(node, "env"))}
    return Job(name, place(key), below(node, "strategy", "matrix"), own, steps, called)


def _steps(files: Files, node: Node | None, scope: Mapping[str, str] | None, depth: int) -> Iterator[Step]:
    for one in node.items if isinstance(node, Items) else ():
        uses = written(below(one, "uses"))
        inputs = texts(below(one, "with"))
        if uses.startswith("./") and depth < MAX_NESTED:
            yield from _composite(files, uses.removeprefix("./"), inputs, depth)
            continue
        action = uses.partition("@")[0]
        run = written(below(one, "run"))
        yield Step(action, inputs, written(below(one, "id")), place(one), texts(below(one, "env")), scope, run)


def _composite(files: Files, folder: str, inputs: Mapping[str, str], depth: int) -> Iterator[Step]:
    """The steps of an action of this repository, whose inputs have their defaults where none are given."""
    for name in ("action.yml", "action.yaml"):
        path = posixpath.normpath(posixpath.join(folder, name))
        try:
            top = root(files, path)
        except Unreadable:
            return
        if top is not None:
            declared = below(top, "inputs")
            defaults = {
                name: written(below(one, "default"))
                for name, one in (declared.entries.items() if isinstance(declared, Table) else ())
            }
            yield from _steps(files, below(top, "runs", "steps"), {**defaults, **inputs}, depth + 1)
            return


def below(node: Node | None, *keys: str) -> Node | None:
    """What stands under `keys`; None where there is nothing."""
    for key in keys:
        node = node.entries.get(key) if isinstance(node, Table) else None
    return node


def written(node: Node | None) -> str:
    """The text of a scalar; empty for anything else."""
    return node.text[:MAX_TEXT] if isinstance(node, Scalar) and not node.is_null else ""


def texts(node: Node | None) -> dict[str, str]:
    """The texts of a mapping by key."""
    return {name: written(one) for name, one in node.entries.items()} if isinstance(node, Table) else {}


def place(node: Node) -> str:
    """``file:line`` of a node."""
    return f"{node.source.path}:{node.source.position(node.start)[0]}"


def evaluated(node: Node | None, contexts: Contexts) -> Value:
    """The value of a node with its expressions: texts, lists and mappings."""
    if isinstance(node, Table):
        return {name: evaluated(one, contexts) for name, one in node.entries.items()}
    if isinstance(node, Items):
        return [evaluated(one, contexts) for one in node.items]
    if node is None or node.is_null:
        return None
    if node.text.startswith("${{") and node.text.endswith("}}") and node.text.count("${{") == 1:
        return contexts.value(node.text[3:-2])
    return contexts.text(node.text)
