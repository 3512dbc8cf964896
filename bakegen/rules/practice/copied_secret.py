"""Rule DF232: a COPY of a file that holds a secret."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Add, Copy, Transfer
from bakegen.facts.model import Kind as Entry
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.facts.model import ContextFacts
    from bakegen.rules.dockerfiles import DockerfileSubject

_MOST = 3000  # entries of the context that are looked at by name
_SHOWN = 3
_KEY = r"\A\s*-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----\s"
_ASSIGNED = (
    r"(?m)^(?:export )?\w*(?:SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|ACCESS_KEY)\w*=[\"']?(?P<value>[^\s\"'#]{8,})"
)
_EXAMPLE = r"(?i)change|example|replace|your|secret|password|dummy|test|xxx|<|\$|\{|placeholder|todo|\*\*"
_TOKEN = r"(?m)^[^#;\n]*:_(?:authToken|password|auth)\s*=\s*[\"']?[\w+/=-]{8,}"
_LOGIN = r"\bpassword\s+\S{4,}"


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    context = subject.context
    if context is None:
        return
    image = chain(subject)
    seen: dict[str, list[tuple[str, str]]] = {}
    for stage in image:
        for command in stage.commands:
            if not isinstance(command, Transfer) or command.exclude:
                continue
            if isinstance(command, Copy) and command.source_stage is not None:
                continue
            if isinstance(command, Add) and command.unpack:
                continue
            for source in command.sources:
                if "$" in source.text:
                    continue
                path = source.text.strip("\"'")
                found = seen[path] = seen[path] if path in seen else _secrets(context, path)
                if found:
                    what, path = found[0]
                    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
                    message = f"{path}{more} goes into the image: {what}"
                    help = "leave it out with the ignore file, or mount it as a secret"
                    yield Finding(source.span, message, help)


def _secrets(context: ContextFacts, source: str) -> list[tuple[str, str]]:
    """What is secret in what a source means, with its path; the first few."""
    found: list[tuple[str, str]] = []
    waiting = list(context.matches(source))
    for _ in range(_MOST):
        if not waiting or len(found) >= _SHOWN:
            break
        path = waiting.pop()
        kind = context.kind(path)
        if kind is Entry.DIRECTORY:
            waiting += [posixpath.join(path, name) for name in context.children(path) or ()]
        elif kind is Entry.FILE:
            what = _secret(context, path)
            if what:
                found.append((what, path))
    return sorted(found, key=lambda one: one[1])


def _secret(context: ContextFacts, path: str) -> str:
    """What is secret in a file; empty for nothing. Only files are read whose name tells that they may hold it."""
    name = posixpath.basename(path)
    is_key = name.startswith("id_") or name.endswith((".pem", ".key"))
    is_settings = name == ".env" or (name.startswith(".env.") and not name.endswith((".example", ".sample", ".dist")))
    if not (is_key or is_settings or name in (".npmrc", ".netrc", ".git-credentials")):
        return ""
    if re.search(r"(?:^|/)(?:tests?|testdata|fixtures|examples?|node_modules)/", path):
        return ""
    source = context.read(path)
    if source is None:
        return ""
    text = source.text
    if is_key:
        return "a private key" if re.match(_KEY, text) else ""
    if is_settings:
        values = (match["value"] for match in re.finditer(_ASSIGNED, text))
        return "it sets a password or token" if any(not re.search(_EXAMPLE, value) for value in values) else ""
    if name == ".npmrc":
        return "it holds a token" if re.search(_TOKEN, text) else ""
    if name == ".netrc":
        return "it holds a password" if re.search(_LOGIN, text) else ""
    return "it holds a login" if re.search(r"://[^/\s:]+:[^/\s@]+@", text) else ""


_PRIVATE = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3BlbnNzaC1r\n"
_FILES = {"app.py": "", ".env": "API_TOKEN=4f9a0c27be11\n", "ssh/id_ed25519": _PRIVATE, "ca.pem": "-----BEGIN CERT"}

RULE = Rule(
    code="DF232",
    name="copied-secret",
    summary="Keep secrets of the context out of the image",
    why="Whoever can pull an image can read all its layers, also what a later RUN deletes. With the build context at "
    "hand, files that usually hold secrets and that COPY or ADD take along are opened: private keys by their "
    "first line, `.env` files that give a value to a password, a token or a key, `.npmrc`, `.netrc` and "
    "`.git-credentials` with a login. The ignore file counts: what it leaves out is not there.\n\n"
    "Only the image that the file ends with is looked at, with the stages it builds on. Values that read like "
    "examples, and what lies in folders of tests, are let pass. A build that needs the secret gets it with `RUN "
    "--mount=type=secret`.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "With everything else", "FROM debian\nCOPY ⟦.⟧ /app\n", files=_FILES, message=".env and 1 more goes into"
        ),
        Example("A key by its name", "FROM debian\nCOPY app.py ⟦ssh/⟧ /app/\n", files=_FILES, message="a private key"),
        Example("Left out by the ignore file", "FROM debian\nCOPY . /app\n", files=_FILES, ignore=".env\n**/id_*\n"),
        Example("A certificate", "FROM debian\nCOPY ca.pem app.py /app/\n", files=_FILES),
        Example("Not a secret", "FROM debian\nCOPY .env /app/\n", files={".env": "PORT=8080\nTOKEN=change-me-now\n"}),
        Example(
            "A stage that nobody gets", "FROM debian AS a\nCOPY . /app\nFROM debian\nCOPY app.py /\n", files=_FILES
        ),
        Example("Without the context", "FROM debian\nCOPY .env /app/\n"),
    ),
    words=("copy", "add"),
    links=("https://docs.docker.com/build/building/secrets/",),
)
