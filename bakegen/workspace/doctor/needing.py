"""What a project needs of machines and registries: read from its plan and from the bake file that is made of it."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bakegen.bake.compose import merged, pushes
from bakegen.definition.attributes import ATTRIBUTES, OBJECT_ENTRIES_SINCE
from bakegen.definition.backends import BACKENDS
from bakegen.definition.origin import Layer
from bakegen.dockerfile.instructions import Add, Copy, Run
from bakegen.dockerfile.model import read
from bakegen.plan.branch import BranchState
from bakegen.plan.model import TargetKind
from bakegen.plan.names import split_reference
from bakegen.plan.refs import cache_to
from bakegen.workspace.ci import detect
from bakegen.workspace.doctor.model import Feature, Project, Use
from bakegen.workspace.git import Git, GitProblem, git_facts
from bakegen.workspace.rendering import render_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.bake.model import BakeTarget
    from bakegen.dockerfile.instructions import Command
    from bakegen.plan.model import Target
    from bakegen.workspace.project import Workspace

PARENTS = Feature("COPY --parents", "1.20")
EXCLUDE = Feature("--exclude of COPY and ADD", "1.19")
SECURITY = Feature("RUN --security", "1.20")
DEVICE = Feature("RUN --device", "1.14", labs=True)
UNPACK = Feature("ADD --unpack", "1.17")
CHECKSUM = Feature("ADD --checksum", "1.6")
LINK = Feature("--link of COPY and ADD", "1.4")
"""Flags and the first frontend that has them. Source: ``frontend/dockerfile/docs/reference.md`` of BuildKit."""

_INSECURE = "security.insecure"
_HOST = "network.host"


def needs(workspace: Workspace, environ: Mapping[str, str]) -> Project:
    """What a build of all of the project needs, as a trusted build of its default branch would do it.

    Raises:
        InputError: no bake file can be made of it.
    """
    plan, settings = workspace.plan, workspace.project.settings
    rendering = render_project(workspace, plan, ask_registry=False)
    targets: dict[str, BakeTarget] = {}
    for file in rendering.meanings.values():
        targets |= {target.name: target for target in merged(file, type(file)()).targets}
    facts = git_facts(workspace.root)
    written = None if settings.default_branch.origin.layer is Layer.BUILT_IN else settings.default_branch.value
    state = detect(environ, None, facts, default_branch=written)
    caches = _caches(plan.targets.values(), state.default)
    features, syntaxes, asked = _dockerfiles(plan.targets.values())
    images = [target for target in plan.targets.values() if target.kind is TargetKind.IMAGE]
    return Project(
        root=workspace.root,
        state=state,
        ancestors=settings.ancestors.value,
        count=len(images),
        min_buildx=settings.min_buildx.value,
        buildx=_attributes(targets.values()),
        features=features,
        syntaxes=syntaxes,
        caches=caches,
        backend_fields=_fields(caches),
        platforms={one: target.name for target in reversed(images) for one in target.platforms},
        runs=_runs(images),
        multi_platform=tuple(target.name for target in images if len(target.platforms) > 1),
        attests=tuple(name for name, target in targets.items() if _attests(target.attributes.get("attest"))),
        entitlements={**asked, **_asked(targets.values())},
        loads=not any(pushes(target.attributes.get("output")) for target in targets.values())
        and settings.registry.value is None,
        repositories=_repositories(images, caches),
        bases=tuple(dict.fromkeys(base for target in images for base in target.bases if base != "scratch")),
        contexts=tuple(dict.fromkeys(one.recipe.context for one in plan.targets.values() if not one.recipe.remote)),
        artifacts=bool(plan.artifacts),
        stale=tuple(change.path for change in rendering.committed.pending),
        lock_time=_committed(workspace) if workspace.lock is not None else None,
    )


def _caches(targets: Any, default: str) -> dict[str, tuple[Mapping[str, str], ...]]:
    state = BranchState(default, None, default, None, False, True, "")
    found: dict[str, dict[tuple[tuple[str, str], ...], Mapping[str, str]]] = {}
    for target in targets:
        for subject in target.caches:
            for entry in cache_to(subject, target.settings, state):
                found.setdefault(entry["type"], {})[tuple(entry.items())] = entry
    return {backend: tuple(entries.values()) for backend, entries in found.items()}


def _fields(caches: Mapping[str, tuple[Mapping[str, str], ...]]) -> dict[str, str]:
    """The newest fields of caches and the backends themselves, with the first BuildKit that knows each."""
    found: dict[str, str] = {}
    for type, entries in caches.items():
        backend = BACKENDS[type]
        found[f"a cache of type {type}"] = backend.since
        for entry in entries:
            for name in entry:
                field = backend.fields.get(name)
                if field is not None and field.since:
                    found[f"{name} of a {type} cache"] = field.since
    return found


def _attributes(targets: Any) -> dict[str, tuple[str, str]]:
    """Attributes of the bake file: name -> the first buildx that knows it, the first target that has it."""
    found: dict[str, tuple[str, str]] = {}
    for target in targets:
        for name, value in target.attributes.items():
            if (attribute := ATTRIBUTES.get(name)) is not None:
                found.setdefault(name, (attribute.since, target.name))
            if isinstance(value, tuple) and any(not isinstance(one, str) for one in value):
                found.setdefault(f"objects in {name}", (OBJECT_ENTRIES_SINCE, target.name))
    return found


def _dockerfiles(targets: Any) -> tuple[dict[Feature, Use], dict[str, str], dict[str, str]]:
    """What Dockerfiles use: flags, frontends, entitlements; each file is read once."""
    features: dict[Feature, Use] = {}
    syntaxes: dict[str, str] = {}
    asked: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for target in targets:
        source = target.recipe.source
        if source is None or (key := (target.recipe.path, source.text)) in seen:
            continue
        seen.add(key)
        where = target.recipe.path or target.name
        file = read(source)
        if file.syntax:
            syntaxes.setdefault(file.syntax, where)
        for stage in file.stages:
            for command in stage.commands:
                place = f"{where}:{command.node.line}"
                for feature in _features(command):
                    use = features.get(feature)
                    features[feature] = Use(feature.name, place) if use is None else replace(use, others=use.others + 1)
                for wish in _wishes(command):
                    asked.setdefault(wish, place)
    return features, syntaxes, asked


def _features(command: Command) -> Iterator[Feature]:
    if isinstance(command, Copy | Add):
        if command.link:
            yield LINK
        if command.exclude:
            yield EXCLUDE
    if isinstance(command, Copy) and command.parents:
        yield PARENTS
    if isinstance(command, Add):
        if command.checksum is not None:
            yield CHECKSUM
        if command.unpack is not None:
            yield UNPACK
    if isinstance(command, Run):
        if command.security == "insecure":
            yield SECURITY
        if command.devices:
            yield DEVICE


def _wishes(command: Command) -> Iterator[str]:
    if isinstance(command, Run):
        if command.security == "insecure":
            yield _INSECURE
        if command.network == "host":
            yield _HOST


def _asked(targets: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for target in targets:
        wishes = [str(one) for one in target.attributes.get("entitlements") or ()]
        if target.attributes.get("network") == "host":
            wishes.append(_HOST)
        for wish in wishes:
            found.setdefault(wish, f"target {target.name}")
    return found


def _runs(images: list[Target]) -> dict[str, str]:
    """Platforms -> the first step that is run on them: in a stage whose FROM names no other platform."""
    found: dict[str, str] = {}
    for target in images:
        if target.recipe.source is None or all(one in found for one in target.platforms):
            continue
        stages = [stage for stage in read(target.recipe.source).stages if stage.start.platform is None]
        run = next((one for stage in stages for one in stage.commands if isinstance(one, Run)), None)
        if run is not None:
            for platform in target.platforms:
                found.setdefault(platform, f"{target.recipe.path or target.name}:{run.node.line}")
    return found


def _attests(value: object) -> bool:
    entries = value if isinstance(value, tuple) else ()
    return any(
        str(one.get("disabled", "false")) not in ("true", "True") if hasattr(one, "get") else "disabled=true" not in one
        for one in entries
    )


def _repositories(images: list[Target], caches: Mapping[str, tuple[Mapping[str, str], ...]]) -> tuple[str, ...]:
    found = dict.fromkeys(split_reference(tag)[0] for target in images for tag in target.tags)
    pushed = [target.repository for target in images if target.repository]
    refs = [split_reference(one["ref"])[0] for one in caches.get("registry", ()) if "ref" in one]
    named = [one for one in (*pushed, *refs, *found) if "/" in one]
    return tuple(dict.fromkeys(posixpath.normpath(one) for one in named))


def _committed(workspace: Workspace) -> float | None:
    """When the lock file was last committed."""
    from bakegen.facts.model import LOCK_FILE

    try:
        told = Git(workspace.root).line("log", "-1", "--format=%ct", "--", LOCK_FILE)
    except GitProblem:
        return None
    return float(told) if told.isdigit() else None
