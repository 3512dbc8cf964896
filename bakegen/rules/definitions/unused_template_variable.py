"""Rule DE507: a variable under `vars` that no template uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.documents.nodes import Table
from bakegen.rules.definitions._image import dockerfile
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.project_subject import ProjectSubject

# `vars` as a whole: handed to a macro, looped over, or asked for a name that only a template knows.
_WHOLE = re.compile(r"(?<![\w.])vars\b(?!\s*(?:\.\s*(?!(?:get|items|keys|values)\b)\w|\[\s*['\"]))")


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    known, tree = subject.known, subject.tree
    if known is None or tree is None:
        return
    if subject.is_project_file:
        defaults = tree.entries.get("defaults")
        node = defaults.entries.get("vars") if isinstance(defaults, Table) else None
        images = known.project.images
    else:
        node = tree.entries.get("vars")
        images = (subject.image,) if subject.image is not None else ()
    if not isinstance(node, Table) or not images:
        return
    texts = {text for image in images for text in known.texts(image) if "vars" in text}
    if any("{" in text and _WHOLE.search(text) for text in texts):
        return
    for name, key in node.keys.items():
        use = re.compile(rf"(?<![\w.])vars\s*(?:\.\s*{re.escape(name)}\b|\[\s*(['\"]){re.escape(name)}\1\s*\])")
        if not any(use.search(text) for text in texts):
            yield Finding(key.location.span, f"nothing uses `vars.{name}`", "use it in a template, or take it out")


RULE = Rule(
    code="DE507",
    name="unused-template-variable",
    summary="Take out variables that no template uses",
    why="A variable under `vars` is there for templates: fields and Dockerfile templates. One that none of them names "
    "is what is left of something, or its name is misspelt where it is set. Where a template handles `vars` as a "
    "whole, nothing is said.",
    severity=Severity.NOTE,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "Nobody needs it",
            'vars: {version: "1.2", ⟦series⟧: "1"}\nargs: {V: "{{ vars.version }}"}\n',
            files=dockerfile("FROM scratch\nARG V\n"),
            message="vars.series",
        ),
        Example(
            "For all images, and none uses it",
            "defaults:\n  vars:\n    ⟦owner⟧: me\n    team: us\n",
            path="bakegen.yaml",
            files=dockerfile("FROM scratch\n", image="labels: {team: \"{{ vars['team'] }}\"}\n"),
        ),
        Example(
            "The Dockerfile uses it",
            'vars: {version: "1.2"}\n',
            files={"images/app/Dockerfile.j2": "FROM scratch\nLABEL v={{ vars.version }}\n"},
        ),
        Example(
            "All variables are looped over",
            'vars: {a: "1", b: "2"}\n',
            files={
                "images/app/Dockerfile.j2": "FROM scratch\nLABEL{% for n in vars %} {{ n }}={{ vars[n] }}{% endfor %}\n"
            },
        ),
    ),
    words=("vars",),
)
