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
        versions = versions_of(files, path)
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


def versions_of(files: Files, path: str) -> Mapping[str, object] | None:
    """What a ``versions.json`` says of each version; None where it is something else."""
    content = files.read(path)
    try:
        found = json.loads(content) if content is not None else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not any(isinstance(value, dict) for value in found.values()):
        return None
    return found if all(value is None or isinstance(value, dict) for value in found.values()) else None


def template_paths(files: Files, path: str) -> list[str]:
    """The templates beside a ``versions.json``."""
    folder = posixpath.dirname(path)
    return [
        one for one in files.paths if posixpath.dirname(one) == folder and _TEMPLATE.fullmatch(posixpath.basename(one))
    ]


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
        """A target for each Dockerfile of a version that is not null; those for Windows are an image of their own."""
        for windows in (False, True):
            variants = {one for version in versions for one in self.variants(version)}
            depth = max((len(_parts(one)) for one in variants if _is_windows(one) is windows), default=0)
            names: set[str] = set()
            for version, facts in versions.items():
                for variant in self.variants(version) if isinstance(facts, dict) else ():
                    target = self.target(version, variant, depth, facts if isinstance(facts, dict) else {})
                    if _is_windows(variant) is windows and target.name not in names and self.readable(version, variant):
                        names.add(target.name)
                        yield target

    def target(self, version: str, variant: str, depth: int, facts: Mapping[str, object]) -> Wanted:
        """The target of one Dockerfile; `depth` is how many axes there are beside the version."""
        windows, parts = _is_windows(variant), _parts(variant)
        full = facts.get("version")
        full = full if isinstance(full, str) and full else version
        axes = {}
        for at in range(depth):
            axes["flavor" if not at else f"flavor{at + 1}"] = parts[at] if at < len(parts) else "default"
        family = f"{self.image}-windows" if windows else self.image
        name = default_name(family, [version, *axes.values()])
        tags = () if windows else self.tagging.tags(version, full, variant)
        axes = {"version.name": version, "version.full": full, **axes}
        context = posixpath.join(self.folder, version, variant).rstrip("/")
        attributes: dict[str, Json] = {"context": context, "dockerfile": "Dockerfile"}
        if tags:
            attributes["tags"] = list(tags)
        guesses = [Guess("tags", self.tagging.why)] if tags else []
        guesses += self.platforms(facts, windows)
        return Wanted(name, attributes, {}, posixpath.join(context, "Dockerfile"), family, axes, tuple(guesses))

    def platforms(self, facts: Mapping[str, object], windows: bool) -> Iterator[Guess]:
        """What may be its platforms; which of these the base image has is not known."""
        found = _platforms(facts)
        if windows:
            yield Guess("platforms", "its folder says that it is for Windows: BuildKit on Linux cannot run its steps")
        elif found:
            shown = ", ".join(found)
            why = f"{self.path} names architectures: `platforms: [{shown}]` where the base image has all of them"
            yield Guess("platforms", why)

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
        origins = {target.origin for target in made}
        missing = [
            f"{version}/{variant}"
            for version, facts in versions.items()
            if isinstance(facts, dict)
            for variant in _named(facts)
            if posixpath.join(self.folder, version, variant, "Dockerfile") not in origins
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
        for path in template_paths(self.files, self.path):
            first = _JQ.search(content) if (content := self.files.read(path)) is not None else None
            line = content.count(b"\n", 0, first.start()) + 1 if content is not None and first is not None else 1
            yield Loss(
                f"{path}:{line}",
                "this template is not carried over; the Dockerfiles that it was rendered to are used",
                "go on running apply-templates.sh when versions.json changes, or try `bakegen init --templates`",
            )


def _is_windows(variant: str) -> bool:
    return variant.startswith("windows/")


def _parts(variant: str) -> list[str]:
    """The axes that a variant says, without that it is for Windows."""
    return [part for part in variant.removeprefix("windows/").split("/") if part]


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
