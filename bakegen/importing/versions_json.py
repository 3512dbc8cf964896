"""Reads ``versions.json`` of repositories such as those of Docker's official images: an image by version and variant.

The Dockerfiles that ``apply-templates.sh`` has made of it are taken as they are, so that builds stay the same.
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.model import read
from bakegen.importing.dockerfile_tree_names import clean
from bakegen.importing.model import Found, Guess, Loss, Wanted
from bakegen.importing.versions_json_tags import Tagging, tagging_of
from bakegen.matrix.naming import default_name
from bakegen.text import Source
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.sources import Files

_NAME = "versions.json"
_TEMPLATE = re.compile(r"Dockerfile[\w.-]*\.template")
_SHORT = "tags without a variant or with a shortened one, such as latest and 3-alpine"
_JQ = re.compile(rb"\{\{")


def read_versions(files: Files) -> Found:
    """The images of all ``versions.json`` of a tree that have Dockerfiles beside them."""
    known = set(files.paths)
    targets: list[Wanted] = []
    losses: list[Loss] = []
    for path in sorted(one for one in known if posixpath.basename(one) == _NAME):
        versions = _versions(files, path)
        if versions is None:
            continue
        image = _image(files, path)
        reading = _Reading(files, path, image, tagging_of(files, posixpath.dirname(path), image))
        made = list(reading.targets(versions))
        if not made:
            continue
        taken = {target.name for target in targets}
        targets += (target for target in made if target.name not in taken)
        losses += reading.losses(versions, made)
    return Found(targets=tuple(targets), losses=tuple(losses))


def _versions(files: Files, path: str) -> Mapping[str, object] | None:
    """What a ``versions.json`` says of each version; None where it is something else."""
    content = files.read(path)
    try:
        found = json.loads(content) if content is not None else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not any(isinstance(value, dict) for value in found.values()):
        return None
    return found if all(value is None or isinstance(value, dict) for value in found.values()) else None


def _image(files: Files, path: str) -> str:
    """The image that it is about: as the script for the official images says, or the folder's name."""
    folder = posixpath.dirname(path)
    script = files.read(posixpath.join(folder, "generate-stackbrew-library.sh")) or b""
    text = script.decode("utf-8", "replace")
    found = re.search(r"^getArches '([\w.-]+)'", text, re.MULTILINE) or re.search(
        r"^GitRepo: \S+/([\w.-]+?)(?:\.git)?$", text, re.MULTILINE
    )
    return clean(found[1] if found is not None else posixpath.basename(folder) or files.name) or "image"


