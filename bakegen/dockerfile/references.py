"""Image references: whether a name can be one, and its normal forms; used by `resolve`.

Source: ParseNormalizedNamed in distribution's reference package, and NamedContext in BuildKit's frontend/dockerui.
"""

from __future__ import annotations

import re

from bakegen.values import dataclass

_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_PATH_PART = re.compile(r"[a-z0-9]++(?>(?:(?:[._]|__|-+)[a-z0-9]++)*)")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")


class ReferenceError(ValueError):
    """A name that cannot be an image reference."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference taken apart: ``domain/path:tag@digest``, tag and digest empty where absent."""

    domain: str
    path: str
    tag: str
    digest: str

    def __str__(self) -> str:
        """The full form, with ``:latest`` where neither tag nor digest is given."""
        tag = self.tag or ("" if self.digest else "latest")
        return f"{self.domain}/{self.path}" + (tag and f":{tag}") + (self.digest and f"@{self.digest}")

    def familiar(self) -> str:
        """The short form that people use: ``alpine:3``, ``ghcr.io/a/b``."""
        name = f"{self.domain}/{self.path}"
        if self.domain == "docker.io":
            name = self.path
            if name.startswith("library/") and name.count("/") == 1:
                name = name.removeprefix("library/")
        return name + (self.tag and f":{self.tag}") + (self.digest and f"@{self.digest}")


def parse_reference(name: str) -> Reference:
    """The reference that `name` stands for, Docker Hub being the default. Raises `ReferenceError`."""
    if _IDENTIFIER.fullmatch(name):
        raise ReferenceError(f"{name} is an image id, not a name")
    domain, remainder = _split(name)
    rest, _, digest = remainder.partition("@")
    path, colon, tag = rest.partition(":")
    lowered = path.lower()
    if lowered != path:
        raise ReferenceError(f"the name of an image is in lower case: {name}")
    valid = (
        _DOMAIN.fullmatch(domain)
        and all(_PATH_PART.fullmatch(part) for part in path.split("/"))
        and (not colon or _TAG.fullmatch(tag))
        and ("@" not in remainder or _DIGEST.fullmatch(digest))
        and len(domain) + 1 + len(path) <= 255
    )
    if not valid:
        raise ReferenceError(f"{name!r} is no image reference")
    return Reference(domain, path, tag, digest)


def context_name(name: str) -> str:
    """The key under which a named context for `name` is looked up; `name` itself where it is no reference."""
    try:
        return parse_reference(name).familiar().removesuffix(":latest")
    except ReferenceError:
        return name


def _split(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    is_domain = slash and ("." in first or ":" in first or first == "localhost" or first.lower() != first)
    if not is_domain:
        return "docker.io", name if slash else f"library/{name}"
    if first in ("index.docker.io", "docker.io"):
        return "docker.io", rest if "/" in rest else f"library/{rest}"
    return first, rest
