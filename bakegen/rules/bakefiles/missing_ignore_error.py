"""Rule BF405: a build fails because its cache cannot be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import older_than, once
from bakegen.rules.bakefiles._entry_edits import add_field
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject

_REMOTE = ("registry", "gha", "s3", "azblob")


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    if older_than(subject, "0.11"):
        return
    for target, entry in subject.entries("cache-to"):
        if entry.get("type") in _REMOTE and entry.lacks("ignore-error"):
            edit = add_field(entry, "ignore-error", "true", json=subject.source.path.endswith(".json"))
            why = "a cache that could not be written changes nothing in the image"
            fix = Fix((edit,), "Add ignore-error", True, why) if edit is not None else None
            message = f"the build of {target.name} fails where its cache cannot be written"
            yield Finding(entry.value.span, message, "add ignore-error=true", fix=fix)


RULE = Rule(
    code="BF405",
    name="missing-ignore-error",
    summary="Do not let a cache that cannot be written fail a build",
    why="When the registry of the cache cannot be reached, or does not let the build write, BuildKit fails a build "
    "whose image is fine. With `ignore-error=true` it says so and goes on. A job that only fills the cache "
    "should fail: silence the rule there.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example(
            "As text",
            'target "app" {\n  cache-to = [⟦"type=registry,ref=r.example/app:cache,mode=max"⟧]\n}\n',
            'target "app" {\n  cache-to = ["type=registry,ref=r.example/app:cache,mode=max,ignore-error=true"]\n}\n',
        ),
        Example(
            "As an object on one line",
            'target "app" {\n  cache-to = [⟦{ type = "gha", mode = "max" }⟧]\n}\n',
            'target "app" {\n  cache-to = [{ type = "gha", mode = "max", ignore-error = "true" }]\n}\n',
        ),
        Example(
            "As an object on several lines",
            'target "app" {\n  cache-to = [⟦{\n    type = "registry"\n    ref = "r.example/app:cache"\n  }⟧]\n}\n',
            'target "app" {\n  cache-to = [{\n    type = "registry"\n    ref = "r.example/app:cache"\n'
            '    ignore-error = "true"\n  }]\n}\n',
        ),
        Example(
            "In JSON",
            '{"target": {"app": {"cache-to": [⟦{\n  "type": "gha"\n}⟧]}}}\n',
            '{"target": {"app": {"cache-to": [{\n  "type": "gha",\n  "ignore-error": "true"\n}]}}}\n',
            path="docker-bake.json",
        ),
        Example(
            "With a variable",
            'variable "REPO" {\n  default = "r.example/app"\n}\n'
            'target "app" {\n  cache-to = [⟦"type=registry,ref=${REPO}:cache"⟧]\n}\n',
            'variable "REPO" {\n  default = "r.example/app"\n}\n'
            'target "app" {\n  cache-to = ["type=registry,ref=${REPO}:cache,ignore-error=true"]\n}\n',
        ),
        Example("A reference alone", 'target "app" {\n  cache-to = [⟦"r.example/app:cache"⟧]\n}\n'),
        Example("It is there", 'target "app" {\n  cache-to = ["type=gha,ignore-error=true"]\n}\n'),
        Example("It is decided", 'target "app" {\n  cache-to = ["type=gha,ignore-error=false"]\n}\n'),
        Example("An inline cache cannot fail by itself", 'target "app" {\n  cache-to = ["type=inline"]\n}\n'),
    ),
    words=("cache-to",),
)
