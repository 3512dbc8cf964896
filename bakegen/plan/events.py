"""Which targets a build is about, by what started it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from bakegen.definition.events import BuildEvent
from bakegen.diagnostics import did_you_mean, error

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bakegen.definition.project import Setting
    from bakegen.diagnostics import Diagnostic
    from bakegen.plan.model import Plan

DEFAULTS: Mapping[BuildEvent, str] = {
    BuildEvent.PULL_REQUEST: "pr",
    BuildEvent.BRANCH: "pr",
    BuildEvent.NIGHTLY: "nightly",
    BuildEvent.RELEASE: "nightly",
}
"""The selection of events that the project does not name, where it has one of that name."""


def names_for(event: BuildEvent, events: Mapping[BuildEvent, tuple[Setting[str], ...]], plan: Plan) -> tuple[str, ...]:
    """The groups and targets that `event` builds, at least one, none with a glob in it.

    `events` is the project's setting. What it does not name builds the selection of `DEFAULTS`, and without that the
    group `default`; where there is no such group either (each image says `default: false`), all targets.
    """
    written = events.get(event)
    if written is not None:
        named = (one for name in written for one in _meant(name.value, plan.groups, plan.targets))
        return tuple(dict.fromkeys(named))
    usual = DEFAULTS.get(event)
    if usual is not None and usual in plan.groups:
        return (usual,)
    return ("default",) if "default" in plan.groups else tuple(plan.targets)


def unknown_names(
    events: Mapping[BuildEvent, tuple[Setting[str], ...]], groups: Collection[str], targets: Collection[str]
) -> list[Diagnostic]:
    """An error for each name in `events` that no group and no target has."""
    known = [*groups, *targets]
    return [
        error(
            "unknown-target",
            f"`events`, {str(event)!r}: no target or group is called {name.value!r}",
            name.origin.location,
            help=did_you_mean(name.value, known) or "`bakegen list` shows the targets, `selections` makes groups",
        )
        for event, names in events.items()
        for name in names
        if not _meant(name.value, groups, targets)
    ]


def _meant(name: str, groups: Collection[str], targets: Collection[str]) -> tuple[str, ...]:
    return (name,) if name in groups else tuple(one for one in targets if fnmatchcase(one, name))
