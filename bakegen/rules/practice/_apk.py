"""apk as rules see it. Source: apk(8), apk-add(8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.rules.practice._commands import Action, actions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

CACHE = "/var/cache/apk"
_VALUED = (
    "-t --virtual -X --repository -p --root --arch --cache-dir --cache-max-age --keys-dir --repositories-file --wait"
    " --progress-fd --timeout"
)


def adds(subject: DockerfileSubject) -> Iterator[Action]:
    """All calls of ``apk add``."""
    return actions(subject, ("apk",), ("add",), _VALUED)
