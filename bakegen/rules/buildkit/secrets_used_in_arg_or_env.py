"""Rule BK115: ``ENV API_KEY=…``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Arg, Env
from bakegen.rules.buildkit._walk import carried_out
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.buildkit._walk import Done
    from bakegen.rules.dockerfiles import DockerfileSubject

_SECRET = re.compile(
    r"(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)", re.IGNORECASE
)
_OPEN = re.compile(r"(?:_|^)(?:public|file|version)(?:_|$)", re.IGNORECASE)
_KEPT = {
    "ARG": ", and what ARG takes is in the history of the image for everyone to read",
    "ENV": ", and ENV keeps it in the image for everyone to read",
}
# Values that are no secrets, whatever the name says: nothing, paths, addresses, fingerprints of keys, switches.
_HARMLESS = re.compile(
    r"|/[\w./-]*|https?://[^@]*|(?:0x)?[0-9A-F]{40}(?: [0-9A-F]{40})*|true|false|yes|no|on|off|[0-9]"
)


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for done in carried_out(subject, Arg, Env):
        command = done.step.command
        names = [name for name, _ in done.step.pairs]
        for place, name in enumerate(names):
            if not _SECRET.search(name) or _OPEN.search(name):
                continue
            value = done.step.pairs[place][1]
            harmless = value is not None and bool(value or isinstance(command, Env)) and _HARMLESS.fullmatch(value)
            yield Finding(
                _place(done, place, name),
                f"by its name {name} is a secret" + (", though not by its value" if harmless else _KEPT[command.name]),
                "give it another name, or silence this"
                if harmless
                else f"give it to the RUN that needs it: RUN --mount=type=secret,id={name.lower()},env={name} …",
                done.label(subject),
                severity=Severity.NOTE if harmless else None,
            )


def _help(name: str) -> str:
    return f"give it to the RUN that needs it: RUN --mount=type=secret,id={name.lower()},env={name} …"


def _place(done: Done, place: int, name: str) -> Span:
    command = done.step.command
    assert isinstance(command, (Arg, Env))
    span = (command.items if isinstance(command, Arg) else command.pairs)[place].span
    return done.span(Span(span.start, min(span.start + len(name), span.end)))


RULE = Rule(
    code="BK115",
    name="secrets-used-in-arg-or-env",
    summary="Give secrets to RUN as secret mounts, not as ARG or ENV",
    why=(
        "The values of ENV are part of the image; those of ARG are in its history (`docker history`) and in the "
        "attestations of the build. Whoever can pull the image can read them, and a later instruction does not take "
        "them out. `RUN --mount=type=secret,id=token,env=TOKEN …` (BuildKit 0.16) gives the value to one command and "
        "leaves no trace; what the container needs while it runs is given to the container.\n\nGoing by names, as "
        "BuildKit does: words such as KEY, TOKEN, PASSWORD, unless PUBLIC, FILE or VERSION stands beside them. Where "
        "the value shows that it is none (a path, an address, the fingerprint of a public key), this is a note only. "
        "ARGs before the first FROM are not looked at: they reach no image."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("An ARG", "FROM busybox\nARG ⟦NPM_TOKEN⟧\nRUN echo $NPM_TOKEN > /x\n", message="NPM_TOKEN"),
        Example("One of several in an ENV", "FROM busybox\nENV A=1 ⟦DB_PASSWORD⟧=geheim \\\n  B=2\n"),
        Example("A fingerprint", f"FROM busybox\nENV ⟦GPG_KEY⟧={'A035C8C1' * 5}\n"),
        Example("A file with a secret", "FROM busybox\nENV DB_PASSWORD_FILE=/run/secrets/db\n"),
        Example("A public key", "FROM busybox\nARG PUBLIC_KEY\n"),
        Example("The word is part of another one", "FROM busybox\nENV KEYBOARD=de MONKEY=1\n"),
        Example("An ARG for the FROM", "ARG TOKEN=latest\nFROM busybox:${TOKEN}\n"),
        Example(
            "A secret mount",
            "FROM busybox\nRUN --mount=type=secret,id=npm,env=NPM_TOKEN echo $NPM_TOKEN | wc -c\n",
        ),
    ),
    twins=("buildkit:SecretsUsedInArgOrEnv", "hadolint:DL3064"),
    words=("key", "auth", "credential", "password", "pword", "passwd", "secret", "token"),
    links=("https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",),
)
