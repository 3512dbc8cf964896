"""Rule BF418: a secret among arguments, labels or fields of a cache."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.bakefiles._common import once
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bakefile.values import Value
    from bakegen.rules.bakefile_subject import BakeSubject

_NAME = re.compile(
    r"(?:^|[_.-])(?:password|passwd|secret|secret[_-]?key|api[_-]?key|access[_-]?key|private[_-]?key|"
    r"(?:auth|access|api|npm|github|gitlab|registry|pypi)[_-]?token|secret_access_key|session_token|ghtoken|"
    r"account_key)$",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}\b|xox[abpr]-[\w-]{10,}|"
    r"-----BEGIN [A-Z ]*PRIVATE KEY|npm_[A-Za-z0-9]{36}|://[^/\s:@]+:[^/\s:@]+@"
)
_HARMLESS = re.compile(r"true|false|yes|no|none|null|[01]|x+|\*+|changeme|/.*|.*[/.]secrets?/.*", re.IGNORECASE)


@once
def _check(subject: BakeSubject) -> Iterator[Finding]:
    for attribute in ("args", "labels"):
        for target, value in subject.written(attribute):
            for name, one in value.fields.items():
                if subject.here(one):
                    yield from _look(target.name, attribute, name, one)
    for attribute in ("cache-to", "cache-from"):
        for target, entry in subject.entries(attribute):
            for name in entry.fields:
                field = entry.value.fields.get(name, entry.value)
                if _secret(name, entry.get(name), field):
                    yield Finding(field.span, _message(target.name, attribute, name), _HELP)


_HELP = "take it from the environment of the builder, or from a secret of the build"


def _look(target: str, attribute: str, name: str, value: Value) -> Iterator[Finding]:
    if _secret(name, value.text or "", value):
        yield Finding(value.span, _message(target, attribute, name), _HELP)


def _secret(name: str, text: str, value: Value) -> bool:
    if not text or value.variables:
        return False
    return _VALUE.search(text) is not None or (_NAME.search(name) is not None and not _HARMLESS.fullmatch(text))


def _message(target: str, attribute: str, name: str) -> str:
    return f"{name} in the {attribute} of {target} looks like a secret"


RULE = Rule(
    code="BF418",
    name="secret-in-args",
    summary="Keep secrets out of the bake file",
    why="Arguments are in the history of the image and in its provenance, labels in its configuration, and the bake "
    "file in version control: who can read one of them has the secret. A secret of the build (`secret` here, "
    "`RUN --mount=type=secret` in the Dockerfile) leaves no trace. Only values that are written in the file are "
    "looked at.",
    severity=Severity.WARNING,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("By its name", 'target "app" {\n  args = {\n    NPM_TOKEN = ⟦"s3cr3t-value"⟧\n  }\n}\n'),
        Example(
            "A password in an address",
            'target "app" {\n  args = {\n    INDEX = ⟦"https://me:hunter2@pypi.example/simple"⟧\n  }\n}\n',
        ),
        Example(
            "A key of a cache",
            'target "app" {\n  cache-to = [{\n    type = "s3"\n    secret_access_key = ⟦"abcdef0123"⟧\n  }]\n}\n',
        ),
        Example("Names of secrets", 'target "app" {\n  secret = ["id=npm_token,env=NPM_TOKEN"]\n}\n'),
        Example(
            "Where a secret is",
            'target "app" {\n  args = {\n    DB_PASSWORD_FILE = "x"\n    API_KEY = "/run/secrets/key"\n'
            '    SECRET = ""\n  }\n}\n',
        ),
        Example(
            "From outside", 'variable "NPM_TOKEN" {}\ntarget "app" {\n  args = {\n    NPM_TOKEN = NPM_TOKEN\n  }\n}\n'
        ),
    ),
)
