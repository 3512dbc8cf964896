"""Reads compose files: each service with a build section is a target, as ``docker buildx bake`` makes it.

A folder with compose files is a project: its base file with the override file that ``docker compose`` reads too, and
other files, which stand alone or are merged over the base. Feeds `merging`.
"""

from __future__ import annotations

import posixpath
import re
from itertools import chain, count
from typing import TYPE_CHECKING, NamedTuple

from bakegen.importing.bakefiles_caches import cache_setting
from bakegen.importing.compose_build import UNSET, ServiceReader, target_name
from bakegen.importing.compose_documents import ComposeReader
from bakegen.importing.compose_model import Value, several, text
from bakegen.importing.model import Found, Guess, Loss, Wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.sources import Files

# The order in which docker compose and buildx look for it.
_BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_NAME = re.compile(
    r"(?:docker-)?compose(?:[._-](?P<kind>[^/]*?))?\.ya?ml|(?P<front>[^/.]+)\.(?:docker-)?compose\.ya?ml"
)
_OF_OTHERS = frozenset(("node_modules", "vendor", "third_party", "bower_components", "site-packages", "testdata"))
_EXAMPLES = (".env.example", ".env.dist", ".env.sample", ".env.template", "env.example", "example.env", ".env.default")
_UNFIT = re.compile(r"[^a-zA-Z0-9_-]+")


class _Project(NamedTuple):
    """Files that are read together: the last one gives `kind`, such as ``prod``, where it is not the base."""

    folder: str
    paths: tuple[str, ...]
    kind: str


class _Read(NamedTuple):
    targets: tuple[Wanted, ...]
    profiles: Mapping[str, tuple[str, ...]]
    losses: tuple[Loss, ...]
    used: tuple[str, ...]
    alone: bool


def read_compose(files: Files) -> Found:
    """The targets of all compose files, groups of the profiles, and what is not carried over."""
    read = _everything(files)
    folders: dict[str, set[str]] = {}
    for project, one in read:
        for target in one.targets:
            folders.setdefault(target.name, set()).add(project.folder)
    several = {name for name, where in folders.items() if len(where) > 1}
    names: dict[str, Wanted] = {}
    groups: dict[str, tuple[str, ...]] = {}
    losses: list[Loss] = []
    for project, one in read:
        _add(one, project, names, groups, several if project.folder != "." else frozenset())
        losses += one.losses
    groups = {name: members for name, members in groups.items() if name not in names and len(members) > 0}
    targets = tuple(names.values())
    cache, notes = cache_setting(targets)
    return Found(targets, groups, {"cache": cache} if cache else {}, tuple(dict.fromkeys(losses)), tuple(notes))


def _everything(files: Files) -> list[tuple[_Project, _Read]]:
    """All projects; files that another one includes or extends are not read for themselves."""
    found: list[tuple[_Project, _Read]] = []
    used: set[str] = set()
    for folder, paths in _folders(files).items():
        for base, others in _projects(folder, paths):
            if set(base.paths) <= used:
                continue
            found.append((base, _read(files, base)))
            used |= set(found[-1][1].used)
            for other in others:
                if not set(other.paths) <= used:
                    found.append((other, _overlaid(files, other, base)))
                    used |= set(found[-1][1].used)
    return found


def _folders(files: Files) -> dict[str, list[str]]:
    """Compose files by folder, folders above others first."""
    found: dict[str, list[str]] = {}
    for path in sorted(files.paths, key=lambda path: (path.count("/"), path)):
        if _NAME.fullmatch(posixpath.basename(path)) and not _OF_OTHERS & set(path.split("/")[:-1]):
            found.setdefault(posixpath.dirname(path) or ".", []).append(path)
    return found


def _projects(folder: str, paths: Sequence[str]) -> list[tuple[_Project, list[_Project]]]:
    """The base of a folder with what may be merged over it; without a base each file stands for itself."""
    by_name = {posixpath.basename(path): path for path in paths}
    base = next((by_name[name] for name in _BASES if name in by_name), None)
    kinds = {path: _kind(path) for path in paths if path != base}
    over = tuple(path for path, kind in kinds.items() if kind == "override") if base is not None else ()
    others = [_Project(folder, (path,), kind) for path, kind in kinds.items() if path not in over]
    if base is None:
        return [(other, []) for other in others]
    return [(_Project(folder, (base, *over), ""), others)]


def _kind(path: str) -> str:
    found = _NAME.fullmatch(posixpath.basename(path))
    assert found is not None
    return _UNFIT.sub("-", found["kind"] or found["front"] or "").strip("-")


def _overlaid(files: Files, other: _Project, base: _Project) -> _Read:
    """A file beside the base: for itself where all its services are whole, else merged over the base."""
    alone = _read(files, other)
    return alone if alone.alone else _read(files, other._replace(paths=(base.paths[0], *other.paths)))


