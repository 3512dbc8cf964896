"""Whether the templates that `bakegen init` writes render, in the project as it will be, the Dockerfiles there are."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.importing.folding_model import Image
    from bakegen.plan.model import Target
    from bakegen.workspace.importing_files import RepositoryFiles


def same_dockerfiles(targets: Mapping[str, Target], images: Sequence[Image], files: RepositoryFiles) -> dict[str, str]:
    """By target, the Dockerfile that is there and that its template renders byte for byte.

    Args:
        targets: of the plan, by name.
        images: as they will be written.
        files: the repository.
    """
    found: dict[str, str] = {}
    for member in (one for image in images for one in image.members if one.template is not None):
        context = str(member.attributes.get("context") or ".")
        path = posixpath.normpath(posixpath.join(context, str(member.attributes.get("dockerfile") or "Dockerfile")))
        source = targets[member.name].recipe.source if member.name in targets else None
        if source is not None and source.text.encode() == files.read(path):
            found[member.name] = path
    return found
