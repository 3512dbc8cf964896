"""Rule BF403: a cache is written by builds that may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    if subject.settings.trusted is not False:
        return
    for target, entry in subject.entries("cache-to"):
        if entry.get("type") not in ("inline", "local"):
            message = f"{target.name} writes a cache, and builds with this file are not trusted to"
            yield Finding(entry.value.span, message, "set cache-to in a file that only trusted builds read")


RULE = Rule(
    code="BF403",
    name="cache-to-where-untrusted",
    summary="Let only trusted builds write caches",
    why="A cache holds the results of steps, and later builds take them for their own. A build of a fork or of a "
    "pull request that writes to it can put anything into the next release. The setting `trusted = false` says "
    "that this file is read by such builds. `cache-to` then belongs into an override file, or into `--set`, of "
    "the branches that are trusted.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "A registry's cache",
            'target "app" {\n  cache-to = [⟦"type=registry,ref=r.example/app:cache"⟧]\n}\n',
            settings={"trusted": False},
        ),
        Example("Nothing is said about trust", 'target "app" {\n  cache-to = ["type=gha"]\n}\n'),
        Example(
            "Reading is fine",
            'target "app" {\n  cache-from = ["type=gha"]\n  cache-to = []\n}\n',
            settings={"trusted": False},
        ),
    ),
    words=("cache-to",),
)
