"""Where docker's client looks for plugins, and bakegen's place there."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "docker-bakegen"
SYSTEM = Path("/usr/local/lib/docker/cli-plugins")
"""The first folder for all users (docker/cli, cli-plugins/manager/manager_unix.go)."""

_MARK = "# written by `bakegen plugin install`"
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Installed:
    """A plugin that is there.

    Attributes:
        path: where docker finds it.
        target: the program that it leads to; None for a file that is not bakegen's.
        version: what it says of itself; "" where it does not work.
        problem: why not; "" where it does.
    """

    path: Path
    target: Path | None
    version: str
    problem: str


def folder_for(environ: Mapping[str, str], *, system: bool = False) -> Path:
    """The folder of plugins: that of the user's docker configuration, or that of all users."""
    if system:
        return SYSTEM
    config = environ.get("DOCKER_CONFIG")
    return (Path(config) if config else Path("~/.docker").expanduser()) / "cli-plugins"


def install(folder: Path) -> Installed:
    """Puts the plugin there, in the place of an earlier one of bakegen.

    Raises:
        InputError: there is another file under that name, or no way to lead to this installation.
        OSError: the folder cannot be written.
    """
    if os.name == "nt":
        raise _problem("this works where files can be links", f"copy {FILE}.exe to {folder}")
    path = folder / FILE
    _refuse_foreign(path)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{FILE}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    program = _program()
    if program is not None:
        fresh.symlink_to(program)
    else:
        fresh.write_text(_launcher(Path(sys.executable)), "utf-8")
        fresh.chmod(0o755)
    fresh.replace(path)
    found = look(folder)
    assert found is not None
    return found


def remove(folder: Path) -> Path | None:
    """Takes the plugin away; what was removed, or None where there was none.

    Raises:
        InputError: the file is not bakegen's.
    """
    path = folder / FILE
    if not os.path.lexists(path):
        return None
    _refuse_foreign(path)
    path.unlink()
    return path


def look(folder: Path) -> Installed | None:
    """The plugin in a folder, asked for its metadata as docker asks; None where there is none."""
    path = folder / FILE
    if not os.path.lexists(path):
        return None
    target = _target(path)
    try:
        said = subprocess.run(
            [path.absolute(), "docker-cli-plugin-metadata"], capture_output=True, timeout=_SECONDS, check=True
        )
        return Installed(path, target, str(json.loads(said.stdout)["Version"]), "")
    except FileNotFoundError:
        return Installed(path, target, "", "what it leads to is gone")
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as problem:
        return Installed(path, target, "", f"it does not run: {problem}")


def _program() -> Path | None:
    """The console script of this installation: beside its interpreter, or where its scripts are."""
    folders = [Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))]
    if "posix_user" in sysconfig.get_scheme_names():
        folders.append(Path(sysconfig.get_path("scripts", "posix_user")))
    return next((folder / FILE for folder in folders if (folder / FILE).is_file()), None)


def _launcher(python: Path) -> str:
    """A script for an installation without console scripts; -P: the current folder is no place for modules."""
    code = "from bakegen.__main__ import plugin; raise SystemExit(plugin())"
    return f'#!/bin/sh\n{_MARK}\nexec {shlex.quote(str(python))} -P -c {shlex.quote(code)} "$@"\n'


def _target(path: Path) -> Path | None:
    """What a plugin of ours leads to."""
    if path.is_symlink():
        target = path.readlink()
        return target if target.name == FILE else None
    with contextlib.suppress(OSError, UnicodeDecodeError, IndexError):
        lines = path.read_text("utf-8").split("\n")
        if lines[1] == _MARK:
            return Path(shlex.split(lines[2])[1])
    return None


def _refuse_foreign(path: Path) -> None:
    if os.path.lexists(path) and _target(path) is None:
        raise _problem(f"{path} is not of `bakegen plugin install`", "remove it by hand if it is not needed")


def _problem(text: str, help: str) -> InputError:
    return InputError([error("docker-plugin", text, help=help)])
