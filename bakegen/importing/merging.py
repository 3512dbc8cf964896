"""Several sources to one: an earlier kind is believed more, and later ones add what it leaves open."""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from bakegen.importing.folding_templates import mark
from bakegen.importing.model import Found
from bakegen.importing.sources import Kind
from bakegen.plan.recipes import is_remote

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.model import Loss, Wanted

_ADDED = ("tags", "platforms", "labels", "annotations", "secret", "attest", "args")


def merged(found: Mapping[Kind, Found]) -> Found:
    """What all sources say together; `found` may have them in any order."""
    targets: dict[str, Wanted] = {}
    groups: dict[str, tuple[str, ...]] = {}
    settings: dict[str, Json] = {}
    losses: list[Loss] = []
    sure: set[str] = set()
    notes = [note for kind in Kind if kind in found for note in found[kind].notes]
    for kind in Kind:
        if kind not in found:
            continue
        one = found[kind]
        # What is odd in a Dockerfile taken alone need not be odd in how an earlier kind builds it.
        known_files = {_key(target)[1] for target in targets.values()}
        one = _of_its_own(one, kind, targets.values())
        losses += [loss for loss in one.losses if loss.origin.partition(":")[0] not in known_files]
        built = {_key(target): name for name, target in targets.items()}
        if kind is Kind.WORKFLOWS:
            built = _without_families(built, one.targets, sure)
        renamed: dict[str, str] = {}
        added: list[str] = []
        for target in one.targets:
            known = built.get(_key(target))
            if known is not None:
                renamed[target.name] = known
                if kind is Kind.WORKFLOWS:
                    targets[known] = _added(targets[known], target)
                continue
            name = _free(target.name, targets)
            renamed[target.name] = name
            targets[name] = target if name == target.name else replace(target, name=name)
            added.append(name)
        for name in added:
            targets[name] = _linked(targets[name], renamed)
        for name, members in one.groups.items():
            groups.setdefault(name, tuple(renamed.get(member, member) for member in members))
        settings = {**one.settings, **settings}
        if kind is not Kind.COMPOSE:
            sure.update(added)
    return Found(tuple(targets.values()), groups, settings, tuple(dict.fromkeys(losses)), tuple(dict.fromkeys(notes)))


def _of_its_own(found: Found, kind: Kind, known: Collection[Wanted]) -> Found:
    """`found` of Dockerfiles without those that an earlier kind builds some stage of, and that no other one needs."""
    if kind is not Kind.DOCKERFILES:
        return found
    files = {_key(target)[1] for target in known}
    keys = {_key(target) for target in known}
    linked = {
        str(value).removeprefix("target:")
        for target in found.targets
        if isinstance(contexts := target.attributes.get("contexts"), dict)
        for value in contexts.values()
    }
    kept = [one for one in found.targets if (key := _key(one)) in keys or key[1] not in files or one.name in linked]
    return replace(found, targets=tuple(kept))


def _without_families(
    built: Mapping[tuple[str, str, str], str], targets: Sequence[Wanted], sure: Collection[str]
) -> dict[tuple[str, str, str], str]:
    """`built` without what a workflow builds several of: one service of a compose file is none of these for sure."""
    count = Counter(_key(target) for target in targets)
    return {key: name for key, name in built.items() if count[key] <= 1 or name in sure}