def _read(files: Files, project: _Project) -> _Read:
    reader = ComposeReader(files, project.folder)
    return _services(reader, reader.load(project.paths), project)


def _services(reader: ComposeReader, services: dict[str, Value], project: _Project) -> _Read:
    made = ServiceReader(services, reader.secrets, project.folder)
    targets: list[Wanted] = []
    profiles: dict[str, tuple[str, ...]] = {}
    whole = True
    for name, body in services.items():
        entries = body if isinstance(body, dict) else {}
        whole = whole and ("image" in entries or "build" in entries)
        target = made.target(name, reader.places.get(name, project.paths[0]), _environment(reader, entries))
        if target is None:
            continue
        targets.append(target)
        for profile in several(entries.get("profiles")):
            group = _UNFIT.sub("-", text(profile) or "")
            if group:
                profiles[group] = (*profiles.get(group, ()), target.name)
    losses = (*reader.losses, *made.losses, *_without_variables(reader, targets))
    return _Read(tuple(targets), profiles, losses, tuple(reader.used), whole)


def _without_variables(reader: ComposeReader, targets: Sequence[Wanted]) -> list[Loss]:
    """Tells of an example of ``.env`` where that is not there and variables have no values."""
    if reader.variables or not any(guess.why.endswith(UNSET) for target in targets for guess in target.guesses):
        return []
    folder = "" if reader.folder == "." else f"{reader.folder}/"
    example = next((f"{folder}{name}" for name in _EXAMPLES if reader.files.read(f"{folder}{name}") is not None), None)
    if example is None:
        return []
    what = f"variables without values: {folder}.env is not there"
    return [Loss(example, what, f"copy {example} to {folder}.env, look through it and run this again")]


def _environment(reader: ComposeReader, service: Mapping[str, Value]) -> dict[str, str]:
    """What build arguments without a value are taken from: the service's environment, its files, and ``.env``."""
    found = dict(reader.variables)
    for file in several(service.get("env_file")):
        found |= reader.variables_of(text(file) or "", found)
    own = service.get("environment")
    for name, value in own.items() if isinstance(own, dict) else ():
        given = text(value)
        if given is not None:
            found[name] = given
    return found


def _add(
    read: _Read,
    project: _Project,
    names: dict[str, Wanted],
    groups: dict[str, tuple[str, ...]],
    several: Collection[str],
) -> None:
    """Adds targets under names of their own; one that is there with the same build is not added again."""
    renamed = {target.name: target.name for target in read.targets}
    for _ in read.targets:  # a target that links to one with another name is another target as well
        linked = {target.name: _linked(target, renamed) for target in read.targets}
        chosen = {
            target.name: _free_name(target.name, linked[target.name], project, names, several)
            for target in read.targets
        }
        if chosen == renamed:
            break
        renamed = chosen
    for target in read.targets:
        name = renamed[target.name]
        attributes = _linked(target, renamed)
        if name in names:
            continue
        guesses = target.guesses
        if project.kind and len(project.paths) > 1:
            both = " and ".join(project.paths)
            guesses = (*guesses, Guess("name", f"{both} are taken to be used together"))
        names[name] = Wanted(name, attributes, origin=target.origin, guesses=guesses)
    for profile, members in read.profiles.items():
        wanted = dict.fromkeys((*groups.get(profile, ()), *(renamed[member] for member in members)))
        groups[profile] = tuple(wanted)


def _free_name(
    name: str,
    attributes: Mapping[str, Json],
    project: _Project,
    names: Mapping[str, Wanted],
    several: Collection[str],
) -> str:
    """`name`, or one that tells the file or folder where others have that name as well; `several` are such names."""

    def fits(choice: str) -> bool:
        return choice not in names or names[choice].attributes == attributes

    front = "" if project.folder == "." else target_name(posixpath.basename(project.folder))
    choices = [name, *([f"{name}-{project.kind}"] if project.kind else [])] if name not in several else []
    if front:
        choices += ["-".join((front, name)), *(["-".join((front, name, project.kind))] if project.kind else [])]
    numbered = (f"{name}-{number}" for number in count(2))
    return next(choice for choice in chain(choices, numbered) if fits(choice))


def _linked(target: Wanted, renamed: Mapping[str, str]) -> dict[str, Json]:
    """The attributes of a target with links to others under the names that those have now."""
    contexts = target.attributes.get("contexts")
    if not isinstance(contexts, dict):
        return dict(target.attributes)
    found: dict[str, Json] = {}
    for name, one in contexts.items():
        linked = one.removeprefix("target:") if isinstance(one, str) and one.startswith("target:") else None
        found[name] = one if linked is None else f"target:{renamed.get(linked, linked)}"
    return {**target.attributes, "contexts": found}
