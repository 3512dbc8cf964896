"""What a project's definitions say of its Dockerfiles: the build context, named contexts and platforms of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.bake.compose import named_contexts
from bakegen.definition.loader import IMAGE_FILE, PROJECT_FILE
from bakegen.errors import InputError
from bakegen.facts.model import LOCK_FILE
from bakegen.workspace.files import read_regular
from bakegen.workspace.lint_project import load_known
from bakegen.workspace.project import find_root
from bakegen.workspace.recording import digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bakegen.rules.project_subject import KnownProject


@dataclass(frozen=True)
class Built:
    """How a Dockerfile is built.

    Attributes:
        context: the build context; None where targets differ, or where it is not a folder here.
        contexts: the named contexts of all targets that are built from it.
    """

    context: Path | None = None
    contexts: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=64)
def project_root(folder: Path) -> Path | None:
    """The project that a folder lies in, None where it lies in none."""
    try:
        return find_root(folder)
    except InputError:
        return None


@lru_cache(maxsize=8)
def known_project(root: Path) -> KnownProject | InputError:
    """A project, read once for all of its files; the error where it cannot be read."""
    try:
        return load_known(root)
    except InputError as problem:
        return problem


def built(path: Path) -> Built | None:
    """How the project builds a Dockerfile; None where it lies in no project, or in one that has no use for it."""
    root = project_root(path.resolve().parent)
    return _all_built(root).get(path.resolve()) if root is not None else None


@lru_cache(maxsize=8)
def _all_built(root: Path) -> dict[Path, Built]:
    known = known_project(root)
    if isinstance(known, InputError):
        return {}
    found: dict[Path, list[Built]] = {}
    for target in known.targets:
        recipe = target.recipe
        name = recipe.origin or recipe.path
        if recipe.remote or not name:
            continue
        contexts = {name: str(value) for name, value in named_contexts(target).items()}
        found.setdefault((root / name).resolve(), []).append(Built(root / recipe.context, contexts))
    return {path: _together(all_of_it) for path, all_of_it in found.items()}


def _together(found: list[Built]) -> Built:
    folders = {one.context for one in found}
    contexts = {name: value for one in found for name, value in one.contexts.items()}
    return Built(folders.pop() if len(folders) == 1 else None, contexts)


@lru_cache(maxsize=64)
def definitions_digest(path: Path) -> str:
    """A digest of what decides how a Dockerfile is built: the definition files of its project; "" in none."""
    root = project_root(path.resolve().parent)
    if root is None:
        return ""
    files = sorted(
        (root / PROJECT_FILE, root / LOCK_FILE, *root.glob(f"*/*/{IMAGE_FILE}"), *root.glob(f"*/{IMAGE_FILE}"))
    )
    return digest("\0".join(str(read_regular(file)) for file in files))
