"""Rule BF419: a cache in a registry with no mode, which leaves stages out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject

_FROM = re.compile(r"^[ \t]*FROM[ \t]", re.IGNORECASE | re.MULTILINE)


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    for target, entry in subject.entries("cache-to"):
        if entry.get("type") not in ("registry", "gha", "s3", "azblob", "local") or not entry.lacks("mode"):
            continue
        inline = subject.model.effective(target.name).get("dockerfile-inline")
        if inline is not None and len(_FROM.findall(inline.text or "")) == 1:
            continue
        message = f"the cache of {target.name} leaves out all stages but the last"
        yield Finding(entry.value.span, message, "add mode=max, or mode=min where that is meant")


RULE = Rule(
    code="BF419",
    name="cache-without-mode",
    summary="Say which stages a cache holds",
    why="Without a mode a cache has mode min: only steps whose layers are in the image. What a stage compiled or "
    "installed for another stage is missing, and that is mostly what takes long. `mode=max` holds every step, at "
    "the price of a larger upload. For a Dockerfile with one stage both are the same; `mode=min` says that it is "
    "meant.",
    severity=Severity.NOTE,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("As text", 'target "app" {\n  cache-to = [⟦"type=registry,ref=r.example/app:cache"⟧]\n}\n'),
        Example("Decided", 'target "app" {\n  cache-to = ["type=registry,ref=r.example/app:cache,mode=min"]\n}\n'),
        Example("An inline cache has no other", 'target "app" {\n  cache-to = ["type=inline"]\n}\n'),
        Example(
            "One stage",
            'target "app" {\n  dockerfile-inline = "FROM debian:13\\nRUN make\\n"\n  cache-to = ["type=gha"]\n}\n',
        ),
    ),
    words=("cache-to",),
)
