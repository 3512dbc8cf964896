"""Images under their content keys: which are there, and further tags for them in the registry itself, without a build.

Source: the distribution specification (``opencontainers/distribution-spec``: pulling and pushing manifests).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bakegen.building.decide import Present


@dataclass(frozen=True, slots=True)
class Looked:
    """What registries say of references: those that are there, and why others could not be asked about.

    A reference in neither does not exist. Reasons hold no secrets.
    """

    present: Mapping[str, Present]
    unknown: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tagged:
    """What became of one tag.

    Attributes:
        reference: the tag, as it was given.
        digest: what it was to name.
        failure: why it may not name that; "" where it does, as the registry has confirmed.
        written: whether it was written; False where it named that already.
    """

    reference: str
    digest: str
    failure: str = ""
    written: bool = False


def look_up(
    references: Iterable[str],
    *,
    environ: Mapping[str, str] = os.environ,
    timeout: float = 10.0,
    deadline: float = 60.0,
    workers: int = 16,
) -> Looked:
    """Which of `references` exist, with their digests and platforms; nothing is written.

    Only the manifests of those that exist are read: registries count such reads, and not the question whether there
    is one. Trouble never raises: it ends up in `Looked.unknown`.

    Args:
        references: ``[host/]path[:tag]``.
        environ: says who we are and by which proxy we go.
        timeout: how long a registry may stay silent, in seconds.
        deadline: how long everything may take.
        workers: how many connections are open at once.
    """
    raise NotImplementedError


def retag(
    wanted: Mapping[str, Sequence[str]],
    *,
    environ: Mapping[str, str] = os.environ,
    timeout: float = 10.0,
    deadline: float = 120.0,
    workers: int = 8,
) -> dict[str, Tagged]:
    """Gives images further tags in their own repositories, without moving a layer.

    A tag that names its image already is left alone; a failure of one tag says nothing of the others, and doing it
    again is safe. Nothing raises.

    Args:
        wanted: ``[host/]path[:tag]@digest`` -> the references that are to name it, ``[host/]path:tag``.
        environ: says who we are and by which proxy we go.
        timeout: how long a registry may stay silent, in seconds.
        deadline: how long everything may take.
        workers: how many connections are open at once.

    Returns:
        New reference -> what became of it.
    """
    raise NotImplementedError
