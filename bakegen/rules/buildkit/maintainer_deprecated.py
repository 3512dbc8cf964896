"""Rule BK108: ``MAINTAINER``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Maintainer
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_LABEL = "org.opencontainers.image.authors"


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for _, command in subject.own(Maintainer):
        node = command.node
        yield Finding(
            node.keyword_span,
            "MAINTAINER is deprecated",
            f"use the label {_LABEL}",
            fix=_fix(command, subject.dockerfile.escape),
        )


def _fix(command: Maintainer, escape: str) -> Fix | None:
    node = command.node
    author = command.author.text
    if "\n" in author or len(node.segments[0] if node.segments else ()) > 1 or node.flags:
        return None
    # The author is taken as it stands; in a label the quotes and dollars must be escaped to stay so.
    if len(author) > 1 and author[0] == author[-1] == '"' and not any(char in author[1:-1] for char in '"$' + escape):
        author = author[1:-1]
    for char in (escape, '"', "$"):
        author = author.replace(char, escape + char)
    keyword = "label" if node.keyword.islower() else "LABEL"
    edits = (Edit(node.keyword_span, keyword), Edit(node.arguments_span, f'{_LABEL}="{author}"'))
    why = "the image has a label in the place of its author field"
    return Fix(edits, f"Write a label {_LABEL}", False, why)


RULE = Rule(
    code="BK108",
    name="maintainer-deprecated",
    summary="Name authors in a label instead of MAINTAINER",
    why=(
        "`MAINTAINER` has been deprecated since Docker 1.13 (2017). It sets one field of the image that few tools "
        f"show. The label `{_LABEL}` is part of the OCI image specification, can be asked for (`docker inspect`, "
        "registries), and children of the image may replace it. The fix changes the image's config: the field `author` "
        "goes, the label comes. Quotes around the whole text are taken off."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A name and an address",
            "FROM busybox\n⟦MAINTAINER⟧ Ann Other <ann@example.com>\n",
            f'FROM busybox\nLABEL {_LABEL}="Ann Other <ann@example.com>"\n',
            safe=False,
        ),
        Example(
            "Quotes around it, and quotes and dollars in it",
            'FROM busybox\n⟦MAINTAINER⟧ "Ann"\n⟦maintainer⟧ Ann "$" Other\n',
            f'FROM busybox\nLABEL {_LABEL}="Ann"\nlabel {_LABEL}="Ann \\"\\$\\" Other"\n',
            safe=False,
        ),
        Example("A label already", f'FROM busybox\nLABEL {_LABEL}="ann@example.com"\n'),
        Example("A label that is called so", 'FROM busybox\nLABEL maintainer="ann@example.com"\n'),
        Example("The word in a comment", "# MAINTAINER: Ann\nFROM busybox\n"),
    ),
    twins=("buildkit:MaintainerDeprecated", "hadolint:DL4000"),
    words=("maintainer",),
    links=("https://docs.docker.com/reference/build-checks/maintainer-deprecated/",),
)
