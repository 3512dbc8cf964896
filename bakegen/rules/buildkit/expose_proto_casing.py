"""Rule BK120: ``EXPOSE 80/TCP``."""

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
        wanted = port.protocol.lower()
        if port.protocol == wanted:
            continue
        span = port.part(len(port.text) - len(port.protocol), len(port.text))
        fix = Fix((Edit(span, wanted),), f"Write {wanted}", True, "BuildKit keeps it in lower case anyway")
        yield Finding(
            span,
            f"the protocol of {port.text} is not in lower case",
            f"write {wanted}",
            port.done.label(subject),
            fix if port.exact else None,
        )


RULE = Rule(
    code="BK120",
    name="expose-proto-casing",
    summary="Write the protocol of EXPOSE in lower case",
    why=(
        "BuildKit takes `80/TCP` and keeps `80/tcp`: the image is the same. In lower case the file says what "
        "`docker inspect` shows, and what is found by searching for it."
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Two of three ports",
            "FROM scratch\nEXPOSE 80/⟦TCP⟧ 81/tcp \\\n  82-83/⟦Udp⟧\n",
            "FROM scratch\nEXPOSE 80/tcp 81/tcp \\\n  82-83/udp\n",
            message="80/TCP",
        ),
        Example("Out of a variable", "FROM scratch\nARG PORT=80/TCP\nEXPOSE ⟦$PORT⟧\n"),
        Example("In lower case", "FROM scratch\nEXPOSE 80/tcp 81/udp 82/sctp\n"),
        Example("No protocol", "FROM scratch\nEXPOSE 80\n"),
    ),
    twins=("buildkit:ExposeProtoCasing",),
    words=("expose",),
    links=("https://docs.docker.com/reference/build-checks/expose-proto-casing/",),
)
