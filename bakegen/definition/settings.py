"""Project settings: what bakegen.yaml says, what the environment and flags set over it, checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.definition.attributes import Merge, parse_version
from bakegen.definition.events_reader import read_events
from bakegen.definition.fields import SETTINGS, SettingSpec, Shape
from bakegen.definition.origin import BUILT_IN, Layer
from bakegen.definition.project import Setting, Settings
from bakegen.definition.readers import Problems, as_integer, as_seconds, check_text, has_template, read_field
from bakegen.definition.values import Leaf, Raw, merge
from bakegen.diagnostics import error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.definition.sets import Outside
    from bakegen.documents.nodes import Table

MOST_ANCESTORS = 50
"""The most that `ancestors` may be: each costs the reading of a project as it was."""

_NOT_TEMPLATES = frozenset(SETTINGS) - {"repository", "cache"}


def read_settings(table: Table | None, outside: Sequence[Outside], problems: Problems) -> tuple[Settings, Raw | None]:
    """The settings with their origins, and the project's raw `cache`, which images cascade over.

    `outside` are the environment and the flags, in that order; names in `table` were checked before.
    """
    found = {name: _one(setting, table, outside, problems) for name, setting in SETTINGS.items()}
    registry = _text(found["registry"])
    if registry is not None:
        _check_registry(registry, problems)
    named = found["repository"]
    if isinstance(named, Leaf) and named.text:
        repository = Setting(named.text, named.origin)
    else:
        repository = Setting("{{ registry }}/{{ image }}" if registry else "{{ image }}", BUILT_IN)
    cache = found["cache"]
    cache_settings = (
        {key: Setting(leaf.text, leaf.origin) for key, leaf in cache.items() if isinstance(leaf, Leaf)}
        if isinstance(cache, dict)
        else {}
    )
    dear = _required(found, "checkpoint-after")
    limit, ancestors = _required(found, "max-targets"), _required(found, "ancestors")
    settings = Settings(
        registry=registry or Setting(None, BUILT_IN),
        repository=repository,
        default_branch=_required(found, "default-branch"),
        fallbacks=_texts(found["fallbacks"]),
        min_buildx=_checked_version(_required(found, "min-buildx"), problems),
        images=_inside(_texts(found["images"]), "images", problems),
        templates=_folder(_required(found, "templates"), "templates", problems),
        rendered=_folder(_required(found, "rendered"), "rendered", problems),
        max_targets=Setting(as_integer(limit.value) or 0, limit.origin),
        checkpoint_after=Setting(as_seconds(dear.value) or 0, dear.origin),
        push=_required(found, "push"),
        ancestors=Setting(as_integer(ancestors.value) or 0, ancestors.origin),
        cache=cache_settings,
        events=read_events(table, problems),
    )
    if settings.max_targets.value < 1:
        problems.append(
            error("wrong-type", "`max-targets` takes a number over 0", settings.max_targets.origin.location)
        )
    if not 0 <= settings.ancestors.value <= MOST_ANCESTORS:
        said = f"`ancestors` takes a number from 0 to {MOST_ANCESTORS}"
        problems.append(error("wrong-type", said, settings.ancestors.origin.location))
    return settings, cache


def _one(setting: SettingSpec, table: Table | None, outside: Sequence[Outside], problems: Problems) -> Raw | None:
    value: Raw | None = None
    if setting.shape in (Shape.SELECTIONS, Shape.EVENTS, Shape.FIELDS):
        return None
    node = table.entries.get(setting.name) if table is not None else None
    if node is not None:
        read = read_field(setting, node, Layer.PROJECT, problems)
        value = merge(None, read, Merge.KEYS) if read is not None else None
    for layer in outside:
        leaves = layer.settings.get(setting.name)
        if leaves is None:
            continue
        if setting.shape is Shape.TEXTS:
            value = tuple(leaf for leaf in leaves if leaf.text)
            continue
        for leaf in leaves:
            checked = check_text(f"`{setting.name}`", setting.shape, setting.choices, leaf.text)
            if checked is not None:
                problems.append(error(checked[0], checked[1], leaf.origin.location, help=checked[2]))
            else:
                value = leaf
    if setting.name in _NOT_TEMPLATES:
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Leaf) and has_template(one.text):
                message = f"`{setting.name}` is the same for all images and cannot be a template"
                problems.append(error("not-a-template", message, one.origin.location))
    if value is None and isinstance(setting.default, str):
        return Leaf(setting.default, BUILT_IN)
    if value is None and setting.default is not None:
        return tuple(Leaf(text, BUILT_IN) for text in setting.default)
    return value


def _text(raw: Raw | None) -> Setting[str | None] | None:
    return Setting(raw.text, raw.origin) if isinstance(raw, Leaf) and raw.text else None


def _required(found: dict[str, Raw | None], name: str) -> Setting[str]:
    raw = found[name]
    default = SETTINGS[name].default
    if isinstance(raw, Leaf) and raw.text:
        return Setting(raw.text, raw.origin)
    assert isinstance(default, str)
    return Setting(default, BUILT_IN)


def _texts(raw: Raw | None) -> Setting[tuple[str, ...]]:
    leaves = [leaf for leaf in raw if isinstance(leaf, Leaf)] if isinstance(raw, tuple) else []
    origin = leaves[0].origin if leaves else BUILT_IN
    return Setting(tuple(leaf.text for leaf in leaves), origin)


_REGISTRY = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)


def _check_registry(registry: Setting[str | None], problems: Problems) -> None:
    text = registry.value or ""
    if has_template(text) or _REGISTRY.fullmatch(text):
        return
    help = "a host, with a port if need be, and lower-case path components: registry.example.com/team"
    if "://" in text:
        help = f"leave out {text.partition('://')[0]}://: {help}"
    message = "`registry` is no registry" if "@" in text else f"`registry` cannot be {text!r}"
    problems.append(error("bad-registry", message, registry.origin.location, help=help))


def _checked_version(setting: Setting[str], problems: Problems) -> Setting[str]:
    try:
        parse_version(setting.value)
    except ValueError:
        message = f"`min-buildx` is no version: {setting.value!r}"
        problems.append(error("bad-version", message, setting.origin.location, help='such as "0.20"'))
        return Setting("0.20", BUILT_IN)
    return setting


def _leaves_project(path: str) -> bool:
    parts = re.split(r"[/\\]", path)
    return path.startswith(("/", "\\", "~")) or ".." in parts or ":" in parts[0] or "\0" in path


def _folder(setting: Setting[str], name: str, problems: Problems) -> Setting[str]:
    if _leaves_project(setting.value):
        problems.append(
            error(
                "outside-project",
                f"`{name}` leads out of the project: {setting.value!r}",
                setting.origin.location,
                help="give a path below the project's root, without `..`",
            )
        )
        return setting
    parts = [part for part in setting.value.split("/") if part not in ("", ".")]
    return Setting("/".join(parts) or ".", setting.origin)


def _inside(setting: Setting[tuple[str, ...]], name: str, problems: Problems) -> Setting[tuple[str, ...]]:
    folders = [_folder(Setting(path, setting.origin), name, problems).value for path in setting.value]
    return Setting(tuple(folders), setting.origin)
