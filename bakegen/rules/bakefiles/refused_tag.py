"""Rule BF410: an image name that registries refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.references import ReferenceError, parse_reference
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    for _, value in subject.written("tags"):
        for item in value.items:
            text = item.text
            if text and subject.here(item) and not item.variables:
                why = _why(text)
                if why:
                    yield Finding(item.span, f"no registry takes {text}: {why}")
    for name in ("cache-to", "cache-from"):
        for _, entry in subject.entries(name):
            text = entry.get("ref")
            if text and entry.get("type") == "registry" and not _computed(entry.value.variables, entry.value.fields):
                why = _why(text)
                if why:
                    yield Finding(entry.value.span, f"no registry takes {text}: {why}")


def _computed(variables: frozenset[str], fields: object) -> bool:
    from collections.abc import Mapping

    return bool(variables) or (isinstance(fields, Mapping) and any(one.variables for one in fields.values()))


def _why(text: str) -> str:
    try:
        parse_reference(text)
    except ReferenceError:
        last = text.rpartition("/")[2].partition("@")[0]
        _, colon, tag = last.partition(":")
        if colon and len(tag) > 128:
            return f"its tag has {len(tag)} characters, at most 128 are allowed"
        name = text.rpartition(":")[0] if colon else text
        host, slash, path = name.partition("/")
        if (path if slash else host) != (path if slash else host).lower():
            return "its name is not in lower case"
        if colon and not tag:
            return "there is nothing behind the colon"
        return "it is no image reference"
    return ""


RULE = Rule(
    code="BF410",
    name="refused-tag",
    summary="Give images names that registries take",
    why="The name of a repository is in lower case; a tag has letters, digits, `_`, `.` and `-`, begins with none of "
    "the last two, and has at most 128 characters. Bake prints a file with other names without a word, and the "
    "build fails. Names with variables are not looked at, since the environment may set them.",
    severity=Severity.ERROR,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("Upper case", 'target "app" {\n  tags = [⟦"r.example/Team/app:1"⟧]\n}\n', message="lower case"),
        Example("A slash in the tag", 'target "app" {\n  tags = [⟦"r.example/app:feature/x"⟧]\n}\n'),
        Example("Too long", 'target "app" {\n  tags = [⟦"app:' + "x" * 129 + '"⟧]\n}\n', message="129 characters"),
        Example("A cache", 'target "app" {\n  cache-to = [⟦"type=registry,ref=r.example/App:cache"⟧]\n}\n'),
        Example(
            "Fine names", 'target "app" {\n  tags = ["app", "r.example:5000/app:1.2_3-x", "localhost/a/b:v1"]\n}\n'
        ),
        Example(
            "A variable",
            'variable "REPO" {\n  default = ""\n}\ntarget "app" {\n  tags = ["${REPO}/App:1"]\n}\n',
        ),
    ),
    words=("tags", "cache-"),
)
