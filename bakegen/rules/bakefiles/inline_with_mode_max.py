"""Rule BF404: an inline cache with ``mode=max``."""

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
    for target, entry in subject.entries("cache-to"):
        if entry.get("type") == "inline" and entry.get("mode") == "max":
            message = f"the inline cache of {target.name} has no mode max"
            yield Finding(entry.value.span, message, "write the cache to a registry, or leave the mode out")


RULE = Rule(
    code="BF404",
    name="inline-with-mode-max",
    summary="Do not ask an inline cache for mode max",
    why="An inline cache is a few lines in the image's own configuration that name its layers. Layers of other "
    "stages are not in the image, so they cannot be in its cache, and BuildKit ignores the mode. With several "
    "stages, a cache of type registry with `mode=max` holds them all.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("As text", 'target "app" {\n  cache-to = [⟦"type=inline,mode=max"⟧]\n}\n'),
        Example("As an object", 'target "app" {\n  cache-to = [⟦{ type = "inline", mode = "max" }⟧]\n}\n'),
        Example("Inline alone", 'target "app" {\n  cache-to = ["type=inline"]\n}\n'),
        Example(
            "A registry", 'target "app" {\n  cache-to = ["type=registry,ref=r.example/inline:cache,mode=max"]\n}\n'
        ),
    ),
    words=("inline",),
)
