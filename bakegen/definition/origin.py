"""Where a value came from: the layer of the cascade, and the place in it; carried by every leaf of a definition."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.text import Location


class Layer(IntEnum):
    """The layers of the cascade; a higher one wins over a lower one."""

    BUILT_IN = 0
    PROJECT = 1
    IMAGE = 2
    MATRIX = 3
    ENVIRONMENT = 4
    FLAG = 5

    @property
    def title(self) -> str:
        """The layer as people read it."""
        return _TITLES[self]


_TITLES = {
    Layer.BUILT_IN: "built-in",
    Layer.PROJECT: "project",
    Layer.IMAGE: "image",
    Layer.MATRIX: "matrix",
    Layer.ENVIRONMENT: "environment",
    Layer.FLAG: "flag",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """The layer that a value was set in, the place if it is in a text, a word more if that helps.

    ``str()`` gives ``image images/go/image.yaml:4:3``, ``built-in`` or ``environment BAKEGEN_REGISTRY``.
    """

    layer: Layer
    location: Location | None = None
    detail: str = ""

    def __str__(self) -> str:
        where = self.detail or (str(self.location) if self.location is not None else "")
        return f"{self.layer.title} {where}".rstrip()


BUILT_IN = Origin(Layer.BUILT_IN)
