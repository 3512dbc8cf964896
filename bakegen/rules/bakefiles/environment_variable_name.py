"""Rule BF414: a variable that every environment sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.bakefile.model import Literal
from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject

_SET = frozenset(
    (
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "PWD",
        "OLDPWD",
        "LANG",
        "TERM",
        "HOSTNAME",
        "TMPDIR",
        "DISPLAY",
        "EDITOR",
        "MAIL",
        "SHLVL",
    )
)


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    if subject.document.problems:
        return
    for block in subject.document.of_kind("variable"):
        default = block.attribute("default")
        if block.name not in _SET or default is None:
            continue
        value = default.value
        if not (isinstance(value, Literal) and value.value in (None, "")):
            message = f"{block.name} has a default, but nearly every environment sets {block.name} to something else"
            yield Finding(block.name_span, message, "call it by a name with a prefix of its own")


RULE = Rule(
    code="BF414",
    name="environment-variable-name",
    summary="Do not call a variable what every environment sets",
    why="A variable of a bake file takes the value of the environment variable of the same name. For `PATH`, `HOME` "
    "or `USER` that is always there, so the default in the file never counts, and the result depends on who "
    "builds. A variable without a default is left alone: there the environment is meant.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("A user in the image", 'variable ⟦"USER"⟧ {\n  default = "app"\n}\n'),
        Example("A name of its own", 'variable "APP_USER" {\n  default = "app"\n}\n'),
        Example("The environment is meant", 'variable "HOME" {\n  default = ""\n}\nvariable "USER" {}\n'),
    ),
    words=("variable",),
)
