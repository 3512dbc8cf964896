"""Bake files of a repository: which there are, and what the installed buildx says of them."""

from __future__ import annotations

import os
import posixpath
import re
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.bakefile.reader import read_bake_file
from bakegen.errors import EngineError
from bakegen.importing.bakefiles import Told, names_of, read_bake
from bakegen.importing.bakefiles_variables import probes
from bakegen.importing.model import Found, Loss
from bakegen.plan.marker import MARKER
from bakegen.text import Source
from bakegen.workspace.engine import print_bake

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.bakefile.model import Document
    from bakegen.workspace.importing_files import RepositoryFiles

NAMES = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
"""What bake reads by itself, in its order (`defaultFilenames` in bake/bake.go of buildx), less compose files."""
_BAKE_NAME = re.compile(
    r"(?:docker-)?bake(?:[._-][A-Za-z0-9._-]+)?\.(?:hcl|json)|[A-Za-z0-9._-]+[._-]bake\.(?:hcl|json)"
)
_MISSING = re.compile(r"(?:failed to )?stat ([^:\n]+): no such file or directory|open ([^:\n]+): no such file")
_VENDORED = frozenset({"vendor", "third_party", "testdata", "fixtures", "examples"})
_MOST_STUBS = 200
_MOST_PROBES = 12
_MOST_NAMES = 200
_FEW = 3
_DEFAULT = "default"


def bake_files(files: RepositoryFiles, named: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """The bake files that are read together, each set a list, and those that are there beside them.

    Args:
        files: the repository.
        named: files that a person named; these alone are read, together, where there are some.
    """
    chosen = [path for path in named if path.endswith((".hcl", ".json")) and _is_bake(files, path)]
    if chosen:
        return [chosen], []
    found = [path for path in files.paths if _BAKE_NAME.fullmatch(posixpath.basename(path)) and _is_bake(files, path)]
    sets: list[list[str]] = []
    for folder in sorted({posixpath.dirname(path) for path in found}, key=lambda one: (one.count("/"), one)):
        usual = [path for name in NAMES if (path := posixpath.join(folder, name)) in found]
        own = [path for path in found if posixpath.dirname(path) == folder]
        if usual or len(own) == 1:
            sets.append(usual or own)
    found = [path for path in found if not _VENDORED & set(path.split("/"))]
    top = [one for one in sets if not posixpath.dirname(one[0])]
    read = top or sets
    return read, [path for path in found if not any(path in one for one in read)]


def _is_bake(files: RepositoryFiles, path: str) -> bool:
    data = files.read(path)
    if data is None or MARKER.encode() in data[:4096]:
        return False
    if posixpath.basename(path) in NAMES:
        return True
    text = data.decode("utf-8", "replace")
    return re.search(r"^\s*\"?(?:target|group|variable|function)\"?\s*[\"{:A-Za-z]", text, re.MULTILINE) is not None


def read_bake_files(files: RepositoryFiles, paths: Sequence[str], environ: Mapping[str, str]) -> Found:
    """What one set of bake files has.

    Raises:
        EngineError: buildx refuses the files.
    """
    sources = [Source.from_bytes(path, files.read(path) or b"") for path in paths]
    documents = [read_bake_file(source) for source in sources]
    names = names_of(documents)
    if not names:
        why = "it has no targets that can be read"
        return Found(losses=tuple(Loss(path, why, "mend it, or move it away") for path in paths))
    folder = posixpath.dirname(paths[0])
    name = posixpath.basename(folder) or files.name
    return _from_folder(read_bake(documents, _told(documents, names, environ), environ, name), files, folder)


def _told(documents: Sequence[Document], names: list[str], environ: Mapping[str, str]) -> Told | None:
    """What buildx says; None where there is none."""
    with Bake(documents, environ) as bake:
        names, refused = _answered(bake, names, documents[0].source.path)
        everything = bake.print(names)
        if everything is None:
            return None
        default = None
        if _DEFAULT in names:
            group = bake.print([]) or {}
            groups = group.get("group")
            body = groups.get(_DEFAULT) if isinstance(groups, dict) else None
            listed = body.get("targets") if isinstance(body, dict) else None
            default = tuple(map(str, listed)) if isinstance(listed, list) else None
        return Told(everything, default, _probed(bake, names, probes(documents), everything), refused)


def _answered(bake: Bake, names: list[str], path: str) -> tuple[list[str], Mapping[str, Loss]]:
    """The names that bake takes, and what is told of the others; raises what bake says where it takes none."""
    try:
        bake.print(names)
    except EngineError as problem:
        if len(names) > _MOST_NAMES:
            raise
        kept: list[str] = []
        refused: dict[str, Loss] = {}
        for at, name in enumerate(names):
            if at == _FEW and not kept and len({one.what.partition(": ")[2] for one in refused.values()}) == 1:
                raise  # the file as a whole is wrong
            try:
                bake.print([name])
                kept.append(name)
            except EngineError as reason:
                words = str(reason).rpartition("ERROR: ")[2].strip()
                refused[name] = Loss(path, f"bake itself refuses {name}: {words}", "mend it, then run this again")
        if not kept:
            raise problem from None
        return kept, refused
    return names, {}


def _probed(
    bake: Bake, names: list[str], values: Mapping[str, str], everything: Mapping[str, Json]
) -> tuple[Mapping[str, Json], ...]:
    """What is printed with other values of variables: of all together, or else of each, where the targets stay."""
    wanted = set(_targets(everything))

    def told(chosen: Mapping[str, str]) -> list[Mapping[str, Json]]:
        try:
            found = bake.print(names, chosen) or {}
        except EngineError:
            return []
        return [found] if set(_targets(found)) == wanted else []

    if not values:
        return ()
    few = list(values.items())[:_MOST_PROBES] if len(values) > 1 else []
    return tuple(told(values) or [found for name, value in few for found in told({name: value})])


def _targets(printed: Mapping[str, Json]) -> Mapping[str, Json]:
    targets = printed.get("target")
    return targets if isinstance(targets, dict) else {}


class Bake:
    """Bake files in a folder of their own, in which bake can be called.

    Bake looks whether the files of secrets and the agents of ssh are there, which need not be so where definitions are
    written: whatever it misses is made there.
    """

    def __init__(self, documents: Sequence[Document], environ: Mapping[str, str]) -> None:
        self._temporary = tempfile.TemporaryDirectory()
        # Some levels down, so that paths may lead upwards.
        self._folder = Path(self._temporary.name).resolve() / "a" / "b" / "c" / "d" / "e"
        self._folder.mkdir(parents=True)
        self._paths = [document.source.path for document in documents]
        for document in documents:
            path = self._folder / document.source.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(document.source.to_bytes())
        self._agent = self._folder / ".agent"
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self._agent))
        self._environ = {**environ, "SSH_AUTH_SOCK": str(self._agent)}

    def __enter__(self) -> Bake:
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self._temporary.cleanup()

    def print(self, names: Sequence[str], variables: Mapping[str, str] | None = None) -> dict[str, Json] | None:
        """What ``bake --print`` says of `names`, with these values of variables; None where there is no buildx.

        Raises:
            EngineError: bake refuses the files.
        """
        for _ in range(_MOST_STUBS):
            try:
                printed: dict[str, Json] | None = print_bake(
                    self._paths, names, self._folder, {**self._environ, **(variables or {})}
                )
            except EngineError as problem:
                if not _made_what_is_missing(self._folder, str(problem), self._agent):
                    raise
            else:
                return printed
        raise EngineError("bake misses more files than are reasonable")


