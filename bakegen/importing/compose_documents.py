"""Compose files to one model: variables, `include`, `extends`, ``!reset`` and several files merged.

Source: `loader/` of compose-go (`loadYamlFile`, `ApplyInclude`, `ApplyExtends`), in whose order it is done here.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.documents.nodes import Items, Scalar, Table
from bakegen.documents.yaml_reader import read_yaml
from bakegen.importing.compose_model import Budget, Leaf, TooLarge, Value, merge, several, text, without
from bakegen.importing.compose_service import USED, canonical, resolved
from bakegen.importing.compose_values import plain_text
from bakegen.importing.compose_variables import BadVariable, Interpolation, read_variables
from bakegen.importing.model import Loss
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.diagnostics import Diagnostic
    from bakegen.documents.nodes import Node
    from bakegen.importing.sources import Files

MAX_FILES = 200
MAX_DEPTH = 40

Model = dict[str, dict[str, Value]]
Path = tuple[str, ...]


class ComposeReader:
    """Reads the compose files of one project.

    Attributes:
        losses: what could not be read.
        places: ``file:line`` of each service, by name.
        used: the files that were read.
        secrets: those of the model, by name.
        extended: files that services of others extend, by path.
    """

    def __init__(self, files: Files, folder: str) -> None:
        """For the project in `folder` (``.`` for the root), whose ``.env`` sets variables."""
        self.files = files
        self.folder = folder
        self.losses: list[Loss] = []
        self.places: dict[str, str] = {}
        self.used: list[str] = []
        self.secrets: dict[str, Value] = {}
        self.extended: dict[str, _File] = {}
        self._budget = Budget()
        self.variables = self.variables_of(posixpath.join(folder, ".env"), {})

    def variables_of(self, path: str, outer: Mapping[str, str]) -> dict[str, str]:
        """What a file of variables sets; nothing where there is none."""
        data = self.files.read(posixpath.normpath(path))
        return read_variables(data.decode("utf-8", "replace"), outer) if data is not None else {}

    def load(self, paths: Sequence[str]) -> dict[str, Value]:
        """The services of `paths`, each file merged over those before it."""
        try:
            model = self._load(paths, self.folder, self.variables, ())
        except TooLarge:
            self._lose(paths[0], "the file comes to more values than bakegen reads", "split it into smaller files")
            return {}
        self.secrets = model["secrets"]
        return model["services"]

    def _lose(self, where: str, what: str, instead: str) -> None:
        self.losses.append(Loss(where, what, instead))

    def _load(
        self, paths: Sequence[str], folder: str, variables: Mapping[str, str], above: Path, where: str = ""
    ) -> Model:
        model: Model = {"services": {}, "secrets": {}}
        for path in paths:
            if path in above or len(self.used) >= MAX_FILES or len(above) >= MAX_DEPTH:
                self._lose(where or path, f"{path} is not included again", "take out the endless include")
                continue
            read = _File(self, path, folder, variables, (*above, path), where)
            for key, *cleared in read.cleared:
                if key in model:
                    model[key] = _table(without(model[key], tuple(cleared))) if cleared else {}
            for key in model:
                merged = merge(model[key], read.model[key], (key,), self._budget)
                assert isinstance(merged, dict)
                model[key] = merged
        for service in model["services"].values():
            build = service.get("build") if isinstance(service, dict) else None
            if isinstance(build, dict) and not text(build.get("context")):
                build["context"] = Leaf(folder, "")
        return model


class _File:
    """One file with what it includes and extends."""

    def __init__(
        self, reader: ComposeReader, path: str, folder: str, variables: Mapping[str, str], above: Path, where: str
    ) -> None:
        self.reader, self.path, self.folder, self.variables, self.above = reader, path, folder, variables, above
        self.model: Model = {"services": {}, "secrets": {}}
        self.cleared: list[Path] = []
        self.tagged: dict[int, str] = {}
        self._extended: dict[str, dict[str, Value] | None] = {}
        reader.used.append(path)
        root = self._root(where or path)
        if isinstance(root, Table):
            self._read(root)

    def _root(self, where: str) -> Node | None:
        data = self.reader.files.read(self.path)
        if data is None:
            self._lose(where, f"{self.path} is not there", "add the file, or take out what names it")
            return None
        source = Source.from_bytes(self.path, data)
        problems: list[Diagnostic] = []
        root = read_yaml(source, problems)
        for problem in problems:
            start = problem.location.span.start if problem.location is not None else 0
            tag = next((tag for tag in ("!reset", "!override") if source.text.startswith(tag, start)), None)
            if problem.code == "yaml-tag" and tag is not None:
                self.tagged[start] = tag
                continue
            where = f"{self.path}:{source.position(start)[0]}"
            self._lose(where, f"the file is not read: {problem.message}", "mend the file and run this again")
            return None
        return root

    def _lose(self, where: str, what: str, instead: str) -> None:
        self.reader.losses.append(Loss(where, what, instead))

    def _read(self, root: Table) -> None:
        for node in _items(root.entries.get("include")):
            self._include(node)
        self._tags(root, ())
        services = root.entries.get("services")
        own: Model = {"services": {}, "secrets": {}}
        if services is not None and not isinstance(services, Table):
            self._lose(self._origin(services), "`services` is no mapping", "write services as `name: {…}`")
        for name, node in services.entries.items() if isinstance(services, Table) else ():
            assert isinstance(services, Table)
            self.reader.places.setdefault(name, self._origin(services.keys[name]))
            if isinstance(node, Table):
                kept = {
                    key: self._value(one, ("services", name, key)) for key, one in node.entries.items() if key in USED
                }
                own["services"][name] = canonical(kept, self.folder)
        secrets = root.entries.get("secrets")
        if isinstance(secrets, Table):
            own["secrets"] = {name: self._secret(node) for name, node in secrets.entries.items()}
        for key, entries in own.items():
            # What is included gives way to the file that includes it.
            self.model[key] = _table(merge(self.model[key], entries, (key,), self.reader._budget))
        for name in list(own["services"]):
            extended = self._with_base(name, 0)
            if extended is not None:
                self.model["services"][name] = extended

    def _origin(self, node: Node) -> str:
        return f"{self.path}:{node.source.position(node.start)[0]}"

    def _tags(self, node: Node, path: Path) -> None:
        """Notes the paths that ``!reset`` and ``!override`` clear in files before this one."""
        if not self.tagged:
            return
        waiting: list[tuple[Node, Path]] = [(node, path)]
        while waiting:
            one, at = waiting.pop()
            if one.start in self.tagged and at:
                self.cleared.append(at)
            if isinstance(one, Table):
                waiting += [(value, (*at, key)) for key, value in one.entries.items()]

    def _value(self, node: Node, path: Path) -> Value:
        if self.tagged.get(node.start) == "!reset":
            return Leaf(None, self._origin(node))
        if isinstance(node, Table):
            kept = {key: one for key, one in node.entries.items() if self.tagged.get(one.start) != "!reset"}
            return {key: self._value(one, (*path, key)) for key, one in kept.items()}
        if isinstance(node, Items):
            return [self._value(one, path) for one in node.items]
        return self._leaf(node)

    def _leaf(self, node: Scalar) -> Leaf:
        origin = self._origin(node)
        if node.is_null:
            return Leaf(None, origin)
        if "$" not in node.text:
            return Leaf(plain_text(node.text) if node.plain else node.text, origin)
        try:
            found = Interpolation(node.text, self.variables)
        except BadVariable as bad:
            self._lose(origin, f"{bad}", "write `$$` for a dollar sign, or mend the variable")
            return Leaf(node.text, origin)
        return Leaf(found.text, origin, tuple(found.unset), tuple(found.required))

    def _secret(self, node: Node) -> Value:
        value = self._value(node, ())
        if isinstance(value, dict) and isinstance(value.get("file"), Leaf):
            file = value["file"]
            assert isinstance(file, Leaf)
            return {**value, "file": Leaf(resolved(file.text or "", self.folder), file.origin, file.unset)}
        return value

    def _include(self, node: Node) -> None:
        value = self._value(node, ())
        entry = value if isinstance(value, dict) else {"path": value}
        written = [path for one in several(entry.get("path")) if (path := text(one))]
        if not written:
            return
        if any("://" in path or path.startswith(("/", "~", "git@")) for path in written):
            self._lose(
                self._origin(node), "an included file is not in this repository", "copy it here, or its services"
            )
            return
        paths = [resolved(path, self.folder) for path in written]
        given = text(entry.get("project_directory"))
        folder = resolved(given, self.folder) if given else posixpath.dirname(paths[0]) or "."
        env_files = [path for one in several(entry.get("env_file")) if (path := text(one))]
        outer = dict(self.variables)
        for path in [resolved(one, self.folder) for one in env_files] or [posixpath.join(folder, ".env")]:
            outer = {**self.reader.variables_of(path, outer), **outer}
        found = self.reader._load(paths, folder, outer, self.above, self._origin(node))
        for key, entries in found.items():
            self.model[key] = _table(merge(self.model[key], entries, (key,), self.reader._budget))

    def _with_base(self, name: str, depth: int) -> dict[str, Value] | None:
        """A service with what it extends; None where there is no such service."""
        if name in self._extended:
            return self._extended[name]
        service = self.model["services"].get(name)
        if not isinstance(service, dict):
            return None
        self._extended[name] = {key: value for key, value in service.items() if key != "extends"}
        extends = service.get("extends")
        if extends is None or not isinstance(self._extended[name], dict):
            return self._extended[name]
        base = self._base(name, extends, depth)
        own = self._extended[name]
        if base is not None and own is not None:
            merged = merge(base, own, ("services", name), self.reader._budget)
            self._extended[name] = _table(merged)
        return self._extended[name]

    def _base(self, name: str, extends: Value, depth: int) -> dict[str, Value] | None:
        entry = extends if isinstance(extends, dict) else {"service": extends}
        where = self.reader.places.get(name, self.path)
        base, file = text(entry.get("service")), text(entry.get("file"))
        if base is None or depth > MAX_DEPTH:
            self._lose(where, f"what {name} extends is not followed", "write the build section out")
            return None
        path = self.path if file is None else resolved(file, self.folder)
        if path == self.path:
            found = self._with_base(base, depth + 1)
        else:
            if path in self.above or len(self.reader.used) >= MAX_FILES:
                self._lose(
                    where, f"{name} extends a service of a file that is being read", "write the build section out"
                )
                return None
            other = self.reader.extended.get(path)
            if other is None:
                folder = posixpath.dirname(path) or "."
                other = _File(self.reader, path, folder, self.variables, (*self.above, path), where)
                self.reader.extended[path] = other
            found = _table(other.model["services"].get(base) or {}) or None
        if found is None:
            self._lose(where, f"{name} extends {base}, which is not there", "write the build section out")
        return found


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else ()


def _table(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}
