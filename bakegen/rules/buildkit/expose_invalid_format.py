"""Rule BK121: ``EXPOSE 8080:80``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.buildkit._expose import ports
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for port in ports(subject):
        if not port.outside.strip(":"):
            continue
        span = port.part(0, len(port.outside))
        rest = port.text[len(port.outside) :]
        why = "the image keeps the port of the container only"
        fix = Fix((Edit(span, ""),), "Leave the host's side out", True, why)
        yield Finding(
            span,
            f"{port.text} publishes nothing on the host: EXPOSE takes the port of the container",
            f"write {rest}",
            port.done.label(subject),
            fix if port.exact else None,
        )


RULE = Rule(
    code="BK121",
    name="expose-invalid-format",
    summary="Give EXPOSE the port of the container only",
    why=(
        "EXPOSE says on which ports the container listens. Addresses and ports of the host are chosen when it is run: "
        "`docker run -p 127.0.0.1:8080:80`, or `ports` in a Compose file. BuildKit reads `8080:80` as 80 and drops the "
        "rest, and says that a later version will refuse it."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A port of the host, and an address",
            "FROM scratch\nEXPOSE ⟦8080:⟧80 ⟦127.0.0.1:53:⟧53/udp\n",
            "FROM scratch\nEXPOSE 80 53/udp\n",
            message="8080:80",
        ),
        Example("Out of a variable", "FROM scratch\nARG PORT=8080\nEXPOSE ⟦$PORT:80⟧\n"),
        Example("The port of the container", "FROM scratch\nEXPOSE 80 53/udp\n"),
        Example("A range", "FROM scratch\nEXPOSE 8000-8010\n"),
    ),
    twins=("buildkit:ExposeInvalidFormat",),
    words=("expose",),
    links=("https://docs.docker.com/reference/build-checks/expose-invalid-format/",),
)
