"""What examples of this folder share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def dockerfile(text: str, **others: str) -> Mapping[str, str]:
    """The files of an example whose image has this Dockerfile; `others` are definition files by a short name."""
    names = {"project": "bakegen.yaml", "image": "images/app/image.yaml", "base": "images/base/image.yaml"}
    found = {"images/app/Dockerfile": text}
    for name, other in others.items():
        found[names[name]] = other
        if name == "base":
            found["images/base/Dockerfile"] = "FROM scratch\nLABEL a=b\n"
    return found
