"""What a COPY from the build context brings, and a COPY of a few of its files in front of it; used by manifests-first.

Source: dispatchCopy in BuildKit's frontend/dockerfile/dockerfile2llb/convert.go and its vendored fsutil/copy: missing
parents are made root:root 0755 (or as ``--chown`` and ``--chmod`` say), the directory that is copied into stays as it
is where it is there, directories below it get the source's mode.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Copy
from bakegen.effects.places import Extent, ancestors, inside
from bakegen.facts.model import Kind
from bakegen.values import dataclass

if TYPE_CHECKING:
    from bakegen.effects.model import Effect
    from bakegen.effects.places import Place
    from bakegen.effects.stages import StageView, StepView
    from bakegen.effects.surroundings import Copied
    from bakegen.facts.model import ContextFacts
    from bakegen.rewrites.model import Situation

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_@+./-]+")
_PLAIN_DESTINATION = re.compile(r"[A-Za-z0-9_@+./${}-]+")


@dataclass(frozen=True)
class Manifest:
    """A file that the installer reads: where it is in the image, and in the context."""

    path: str
    source: str


def is_plain_file(source: str, context: ContextFacts) -> bool:
    """Whether a COPY of a file by name gives what a COPY of its directory gives: no links on the way."""
    parts = source.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts)))
    return context.kind(source) is Kind.FILE and all(context.kind(one) is Kind.DIRECTORY for one in above)


def copied_by(stage: StageView, view: StepView) -> tuple[Copied, ...]:
    """What a COPY brings from the context."""
    position = next(index for index, one in enumerate(stage.steps) if one is view)
    after = stage.steps[position + 1].around if position + 1 < len(stage.steps) else stage.after
    return after.copied[len(view.around.copied) :]


def is_held(copied: tuple[Copied, ...], one: Manifest) -> bool:
    return any(source_at(item, one.path) == one.source for item in copied)


def source_at(item: Copied, path: str) -> str | None:
    """The context path of what a COPY puts at `path`, where it puts something there at all."""
    if not inside(path, item.path):
        return None
    return posixpath.normpath(posixpath.join(item.source, posixpath.relpath(path, item.path)))


def brings_more(copied: tuple[Copied, ...], manifests: set[str], context: ContextFacts) -> bool:
    """Whether a COPY holds other files than the manifests, whose change need not install anything again."""
    waiting = [posixpath.normpath(item.source) for item in copied]
    while waiting:
        path = waiting.pop()
        if path in manifests:
            continue
        if not any(path == "." or one.startswith(path + "/") for one in manifests):
            return True
        waiting += [posixpath.normpath(posixpath.join(path, child)) for child in context.children(path) or ()]
    return False


def narrowed(
    effect: Effect, copied: tuple[Copied, ...], manifests: set[str], made: set[str], context: ContextFacts
) -> tuple[Effect, str]:
    """The RUN's effect less what it shares with the COPY without harm; or a path that both write.

    What the COPY does not bring it does not touch; the manifests are there already; so are the directories above
    them, and an installer does not look at their modes.
    """

    def brings(place: Place) -> bool:
        return any(_brings(item, place, context) for item in copied)

    within = [place for place in effect.writes if any(inside(place.path, item.path) for item in copied)]
    clash = next((place.path for place in sorted(within) if brings(place)), "")
    outputs = {place.path for install in effect.installs for place in install.outputs}
    if clash in outputs - {item.path for item in copied} and clash not in manifests:
        return effect, clash
    untouched = {place for place in (*effect.reads, *effect.writes) if _apart(place, copied, context)}
    reads = {
        place
        for place in effect.reads - untouched
        if place.path not in manifests and not (place.extent is Extent.ENTRY and place.path in made)
    }
    return (
        replace(
            effect,
            reads=frozenset(reads),
            writes=frozenset(effect.writes - untouched),
            ensures=frozenset(effect.ensures - made),
        ),
        "",
    )


def _apart(place: Place, copied: tuple[Copied, ...], context: ContextFacts) -> bool:
    """Whether a place lies in the COPY's tree where the context has nothing."""
    covering = [item for item in copied if inside(place.path, item.path)]
    return bool(covering) and not any(_brings(item, place, context) for item in covering)


def _brings(item: Copied, place: Place, context: ContextFacts) -> bool:
    source = source_at(item, place.path)
    if source is None:
        return False
    kinds = [context.kind(one) for one in (*(one.removeprefix("/") for one in ancestors("/" + source)), source)]
    return any(kind not in (None, Kind.DIRECTORY) for kind in kinds[:-1]) or kinds[-1] is not None


def after_manifests(effect: Effect, made: set[str]) -> Effect:
    """The COPY's effect behind a COPY of the manifests: the directories above them are there, made in the same way.

    A COPY leaves the directory alone that it copies into, `--chown` and `--chmod` or not, if it is there already.
    """
    reads = frozenset(place for place in effect.reads if place.path not in made)
    writes = frozenset(place for place in effect.writes if place.extent is Extent.TREE or place.path not in made)
    return replace(effect, reads=reads, writes=writes, ensures=effect.ensures - made)


def copy_lines(
    situation: Situation, copy: StepView, manifests: tuple[Manifest, ...], context: ContextFacts
) -> list[str] | None:
    """COPY instructions for the manifests, one a directory; None where they cannot be written plainly."""
    command = copy.step.command
    assert isinstance(command, Copy)
    written = command.destination.text
    if command.node.heredocs or command.exclude or not _PLAIN_DESTINATION.fullmatch(written):
        return None
    top = copy.around.real(copy.step.destination)
    groups: dict[str, list[str]] = {}
    for one in manifests:
        if not _PLAIN_NAME.fullmatch(one.source) or posixpath.basename(one.source) != posixpath.basename(one.path):
            return None
        groups.setdefault(posixpath.relpath(posixpath.dirname(one.path), top), []).append(one.source)
    node = command.node
    flags = "".join(f" {situation.source.slice(node.place(flag.start, flag.end))}" for flag in node.flags)
    dotted = any(source.text.startswith("./") for source in command.sources)
    start = "" if written in (".", "./") else written.rstrip("/") + "/"
    lines = []
    for below in sorted(groups, key=lambda name: (name != ".", name)):
        if below.startswith(".."):
            return None
        sources = [("./" if dotted else "") + source for source in groups[below]]
        words = [*sources, start + ("" if below == "." else below + "/") or "./"]
        operands = "[" + ", ".join(f'"{word}"' for word in words) + "]" if node.json is not None else " ".join(words)
        lines.append(f"{node.keyword}{flags} {operands}")
    return lines
