"""A variant: one image at one point of its matrix, its fields merged, rendered and typed; the plan starts here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.definition.origin import Origin
    from bakegen.definition.values import AxisValue
    from bakegen.text import Location

Value = str | bool | int | tuple["Value", ...] | Mapping[str, "Value"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field's value after the cascade, and the origin of each leaf by its path (``args.VERSION``, ``tags[0]``)."""

    name: str
    value: Value
    origins: Mapping[str, Origin]


@dataclass(frozen=True, slots=True)
class Variant:
    """One bake target to be: `name` fits bake's grammar, `directory` is the image's folder from the root.

    `axes` has the variant's value for each axis; `fields` only the fields that are set; `context` is what
    templates see (axes, image, variant, vars, registry where one is set, repository).
    """

    image: str
    name: str
    directory: str
    axes: Mapping[str, str | AxisValue]
    fields: Mapping[str, Field]
    location: Location
    context: Mapping[str, object]

    def template_context(self) -> dict[str, object]:
        """The names that templates of this variant see; a copy, to which branch facts may be added."""
        return dict(self.context)

    def value(self, field: str) -> Value | None:
        """The value of `field`, or None where it is not set."""
        found = self.fields.get(field)
        return None if found is None else found.value

    def text(self, field: str) -> str | None:
        """The value of a text field, or None where it is not set."""
        value = self.value(field)
        return value if isinstance(value, str) else None

    def texts(self, field: str) -> tuple[str, ...]:
        """The texts of a list field, empty where it is not set."""
        value = self.value(field)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()

    def mapping(self, field: str) -> Mapping[str, str]:
        """The entries of a map of text, empty where it is not set."""
        value = self.value(field)
        return {key: item for key, item in value.items() if isinstance(item, str)} if isinstance(value, Mapping) else {}

    def flag(self, field: str, default: bool) -> bool:
        """The value of a field that is true or false."""
        value = self.value(field)
        return value if isinstance(value, bool) else default

    def place(self, path: str) -> Location:
        """Where the leaf at `path` (``args.VERSION``) was set, else the first leaf of its field, else the variant."""
        found = self.fields.get(path.partition(".")[0])
        if found is not None:
            for origin in (found.origins.get(path), *found.origins.values()):
                if origin is not None and origin.location is not None:
                    return origin.location
        return self.location

    def describe(self) -> str:
        """The variant in words: ``go (version=1.22, os=bookworm)``."""
        axes = ", ".join(f"{axis}={value}" for axis, value in self.axes.items())
        return f"{self.image} ({axes})" if axes else self.image
