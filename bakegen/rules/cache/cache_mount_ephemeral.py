"""Rule CA334: cache mounts where every build has a new builder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._mounts import cache_mounts
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if not subject.settings.ephemeral:
        return
    found = list(cache_mounts(subject))
    if found:
        count = f"this one and {len(found) - 1} more are" if len(found) > 1 else "it is"
        yield Finding(
            found[0].mount.span,
            f"builders are new for each build: a cache mount is always empty there ({count} of no use)",
            "let the layer cache do it: manifests first, then the installation, in steps of their own",
        )


_TEXT = "FROM python\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask\n"

RULE = Rule(
    code="CA334",
    name="cache-mount-on-ephemeral-builder",
    summary="Do not count on cache mounts where builders are new each time",
    why="A cache mount lives on its builder. It is not exported with `cache-to`, so a build on a fresh CI runner finds "
    "it empty. What is exported are layers: there an installation in a step of its own, below the manifests alone, is "
    "what saves time.\n\n"
    "The rule says nothing unless the configuration says `ephemeral = true`. Cache mounts do no harm there and may "
    "serve those who build at home; switch the rule off then.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Builders are new each time",
            _TEXT.replace("type=cache,target=/root/.cache/pip", "⟦type=cache,target=/root/.cache/pip⟧"),
            settings={"ephemeral": True},
        ),
        Example("Builders are kept", _TEXT, settings={"ephemeral": False}),
        Example("Not said", _TEXT),
    ),
    words=("type=cache",),
    links=("https://docs.docker.com/build/cache/optimize/#use-cache-mounts",),
)
