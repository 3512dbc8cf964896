"""Rule BF417: a cache that is written and never read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.bakefile.entries import entries
from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    if not subject.whole:
        return
    read: set[str] = set()
    for target in subject.model.targets.values():
        effective = subject.model.effective(target.name)
        value = effective.attributes.get("cache-from")
        if value is None:
            if not effective.sure:
                return
            continue
        found = list(entries(value, "cache-from"))
        # One that is not known may read anything.
        if not value.sure or len(found) != len(value.items):
            return
        read.update(entry.get("ref") for entry in found)
    for target, entry in subject.entries("cache-to"):
        ref = entry.get("ref")
        if entry.get("type") == "registry" and ref and ref not in read:
            message = f"{target.name} writes the cache {ref}, and no target reads it"
            yield Finding(entry.value.span, message, "name it in cache-from, too")


RULE = Rule(
    code="BF417",
    name="unread-cache",
    summary="Read the caches that are written",
    why="An export costs seconds to minutes in each build. It is worth that only where a later build has the "
    "reference in `cache-from`: `cache-to` alone reads nothing. Where other files or `--set` read it, silence "
    "the rule.",
    severity=Severity.NOTE,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("Written only", 'target "app" {\n  cache-to = [⟦"type=registry,ref=r.example/app:cache"⟧]\n}\n'),
        Example(
            "Another reference is read",
            'target "app" {\n  cache-from = ["r.example/app:buildcache"]\n'
            '  cache-to = [⟦"type=registry,ref=r.example/app:cache"⟧]\n}\n',
        ),
        Example(
            "Read",
            'target "app" {\n  cache-from = ["type=registry,ref=r.example/app:cache"]\n'
            '  cache-to = ["type=registry,ref=r.example/app:cache,mode=max"]\n}\n',
        ),
        Example(
            "Read by another target",
            'target "a" {\n  cache-to = ["type=registry,ref=r.example/app:cache"]\n}\n'
            'target "b" {\n  cache-from = ["r.example/app:cache"]\n}\n',
        ),
        Example(
            "What is read is not known",
            'variable "CACHES" {}\ntarget "app" {\n  cache-from = split(",", CACHES)\n'
            '  cache-to = ["type=registry,ref=r.example/app:cache"]\n}\n',
        ),
        Example("The default scope of another kind", 'target "app" {\n  cache-to = ["type=gha"]\n}\n'),
    ),
    words=("cache-to",),
)
