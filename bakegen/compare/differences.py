"""What differs between two images, beyond what the original differs from itself and what was declared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.compare.declared import Declared
from bakegen.compare.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bakegen.compare.model import ConfigValue, Entry, Image

CONFIG = "config"
"""The path of differences in the configuration; paths of files are absolute."""
PRESENCE = "presence"
_NOWHERE = "–"


@dataclass(frozen=True, slots=True)
class Difference:
    """One aspect of one path that differs.

    Attributes:
        path: an absolute path, or `CONFIG`.
        aspect: ``presence``, ``type``, ``mode``, ``owner``, ``xattr NAME``, ``target``, ``links``, ``device`` or
            ``bytes``; of the configuration the field, with the name for mappings: ``Env PATH``, ``Cmd``.
        original, rewritten: what either has, fit to be shown; ``–`` for nothing.
        before, after: the entries, where there are any.
    """

    path: str
    aspect: str
    original: str
    rewritten: str
    before: Entry | None = field(default=None, compare=False, repr=False)
    after: Entry | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two images compared, every difference in exactly one place, each sorted by path.

    Attributes:
        differences: those that count: nothing explains them.
        varying: those that builds of the same Dockerfile show too.
        declared: those in paths that were left out.
        entries: how many paths were compared.
        size: how many bytes the files of the original have.
    """

    differences: tuple[Difference, ...]
    varying: tuple[Difference, ...] = ()
    declared: tuple[Difference, ...] = ()
    entries: int = 0
    size: int = 0

    @property
    def same(self) -> bool:
        """Whether nothing counts."""
        return not self.differences


def differences(
    original: Image, rewritten: Image, *, control: Image | None = None, ignore: Iterable[str] = ()
) -> Comparison:
    """Compares `rewritten` with `original` at E1: configuration, types, modes, owners, xattrs, links, bytes.

    Args:
        original: the image as it should be.
        rewritten: the one in question.
        control: another build of the original. An aspect of a path that differs between the two builds says
            nothing, nor does a path that one of them lacks; new names in a directory say nothing where the control
            has as many new ones of the same kind there (a log file with the time in its name).
        ignore: declared paths (E2), see `Declared`.

    Raises:
        InputError: a declared path is no absolute path.
    """
    declared = Declared(ignore)
    excuses = None if control is None else _Excuses(original, control)
    counted: list[Difference] = []
    varying: list[Difference] = []
    left_out: list[Difference] = []
    holders = declared.covered_directories(original.files, rewritten.files)
    holders |= declared.covered_directories(rewritten.files, original.files)
    for one in _all(original, rewritten, declared):
        if one.path != CONFIG and (declared.covers(one.path) or one.path in holders):
            left_out.append(one)
        elif excuses is not None and excuses.cover(one):
            varying.append(one)
        else:
            counted.append(one)
    paths = original.files.keys() | rewritten.files.keys()
    return Comparison(tuple(counted), tuple(varying), tuple(left_out), len(paths), original.size)


def confirmed(found: Comparison, earlier: Comparison) -> Comparison:
    """`found`, with only those differences counted that `earlier`, with another build of the rewriting, has too."""
    known = {(one.path, one.aspect) for one in earlier.differences}
    counted = tuple(one for one in found.differences if (one.path, one.aspect) in known)
    by_chance = [one for one in found.differences if (one.path, one.aspect) not in known]
    varying = sorted([*found.varying, *by_chance], key=lambda one: one.path.split("/"))
    return replace(found, differences=counted, varying=tuple(varying))


class _Excuses:
    """What two builds of the original differ in; asked about differences in the order of their paths."""

    def __init__(self, original: Image, control: Image) -> None:
        self._aspects: dict[str, set[str]] = {}
        gone: Counter[tuple[str, Kind]] = Counter()
        came: Counter[tuple[str, Kind]] = Counter()
        for one in _all(original, control, Declared(())):
            self._aspects.setdefault(one.path, set()).add(one.aspect)
            if one.aspect == PRESENCE:
                entry = one.before or one.after
                assert entry is not None
                (gone if one.after is None else came)[one.path.rpartition("/")[0], entry.kind] += 1
        # A random name goes in one build and another comes in the other; what merely comes is none.
        self._new_names = {key: max(gone[key], came[key]) for key in gone.keys() & came.keys()}
        self._below = ""

    def cover(self, one: Difference) -> bool:
        """Whether builds of the original differ like this too."""
        found = self._aspects.get(one.path, ())
        if one.aspect in found or PRESENCE in found or "type" in found:
            return True
        if one.aspect != PRESENCE or one.after is None:
            return False
        if self._below and one.path.startswith(self._below):
            return True
        key = (one.path.rpartition("/")[0], one.after.kind)
        if self._new_names.get(key, 0) <= 0:
            return False
        self._new_names[key] -= 1
        if one.after.kind is Kind.DIRECTORY:
            self._below = f"{one.path}/"
        return True


