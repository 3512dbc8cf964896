"""Which base images a project or a Dockerfile needs, for which platforms: what the lock file has to hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.dockerfile import read
from bakegen.dockerfile.platforms import ANY_PLATFORM, normalized
from bakegen.dockerfile.references import context_name
from bakegen.plan.pins import IMAGE
from bakegen.text import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bakegen.dockerfile import BaseImage, Dockerfile
    from bakegen.facts.lockfile import Lock
    from bakegen.plan.model import Plan
    from bakegen.text import Source

_ROUNDS = 5  # ONBUILD of a base can name a base that has ONBUILD


@dataclass(slots=True)
class Need:
    """A base image: its name in the lock, the image in its place ("" for itself), platforms, where it is used."""

    name: str
    reference: str
    platforms: list[str] = field(default_factory=list)
    place: Location | None = None

    @property
    def image(self) -> str:
        """The image that is read."""
        return self.reference or self.name


@dataclass(frozen=True, slots=True)
class _Use:
    """One place where a Dockerfile names an image from outside."""

    name: str
    given: str
    platform: str
    place: Location


def project_needs(plan: Plan, lock: Lock) -> dict[str, Need]:
    """What the targets of `plan` are built from, other targets left out; `lock` tells what ONBUILD adds."""
    files: dict[str, Dockerfile] = {}
    uses: list[_Use] = []
    for target in plan.targets.values():
        # Before it was rewritten: a rewrite may have put a digest into the name.
        source = target.recipe.original or target.recipe.source
        if source is None or target.recipe.remote:
            continue
        dockerfile = files.get(source.text) or files.setdefault(source.text, read(source))
        parents = {context_name(parent.context) for parent in target.parents}
        variant = target.variant
        for platform in target.platforms or (ANY_PLATFORM,):
            for use in _uses(
                dockerfile, source, lock, variant.mapping("args"), variant.mapping("contexts"), target.stage, platform
            ):
                if context_name(use.name) not in parents:
                    uses.append(use)
    return _needs(uses)


def dockerfile_needs(
    sources: Sequence[Source],
    lock: Lock,
    *,
    build_args: Mapping[str, str],
    contexts: Mapping[str, str],
    platforms: Sequence[str],
) -> dict[str, Need]:
    """What any stage of plain Dockerfiles is built from."""
    uses: list[_Use] = []
    for source in sources:
        dockerfile = read(source)
        stages = [*(stage.name for stage in dockerfile.stages if stage.name), None]
        for stage in stages:
            for platform in platforms or (ANY_PLATFORM,):
                uses += _uses(dockerfile, source, lock, build_args, contexts, stage, platform)
    return _needs(uses)


def _uses(
    dockerfile: Dockerfile,
    source: Source,
    lock: Lock,
    build_args: Mapping[str, str],
    contexts: Mapping[str, str],
    stage: str | None,
    platform: str,
) -> list[_Use]:
    if dockerfile.tree.foreign is not None:
        return []
    images: dict[str, BaseImage] = {}
    uses: list[_Use] = []
    for _ in range(_ROUNDS):
        resolved = dockerfile.resolve(build_args, target=stage, platform=platform, contexts=contexts, images=images)
        uses = []
        for image in resolved.external_images:
            given = image.context or ""
            if not image.reference or (given and not given.startswith(IMAGE)):
                continue
            at = image.platform if image.origin == "FROM" and image.platform is not None else resolved.target_platform
            place = Location(source, image.span)
            uses.append(_Use(image.name, given.removeprefix(IMAGE), str(normalized(at)), place))
        known = dict(_known(uses, lock))
        if known.keys() <= images.keys():
            break
        images |= known
    return uses


def _known(uses: Iterable[_Use], lock: Lock) -> Iterator[tuple[str, BaseImage]]:
    for use in uses:
        base = lock.find(use.name, use.given)
        if base is not None and (facts := base.platforms.get(use.platform)) is not None:
            yield use.name, facts.image


def _needs(uses: Iterable[_Use]) -> dict[str, Need]:
    """By the name in the lock: what FROM says, or the image in its place where that differs between targets."""
    uses = list(uses)
    given: dict[str, set[str]] = {}
    for use in uses:
        given.setdefault(context_name(use.name), set()).add(use.given and context_name(use.given))
    needs: dict[str, Need] = {}
    for use in uses:
        name = context_name(use.name)
        reference = use.given and context_name(use.given)
        if reference == name:
            reference = ""
        if reference and (len(given[name]) > 1):
            name, reference = reference, ""
        need = needs.setdefault(name, Need(name, reference, place=use.place))
        if use.platform not in need.platforms:
            need.platforms.append(use.platform)
    for need in needs.values():
        need.platforms.sort()
    return dict(sorted(needs.items()))
