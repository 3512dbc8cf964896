"""One step of the cascade: a field of a higher layer set over what the lower layers gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.fields import IMAGE_FIELDS
from bakegen.definition.values import Leaf, Raw, merge

if TYPE_CHECKING:
    from collections.abc import Mapping

# Fields that the project's settings give a value; a null goes back to that and not to nothing.
_FROM_SETTINGS = ("repository", "cache")


def set_over(fields: dict[str, Raw], name: str, value: Raw, settled: Mapping[str, Raw]) -> None:
    """Set field `name` to `value` over `fields`, by the field's own merge rule; a null takes it away.

    `settled` has what the project's settings say, which a null cannot take away.
    """
    spec = IMAGE_FIELDS[name]
    lower = fields.get(name)
    merged = merge(_fitting(lower, value) if name == "cache" else lower, value, spec.merge, spec.identity)
    if merged is None and name in _FROM_SETTINGS:
        merged = settled.get(name)
    if merged is None:
        fields.pop(name, None)
    else:
        fields[name] = merged


def _fitting(lower: Raw | None, upper: Raw) -> Raw | None:
    """What of a lower layer's `cache` holds under `upper`: another backend leaves only the policy."""
    if not isinstance(lower, dict) or not isinstance(upper, dict):
        return lower
    old, new = lower.get("backend"), upper.get("backend")
    if not isinstance(new, Leaf) or (isinstance(old, Leaf) and old.text == new.text):
        return lower
    return {key: value for key, value in lower.items() if key == "policy"}
