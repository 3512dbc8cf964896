"""Which targets of a bake that failed are through all the same: pushed under all their names, their caches written.

They are not baked again: a second image would have another digest, for its provenance says when it was built.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bakegen.building.failures import owner
from bakegen.building.stream import read_line
from bakegen.definition.csvfields import split_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

_PUSHED = re.compile(r"pushing manifest for (\S+)@(sha256:[0-9a-f]{64})")


class Exports:
    """What the progress stream tells about images and caches that have been written, line by line.

    The end of the step "exporting to image" says too little: from BuildKit 0.28 on it begins again in order to push.
    """

    def __init__(self, targets: Mapping[str, Mapping[str, Any]]) -> None:
        """Begins with all targets that the bake builds, as ``bake --print`` describes them."""
        self._targets = targets
        self._owners: dict[str, str] = {}
        self._done: dict[str, bool] = {}
        self._pushed: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._pushing: defaultdict[str, set[str]] = defaultdict(set)
        self._caches: defaultdict[str, set[str]] = defaultdict(set)

    def hear(self, line: str) -> None:
        """Takes a line of the stream; others tell nothing."""
        update = read_line(line) if "exporting " in line or "pushing manifest for " in line else None
        if update is None:
            return
        for step in update.steps:
            target = owner(step.name, self._targets)
            if target is None:
                continue
            self._owners[step.digest] = target
            self._done[step.digest] = step.done
            if "] exporting cache to " in step.name and step.done:
                self._caches[target].add(step.digest)
        for status in update.statuses:
            found = _PUSHED.fullmatch(status.text)
            if found is not None and status.completed and status.step in self._owners:
                # It completes where the push fails, too: only with the end of its step it counts.
                self._pushed[self._owners[status.step]][found[1]] = found[2]
                self._pushing[self._owners[status.step]].add(status.step)

    def finished(self) -> dict[str, dict[str, str]]:
        """The targets that are surely through, with their facts as bake's metadata file has them."""
        found: dict[str, dict[str, str]] = {}
        for name, target in self._targets.items():
            tags = [str(tag) for tag in target.get("tags") or ()]
            caches = [cache for cache in entries_of(target, "cache-to") if cache.get("type") != "inline"]
            pushed = self._pushed[name]
            if not all(self._done.get(step) for step in self._pushing[name]):
                continue
            if _only_pushes(target) and len(pushed) == len(tags) > 0 and len(self._caches[name]) == len(caches):
                found[name] = {"containerimage.digest": next(iter(pushed.values())), "image.name": ",".join(tags)}
        return found


def _only_pushes(target: Mapping[str, Any]) -> bool:
    """Whether an image that is pushed by its tags is all that comes of a target."""
    outputs = list(entries_of(target, "output"))
    if len(outputs) != 1 or {"name", "push-by-digest"} & outputs[0].keys():
        return False
    return outputs[0].get("type") == "registry" or outputs[0].get("push") == "true"


def entries_of(target: Mapping[str, Any], attribute: str) -> Iterator[Mapping[str, str]]:
    """The entries of a target's attribute, as ``bake --print`` shows it; buildx before 0.20 shows them as text."""
    for entry in target.get(attribute) or ():
        if isinstance(entry, Mapping):
            yield {str(key): str(value) for key, value in entry.items()}
        else:
            yield dict(field.partition("=")[::2] for field in split_fields(str(entry)))
