"""Shorthands for tests that expand a project in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.errors import InputError
from bakegen.matrix.expand import expand
from tests.unit.definition.projects import project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.diagnostics import Diagnostic
    from bakegen.matrix.model import Variant


def variants(
    image: str,
    settings: str = "",
    environ: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
    warnings: list[Diagnostic] | None = None,
    name: str = "go",
) -> dict[str, Variant]:
    """The variants of one image by name, in order."""
    return {v.name: v for v in expand(project({name: image}, settings, environ, flags), warnings=warnings)}


def only(
    image: str, settings: str = "", environ: Mapping[str, str] | None = None, flags: Sequence[str] = ()
) -> Variant:
    """The one variant of an image without a matrix."""
    (variant,) = variants(image, settings, environ, flags).values()
    return variant


def problems(
    image: str,
    settings: str = "",
    environ: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
    images: Mapping[str, str] | None = None,
) -> list[Diagnostic]:
    """The diagnostics that loading or expanding ends with; fails where it works."""
    try:
        expand(project({"go": image, **(images or {})}, settings, environ, flags))
    except InputError as failure:
        return list(failure.diagnostics)
    raise AssertionError("the project expands")
