"""Rule BK122: an image for one platform, used for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.expand import variables_of
from bakegen.dockerfile.platforms import PlatformError, normalized, parse_platform
from bakegen.dockerfile.references import ReferenceError, parse_reference
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

# The namespaces of Docker Hub in which the official images of one architecture are.
_NAMESPACES = {
    "amd64": "linux/amd64",
    "arm32v5": "linux/arm/v5",
    "arm32v6": "linux/arm/v6",
    "arm32v7": "linux/arm/v7",
    "arm64v8": "linux/arm64",
    "i386": "linux/386",
    "mips64le": "linux/mips64le",
    "ppc64le": "linux/ppc64le",
    "riscv64": "linux/riscv64",
    "s390x": "linux/s390x",
    "winamd64": "windows/amd64",
}


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.resolved.stages:
        start = stage.stage.start
        # A platform that a variable says is another one in another build.
        if start.platform is None or stage.base is not None or variables_of(start.platform.text):
            continue
        try:
            wanted = normalized(parse_platform(start.platform.text))
            image = parse_reference(stage.image)
        except (PlatformError, ReferenceError):
            continue
        space, _, _ = image.path.partition("/")
        if image.domain != "docker.io" or space not in _NAMESPACES:
            continue
        actual = parse_platform(_NAMESPACES[space])
        if (wanted.os, wanted.architecture) != (actual.os, actual.architecture):
            yield Finding(
                start.image.span,
                f"{start.image.text} is for {actual} only, and {wanted.short()} is asked for",
                f"take {image.path.partition('/')[2]}, which is there for several platforms",
                ((start.platform.span, "the platform that is asked for"),),
            )


RULE = Rule(
    code="BK122",
    name="invalid-base-image-platform",
    summary="Take base images that exist for the platform",
    why=(
        "An image that is made for one platform only is taken whatever platform is asked for; its programs then do not "
        "run, or run emulated, and the result says that it is for a platform that it is not for.\n\nBuildKit sees this "
        "when it has read the image's config from the registry, and for the platform of that one build. A file alone "
        "says it only where both are written down: a constant `--platform`, and an image of one of the namespaces of "
        "Docker Hub that hold a single architecture (`arm64v8/debian`, `i386/debian`). Everything else needs the "
        "image: `docker build --check --platform …` reads it."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "An image for another architecture",
            "FROM --platform=linux/amd64 ⟦arm64v8/debian:13⟧ AS linux\n",
            message="linux/arm64",
        ),
        Example("The right one", "FROM --platform=linux/arm64/v8 arm64v8/debian:13 AS linux\n"),
        Example("An image for several", "FROM --platform=linux/arm64 debian:13 AS linux\n"),
        Example("Nobody says for which platform it is built", "FROM arm64v8/debian:13\n"),
        Example("A variable says it", "FROM --platform=$BUILDPLATFORM arm64v8/debian:13\n"),
        Example("Somebody else's image", "FROM --platform=linux/amd64 example.com/arm64v8/debian:13 AS linux\n"),
    ),
    twins=("buildkit:InvalidBaseImagePlatform",),
    words=("--platform",),
)
