"""Looks at everything side by side, each look with a time limit; what does not answer is `Unseen`."""

from __future__ import annotations

import platform
import shutil
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from bakegen.errors import BakegenError, EngineError, InputError
from bakegen.workspace.ci import detect
from bakegen.workspace.doctor.asking import ask_builder, ask_docker
from bakegen.workspace.doctor.asking_registries import NOT_LOGGED_IN, ask_registry
from bakegen.workspace.doctor.findings import Unseen
from bakegen.workspace.doctor.history import ask_git
from bakegen.workspace.doctor.model import Asked, Docker, Facts, Machine, Project
from bakegen.workspace.doctor.needing import needs
from bakegen.workspace.registry_images import read_image
from bakegen.workspace.zstd import compressor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bakegen.workspace.project import Workspace

_T = TypeVar("_T")

MOST_REPOSITORIES = 12
"""Of how many repositories, and of how many base images, registries are asked."""

_HISTORY = 20
_OUTSIDE = ("git", "none")
_TICK = 0.1


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be looked at.

    Attributes:
        folder: where git is asked outside of a project.
        groups: the groups of checks that are wanted.
        builder: the builder, None for buildx's own choice.
        write: whether registries may be asked to begin an upload.
        seconds: the longest that one look may take.
    """

    folder: Path
    groups: frozenset[str]
    builder: str | None = None
    write: bool = True
    seconds: float = 20.0


class _Look(Generic[_T]):
    """One look, in a thread that holds up neither the others nor the end of the process."""

    def __init__(self, name: str, work: Callable[[], _T]) -> None:
        self.name = name
        self._work = work
        self._found: _T | Unseen | None = None
        self._bug: BaseException | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found = self._work()
        except BakegenError as problem:
            self._found = Unseen(str(problem))
        except BaseException as problem:
            self._bug = problem
        finally:
            self._done.set()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._done.is_set()

    def answer(self, seconds: float) -> _T | Unseen:
        """What was seen. Raises what the look raised, where that is a bug."""
        if not self.over:
            return Unseen(f"no answer within {seconds:g} seconds")
        if self._bug is not None:
            raise self._bug
        return cast("_T | Unseen", self._found)


def look(
    workspace: Workspace | Unseen | None,
    environ: Mapping[str, str],
    wish: Wish,
    progress: Callable[[Iterable[str]], None] = lambda names: None,
) -> Facts:
    """Sees everything that checks of the wanted groups ask for.

    Args:
        workspace: the project, why it cannot be read, or None outside of one.
        environ: environment variables.
        wish: what is wanted.
        progress: told now and then what is still under way.
    """
    end = time.monotonic() + wish.seconds + 1.0
    engine = bool(wish.groups & {"docker", "builder", "machine"})
    docker = _Look("docker", lambda: ask_docker(wish.seconds / 2)) if engine else None
    builder = _Look("builder", lambda: ask_builder(wish.builder, wish.seconds)) if engine else None
    project = _project(workspace, environ)
    plan = project if isinstance(project, Project) else None
    folder = plan.root if plan is not None else wish.folder
    git = None
    if "git" in wish.groups:
        wanted = max(plan.ancestors if plan is not None else 0, _HISTORY)
        default = plan.state.default if plan is not None else "master"
        git = _Look("git", lambda: ask_git(folder, default, wanted))
    asked = _registries(plan, environ, wish) if wish.groups & {"registry", "machine"} else []
    looks: list[_Look[object]] = [one for one in (docker, builder, git, *asked) if one is not None]  # type: ignore[misc]
    while (left := [one.name for one in looks if not one.over]) and time.monotonic() < end:
        progress(left)
        time.sleep(_TICK)
    seen = docker.answer(wish.seconds) if docker is not None else Docker()
    return Facts(
        environ=environ,
        machine=_machine(environ, folder),
        docker=seen,
        builder=builder.answer(wish.seconds) if builder is not None else None,
        project=project,
        registries=_answers(plan, asked, wish.seconds),
        history=git.answer(wish.seconds) if git is not None else None,
        engine_free=_engine_free(seen),
    )


def _project(workspace: Workspace | Unseen | None, environ: Mapping[str, str]) -> Project | Unseen | None:
    if workspace is None or isinstance(workspace, Unseen):
        return workspace
    try:
        return needs(workspace, environ)
    except InputError as problem:
        return Unseen(problem.diagnostics[0].message if problem.diagnostics else str(problem))


def _registries(plan: Project | None, environ: Mapping[str, str], wish: Wish) -> list[_Look[Asked | None]]:
    if plan is None:
        return []

    def begun(reference: str, *, base: bool) -> _Look[Asked | None]:
        return _Look(
            reference,
            lambda: ask_registry(reference, environ, base=base, write=wish.write, seconds=wish.seconds),
        )

    return [
        *(begun(one, base=False) for one in plan.repositories[:MOST_REPOSITORIES]),
        *(begun(one, base=True) for one in plan.bases[:MOST_REPOSITORIES]),
    ]


def _answers(plan: Project | None, asked: list[_Look[Asked | None]], seconds: float) -> tuple[Asked, ...]:
    """What registries said; of one that says nothing that it did not, which leaves the others as they are."""
    pushed = plan.repositories[:MOST_REPOSITORIES] if plan is not None else ()
    found: list[Asked] = []
    for number, look in enumerate(asked):
        answer = look.answer(seconds)
        if isinstance(answer, Unseen):
            image = read_image(look.name)
            host = image.repository.host if image is not None else look.name
            answer = Asked(look.name, host, number >= len(pushed), login=NOT_LOGGED_IN, read=answer.reason)
        if answer is not None:
            found.append(answer)
    return tuple(found)


def _machine(environ: Mapping[str, str], folder: Path) -> Machine:
    provider = detect(environ).provider
    return Machine(
        system=platform.system(),
        provider="" if provider in _OUTSIDE else provider,
        python=tuple(sys.version_info[:3]),
        zstd=_zstd(),
        now=time.time(),
        folder_free=_free(folder),
        ignores_case=_ignores_case(folder),
    )


def _zstd() -> bool:
    try:
        compressor(1)
    except EngineError:
        return False
    return True


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _engine_free(docker: Docker | Unseen) -> int | None:
    """What is free where the engine keeps its data, where that is a folder of this machine."""
    root = docker.info.get("DockerRootDir") if isinstance(docker, Docker) else None
    if not isinstance(root, str) or not root or platform.system() != "Linux":
        return None
    host = docker.info.get("Name") if isinstance(docker, Docker) else None
    return _free(Path(root)) if host == platform.node() and Path(root).is_dir() else None


def _ignores_case(folder: Path) -> bool:
    """Whether a file of the project is there by its name in capitals, too."""
    for name in ("bakegen.yaml", "pyproject.toml"):
        one, other = folder / name, folder / name.upper()
        try:
            if one.exists() and other.exists() and one.samefile(other):
                return True
        except OSError:
            return False
    return False
