"""Rule BF401: two targets that are built together write one cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.bakefile.entries import Entry, entries
from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import built_together, named, once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject


def _place(entry: Entry) -> tuple[str, str] | None:
    kind = entry.get("type")
    if kind == "registry":
        place = entry.get("ref")
    elif kind == "local":
        place = "" if entry.get("tag") else entry.get("dest")
    elif kind == "gha" and entry.sure:
        place = entry.get("scope") or "buildkit"
    else:
        place = ""
    return (kind, place) if place else None


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    writers: dict[tuple[str, str], list[tuple[str, Entry]]] = {}
    for target in subject.model.targets.values():
        for entry in entries(subject.model.effective(target.name).get("cache-to"), "cache-to"):
            place = _place(entry)
            if place is not None:
                writers.setdefault(place, []).append((target.name, entry))
    several = {place: found for place, found in writers.items() if len({name for name, _ in found}) > 1}
    if not several:
        return
    together = list(built_together(subject.model, linked=True))
    for (kind, where), found in several.items():
        best = max(([one for one in found if one[0] in names] for names in together), key=len, default=[])
        if len({name for name, _ in best}) < 2:
            continue
        names = list(dict.fromkeys(name for name, _ in best))
        places = list(dict.fromkeys((one.value.source, one.value.span) for _, one in best))
        first = best[0][1].value
        for source, span in places[1:] or places:
            if source is subject.source:
                what = "scope" if kind == "gha" else "folder" if kind == "local" else "reference"
                labels = ((first.span, "written here, too"),) if len(places) > 1 and subject.here(first) else ()
                message = f"{named(names)} write their caches to the one {what} {where}: only the last one's stays"
                yield Finding(span, message, f"give each target a {what} of its own", labels)


RULE = Rule(
    code="BF401",
    name="shared-cache-to",
    summary="Give each target a cache of its own to write",
    why="An export replaces the cache that was there under the reference. Of twelve targets that wrote to one, the "
    "cache of a single one was left. The registry keeps equal layers once, so references of their own cost no "
    "space. `cache-from` may name several of them: they are read together.\n\n"
    "Targets are compared that one group builds together. Two ways to build one image that are never built in "
    "one call may share a reference.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "Two targets of a group",
            'group "default" {\n  targets = ["a", "b"]\n}\n'
            'target "a" {\n  cache-to = ["type=registry,ref=r.example/x:cache,mode=max"]\n}\n'
            'target "b" {\n  cache-to = [⟦{ type = "registry", ref = "r.example/x:cache" }⟧]\n}\n',
            message="a and b write",
        ),
        Example(
            "Inherited by both",
            'group "default" {\n  targets = ["a", "b"]\n}\n'
            'target "base" {\n  cache-to = [⟦"type=gha"⟧]\n}\n'
            'target "a" {\n  inherits = ["base"]\n}\ntarget "b" {\n  inherits = ["base"]\n}\n',
        ),
        Example(
            "A matrix",
            'target "app" {\n  name = "app-${v}"\n  matrix = {\n    v = ["1", "2"]\n  }\n'
            '  cache-to = [⟦"type=registry,ref=r.example/app:cache"⟧]\n}\n',
        ),
        Example(
            "A matrix with a reference each",
            'target "app" {\n  name = "app-${v}"\n  matrix = {\n    v = ["1", "2"]\n  }\n'
            '  cache-to = ["type=registry,ref=r.example/app:cache-${v}"]\n}\n',
        ),
        Example(
            "Never built together",
            'group "default" {\n  targets = ["a"]\n}\n'
            'target "a" {\n  cache-to = ["type=registry,ref=r.example/x:cache"]\n}\n'
            'target "a-all" {\n  inherits = ["a"]\n  platforms = ["linux/amd64", "linux/arm64"]\n}\n',
        ),
        Example(
            "A reference that is not known",
            'group "default" {\n  targets = ["a", "b"]\n}\nvariable "REF" {}\n'
            'target "a" {\n  cache-to = ["type=registry,ref=${REF}"]\n}\n'
            'target "b" {\n  cache-to = ["type=registry,ref=${REF}"]\n}\n',
        ),
    ),
    words=("cache-to",),
)