@dataclass(frozen=True)
class _Reading:
    """One ``versions.json`` on its way to targets."""

    files: Files
    path: str
    image: str
    tagging: Tagging

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    def targets(self, versions: Mapping[str, object]) -> Iterator[Wanted]:
        """A target for each Dockerfile below a version that is not null."""
        variants = {one for version in versions for one in self.variants(version) if not one.startswith("windows/")}
        depth = max((len(_parts(variant)) for variant in variants), default=0)
        names: set[str] = set()
        for version, facts in versions.items():
            if not isinstance(facts, dict):
                continue
            for variant in self.variants(version):
                if variant.startswith("windows/"):
                    continue
                parts = _parts(variant)
                axes = {"version": version}
                for at in range(depth):
                    axes["flavor" if not at else f"flavor{at + 1}"] = parts[at] if at < len(parts) else "default"
                name = default_name(self.image, list(axes.values()))
                if name in names or not self.readable(version, variant):
                    continue
                names.add(name)
                yield self.target(name, version, variant, axes, facts)

    def target(
        self, name: str, version: str, variant: str, axes: dict[str, str], facts: Mapping[str, object]
    ) -> Wanted:
        """The target of one Dockerfile."""
        full = facts.get("version")
        tags = self.tagging.tags(version, full if isinstance(full, str) else "", variant)
        context = posixpath.join(self.folder, version, variant).rstrip("/")
        guesses = [Guess("tags", self.tagging.why)] if tags else []
        platforms = _platforms(facts)
        if platforms:
            shown = ", ".join(platforms)
            why = f"{self.path} names architectures: `platforms: [{shown}]` where the base image has all of them"
            guesses.append(Guess("platforms", why))
        origin = posixpath.join(context, "Dockerfile")
        attributes: dict[str, Json] = {"context": context, "dockerfile": "Dockerfile"}
        if tags:
            attributes["tags"] = list(tags)
        return Wanted(name, attributes, {}, origin, self.image, axes, tuple(guesses))

    def variants(self, version: str) -> list[str]:
        """The folders with a Dockerfile below that of a version, "" for itself."""
        start = posixpath.join(self.folder, version) + "/"
        found = [path[len(start) :] for path in self.files.paths if path.startswith(start)]
        return [posixpath.dirname(path) for path in found if posixpath.basename(path) == "Dockerfile"]

    def readable(self, version: str, variant: str) -> bool:
        """Whether BuildKit reads the Dockerfile; the reader of single Dockerfiles tells of one that it does not."""
        path = posixpath.join(self.folder, version, variant, "Dockerfile")
        content = self.files.read(path)
        return content is not None and read(Source.from_bytes(path, content)).ok

    def losses(self, versions: Mapping[str, object], made: Sequence[Wanted]) -> Iterator[Loss]:
        """What of it is not carried over."""
        windows = [f"{one}/{two}" for one in versions for two in self.variants(one) if two.startswith("windows/")]
        if windows:
            what = f"Dockerfiles for Windows, which BuildKit does not build on Linux: {_shown(windows)}"
            yield Loss(self.path, what, "build them as before")
        origins = {target.origin for target in made}
        missing = [
            f"{version}/{variant}"
            for version, facts in versions.items()
            if isinstance(facts, dict)
            for variant in _named(facts)
            if posixpath.join(self.folder, version, variant, "Dockerfile") not in origins
            and not variant.startswith("windows/")
        ]
        if missing:
            yield Loss(
                self.path, f"there is no Dockerfile of {_shown(missing)}", "run apply-templates.sh, then init again"
            )
        if self.tagging.script:
            tagged = any("tags" in target.attributes for target in made)
            what = _SHORT if tagged else "the tags that it gives"
            yield Loss(
                self.tagging.script, what, "write them as `tags`, or in `overrides` of the variants that have them"
            )
        yield from self.templates()

    def templates(self) -> Iterator[Loss]:
        """The templates, whose Dockerfiles are used as they were rendered."""
        for path in self.files.paths:
            if posixpath.dirname(path) != self.folder or not _TEMPLATE.fullmatch(posixpath.basename(path)):
                continue
            first = _JQ.search(content) if (content := self.files.read(path)) is not None else None
            line = content.count(b"\n", 0, first.start()) + 1 if content is not None and first is not None else 1
            yield Loss(
                f"{path}:{line}",
                "templates in jq are not carried over; the Dockerfiles that it was rendered to are used",
                "go on running apply-templates.sh when versions.json changes, or write it as a Dockerfile.j2",
            )


def _parts(variant: str) -> list[str]:
    return variant.split("/") if variant else []


def _named(facts: Mapping[str, object]) -> list[str]:
    variants = facts.get("variants")
    return [one for one in variants if isinstance(one, str)] if isinstance(variants, list) else []


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


_ARCHITECTURES = {
    "amd64": "linux/amd64",
    "arm32v5": "linux/arm/v5",
    "arm32v6": "linux/arm/v6",
    "arm32v7": "linux/arm/v7",
    "arm64v8": "linux/arm64",
    "i386": "linux/386",
    "loong64": "linux/loong64",
    "mips64le": "linux/mips64le",
    "ppc64le": "linux/ppc64le",
    "riscv64": "linux/riscv64",
    "s390x": "linux/s390x",
}
"""What the official images call platforms.

Source: https://github.com/docker-library/bashbrew/blob/master/architecture/oci-platform.go
"""


def _platforms(facts: Mapping[str, object]) -> list[str]:
    """The platforms that the architectures of a version mean; those that say that they are not supported left out."""
    arches = facts.get("arches")
    if isinstance(arches, dict):
        arches = [name for name, one in arches.items() if not (isinstance(one, dict) and one.get("supported") is False)]
    if not isinstance(arches, list):
        return []
    return [_ARCHITECTURES[name] for name in arches if isinstance(name, str) and name in _ARCHITECTURES]
