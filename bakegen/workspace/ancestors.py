"""Images of earlier commits as caches, for targets that have no cache anywhere (docs/decisions/0014)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.plan.names import split_reference
from bakegen.workspace.causes import Nearest
from bakegen.workspace.commits import ancestor_commits
from bakegen.workspace.key_images import look_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.workspace.commits import Past
    from bakegen.workspace.contents import Contents


def ancestor_caches(
    past: Past, contents: Contents, lacking: Mapping[str, Mapping[str, str]], count: int
) -> dict[str, Mapping[str, str]]:
    """An entry of ``cache-from`` for each target of which the image of one of the last `count` commits is there.

    Args:
        past: the project at other commits.
        contents: the project as it is now.
        lacking: target name -> an entry of its ``cache-from`` that names something that does not exist.
        count: how many commits are looked at, all at once.

    Returns:
        Target name -> the entry with the nearest commit's image, by digest. Nothing raises.
    """
    line = ancestor_commits(contents.workspace.root, count)
    nearest = Nearest()
    nearest.look([past.at(commit) for commit in line.commits], list(lacking), {})
    looked = look_up({reference for _, reference in nearest.found.values()}, platforms=False)
    return {
        name: {**lacking[name], "ref": f"{split_reference(reference)[0]}@{looked.present[reference].digest}"}
        for name, (_, reference) in nearest.found.items()
        if reference in looked.present
    }
