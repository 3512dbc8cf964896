"""Build contexts: which files an instruction can read, and one digest over them, shared between targets.

From `tree` (what is on disk), `dockerfile.ignore` (what the engine is sent) and `plan.keys.SourcePattern` (what
COPY, ADD and bind mounts name) comes the ``files`` part of a content key. What counts is what the builder sees:
tracked or not, ignored by git or not. An empty directory counts, because COPY makes it; git cannot carry one,
so a fresh clone has none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.dockerfile.patterns import PatternError, clean, compile_wildcard, has_wildcards
from bakegen.workspace.git import tracked_files
from bakegen.workspace.sieve import Sieve, View
from bakegen.workspace.tree import DIRECTORY_MODE, FileTree, Node, directory_digest, entry_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bakegen.diagnostics import Diagnostic
    from bakegen.plan.keys import SourcePattern
    from bakegen.text import Location
    from bakegen.workspace.files import ProjectFiles
    from bakegen.workspace.sieve import Filters

_MOST_LINKS = 255
_EMPTY = directory_digest([])


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a selection holds: a path relative to the context, git mode, and id.

    `mode` is ``100644``, ``100755``, ``120000`` (only the link's text counts), ``40000`` for an empty directory,
    ``missing`` for a source that is not there, or the kind of something odd.
    """

    path: str
    mode: str
    oid: str


