"""Rule DF209: an image from a registry that the configuration does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.references import ReferenceError, parse_reference
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._images import outside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.practice._images import Used

_HUB = frozenset(("docker.io", "hub.docker.com", "index.docker.io"))


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    trusted = subject.settings.trusted_registries
    if not trusted:
        return
    for used in outside(subject):
        domain = _domain(subject, used)
        if domain and not any(_is(domain, pattern) for pattern in trusted):
            message = f"{used.name} comes from {domain}, which is not among the trusted registries"
            yield Finding(used.span, message, f"take it from {', '.join(trusted)}")


def _domain(subject: DockerfileSubject, used: Used) -> str:
    """The registry; empty where only a build argument says it, or where a named context is likely."""
    name = used.name
    if used.origin == "FROM":
        name = subject.resolved.stages[used.stage.index].image
    elif used.plain:
        return ""
    try:
        return parse_reference(name).domain
    except ReferenceError:
        return ""


def _is(domain: str, pattern: str) -> bool:
    if pattern in _HUB:
        return domain in _HUB
    if pattern.startswith("*"):
        return domain.endswith(pattern[1:])
    if pattern.endswith("*"):
        return domain.startswith(pattern[:-1])
    return domain == pattern


_TRUSTED = {"trusted_registries": ("ghcr.io", "*.example.com")}

RULE = Rule(
    code="DF209",
    name="untrusted-registry",
    summary="Take images from trusted registries only",
    why="What an image brings runs in the build, with the build's secrets, and in production. Organisations that "
    "mirror and scan images want all of them to come from there. The rule finds nothing until the configuration "
    "names `trusted_registries`; `docker.io` stands for Docker Hub, and a `*` at the beginning or the end for "
    "anything.\n\n"
    "Names in FROM are looked at with the defaults of their build arguments. A word alone in `--from` is taken "
    "for a named context.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Docker Hub is not trusted", "FROM ⟦debian:13⟧\n", settings=_TRUSTED, message="docker.io"),
        Example(
            "Images to copy from",
            "FROM ghcr.io/a/b:1\nCOPY --from=⟦quay.io/a/b:1⟧ /a /b\n",
            settings=_TRUSTED,
            message="quay.io",
        ),
        Example(
            "Defaults of build arguments count", "ARG FROM=quay.io\nFROM ⟦${FROM}/a/b:1⟧ AS base\n", settings=_TRUSTED
        ),
        Example(
            "Trusted ones, and stages",
            "FROM registry.example.com/a:1 AS base\nFROM base\nCOPY --from=ghcr.io/a/b:1 /a /b\nFROM scratch\n",
            settings=_TRUSTED,
        ),
        Example("Docker Hub by its name", "FROM debian:13\n", settings={"trusted_registries": ("docker.io",)}),
        Example("No wishes", "FROM quay.io/a/b:1\n"),
    ),
    twins=("hadolint:DL3026",),
)
