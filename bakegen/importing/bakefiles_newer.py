"""Attributes that an older buildx reads without a word and does not print: taken from the files themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.attributes import ATTRIBUTES, Kind
from bakegen.importing.folding_fields import LOG_LEVELS
from bakegen.importing.model import Loss

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.bake.meaning import Json
    from bakegen.bakefile.targets import Effective
    from bakegen.bakefile.values import Value

_NEWER = ("resources", "policy")
_KNOWN = ("filename", "reset", "disabled", "strict", "log-level")


def unprinted(
    name: str, origin: str, found: Effective, printed: Mapping[str, Json]
) -> tuple[dict[str, Json], list[Loss]]:
    """What a target has beside what buildx prints of it.

    Args:
        name: of the target.
        origin: its place.
        found: its attributes as the files alone tell.
        printed: its attributes as ``bake --print`` shows them.

    Returns:
        The attributes of which all is sure, in the form of a newer ``bake --print``, and a loss for each other one.
    """
    sure: dict[str, Json] = {}
    losses: list[Loss] = []
    for attribute in _NEWER:
        value = found.attributes.get(attribute)
        if value is None or attribute in printed:
            continue
        made = (_resources(value) if attribute == "resources" else _policies(value)) if value.sure else None
        if made is None:
            since = ATTRIBUTES[attribute].since
            what = f"`{attribute}` of {name} is lost: the installed buildx does not print it, and its value is computed"
            losses.append(Loss(origin, what, f"run init with buildx {since} or newer, or write it into image.yaml"))
        elif made:
            sure[attribute] = made
    return sure, losses


def _resources(value: Value) -> Json:
    numbers = {field.name: field.kind is Kind.INTEGER for field in ATTRIBUTES["resources"].entry_fields}
    made: dict[str, Json] = {}
    for key, one in value.fields.items():
        text = one.text
        if not one.sure or text is None or key not in numbers or (numbers[key] and not text.isdigit()):
            return None
        made[key] = int(text) if numbers[key] else text
    return made


def _policies(value: Value) -> Json:
    made: list[Json] = []
    for entry in value.items:
        texts = {key: one.text for key, one in entry.fields.items()}
        if not entry.sure or not texts or None in texts.values() or not texts.keys() <= {*_KNOWN}:
            return None
        level = texts.get("log-level")
        if level is not None and level not in LOG_LEVELS:
            return None
        files: Json = [{"Filename": texts["filename"], "Data": None}] if "filename" in texts else None
        flags: dict[str, Json] = {key: texts.get(key) == "true" for key in ("reset", "disabled")}
        strict = texts["strict"] == "true" if "strict" in texts else None
        number = LOG_LEVELS.index(level) if level is not None else None
        made.append({"Files": files, "Reset": flags["reset"], "Disabled": flags["disabled"], "Strict": strict,
                     "LogLevel": number})  # fmt: skip
    return made
