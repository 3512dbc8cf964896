"""What is wrong with a `BakeFile` before it is written: everything that bake would accept in silence.

Bake takes two targets that write one cache, one tag on two targets and upper-case repositories without a
word; the build then loses a cache or an image, or the registry refuses it at the end. Every problem names
the places of all values that take part in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bakegen.bake.writable import find_unwritable, location_of
from bakegen.diagnostics import Label, did_you_mean, error, warning
from bakegen.plan.names import reference_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bake.model import BakeFile, BakeTarget, Value
    from bakegen.diagnostics import Diagnostic

_LINK = "target:"
# What names the one place that an entry of `cache-to` writes, for each type.
_PLACES = {
    "registry": ("ref",),
    "local": ("dest", "tag"),
    "gha": ("scope",),
    "s3": ("endpoint_url", "bucket", "prefix", "name"),
    "azblob": ("account_url", "account_name", "container", "prefix", "name"),
}


def check(file: BakeFile, min_buildx: str) -> tuple[Diagnostic, ...]:
    """Every problem of `file`, in the order of the file; nothing when it can be written and built.

    Names, attributes that are too new, text that bake would change, references, duplicates (targets, tags,
    written caches), links and inheritance that lead nowhere or in a circle, members of groups.
    """
    return (
        *find_unwritable(file, min_buildx),
        *_duplicate_names(file),
        *_groups(file),
        *_standard_input(file),
        *_references(file),
        *_duplicate_values(file),
        *_edges(file, "contexts", "links to"),
        *_edges(file, "inherits", "inherits"),
    )


def _both(first: BakeTarget, path: str, text: str) -> list[Label]:
    location = location_of(first, path)
    return [Label(location, text)] if location is not None else []


def _source(target: BakeTarget, path: str) -> str:
    origin = target.origin(path)
    return f"target {target.name!r}" + (f" ({origin})" if origin is not None else "")


def _duplicate_names(file: BakeFile) -> Iterator[Diagnostic]:
    seen: dict[str, BakeTarget] = {}
    for target in file.targets:
        first = seen.setdefault(target.name, target)
        if first is not target:
            message = f"two targets are called {target.name!r}: {_source(first, '')} and {_source(target, '')}"
            labels = _both(first, "", "the other one")
            help = "bake would merge them; give the variants different names"
            yield error("duplicate-target", message, location_of(target), labels=labels, help=help)


def _groups(file: BakeFile) -> Iterator[Diagnostic]:
    targets = {target.name: target for target in file.targets}
    groups = {group.name for group in file.groups}
    known = [*targets, *groups]
    seen: set[str] = set()
    for group in file.groups:
        if group.name in seen:
            yield error("duplicate-group", f"two groups are called {group.name!r}", None)
        seen.add(group.name)
        if group.name in targets:
            message = f"a group and a target are both called {group.name!r}"
            help = "bake would build the group and never the target"
            yield error("duplicate-group", message, location_of(targets[group.name]), help=help)
        for member in group.targets:
            if member not in targets and member not in groups:
                message = f"group {group.name!r} has no target or group {member!r} to build"
                yield error("unknown-member", message, None, help=did_you_mean(member, known))
    members = {group.name: tuple(name for name in group.targets if name in groups) for group in file.groups}
    for circle in _circles(members):
        yield error("circle", f"groups contain each other: {' -> '.join(circle)}", None)


def _standard_input(file: BakeFile) -> Iterator[Diagnostic]:
    for target in file.targets:
        for name in ("context", "dockerfile"):
            if target.attributes.get(name) == "-":
                message = f"target {target.name!r}: bake takes no {name} from standard input"
                yield error("standard-input", message, location_of(target, name), help="name a path")


def _references(file: BakeFile) -> Iterator[Diagnostic]:
    for target in file.targets:
        for path, reference in _written_references(target):
            problem = reference_problem(reference)
            if problem is not None:
                message = f"target {target.name!r}: {problem.message}"
                yield error(problem.code, message, location_of(target, path), help=problem.help)


def _written_references(target: BakeTarget) -> Iterator[tuple[str, str]]:
    tags = target.attributes.get("tags", ())
    if isinstance(tags, tuple):
        for at, tag in enumerate(tags):
            if isinstance(tag, str):
                yield f"tags.{at}", tag
    for name in ("cache-from", "cache-to"):
        for at, entry in _entries(target.attributes.get(name, ())):
            ref = entry.get("ref")
            if entry.get("type") == "registry" and isinstance(ref, str):
                yield f"{name}.{at}.ref", ref


def _entries(value: Value) -> Iterator[tuple[int, Mapping[str, Value]]]:
    if isinstance(value, tuple):
        for at, entry in enumerate(value):
            if isinstance(entry, Mapping):
                yield at, entry


def _duplicate_values(file: BakeFile) -> Iterator[Diagnostic]:
    tags: dict[str, tuple[BakeTarget, str]] = {}
    caches: dict[tuple[str, ...], tuple[BakeTarget, str]] = {}
    for target in file.targets:
        written = target.attributes.get("tags", ())
        for at, tag in enumerate(written if isinstance(written, tuple) else ()):
            path = f"tags.{at}"
            first, first_path = tags.setdefault(_full(str(tag)), (target, path))
            if first is not target:
                message = f"tag {tag!r} is on two targets: {_source(first, first_path)} and {_source(target, path)}"
                help = "the last one built would take the tag; put what tells the variants apart into it"
                labels = _both(first, first_path, "the other one")
                yield error("duplicate-tag", message, location_of(target, path), labels=labels, help=help)
            elif first_path != path:
                message = f"target {target.name!r} has the tag {tag!r} twice"
                yield warning("repeated-tag", message, location_of(target, path))
        for at, entry in _entries(target.attributes.get("cache-to", ())):
            place = _place(entry)
            if place is None:
                continue
            path = f"cache-to.{at}"
            first, first_path = caches.setdefault(place, (target, path))
            if first is not target or first_path != path:
                sources = f"{_source(first, first_path)} and {_source(target, path)}"
                message = f"two exports write the {place[0]} cache {' '.join(filter(None, place[1:]))!r}: {sources}"
                help = "the last one would replace the other's cache; give every target its own"
                labels = _both(first, first_path, "the other one")
                yield error("duplicate-cache", message, location_of(target, path), labels=labels, help=help)


def _full(reference: str) -> str:
    """`reference` with the tag that an engine adds; the hosts it adds are not needed to compare our own."""
    name = reference.partition("@")[0]
    return reference if ":" in name.rpartition("/")[2] else f"{reference}:latest"


def _place(entry: Mapping[str, Value]) -> tuple[str, ...] | None:
    kind = str(entry.get("type", ""))
    fields = _PLACES.get(kind)
    if fields is None:
        return None
    place = (kind, *(str(entry.get(field, "")) for field in fields))
    return (kind, _full(place[1])) if kind == "registry" else place


def _edges(file: BakeFile, attribute: str, verb: str) -> Iterator[Diagnostic]:
    targets = {target.name: target for target in file.targets}
    graph: dict[str, tuple[str, ...]] = {}
    for target in file.targets:
        graph[target.name] = ()
        for path, name in _edges_of(target, attribute):
            if name not in targets:
                message = f"target {target.name!r} {verb} {name!r}, which is no target"
                yield error("unknown-target", message, location_of(target, path), help=did_you_mean(name, targets))
            else:
                graph[target.name] += (name,)
                if attribute == "contexts":
                    yield from _platforms(target, targets[name], path)
    for circle in _circles(graph):
        labels: list[Label] = []
        for name, follower in zip(circle[1:], [*circle[2:], circle[1]], strict=False):
            labels += _both(targets[name], attribute, f"{name!r} {verb} {follower!r}")
        message = f"targets lead in a circle: {' -> '.join(circle)}"
        location = location_of(targets[circle[0]], attribute)
        yield error("circle", message, location, labels=labels, help="one of them has to do without the other")


def _edges_of(target: BakeTarget, attribute: str) -> Iterator[tuple[str, str]]:
    value = target.attributes.get(attribute, ())
    if isinstance(value, tuple):
        for at, name in enumerate(value):
            yield f"{attribute}.{at}", str(name)
    elif isinstance(value, Mapping):
        for key, context in value.items():
            if isinstance(context, str) and context.startswith(_LINK):
                yield f"{attribute}.{key}", context.removeprefix(_LINK)


def _platforms(target: BakeTarget, linked: BakeTarget, path: str) -> Iterator[Diagnostic]:
    mine, theirs = target.attributes.get("platforms", ()), linked.attributes.get("platforms", ())
    if isinstance(mine, tuple) and isinstance(theirs, tuple) and len(mine) > 1 and len(theirs) > 1:
        missing = [str(platform) for platform in mine if platform not in theirs]
        if missing:
            message = f"target {target.name!r} is built for {', '.join(missing)}, but {linked.name!r} is not"
            labels = _both(linked, "platforms", f"{linked.name!r} is built for these")
            help = "build both for the same platforms"
            yield error("platforms", message, location_of(target, path), labels=labels, help=help)


def _circles(graph: Mapping[str, tuple[str, ...]]) -> Iterator[list[str]]:
    """Every circle once, as the names on it with the first one again at its end; without recursion."""
    state: dict[str, int] = {}
    for start in graph:
        if start in state:
            continue
        path = [start]
        state[start] = 1
        stack = [iter(graph[start])]
        while stack:
            following = next(stack[-1], None)
            if following is None:
                stack.pop()
                state[path.pop()] = 2
            elif state.get(following) == 1:
                yield [*path[path.index(following) :], following]
            elif following not in state:
                state[following] = 1
                path.append(following)
                stack.append(iter(graph.get(following, ())))
