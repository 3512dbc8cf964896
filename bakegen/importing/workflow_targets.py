"""Builds of all workflows to targets: runs for several platforms or registries are one; names and axes of the rest."""

from __future__ import annotations

import json
import posixpath
from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING, NamedTuple

from bakegen.importing.model import Loss, Wanted
from bakegen.importing.workflow_expressions import MARKED
from bakegen.matrix.naming import fit_name
from bakegen.plan.recipes import is_remote
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.model import Guess
    from bakegen.importing.sources import Files

_UNITED = (
    "tags",
    "platforms",
    "labels",
    "annotations",
    "output",
    "attest",
    "pull",
    "no-cache",
    "call",
    "secret",
    "ssh",
)
"""What several runs of one build may have different; anything else makes it another build."""
_ANYBODYS = frozenset(("src", "docker", "dockerfiles", "build"))
"""Folders whose names say nothing of the image."""


@dataclass(frozen=True)
class Build:
    """One run of a step that builds.

    Attributes:
        attributes: as bake prints them.
        own: fields of image.yaml that bake does not have.
        origin: ``file:line`` of the step.
        job: the job's id.
        axes: the values of the matrix.
        guesses: what was guessed.
    """

    attributes: Mapping[str, Json]
    own: Mapping[str, Json]
    origin: str
    job: str
    axes: Mapping[str, str]
    guesses: tuple[Guess, ...] = ()


class Targets(NamedTuple):
    """Targets, and builds that are none."""

    targets: tuple[Wanted, ...]
    losses: tuple[Loss, ...]


def targets(builds: Sequence[Build], files: Files) -> Targets:
    """The targets of all builds."""
    losses: dict[Loss, None] = {}
    there = set(files.paths)
    kept = [build for build in builds if _is_there(build, there, losses)]
    united: dict[str, list[Build]] = {}
    for build in kept:
        united.setdefault(_key(build), []).append(build)
    groups = _published([_united(group) for group in united.values()])
    images: dict[str, list[Build]] = {}
    for build in groups:
        images.setdefault(_image(build, files.name), []).append(build)
    names: dict[str, None] = {}
    found: list[Wanted] = []
    for image, members in images.items():
        for part in _parts(members):
            # Another step's builds may have the same values of the same axes.
            taken = {one.family for one in found}
            family = image if image not in taken else f"{image}-{fit_name(part[0].job)}"
            found += _named(image, family, part, names)
    return Targets(tuple(found), tuple(losses))


def _is_there(build: Build, there: set[str], losses: dict[Loss, None]) -> bool:
    context, dockerfile = str(build.attributes["context"]), str(build.attributes["dockerfile"])
    path = posixpath.normpath(posixpath.join(context, dockerfile))
    if is_remote(context) or path in there:
        return True
    what = f"the Dockerfile {path} is not in the repository"
    losses[Loss(build.origin, what, "add it, or the file that the workflow makes it from, and write an image.yaml")] = (
        None
    )
    return False


def _key(build: Build) -> str:
    rest = {name: value for name, value in build.attributes.items() if name not in _UNITED}
    return json.dumps(rest, sort_keys=True)


def _united(builds: Sequence[Build]) -> Build:
    """Runs of one build as one: lists and maps joined, axes that differ between them left out."""
    first = builds[0]
    attributes, own = dict(first.attributes), dict(first.own)
    for build in builds[1:]:
        for name in _UNITED:
            if name in build.attributes:
                attributes[name] = _joined(attributes.get(name), build.attributes[name])
        for name, value in build.own.items():
            own[name] = _joined(own.get(name), value)
    axes = {name: value for name, value in first.axes.items() if all(one.axes.get(name) == value for one in builds)}
    guesses = tuple(dict.fromkeys(guess for build in builds for guess in build.guesses))
    return replace(first, attributes=attributes, own=own, axes=axes, guesses=guesses)


def _joined(old: Json, new: Json) -> Json:
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *(one for one in new if one not in old)]
    if isinstance(old, dict) and isinstance(new, dict):
        return {**new, **old}
    return new if old is None else old


def _published(builds: Sequence[Build]) -> list[Build]:
    """Without builds that only try what another one publishes: the same Dockerfile and stage, no other arguments."""
    better: dict[tuple[tuple[str, ...], int], list[dict[str, Json]]] = {}
    for build in builds:
        for less in range(_weight(build)):
            better.setdefault((_where(build), less), []).append(_arguments(build))

    def counts(build: Build) -> bool:
        others = better.get((_where(build), _weight(build)), [])
        own = _arguments(build).items()
        return not others or (_weight(build) > 0 and not any(own <= other.items() for other in others))

    return [build for build in builds if counts(build)]


def _arguments(build: Build) -> dict[str, Json]:
    args = build.attributes.get("args")
    return args if isinstance(args, dict) else {}


def _weight(build: Build) -> int:
    """How much a build publishes: tags of the default branch, other tags, or nothing."""
    if build.attributes.get("tags"):
        return 2
    return 1 if build.own.get("branch-tags") else 0