def joined(several: Sequence[Found], labels: Sequence[str] = ()) -> Found:
    """What several files of one kind have together.

    Args:
        several: what each of them has.
        labels: for each a word, such as its folder's name, that goes in front of names that an earlier one has.
    """
    targets: dict[str, Wanted] = {}
    groups: dict[str, tuple[str, ...]] = {}
    settings: dict[str, Json] = {}
    differing = _differing([_vars(found) for found in several])
    for found, label in zip_longest(several, labels[: len(several)], fillvalue=""):
        assert isinstance(found, Found)
        renamed: dict[str, str] = {}
        for target in found.targets:
            longer = f"{label}-{target.name}" if label and target.name in targets else target.name
            renamed[target.name] = _free(longer, {**targets, **dict.fromkeys(renamed.values(), target)})
        values = {name: text for name, text in _vars(found).items() if name in differing}
        for target in found.targets:
            new = _linked(replace(target, name=renamed[target.name]), renamed)
            targets[new.name] = _with_vars(new, values)
        for name, members in found.groups.items():
            inside = tuple(renamed.get(member, member) for member in members)
            groups[name] = tuple(dict.fromkeys((*groups.get(name, ()), *inside)))
        settings = {**found.settings, **settings}
    common = {name: text for found in several for name, text in _vars(found).items() if name not in differing}
    settings.pop("defaults", None)
    if common:
        settings["defaults"] = {"vars": common}
    losses = tuple(loss for found in several for loss in found.losses)
    notes = tuple(note for found in several for note in found.notes)
    return Found(tuple(targets.values()), groups, settings, losses, notes)


def _vars(found: Found) -> dict[str, Json]:
    defaults = found.settings.get("defaults")
    values = defaults.get("vars") if isinstance(defaults, dict) else None
    return values if isinstance(values, dict) else {}


def _differing(several: Sequence[Mapping[str, Json]]) -> set[str]:
    """The variables that have one value in one file and another in another."""
    known: dict[str, Json] = {}
    return {name for values in several for name, text in values.items() if known.setdefault(name, text) != text}


def _with_vars(target: Wanted, values: Mapping[str, Json]) -> Wanted:
    """`target` with those `values` as `vars` of its own that its texts name."""
    told = json.dumps(dict(target.marked), ensure_ascii=False)
    own: dict[str, Json] = {name: text for name, text in values.items() if mark(f"vars.{name}") in told}
    return replace(target, own={**target.own, "vars": own}) if own else target


def _linked(target: Wanted, renamed: Mapping[str, str]) -> Wanted:
    """`target` with named contexts that lead to the targets that others of its source are called now."""
    contexts = target.attributes.get("contexts")
    if not isinstance(contexts, dict):
        return target
    new: dict[str, Json] = {}
    for key, value in contexts.items():
        name = value.removeprefix("target:") if isinstance(value, str) and value.startswith("target:") else ""
        new[key] = f"target:{renamed[name]}" if name in renamed else value
    if new == contexts:
        return target
    marked = target.marked and {**target.marked, "contexts": new}
    return replace(target, attributes={**target.attributes, "contexts": new}, marked=marked)


def _key(target: Wanted) -> tuple[str, str, str]:
    """What makes two targets the same build: the Dockerfile with its context, and the stage."""
    attributes = target.attributes
    context = str(attributes.get("context") or ".").removeprefix("cwd://")
    stage = str(attributes.get("target") or "")
    if "dockerfile-inline" in attributes:
        return context, str(attributes["dockerfile-inline"]), stage
    path = str(attributes.get("dockerfile") or "Dockerfile")
    if is_remote(context):
        return context, path, stage
    return posixpath.normpath(context), posixpath.normpath(posixpath.join(context, path)), stage


def _free(name: str, taken: Mapping[str, Wanted]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _added(target: Wanted, more: Wanted) -> Wanted:
    """`target` with what a workflow says of it that it does not say itself."""
    attributes = dict(target.attributes)
    for name in _ADDED:
        value = more.attributes.get(name)
        old = attributes.get(name)
        if isinstance(value, dict):
            attributes[name] = {**value, **old} if isinstance(old, dict) else value
        elif value and not old:
            attributes[name] = value
    own = {**more.own, **target.own}
    guesses = (*target.guesses, *(guess for guess in more.guesses if guess not in target.guesses))
    marked = {**attributes, **{name: one for name, one in target.marked.items() if name not in _ADDED or one}}
    return replace(target, attributes=attributes, own=own, guesses=guesses, marked=marked if target.marked else {})