def _made_what_is_missing(folder: Path, message: str, agent: Path) -> bool:
    found = _MISSING.search(message)
    if found is None:
        return False
    path = folder / (found[1] or found[2])
    top = folder.parents[4]
    if path.exists() or not path.resolve().is_relative_to(top.resolve()):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    if "agent" in message or "ssh" in message:
        os.link(agent, path)
    else:
        path.write_bytes(b"")
    return True


def _from_folder(found: Found, files: RepositoryFiles, folder: str) -> Found:
    """Paths from the project's folder, where a bake file in another folder is meant to be used there."""
    from dataclasses import replace

    from bakegen.importing.bakefiles_values import moved
    from bakegen.importing.model import Guess

    if not folder:
        return found
    there = [target for target in found.targets if _has_dockerfile(target.attributes, files, "")]
    below = [target for target in found.targets if _has_dockerfile(target.attributes, files, folder)]
    if len(there) >= len(below):
        return found
    guess = Guess("context", f"bake is called in {folder}/, as the Dockerfiles are found from there")
    targets = tuple(
        replace(one, attributes=moved(one.attributes, folder), marked=moved(one.marked, folder) if one.marked else {},
                guesses=(*one.guesses, guess))
        for one in found.targets
    )  # fmt: skip
    note = Loss(folder, f"paths are taken to be meant from {folder}/", "look at `context` of these images")
    return replace(found, targets=targets, notes=(*found.notes, note))


def _has_dockerfile(attributes: Mapping[str, Json], files: RepositoryFiles, folder: str) -> bool:
    context = str(attributes.get("context", "."))
    path = posixpath.join(folder, context, str(attributes.get("dockerfile", "Dockerfile")))
    return posixpath.normpath(path) in files.all_paths