def _all(original: Image, rewritten: Image, declared: Declared) -> Iterator[Difference]:
    yield from _in_config(original.platform, original.config, rewritten.platform, rewritten.config)
    before, after = original.files, rewritten.files
    for path in _merged(before, after):
        mine, other = before.get(path), after.get(path)
        if mine is not None and other is not None:
            if mine != other:
                yield from _in_entry(path, mine, other, declared)
        else:
            shown = (_NOWHERE if mine is None else describe(mine), _NOWHERE if other is None else describe(other))
            yield Difference(path, PRESENCE, *shown, mine, other)


def _merged(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> list[str]:
    """All paths, a directory before what is in it and that before its next sibling."""
    return sorted(before.keys() | after.keys(), key=lambda path: path.split("/"))


def _in_entry(path: str, mine: Entry, other: Entry, declared: Declared) -> Iterator[Difference]:
    if mine.kind is not other.kind:
        yield Difference(path, "type", describe(mine), describe(other), mine, other)
        return
    if mine.mode != other.mode:
        yield Difference(path, "mode", f"{mine.mode:04o}", f"{other.mode:04o}", mine, other)
    if (mine.uid, mine.gid) != (other.uid, other.gid):
        yield Difference(path, "owner", f"{mine.uid}:{mine.gid}", f"{other.uid}:{other.gid}", mine, other)
    if mine.xattrs != other.xattrs:
        had, has = dict(mine.xattrs), dict(other.xattrs)
        for name in sorted(had.keys() | has.keys()):
            if had.get(name) != has.get(name):
                yield Difference(path, f"xattr {name}", _hex(had.get(name)), _hex(has.get(name)), mine, other)
    if mine.target != other.target:
        yield Difference(path, "target", mine.target, other.target, mine, other)
    if mine.device != other.device:
        yield Difference(path, "device", _device(mine), _device(other), mine, other)
    if (mine.size, mine.digest) != (other.size, other.digest):
        yield Difference(path, "bytes", _bytes(mine), _bytes(other), mine, other)
    if mine.links != other.links:
        had_names, has_names = _names(path, mine, declared), _names(path, other, declared)
        if had_names != has_names:
            yield Difference(
                path, "links", " ".join(had_names) or _NOWHERE, " ".join(has_names) or _NOWHERE, mine, other
            )


def _names(path: str, entry: Entry, declared: Declared) -> tuple[str, ...]:
    """The other names of a file that are not left out."""
    return tuple(one for one in entry.links if one != path and not declared.covers(one))


def describe(entry: Entry) -> str:
    """An entry in a few words: ``directory 0755 0:0``, ``symlink -> /opt``."""
    if entry.kind is Kind.SYMLINK:
        return f"{entry.kind} -> {entry.target}"
    more = f" {_bytes(entry)}" if entry.kind is Kind.FILE else f" {_device(entry)}" if entry.device else ""
    return f"{entry.kind} {entry.mode:04o} {entry.uid}:{entry.gid}{more}"


def _bytes(entry: Entry) -> str:
    return f"{entry.size} B sha256:{entry.digest[:12]}"


def _device(entry: Entry) -> str:
    return "{}:{}".format(*entry.device) if entry.device else _NOWHERE


def _hex(value: bytes | None) -> str:
    return _NOWHERE if value is None else f"0x{value.hex()}"


def _in_config(
    platform: str, mine: Mapping[str, ConfigValue], other_platform: str, other: Mapping[str, ConfigValue]
) -> Iterator[Difference]:
    if platform != other_platform:
        yield Difference(CONFIG, "platform", platform, other_platform)
    for name in sorted(mine.keys() | other.keys()):
        had, has = mine.get(name), other.get(name)
        if had == has or name in ("os", "architecture", "variant"):
            continue
        if isinstance(had or has, dict) and isinstance(had or {}, dict) and isinstance(has or {}, dict):
            yield from _in_mapping(name, had if isinstance(had, dict) else {}, has if isinstance(has, dict) else {})
        else:
            yield Difference(CONFIG, name, _shown(had), _shown(has))


def _in_mapping(name: str, mine: Mapping[str, ConfigValue], other: Mapping[str, ConfigValue]) -> Iterator[Difference]:
    for key in sorted(mine.keys() | other.keys()):
        had, has = mine.get(key), other.get(key)
        if had != has or type(had) is not type(has):
            yield Difference(CONFIG, f"{name} {key}", _shown(had), _shown(has))


def _shown(value: ConfigValue | None) -> str:
    import json

    return _NOWHERE if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