def _where(build: Build) -> tuple[str, ...]:
    return tuple(str(build.attributes.get(name, "")) for name in ("context", "dockerfile", "target"))


def _image(build: Build, project: str) -> str:
    """What the image is called: as in its tags, else as its folder or Dockerfile."""
    tags = build.attributes.get("tags")
    moving = build.own.get("branch-tags")
    for one in [*(tags if isinstance(tags, list) else []), *(moving if isinstance(moving, list) else [])]:
        repository = _repository(str(one))
        if repository:
            return repository
    return _place(build) or fit_name(project) or "image"


def _repository(tag: str) -> str:
    last = MARKED.sub("", tag).rpartition("/")[2].partition("@")[0].partition(":")[0]
    return fit_name(last).strip("-") if last else ""


def _parts(members: Sequence[Build]) -> list[Sequence[Build]]:
    """The builds of an image that one matrix makes: all of them, where all have the same axes."""
    parts: dict[frozenset[str], list[Build]] = {}
    for build in members:
        parts.setdefault(frozenset(build.axes), []).append(build)
    if len(parts) == 1 or _axes(members) or _are_images(members):
        return [members]
    steps: dict[str, list[Build]] = {}
    for build in members:
        steps.setdefault(build.origin, []).append(build)
    if any(_axes(several) for several in steps.values()):
        return [*steps.values()]
    return [*parts.values()]


def _named(image: str, label: str, members: Sequence[Build], names: dict[str, None]) -> list[Wanted]:
    axes = _axes(members)
    together = bool(axes) and not _are_images(members)
    found: list[Wanted] = []
    for build, wanted in zip(members, _labels(image, members, axes if together else []), strict=True):
        numbered = (f"{wanted}-{number}" for number in count(2))
        name = next(one for one in chain((wanted, f"{wanted}-{fit_name(build.job)}"), numbered) if one not in names)
        names[name] = None
        own = {name: value for name, value in build.axes.items() if _axis(name) in map(_axis, axes)} if together else {}
        family = label if together else ""
        found.append(Wanted(name, build.attributes, build.own, build.origin, family, own, build.guesses))
    return found


def _labels(image: str, members: Sequence[Build], axes: Sequence[str]) -> list[str]:
    """Names of the builds of an image: by its axes, or by whatever tells them apart."""
    if len(members) == 1:
        return [image]
    if _are_images(members):
        return [_place(build) for build in members]
    differing = [name for name in members[0].axes if len({build.axes.get(name) for build in members}) > 1]

    def by(build: Build, names: Sequence[str], *, stage: bool) -> str:
        values = [build.axes.get(name, "") for name in names]
        return fit_name("-".join([image, *(one for one in values if one), *([_stage(build)] if stage else [])]))

    for names, stage in ((axes, False), ([], True), (differing, False), (differing, True)):
        found = [by(build, names, stage=stage) for build in members]
        if len(set(found)) == len(members):
            return found
    return [image for _ in members]


def _axis(name: str) -> str:
    """The axis that a field such as ``os.base`` belongs to."""
    return name.partition(".")[0]


def _stage(build: Build) -> str:
    return str(build.attributes.get("target", ""))


def _are_images(members: Sequence[Build]) -> bool:
    """Whether builds are images of their own: each has its Dockerfile, in a folder whose name is no version."""
    places = {_where(build)[:2]: _place(build) for build in members}
    names = set(places.values())
    return (
        len(places) == len(members) == len(names)
        and "" not in names
        and not all(name[:1].isdigit() or name[:2].lower() == "v1" for name in places.values())
    )


def _place(build: Build) -> str:
    """The folder of the Dockerfile, or what follows ``Dockerfile.``."""
    context, dockerfile = str(build.attributes["context"]), str(build.attributes["dockerfile"])
    base = posixpath.basename(dockerfile)
    ending = base.removeprefix("Dockerfile").strip(".-_") or base.removesuffix("Dockerfile").strip(".-_")
    path = posixpath.normpath(posixpath.join(context, posixpath.dirname(dockerfile)))
    while posixpath.basename(path) in _ANYBODYS:
        path = posixpath.dirname(path)
    folder = posixpath.basename(path)
    return fit_name(ending or (folder if folder not in (".", "..") and not is_remote(context) else ""))


def _axes(members: Sequence[Build]) -> list[str]:
    """The fewest axes that tell the builds of an image apart; none where they do not, or there is one build."""
    every = [name for name in members[0].axes if all(name in build.axes for build in members)]
    values = {name: [build.axes[name] for build in members] for name in every}
    differing = [name for name in every if len(set(values[name])) > 1]
    plain = sorted(differing, key=lambda name: any(sign in one for one in values[name] for sign in "/:"))
    alone = next((name for name in plain if len(set(values[name])) == len(members)), None)
    if len(members) == 1:
        return []
    chosen = [alone] if alone is not None else plain
    told = {tuple(build.axes[name] for name in chosen) for build in members}
    if len(told) < len(members):
        return []
    for name in reversed(chosen):
        rest = [one for one in chosen if one != name]
        if len({tuple(build.axes[one] for one in rest) for build in members}) == len(members):
            chosen = rest
    return chosen
