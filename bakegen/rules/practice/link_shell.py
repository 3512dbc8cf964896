"""Rule DF279: another shell put where /bin/sh is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_SHELL = ("/bin/sh", "/usr/bin/sh")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for call in subject.calls("ln"):
        words = call.operands("-t", "--target-directory", "-S", "--suffix")
        if len(words) == 2 and words[1].text in _SHELL and words[0].literal:
            shell = words[0].text if words[0].text.startswith("/") else f"/bin/{words[0].text}"
            message = f"{words[1].text} becomes {words[0].text} for everything in the image"
            yield Finding(call.span, message, f'use SHELL ["{shell}", "-c"]')


RULE = Rule(
    code="DF279",
    name="link-shell",
    summary="Change the shell of RUN with SHELL",
    why='To have RUN use bash, `SHELL ["/bin/bash", "-c"]` is enough, and it can also say `-o pipefail`. A link in '
    "place of `/bin/sh` changes the system under all packages' scripts, and an update of the package that owns the "
    "link (`dash` on Debian) may put it back.\n\nIt is a note because it is right where programs in the image start "
    "`/bin/sh` with scripts that only bash understands.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("bash for sh", "FROM debian:13\nRUN ⟦ln -sf /bin/bash /bin/sh⟧\n"),
        Example("Removed before", "FROM debian:13\nRUN rm /bin/sh && ⟦ln -s bash /bin/sh⟧\n"),
        Example("SHELL", 'FROM debian:13\nSHELL ["/bin/bash", "-c"]\nRUN ln -s /bin/bash /usr/local/bin/bash\n'),
        Example("The other way round", "FROM alpine:3.22\nRUN ln -s /bin/sh /bin/bash\n"),
    ),
    twins=("hadolint:DL4005",),
    words=("/sh",),
)
