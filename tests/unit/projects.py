"""Projects in memory, for the tests of everything from variants to the bake file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.loader import load_project
from bakegen.diagnostics import error
from bakegen.errors import InputError
from bakegen.matrix.expand import expand
from bakegen.matrix.select import select
from bakegen.plan.build import build_plan
from bakegen.templating.files import FileRenderer
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.plan.model import Plan
    from bakegen.text import Location


class MemoryFiles:
    """Files by path, as the plan asks for them."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def read(self, path: str, location: Location | None = None) -> Source:
        if path not in self.files:
            raise InputError([error("unreadable-file", f"cannot read {path!r}", location)])
        return Source(path, self.files[path])

    def read_if_there(self, path: str, location: Location | None = None) -> Source | None:
        return Source(path, self.files[path]) if path in self.files else None

    def exists(self, path: str, location: Location | None = None) -> bool:
        return path == "." or any(f"{file}/".startswith(f"{path}/") for file in self.files)


class _DefinitionFiles:
    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def read(self, path: str) -> bytes | None:
        return self.files[path].encode() if path in self.files else None

    def exists(self, path: str) -> bool:
        return path in self.files

    def folders(self, path: str) -> Sequence[str]:
        lead = "" if path == "." else f"{path}/"
        inside = [file.removeprefix(lead) for file in self.files if file.startswith(lead)]
        return sorted({name.partition("/")[0] for name in inside if "/" in name})


def plan_of(files: Mapping[str, str], environ: Mapping[str, str] | None = None, sets: Sequence[str] = ()) -> Plan:
    """The plan of a project; without a bakegen.yaml it has an empty one."""
    files = {"bakegen.yaml": "", **files}
    project = load_project(_DefinitionFiles(files), environ or {}, sets)
    variants = expand(project)
    memory = MemoryFiles(files)
    renderer = FileRenderer(lambda name: memory.read_if_there(f"templates/{name}"))
    return build_plan(project, variants, select(project, variants), memory, renderer)
