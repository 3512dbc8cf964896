"""Rule DE510: a secret that stands in a definition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.definitions._image import dockerfile
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.project_subject import ProjectSubject

_NAME = re.compile(
    r"(?:.*[_.-])?(?:password|passwd|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key|secret[_-]?key|"
    r"private[_-]?key|credentials?)",
    re.IGNORECASE,
)
# Of an image, `docker-image://alpine:3.20@sha256:…`, the tag stands where a password would.
_URL = re.compile(
    r"(?<![\w-])(?!docker-image:|oci-layout:|docker:|oci:)[A-Za-z][A-Za-z0-9+.-]*://"
    r"[^/\s:@?#{}$]*:(?P<password>[^/\s@{}$]+)@(?!sha256:)"
)
_MAPS = ("args", "labels", "ci-labels", "vars", "cache", "contexts", "annotations")
_PLACEHOLDER = re.compile(r"\*+|x+|<.*>|\.{3}|none|null|true|false|yes|no|[0-9]{1,3}", re.IGNORECASE)
_SHORTEST = 4


def _check(subject: ProjectSubject) -> Iterator[Finding]:
    for one in subject.written:
        text, span = one.scalar.text, one.scalar.location.span
        url = _URL.search(text)
        if url is not None and not _PLACEHOLDER.fullmatch(url["password"]):
            message = "a password stands in this URL"
            yield Finding(span, message, "take it from a secret of the build (`secret`, RUN --mount=type=secret)")
            continue
        name = one.path[-1] if one.path else ""
        if one.key is None or not any(part in _MAPS for part in one.path[:-1]) or not _NAME.fullmatch(name):
            continue
        if _is_secret(text):
            message = f"the value of {name} stands in this file"
            yield Finding(span, message, "take it from a secret of the build (`secret`, RUN --mount=type=secret)")


def _is_secret(text: str) -> bool:
    """Whether a text can be a secret: no template, no path, no name of something, no placeholder."""
    if len(text) < _SHORTEST or "{{" in text or "{%" in text or any(char.isspace() for char in text):
        return False
    if text.startswith(("/", "./", "$", "~")) or "://" in text or _PLACEHOLDER.fullmatch(text):
        return False
    # `NPM_TOKEN: NPM_TOKEN`, `token: npm-token` and `secret: registry-login` name a secret and do not tell it.
    return re.fullmatch(r"[A-Z][A-Z0-9_]*|[a-z]+(?:[-_.][a-z]+)+", text) is None and _NAME.fullmatch(text) is None


RULE = Rule(
    code="DE510",
    name="secret-in-definition",
    summary="Keep secrets out of definitions",
    why="Definitions are committed, rendered into the bake file, and shown in logs; an argument or a label is also in "
    "the image's history or config for everybody who can pull it. The value is out as soon as it is pushed: change "
    "it.\n\nA build takes secrets from the environment or a file: `secret: [{id: token, env: TOKEN}]`, and "
    "`RUN --mount=type=secret,id=token` in the Dockerfile. No layer, no cache key and no log has them then.",
    severity=Severity.WARNING,
    kind=Kind.DEFINITIONS,
    check=_check,
    examples=(
        Example(
            "An argument",
            "args:\n  NPM_TOKEN: ⟦npm_a1B2c3D4⟧\n",
            files=dockerfile("FROM scratch\nARG NPM_TOKEN\n"),
            message="NPM_TOKEN",
        ),
        Example(
            "A password in a URL",
            'args:\n  INDEX: ⟦"https://ci:hunter22@pypi.example.com/simple"⟧\n',
            files=dockerfile("FROM scratch\nARG INDEX\n"),
        ),
        Example(
            "An image by its digest",
            f"contexts: {{base: 'docker-image://alpine:3.20@sha256:{'0' * 64}'}}\n",
            files=dockerfile("FROM base\nLABEL a=b\n"),
        ),
        Example("A secret of the build", "secret:\n  - {id: npm-token, type: env, env: NPM_TOKEN}\n"),
        Example(
            "What only names one",
            'args: {TOKEN_FILE: /run/secrets/token, DB_PASSWORD: DB_PASSWORD, TOKEN: "{{ vars.token_name }}"}\n'
            "vars: {token_name: x}\n",
            files=dockerfile("FROM scratch\nARG TOKEN_FILE\nARG DB_PASSWORD\nARG TOKEN\n"),
        ),
        Example(
            "A URL with a user alone",
            'args: {REPO: "ssh://git@example.com:2222/a.git", PROXY: "http://$USER:$PASS@proxy"}\n',
            files=dockerfile("FROM scratch\nARG REPO\nARG PROXY\n"),
        ),
    ),
    words=("://", "passw", "passphrase", "secret", "token", "key", "credential"),
)
