"""Everything that `bakegen render` writes: the committed files, and the override file of this branch."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bakegen.bake.check import check
from bakegen.bake.compose import main_file, merged, override_file
from bakegen.bake.entries import takes_objects
from bakegen.bake.hcl import write_hcl
from bakegen.bake.jsonfile import write_json
from bakegen.bake.shorten import shorten
from bakegen.bake.split import split
from bakegen.diagnostics import Severity, error, warning
from bakegen.errors import InputError
from bakegen.plan.marker import MARKER
from bakegen.workspace.contents import Contents
from bakegen.workspace.files import Changes
from bakegen.workspace.settling import settle

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bakegen.bake.model import BakeFile, BakeTarget, Value
    from bakegen.bake.split import Part
    from bakegen.diagnostics import Diagnostic
    from bakegen.plan.branch import BranchState
    from bakegen.plan.caches import ChosenCaches
    from bakegen.plan.model import Plan
    from bakegen.workspace.project import Workspace

WRITERS = {"hcl": write_hcl, "json": write_json}
BAKE_FILE = "docker-bake"
OVERRIDE = "docker-bake.override"

_HEADER = (
    f"{MARKER} from the image definitions: change those, then run `bakegen render`.",
    "Build with `docker buildx bake`, or one of the groups below: `docker buildx bake NAME`.",
)
_OVERRIDE_HEADER = (
    f"{MARKER} for one branch and one build. Bake reads it over {BAKE_FILE} by itself; keep it out of git.",
)


@dataclass(frozen=True)
class Rendering:
    """What a run of `render` comes to; nothing is written before `apply` of the changes.

    Attributes:
        committed: the changes to files that belong in git.
        settled: the changes to the override file.
        texts: bake file name -> text, for printing.
        meanings: bake file name -> what the text is meant to say.
        warnings: what should be looked at.
        caches: what is read on the branch; None without one.
    """

    committed: Changes
    settled: Changes
    texts: Mapping[str, str]
    meanings: Mapping[str, BakeFile]
    warnings: tuple[Diagnostic, ...]
    caches: ChosenCaches | None = None


def render_project(
    workspace: Workspace,
    plan: Plan,
    *,
    format: str = "hcl",
    output: str | None = None,
    state: BranchState | None = None,
    ask_registry: bool = True,
    contents: Contents | None = None,
    built: Collection[str] | None = None,
) -> Rendering:
    """Plans all files.

    Args:
        workspace: the project.
        plan: the part of its plan that is wanted.
        format: ``hcl`` or ``json``.
        output: the bake file, relative to the project; ``docker-bake.<format>`` without it.
        state: the branch to settle; None where only the committed files are wanted.
        ask_registry: whether registries may be asked which caches exist.
        contents: those of `plan`, where its keys are known already.
        built: the images whose caches matter; all without it.

    Raises:
        InputError: with every error of the bake file.
    """
    settings = workspace.project.settings
    min_buildx = settings.min_buildx.value
    warnings = list(workspace.warnings)
    main = main_file(plan, settings.default_branch.value, _HEADER)
    warnings += _refuse(check(main, min_buildx))
    path = output or f"{BAKE_FILE}.{format}"
    _refuse_two_formats(workspace, path)
    for written in (path, f"{OVERRIDE}.{format}"):
        _refuse_foreign(workspace, written)
    parts = split(shorten(main), ending=format)
    files = {_part_name(path, part): part.file for part in parts}
    committed, settled = Changes(workspace.files), Changes(workspace.files)
    for target in plan.targets.values():
        for file in target.recipe.files:
            committed.write(file.path, file.text)
    override = f"{OVERRIDE}.{format}"
    overrides: dict[str, BakeFile] = {}
    caches = None
    if state is not None:
        warnings += _default_branch_doubt(workspace, state)
        facts = settle(
            contents or Contents(workspace, plan),
            state,
            ask_registry=ask_registry,
            objects=takes_objects(min_buildx),
            built=built,
        )
        warnings += facts.warnings
        caches = facts.caches
        push = settings.push.value == "trusted" and state.trusted
        own = override_file(
            plan,
            state,
            _OVERRIDE_HEADER,
            push=push,
            caches=facts.caches,
            keys=facts.keys,
            tags=facts.tags,
            labels=facts.labels,
            inline=settings.ancestors.value > 0,
        )
        warnings += _refuse(check(merged(main, own), min_buildx))
        overrides = {_part_name(override, part): _restricted(own, part) for part in parts}
    texts = {name: WRITERS[format](file, min_buildx) for name, file in (files | overrides).items()}
    for name, text in texts.items():
        (settled if name in overrides else committed).write(name, text)
    if len(plan.targets) == len(workspace.plan.targets):
        committed.remove_stale(settings.rendered.value, MARKER, (".Dockerfile", ".Dockerfile.dockerignore"))
        _remove_stale_parts(committed, path, len(files))
    if not overrides:
        settled.remove(override, MARKER)
    _remove_stale_parts(settled, override, len(overrides))
    return Rendering(committed, settled, texts, files | overrides, tuple(dict.fromkeys(warnings)), caches)


def _part_name(path: str, part: Part) -> str:
    """The file of a part: ``docker-bake.hcl``, ``docker-bake.2.hcl``, …"""
    stem, suffix = posixpath.splitext(path)
    return f"{stem}{part.infix}{suffix}"


def _restricted(override: BakeFile, part: Part) -> BakeFile:
    """What of `override` belongs to a part: its targets, and those that were made for them."""
    inside = {target.name for target in part.file.targets}
    targets = tuple(
        target
        for target in override.targets
        if target.name in inside or not inside.isdisjoint(map(str, inherits(target)))
    )
    names = inside | {target.name for target in targets} | {group.name for group in part.file.groups}
    groups = (replace(one, targets=tuple(name for name in one.targets if name in names)) for one in override.groups)
    variables = (
        replace(one, values={key: ref for key, ref in one.values.items() if key.partition(" ")[0] in inside})
        for one in override.variables
    )
    return replace(
        override,
        targets=targets,
        groups=tuple(group for group in groups if group.targets),
        variables=tuple(one for one in variables if one.values),
    )


def inherits(target: BakeTarget) -> tuple[Value, ...]:
    """What a target inherits from: only those that an override file adds have something there."""
    found = target.attributes.get("inherits", ())
    return found if isinstance(found, tuple) else ()


def _remove_stale_parts(changes: Changes, path: str, count: int) -> None:
    stem, suffix = posixpath.splitext(path)
    number = count + 1
    while changes.remove(f"{stem}.{number}{suffix}", MARKER):
        number += 1


def _refuse(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    errors = [one for one in found if one.severity is Severity.ERROR]
    if errors:
        raise InputError(errors)
    return list(found)


def _refuse_two_formats(workspace: Workspace, path: str) -> None:
    """Bake reads ``docker-bake.json`` and ``docker-bake.hcl`` together: two of ours would be merged."""
    stem, suffix = posixpath.splitext(path)
    other = stem + {".hcl": ".json", ".json": ".hcl"}.get(suffix, "")
    if path in (f"{BAKE_FILE}.hcl", f"{BAKE_FILE}.json") and workspace.files.exists(other):
        _refuse_foreign(workspace, other)
        raise InputError(
            [error("two-formats", f"{other} is there too, and bake would merge both", help=f"delete {other} first")]
        )


def _refuse_foreign(workspace: Workspace, path: str) -> None:
    """A bake file that people wrote is never written over: it may be the only one there is."""
    source = workspace.files.read_if_there(path)
    if source is None or not source.text.strip() or MARKER in source.text[:4096]:
        return
    away = path.replace(BAKE_FILE, "bake.before", 1) if BAKE_FILE in path else f"{path}.before"
    raise InputError(
        [
            error(
                "foreign-file",
                f"{path} was not written by bakegen",
                help=f"keep it under another name: mv {path} {away}; `bakegen init` makes definitions of it",
            )
        ]
    )


def _default_branch_doubt(workspace: Workspace, state: BranchState) -> list[Diagnostic]:
    setting = workspace.project.settings.default_branch
    if state.default == setting.value:
        return []
    return [
        warning(
            "default-branch",
            f"the default branch here is {state.default!r}, and the committed file reads caches of {setting.value!r}",
            setting.origin.location,
            help=f"set `default-branch: {state.default}` in bakegen.yaml",
        )
    ]
