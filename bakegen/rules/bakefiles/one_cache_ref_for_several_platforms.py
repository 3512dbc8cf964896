"""Rule BF402: a target for several platforms writes one cache reference."""

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
    for target, effective in subject.targets():
        platforms = effective.get("platforms")
        count = len({item.text for item in platforms.items if item.text}) if platforms is not None else 0
        if count < 2:
            continue
        for entry in entries(effective.get("cache-to"), "cache-to"):
            if entry.get("type") == "registry" and subject.here(entry.value):
                message = f"the {count} platforms of {target.name} write one cache reference"
                yield Finding(entry.value.span, message, "make a target a platform, with a reference each")


RULE = Rule(
    code="BF402",
    name="one-cache-ref-for-several-platforms",
    summary="Write a cache reference a platform where each platform has a builder",
    why="A builder with a node for each platform, and CI with a job for each, export one cache a node: the last one "
    "replaces the others, and the next build of those platforms starts cold.\n\n"
    "On a single builder, with emulation or cross compilation, one export holds all platforms and one reference "
    "is right. That cannot be seen in the file, so this rule runs only where it is asked for.",
    severity=Severity.NOTE,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "Two platforms",
            'target "app" {\n  platforms = ["linux/amd64", "linux/arm64"]\n'
            '  cache-to = [⟦"type=registry,ref=r.example/app:cache,mode=max"⟧]\n}\n',
        ),
        Example(
            "One platform",
            'target "app" {\n  platforms = ["linux/amd64"]\n  cache-to = ["type=registry,ref=r.example/app"]\n}\n',
        ),
        Example(
            "A cache that is no registry's",
            'target "app" {\n  platforms = ["linux/amd64", "linux/arm64"]\n  cache-to = ["type=gha"]\n}\n',
        ),
    ),
    words=("platforms",),
    default=False,
)
