"""The files of a project at a commit, read from git's objects: what `ProjectFiles` and `Contexts` are for a folder.

One of each serves a whole history: `show` makes it be another commit, and directories that are the same there (the same
tree id under the same path) are not looked at again. Whatever was asked of `CommitFiles` is written down, so that it
can be told whether another commit answers the same.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.errors import InputError
from bakegen.facts.context import ListedContext
from bakegen.facts.model import Evidence, Kind
from bakegen.text import Source
from bakegen.workspace.context import Contexts
from bakegen.workspace.files import LARGEST_FILE, ProjectFiles
from bakegen.workspace.gitindex import Listing
from bakegen.workspace.objects import LINK, TREE, Entry, Objects
from bakegen.workspace.tree import FileTree, Node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bakegen.dockerfile.ignore import IgnoreFile
    from bakegen.facts.model import HistoryFacts
    from bakegen.text import Location

_MODES = {"100644": 0o644, "100755": 0o755, LINK: 0o777, TREE: 0o755}
_KINDS = {TREE: Kind.DIRECTORY, LINK: Kind.SYMLINK, "160000": Kind.DIRECTORY}
Asked = dict[tuple[str, str], object]
"""What was asked (how, about which path), and what the answer was."""


class CommitFiles(ProjectFiles):
    """The files of a project at the commit that was shown last.

    Args:
        root: the project's folder.
        top: the top of its repository.
        objects: the objects of that.
        outside: further folders that the project may read.
    """

    def __init__(self, root: Path, top: Path, objects: Objects, outside: Sequence[str] = ()) -> None:
        super().__init__(root.resolve(), tuple(outside))
        self._put("_top", top.resolve())
        self._put("_prefix", os.path.relpath(self.root, self._top))
        self._put("_objects", objects)
        self._put("_scans", {})
        self._put("_tree", "")
        self._put("_asked", {})
        self._put("_found", {})
        self._put("_over", {})
        self._put("_history", {})

    def _put(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    _top: Path
    _prefix: str
    _objects: Objects
    _scans: dict[str, tuple[tuple[str, Kind], ...]]
    _tree: str
    _asked: Asked
    _found: dict[str, tuple[str, Entry | None]]
    _over: Mapping[str, str]
    _history: dict[tuple[Path, IgnoreFile], HistoryFacts | None]

    def show(self, tree: str, over: Mapping[str, str] | None = None) -> None:
        """Makes these be the files of a commit.

        Args:
            tree: the id of the commit's tree.
            over: path -> text of files that are there beside those of the commit, for definitions alone.
        """
        if tree != self._tree:
            self._put("_found", {})
        self._put("_tree", tree)
        self._put("_over", over or {})
        self._put("_asked", {})

    @property
    def tree(self) -> str:
        """The id of the tree that is shown."""
        return self._tree

    @property
    def asked(self) -> Asked:
        """What was asked since this commit is shown."""
        return dict(self._asked)

    def answers(self, asked: Asked) -> bool:
        """Whether the commit that is shown gives all these answers."""
        return all(self._answer(how, path) == answer for (how, path), answer in asked.items())

    def _answer(self, how: str, path: str) -> object:
        if how == "folders":
            return self._folders(path)
        where, entry = self._find(path)
        if how == "exists":
            return entry is not None
        if how == "place":
            return where
        if how == "scan":
            return entry if entry is None or entry.mode != TREE else self._scan(entry)
        return entry

    def _ask(self, how: str, path: str) -> None:
        if (how, path) not in self._asked:
            self._asked[how, path] = self._answer(how, path)

    def _find(self, path: str) -> tuple[str, Entry | None]:
        """Where a path of the project is in the repository, links followed, and what is there."""
        if path not in self._found:
            inside = f"{self._prefix}/{path}"
            if path.startswith("/"):
                inside = os.path.relpath(path, self._top)
            self._found[path] = self._objects.find(self._tree, inside)
        return self._found[path]

    # As of `ProjectFiles` -----------------------------------------------------------------------------------

    def resolve(self, path: str, location: Location | None = None) -> Path:
        self._ask("place", path)
        target = self._top / self._find(path)[0]
        roots = [self.root, *((self.root / extra).resolve() for extra in self.outside)]
        if ".." not in target.parts and any(target.is_relative_to(root) for root in roots):
            return target
        raise InputError([error("outside-project", f"{path!r} is outside the project", location)])

    def read(self, path: str, location: Location | None = None, *, limit: int = LARGEST_FILE) -> Source:
        if path in self._over:
            return Source(path, self._over[path])
        self.resolve(path, location)
        self._ask("read", path)
        entry = self._find(path)[1]
        if entry is None or not entry.mode.startswith("100"):
            raise InputError([error("unreadable-file", f"cannot read {path!r}: it is no file", location)])
        data = self._objects.blob(entry.oid)
        if len(data) > limit:
            raise InputError([error("unreadable-file", f"cannot read {path!r}: it is too large", location)])
        return Source.from_bytes(path, data)

    def exists(self, path: str, location: Location | None = None) -> bool:
        if path in self._over:
            return True
        self.resolve(path, location)
        self._ask("exists", path)
        return self._find(path)[1] is not None

    def folders(self, path: str) -> Sequence[str]:
        start = f"{path}/" if path not in ("", ".") else ""
        more = {one[len(start) :].partition("/")[0] for one in self._over if one.startswith(start)}
        self._ask("folders", path)
        return [*dict.fromkeys((*self._folders(path), *sorted(more)))]

    def _folders(self, path: str) -> tuple[str, ...]:
        entry = self._find(path)[1]
        if entry is None or entry.mode != TREE:
            return ()
        return tuple(name for name, one in self._objects.tree(entry.oid).items() if one.mode == TREE)

    def evidence(self, context: str, ignore: IgnoreFile, location: Location | None = None) -> Evidence:
        place = self.resolve(context, location)
        if (place, ignore) not in self._history:
            from bakegen.workspace.evidence import history

            self._history[place, ignore] = history(place, ignore)
        return Evidence({}, ListedContext(_Folder(self, context), ignore), self._history[place, ignore])

    # For the listing of contexts ----------------------------------------------------------------------------

    def _scan(self, entry: Entry) -> tuple[tuple[str, Kind], ...]:
        if entry.oid not in self._scans:
            listed = self._objects.tree(entry.oid).items()
            self._scans[entry.oid] = tuple((name, _KINDS.get(one.mode, Kind.FILE)) for name, one in listed)
        return self._scans[entry.oid]

    def scan(self, path: str) -> Mapping[str, Kind]:
        """The names in a directory with their kinds; path relative to the project."""
        self._ask("scan", path)
        entry = self._find(path)[1]
        return dict(self._scan(entry)) if entry is not None and entry.mode == TREE else {}

    def entry(self, path: str) -> Entry | None:
        """What is at a path relative to the project."""
        self._ask("read", path)
        return self._find(path)[1]

    def blob(self, oid: str) -> bytes:
        """The bytes of a file."""
        return self._objects.blob(oid)


class _Folder:
    """A folder at a commit as rewriting reads it; see `bakegen.facts.context.Folder`."""

    def __init__(self, files: CommitFiles, folder: str) -> None:
        self._files = files
        self._folder = folder

    def _path(self, path: str) -> str:
        return f"{self._folder}/{path}" if path else self._folder

    def scan(self, path: str) -> Mapping[str, Kind]:
        return self._files.scan(self._path(path))

    def mode(self, path: str) -> int | None:
        entry = self._files.entry(self._path(path))
        return None if entry is None else _MODES.get(entry.mode)

    def read(self, path: str) -> Source | None:
        entry = self._files.entry(self._path(path))
        if entry is None or not entry.mode.startswith("100"):
            return None
        return Source.from_bytes(path, self._files.blob(entry.oid))


class CommitContexts(Contexts):
    """The build contexts of the commit that was shown last."""

    def __init__(self, files: CommitFiles, objects: Objects) -> None:
        super().__init__(files)
        self._at = files
        self._objects = objects
        self._made: dict[Path, _CommitTree] = {}

    def show(self) -> None:
        """Makes these be the contexts of the commit that `files` show now."""
        self._selections.clear()
        self._trees.clear()

    def _tree(self, root: Path) -> FileTree:
        tree = self._made.setdefault(root, _CommitTree(root, Listing, objects=self._objects))
        entry = self._at.entry(str(root))
        tree.begin(entry.oid if entry is not None and entry.mode == TREE else "")
        return tree


class _CommitTree(FileTree):
    """A folder of a commit; a directory of the same id at the same path is the same node at all commits."""

    def __init__(self, root: Path, load: type[Listing], objects: Objects) -> None:
        super().__init__(root, load)
        self._objects = objects
        self._directories: dict[tuple[str, str], Node] = {}

    def begin(self, oid: str) -> None:
        """Makes the tree of that id the top; "" where there is none."""
        self.top = self._directory("", "", oid)

    def _directory(self, name: str, path: str, oid: str) -> Node:
        if (path, oid) not in self._directories:
            node = self._directories[path, oid] = Node(name, path, "directory")
            node._identity = (TREE, oid)
        return self._directories[path, oid]

    def _scan(self, node: Node) -> dict[str, Node]:
        oid = self.identity(node)[1]
        prefix = f"{node.path}/" if node.path else ""
        found: dict[str, Node] = {}
        for name, entry in (self._objects.tree(oid) if oid else {}).items():
            path = prefix + name
            if entry.mode == TREE:
                found[name] = self._directory(name, path, entry.oid)
            else:
                # The files of a submodule are not there: it counts by the commit that it stands for.
                found[name] = Node(name, path, "link" if entry.mode == LINK else "file")
                found[name]._identity = (entry.mode, entry.oid)
        return found

    def link_target(self, node: Node) -> str:
        return self._objects.blob(self.identity(node)[1]).decode("utf-8", "surrogateescape")
