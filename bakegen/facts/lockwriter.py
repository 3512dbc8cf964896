"""Facts of base images as the lines of bakegen.lock: one for each thing that a reviewer looks at; see `lockfile`."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING

from bakegen.facts.scalars import scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bakegen.facts.model import BaseFacts, DirectoryFacts, PlatformFacts

MANY = ("*",)
"""The names of the links to files in a directory that has too many to name."""

_LONGEST_KEY = 1000  # in characters; libyaml takes 1,024 for a key without a question mark


def written_bases(bases: Mapping[str, BaseFacts]) -> Iterator[str]:
    """The lines of the field `bases`; none where there are none."""
    if bases:
        yield "bases:"
    for name, base in sorted(bases.items()):
        yield f"  {_key(name, 2)}:"
        yield from _written_base(base)


def _written_base(base: BaseFacts) -> Iterator[str]:
    if base.reference:
        yield f"    reference: {scalar(base.reference)}"
    yield f"    digest: {base.digest}"
    if base.platforms:
        yield "    platforms:"
    for name, facts in sorted(base.platforms.items()):
        yield f"      {_key(name, 6)}:"
        for line in _written_platform(facts):
            yield " " * 8 + line


def _written_platform(facts: PlatformFacts) -> Iterator[str]:
    if facts.digest:
        yield f"digest: {facts.digest}"
    yield from _block("env", (f"{name}={value}" for name, value in facts.env))
    for name, value in (("working-dir", facts.working_dir), ("user", facts.user)):
        if value:
            yield f"{name}: {scalar(value)}"
    if facts.shell:
        yield f"shell: {_list(facts.shell)}"
    yield from _block("onbuild", facts.onbuild)
    for name, value in (("distribution", facts.distribution), ("version", facts.version)):
        if value:
            yield f"{name}: {scalar(value)}"
    yield from _written_symlinks(facts.symlinks)
    yield from _written_odd(facts.odd_directories)
    yield from _written_listings(facts.listings)
    yield from _written_file_links(facts.file_links)
    if facts.files:
        yield f"files: {_list(sorted(facts.files))}"
    for name, numbers in (("users", facts.users), ("groups", facts.groups)):
        if numbers:
            inside = ", ".join(f"{_flow_key(key)}: {n}" for n, key in sorted((n, key) for key, n in numbers.items()))
            yield f"{name}: {{{inside}}}"
    if facts.homes:
        yield f"homes: {_map(facts.homes)}"


def _written_symlinks(symlinks: Mapping[str, str]) -> Iterator[str]:
    """A line for each directory: the links in it."""
    folders: dict[str, dict[str, str]] = defaultdict(dict)
    for path, text in symlinks.items():
        folder, name = posixpath.split(path)
        folders[folder][name] = text
    if folders:
        yield "symlinks:"
    for folder, links in sorted(folders.items()):
        yield f"  {_key(folder, 10)}: {_map(links)}"


def _written_odd(odd: Mapping[str, DirectoryFacts]) -> Iterator[str]:
    """A line for each owner and mode: the directories that have them."""
    kinds: dict[tuple[int, int, int], list[str]] = defaultdict(list)
    for path, facts in odd.items():
        kinds[facts.uid, facts.gid, facts.mode].append(path)
    if kinds:
        yield "odd-directories:"
    for (uid, gid, mode), paths in sorted(kinds.items()):
        yield f"  {uid}:{gid} {mode:04o}: {_list(sorted(paths))}"


def _written_listings(listings: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """A line for each directory that holds others; ``name/`` is one that holds none."""
    if listings:
        yield "listings:"
    named = {posixpath.join(path, name) for path, names in listings.items() for name in names}
    for path, names in sorted(listings.items()):
        if names or path not in named:
            inside = (f"{name}/" if listings.get(posixpath.join(path, name)) == () else name for name in names)
            yield f"  {_key(path, 10)}: {_list(inside)}"


def _written_file_links(links: Mapping[str, tuple[str, ...]] | None) -> Iterator[str]:
    """A line for each directory that holds some, and one for all those that hold too many to name."""
    if links is not None:
        yield "file-links:" if links else "file-links: {}"
        many = sorted(path for path, names in links.items() if names == MANY)
        if many:
            yield f'  "*": {_list(many)}'
        for path, names in sorted(links.items()):
            if names != MANY:
                yield f"  {_key(path, 10)}: {_list(names)}"


def _block(name: str, values: Iterable[str]) -> Iterator[str]:
    lines = [f"  - {scalar(value)}" for value in values]
    if lines:
        yield f"{name}:"
        yield from lines


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(scalar(value, flow=True) for value in values) + "]"


def _map(values: Mapping[str, str]) -> str:
    inside = (f"{_flow_key(key)}: {scalar(value, flow=True)}" for key, value in sorted(values.items()))
    return "{" + ", ".join(inside) + "}"


def _key(text: str, indent: int) -> str:
    written = scalar(text)
    return written if len(written) < _LONGEST_KEY else f"? {written}\n{' ' * indent}"


def _flow_key(text: str) -> str:
    written = scalar(text, flow=True)
    return written if len(written) < _LONGEST_KEY else f"? {written} "
