"""Whether definitions build what was found: what bake is told of each target, before and now, less what is added."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bakegen.importing.folding_selections import members_of
from bakegen.plan.recipes import is_remote
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.model import Wanted

_CACHES = ("cache-from", "cache-to")
_DEFAULT = "default"
_GONE = object()


@dataclass(frozen=True)
class Difference:
    """Something that a target, or a group, is told otherwise.

    Attributes:
        name: of the target or the group.
        what: the attribute with its key, or ``targets``.
        before: what was found, as it is shown; "" for nothing.
        now: what the definitions come to.
    """

    name: str
    what: str
    before: str
    now: str


@dataclass(frozen=True)
class Comparison:
    """The outcome: how many `targets` and `groups` were compared, what differs, and what was added on purpose.

    `added` maps what was added, in words, to the names of the targets that it was added to.
    """

    targets: int
    groups: int
    differences: tuple[Difference, ...]
    added: Mapping[str, tuple[str, ...]]

    @property
    def same(self) -> int:
        """How many targets build the same."""
        names = {one.name for one in self.differences if one.what != "targets"}
        return self.targets - len(names)


def compare(
    targets: Sequence[Wanted],
    groups: Mapping[str, Sequence[str]],
    printed: Mapping[str, Json],
    dockerfiles: Mapping[str, str],
) -> Comparison:
    """Compares what was found with what bake is told now.

    Args:
        targets: what was found.
        groups: likewise.
        printed: what ``bake --print`` says of all targets and groups of the definitions.
        dockerfiles: by target, the Dockerfile that a rendered one is a copy of.
    """
    ours = printed["target"]
    our_groups = printed["group"]
    assert isinstance(ours, dict)
    assert isinstance(our_groups, dict)
    differences: list[Difference] = []
    added: dict[str, list[str]] = {}
    for wanted in targets:
        now = ours.get(wanted.name)
        if not isinstance(now, dict):
            differences.append(Difference(wanted.name, "target", "there", ""))
            continue
        found = _target(wanted, _normal(now, dockerfiles.get(wanted.name)))
        differences += [one for one in found if one.before]
        for one in found:
            if not one.before:
                added.setdefault(one.what, []).append(wanted.name)
    known = {wanted.name for wanted in targets}
    members = {name: _members(body) for name, body in our_groups.items()}
    for name in groups:
        before = sorted(set(members_of(groups, name)) & known)
        after = sorted(members_of(members, name)) if name in members else []
        if before and before != after and not (len(before) == 1 and before == [name]):
            differences.append(Difference(name, "targets", ", ".join(before), ", ".join(after)))
    return Comparison(len(targets), len(groups), tuple(differences), {key: tuple(one) for key, one in added.items()})


def _members(body: Json) -> list[str]:
    listed = body.get("targets") if isinstance(body, dict) else None
    return [str(one) for one in listed] if isinstance(listed, list) else []


def _target(wanted: Wanted, now: Mapping[str, Json]) -> list[Difference]:
    """What differs in one target; an empty `before` is for what was added on purpose, in words."""
    before = _normal(wanted.attributes, None)
    found: list[Difference] = []
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name, _GONE), now.get(name, _GONE)
        if name in _CACHES or old == new:
            continue
        words = _on_purpose(name, old, new)
        if words:
            found.append(Difference(wanted.name, words, "", ""))
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            for key in dict.fromkeys([*old, *new]):
                if old.get(key, _GONE) != new.get(key, _GONE):
                    one, other = _shown(old.get(key, _GONE)), _shown(new.get(key, _GONE))
                    found.append(Difference(wanted.name, f"{name}.{key}", one, other))
            continue
        found.append(Difference(wanted.name, name, _shown(old), _shown(new)))
    return found


def _on_purpose(name: str, old: object, new: object) -> str:
    """What was added, in words; "" where a difference is not what is added on purpose."""
    if old is not _GONE and not (name == "contexts" and isinstance(old, dict) and isinstance(new, dict)):
        return ""
    if name == "tags":
        return "a name, as it had none"
    if name == "output" and new == [{"type": "docker"}]:
        return "loading into the engine, as no registry is set"
    if name == "contexts" and isinstance(new, dict):
        rest = dict(new)
        for key, value in old.items() if isinstance(old, dict) else ():
            if rest.pop(key, _GONE) != value:
                return ""
        if all(str(value).startswith("target:") for value in rest.values()):
            return "a link to the target that its Dockerfile names"
    return ""


def _shown(value: object) -> str:
    if value is _GONE:
        return "(nothing)"
    import json

    return value if isinstance(value, str) and value else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _normal(attributes: Mapping[str, Json], dockerfile: str | None) -> dict[str, Json]:
    """The attributes in one form: paths from the project's folder, entries by their fields, nothing that is empty."""
    found: dict[str, Json] = {}
    context = str(attributes.get("context") or ".").removeprefix("cwd://")
    context = context if is_remote(context) else posixpath.normpath(context)
    for name, value in attributes.items():
        if value in ([], {}) or (name == "description" and not value):
            continue
        if name == "contexts" and isinstance(value, dict):
            value = {key: _folder(str(one)) for key, one in value.items()}
        elif name == "entitlements" and isinstance(value, list):
            value = sorted(value, key=str)
        elif isinstance(value, list):
            value = [_entry(one) if isinstance(one, Mapping) else one for one in value]
        found[name] = value
    found["context"] = context
    path = str(attributes.get("dockerfile") or "Dockerfile")
    if "dockerfile-inline" in attributes:
        found.pop("dockerfile", None)
    elif dockerfile is not None:
        found["dockerfile"] = posixpath.normpath(dockerfile)
    else:
        found["dockerfile"] = path if is_remote(context) else posixpath.normpath(posixpath.join(context, path))
    return found


def _folder(value: str) -> str:
    value = value.removeprefix("cwd://")
    return value if is_remote(value) else posixpath.normpath(value)


def _entry(entry: Mapping[str, Json]) -> Json:
    plain: dict[str, Json] = {}
    for key, value in entry.items():
        if value not in ("", None, []):
            plain[key] = ("true" if value else "false") if isinstance(value, bool) and key != "Reset" else value
    return plain
