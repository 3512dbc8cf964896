"""What people are told of templates that became a Dockerfile.j2, and of the files that are needed no more."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.importing.model import Loss

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.importing.folding_project import Definitions
    from bakegen.importing.model import Wanted


def template_notes(definitions: Definitions, wanted: Sequence[Wanted]) -> Iterator[Loss]:
    """A note for each template that is carried over, or a remark that its targets are no matrix.

    Args:
        definitions: as they will be written.
        wanted: all that was found, those among them whose images are not written with their templates.
    """
    told: set[str] = set()
    for image in definitions.images:
        found: dict[tuple[str, str], list[str]] = {}
        for member in image.members:
            if member.template is not None:
                found.setdefault((member.template.origin, member.template.name), []).append(member.origin)
                told.add(member.name)
        for (origin, name), dockerfiles in found.items():
            facts = posixpath.join(posixpath.dirname(origin), "versions.json")
            more = f" and {len(dockerfiles) - 1} more" if len(dockerfiles) > 1 else ""
            yield Loss(
                origin,
                f"{definitions.folder}/{image.name}/{name} now, with what it uses of {facts} in image.yaml",
                f"{dockerfiles[0]}{more} come out the same; they are read no more, their folders stay contexts",
            )
    for origin in sorted({one.template.origin for one in wanted if one.template is not None and one.name not in told}):
        yield Loss(
            origin, "what it renders is no matrix, so that its Dockerfiles are used", "go on running apply-templates.sh"
        )