@dataclass
class Contexts:
    """All the build contexts of one project; keep one for a whole run, so that nothing is read twice.

    Attributes:
        files: the project's folder and what was allowed outside it.
    """

    files: ProjectFiles
    _trees: dict[Path, FileTree] = field(default_factory=dict)
    _sieve: Sieve = field(default_factory=Sieve)
    _digests: dict[tuple[object, ...], str | None] = field(default_factory=dict)
    _matched: dict[tuple[object, ...], tuple[tuple[Node, Filters], ...]] = field(default_factory=dict)
    _selections: dict[tuple[object, ...], str] = field(default_factory=dict)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was odd or unreadable among the files read so far."""
        return tuple(problem for root in sorted(self._trees) for problem in self._trees[root].diagnostics)

    @property
    def hashed(self) -> int:
        """How many files were read to know their id; git's index told the others."""
        return sum(tree.hashed for tree in self._trees.values())

    def digest(
        self,
        context: str,
        ignore: IgnoreFile,
        selection: Sequence[SourcePattern],
        location: Location | None = None,
    ) -> str:
        """One digest of all that `selection` reads from the folder `context` (relative to the project's root).

        Equal exactly when the files that the builder would be sent for it are equal in path, mode and bytes;
        how the ignore file says it does not count.

        Raises:
            InputError: the context is outside the project.
        """
        key = (context, ignore, tuple(selection))
        if key not in self._selections:
            hasher = hashlib.sha256()
            for path, mode, oid in self._select(context, ignore, selection, location):
                hasher.update(f"{mode} {oid}\0{path}\0".encode("utf-8", "surrogateescape"))
            self._selections[key] = hasher.hexdigest()
        return self._selections[key]

    def lines(
        self,
        context: str,
        ignore: IgnoreFile,
        selection: Sequence[SourcePattern],
        location: Location | None = None,
    ) -> tuple[Line, ...]:
        """The single files behind `digest`, sorted by path, for people who ask why a key changed.

        Raises:
            InputError: the context is outside the project.
        """
        found: set[tuple[str, str, str]] = set()
        tree, top = self._open(context, location)
        for source in selection:
            for node, path, filters in self._sources(tree, top, ignore, source):
                if node is None:
                    found.add((path, "missing", ""))
                elif not node.is_directory:
                    found.add((path, *tree.identity(node)))
                else:
                    found.update(self._listed(tree, node, path, filters))
        return tuple(Line(*line) for line in sorted(found))

    def _tree(self, root: Path) -> FileTree:
        return FileTree(root, partial(tracked_files, root))

    def selected(
        self,
        context: str,
        ignore: IgnoreFile,
        selection: Sequence[SourcePattern],
        location: Location | None = None,
    ) -> tuple[Line, ...]:
        """What `digest` is made of: as `lines`, but a directory is one line, with the digest of all below it.

        Raises:
            InputError: the context is outside the project.
        """
        return tuple(Line(*line) for line in self._select(context, ignore, selection, location))

    def _open(self, context: str, location: Location | None) -> tuple[FileTree, Node]:
        place = self.files.resolve(context, location)
        root = self.files.root.resolve()
        if not place.is_relative_to(root):
            root = place
        if root not in self._trees:
            self._trees[root] = self._tree(root)
        tree = self._trees[root]
        top = tree.top
        for name in place.relative_to(root).parts:
            following = tree.child(top, name)
            if following is None or not following.is_directory:
                return tree, Node("", place.relative_to(root).as_posix(), "missing")
            top = following
        return tree, top

    def _select(
        self, context: str, ignore: IgnoreFile, selection: Sequence[SourcePattern], location: Location | None
    ) -> Iterator[tuple[str, str, str]]:
        tree, top = self._open(context, location)
        seen: set[tuple[str, str, str]] = set()
        for source in selection:
            for node, path, filters in self._sources(tree, top, ignore, source):
                if node is None:
                    seen.add((path, "missing", ""))
                elif node.is_directory:
                    seen.add((path, DIRECTORY_MODE, self._digest(tree, node, filters) or _EMPTY))
                else:
                    seen.add((path, *tree.identity(node)))
        yield from sorted(seen)

    # Which nodes a source names -----------------------------------------------------------------------------

    def _sources(
        self, tree: FileTree, top: Node, ignore: IgnoreFile, source: SourcePattern
    ) -> Iterator[tuple[Node | None, str, Filters]]:
        """The nodes that a source names, the links on the way to them, and the filters in force at each.

        Source: BuildKit's ``dispatchCopy`` (dockerfile2llb/convert_copy.go) and fsutil's ``copy.go``: sources
        are clamped to the context's root, symlinks in them are followed inside it, those below are not.
        """
        base = top.path + "/" if top.path else ""
        start: Filters = (self._sieve.layer(tree, ignore, base),)
        path, include = source.path, None
        if source.parents:
            path, pivot, include = path.partition("/./")
            if not pivot:
                path, include = "/", path
        parts = clean("/" + path).split("/")[1:]
        literal = list(parts)
        if source.wildcard:
            literal = []
            for part in parts:
                if has_wildcards(part):
                    break
                literal.append(part)
        wild = "/".join(parts[len(literal) :])
        for node, shown, filters in self._walk_down(tree, top, [part for part in literal if part], start):
            if node is None or node.kind == "link":
                yield node, shown, filters
            elif not wild:
                yield node, shown, self._narrowed(tree, node, filters, source, include)
            else:
                yield from self._wildcard(tree, top, node, shown, wild, filters, start, source, include)

    def _narrowed(
        self, tree: FileTree, node: Node, filters: Filters, source: SourcePattern, include: str | None
    ) -> Filters:
        base = node.path + "/" if node.path else ""
        if source.exclude:
            filters += (self._sieve.layer(tree, IgnoreFile.of(source.exclude), base),)
        if include is not None:
            kept = IgnoreFile.of([clean("/" + include).removeprefix("/")])
            filters += (self._sieve.layer(tree, kept, base, inverted=True),)
        return filters

    def _walk_down(
        self, tree: FileTree, top: Node, parts: list[str], start: Filters
    ) -> Iterator[tuple[Node | None, str, Filters]]:
        """Goes down by names; yields each symlink it follows and at last the node, or None when it is not there."""
        wanted = "/".join(parts)
        trail: list[tuple[Node, Filters]] = [(top, start)]
        todo = parts[::-1]
        links = 0
        sent = True
        while todo:
            name = todo.pop()
            if name in ("", "."):
                continue
            if name == "..":
                if len(trail) > 1:
                    trail.pop()
                continue
            node, filters = trail[-1]
            child = tree.child(node, name)
            if child is None:
                yield None, wanted, filters
                return
            kept, below = View(node, filters).enter(child)
            if child.kind == "link" and kept:
                links += 1
                yield child, _inside(top, child), filters
                target = tree.link_target(child)
                if links > _MOST_LINKS or not target:
                    yield None, wanted, filters
                    return
                if target.startswith("/"):
                    del trail[1:]
                todo += target.split("/")[::-1]
            elif child.is_directory or (kept and not todo):
                trail.append((child, below))
                sent = kept
            else:
                yield None, wanted, filters
                return
        node, filters = trail[-1]
        if sent or len(trail) == 1 or self._digest(tree, node, filters) is not None:
            yield node, _inside(top, node), filters
        else:
            yield None, wanted, filters

    def _wildcard(
        self,
        tree: FileTree,
        top: Node,
        folder: Node,
        shown: str,
        pattern: str,
        filters: Filters,
        start: Filters,
        source: SourcePattern,
        include: str | None,
    ) -> Iterator[tuple[Node | None, str, Filters]]:
        try:
            matches = compile_wildcard(pattern)
        except PatternError:
            yield None, f"{shown}/{pattern}", filters
            return
        strip = len(folder.path) + 1 if folder.path else 0
        for child, below in self._hits(tree, folder, (pattern, strip), matches, _leads_to(pattern), filters):
            if child.kind == "link":
                for found, path, at in self._walk_down(tree, top, _inside(top, child).split("/"), start):
                    if found is not None and found.is_directory:
                        at = self._narrowed(tree, found, at, source, include)
                    yield found, path, at
            else:
                yield child, _inside(top, child), self._narrowed(tree, child, below, source, include)

    def _hits(
        self,
        tree: FileTree,
        node: Node,
        wanted: tuple[str, int],
        matches: Callable[[str], object],
        leads: Callable[[str], object],
        filters: Filters,
    ) -> tuple[tuple[Node, Filters], ...]:
        """What a wildcard (and where in a path it begins) matches below a directory; remembered by directory."""
        key = (node, wanted, filters)
        known = self._matched.get(key)
        if known is not None:
            return known
        hits: list[tuple[Node, Filters]] = []
        view = View(node, filters)
        for child in tree.children(node):
            relative = child.path[wanted[1] :]
            if matches(relative):
                kept, below = view.enter(child)
                if kept or (child.is_directory and self._digest(tree, child, below) is not None):
                    hits.append((child, below))
            elif child.is_directory and leads(relative):
                hits += self._hits(tree, child, wanted, matches, leads, view.enter(child)[1])
        self._matched[key] = tuple(hits)
        return self._matched[key]

    # What of a node is there --------------------------------------------------------------------------------

    def _digest(self, tree: FileTree, node: Node, filters: Filters) -> str | None:
        """The digest of what the filters keep below a directory; None when that is nothing at all."""
        if any(not steps and excluded != layer[1] for layer, excluded, steps in filters):
            return None
        filters = tuple(each for each in filters if each[2])
        if not filters:
            return tree.digest(node)
        key = (node, filters)
        if key in self._digests:
            return self._digests[key]
        lines: list[bytes] = []
        view = View(node, filters)
        for child in tree.children(node):
            if child.name not in view.marked:
                if view.rest:
                    lines.append(tree.line(child))
                continue
            kept, below = view.enter(child)
            if child.is_directory:
                digest = self._digest(tree, child, below)
                if digest is not None or kept:
                    lines.append(entry_line(child.name, DIRECTORY_MODE, digest or _EMPTY))
            elif kept:
                lines.append(tree.line(child))
        result = directory_digest(lines) if lines else None
        self._digests[key] = result
        return result

    def _listed(self, tree: FileTree, node: Node, path: str, filters: Filters) -> Iterator[tuple[str, str, str]]:
        stack = [(node, path, filters)]
        while stack:
            at, shown, above = stack.pop()
            empty = True
            view = View(at, above)
            for child in tree.children(at):
                kept, below = view.enter(child)
                name = f"{shown}/{child.name}" if shown else child.name
                if child.is_directory:
                    if kept or self._digest(tree, child, below) is not None:
                        empty = False
                        stack.append((child, name, below))
                elif kept:
                    empty = False
                    yield name, *tree.identity(child)
            if empty:
                yield shown or ".", DIRECTORY_MODE, _EMPTY


def _inside(top: Node, node: Node) -> str:
    """The node's path relative to the context's root."""
    return node.path[len(top.path) + 1 :] if top.path else node.path


def _leads_to(pattern: str) -> Callable[[str], object]:
    """Whether a wildcard can match something below a directory; a class may match a slash, so then it is unknown."""
    if "[" in pattern:
        return bool
    parts = pattern.split("/")
    heads = [compile_wildcard("/".join(parts[:count])) for count in range(1, len(parts))]
    return lambda path: path.count("/") < len(heads) and heads[path.count("/")](path)
