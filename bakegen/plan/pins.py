"""Pins the base images of a plan to the digests of the lock file, by named contexts; what cannot be is a warning.

A pin is a named context that a bake target gets. Source: NamedContext in BuildKit's frontend/dockerui, which looks a
context up by the familiar name, for images and for stages alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.diagnostics import Label, warning
from bakegen.dockerfile.references import context_name
from bakegen.facts.model import LOCK_FILE
from bakegen.plan.names import split_reference

if TYPE_CHECKING:
    from bakegen.diagnostics import Diagnostic
    from bakegen.facts.lockfile import Lock
    from bakegen.facts.model import BaseFacts
    from bakegen.plan.model import Plan, Target
    from bakegen.text import Location

IMAGE = "docker-image://"
"""What the value of a named context begins with that is an image."""


def pinned(plan: Plan, lock: Lock) -> Plan:
    """`plan` with the pins of every target that wants them, and a warning for each base that the lock lacks.

    A base that the definition gives a named context for is pinned where that names an image; its reference stays,
    and the digest is added. A reference with a digest of its own is left alone.
    """
    missing: dict[str, Location | None] = {}
    found: list[Diagnostic] = []
    targets = {}
    for name, target in plan.targets.items():
        if target.variant.flag("pin", True) and target.reading is not None:
            target = replace(target, pins=_pins(target, lock, missing, found))
        targets[name] = target
    if missing:
        found.append(_stale(missing))
    return replace(plan, targets=targets, warnings=(*plan.warnings, *dict.fromkeys(found)))


def _pins(target: Target, lock: Lock, missing: dict[str, Location | None], found: list[Diagnostic]) -> dict[str, str]:
    pins: dict[str, str] = {}
    assert target.reading is not None
    used = {context_name(name) for name in target.reading.images}
    for key, value in target.variant.mapping("contexts").items():
        name = key.partition("::")[0]
        if not value.startswith(IMAGE) or context_name(name) not in used or "@" in value:
            continue
        given = value.removeprefix(IMAGE)
        if (base := lock.find(name, given)) is not None:
            pins[key] = pinned_reference(given, base)
        else:
            missing.setdefault(name, target.variant.place(f"contexts.{key}"))
    stages = {context_name(stage): stage for stage in target.reading.all_stages}
    for name in target.bases:
        if "@" in name or (key := context_name(name)) in pins:
            continue
        place = target.reading.images.get(name)
        place = None if place is None else target.recipe.place(place)
        base = lock.find(name)
        if base is None:
            missing.setdefault(name, place)
        elif key in stages:
            found.append(_hidden(name, stages[key], place))
        else:
            pins[key] = pinned_reference(name, base)
    return pins


def pinned_reference(name: str, base: BaseFacts) -> str:
    """The image `name` with the digest of `base`."""
    return f"{context_name(split_reference(name)[0] + _tag(name))}@{base.digest}"


def _tag(name: str) -> str:
    tag = split_reference(name)[1]
    return f":{tag}" if tag else ""


def _stale(missing: dict[str, Location | None]) -> Diagnostic:
    names = ", ".join(missing)
    places = [(name, place) for name, place in missing.items() if place is not None]
    return warning(
        "stale-lock",
        f"{LOCK_FILE} lacks {names}: not pinned, and nothing is known of {'it' if len(missing) == 1 else 'them'}",
        places[0][1] if places else None,
        labels=[Label(place, name) for name, place in places[1:4]],
        help="run `bakegen lock` and commit the result",
    )


def _hidden(name: str, stage: str, place: Location | None) -> Diagnostic:
    return warning(
        "not-pinned",
        f"the base image {name} cannot be pinned: a named context of its name would stand in for the stage {stage!r}",
        place,
        help=f"call the stage otherwise, or write FROM {name}@sha256:…",
    )
