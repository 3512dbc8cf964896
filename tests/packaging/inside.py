"""Run by the Python of an environment that bakegen was installed in: `python inside.py [PYPROJECT]`.

Every module loads, every command tells of itself, zstd packs and unpacks. With a pyproject.toml its dependencies have
to be installed in the lowest versions that it allows.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import io
import pkgutil
import sys
import tomllib
from pathlib import Path


def load_all() -> int:
    """Imports every module of bakegen; out: how many there are."""
    import bakegen

    names = [one.name for one in pkgutil.walk_packages(bakegen.__path__, "bakegen.")]
    for name in names:
        if not name.endswith("__main__"):
            importlib.import_module(name)
    return len(names)


def show_help() -> int:
    """Asks every command, and every one below it, for its help; out: how many there are."""
    import click

    from bakegen.cli.main import COMMANDS, run

    asked = 0
    waiting: list[tuple[str, ...]] = [(one,) for one in COMMANDS]
    while waiting:
        words = waiting.pop()
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            code = run([*words, "--help"])
        if code != 0 or f"bakegen {' '.join(words)}" not in shown.getvalue():
            raise SystemExit(f"bakegen {' '.join(words)} --help: exit code {code}\n{shown.getvalue()}")
        asked += 1
        command = importlib.import_module(f"bakegen.cli.{words[0]}").command
        if len(words) == 1 and isinstance(command, click.Group):
            waiting += [(*words, name) for name in command.commands]
    return asked


def pack() -> None:
    """Packs with zstd, as artifacts are, and unpacks."""
    from bakegen.compare.packing import unpacked
    from bakegen.compare.tar import Stream
    from bakegen.workspace.zstd import compressor

    data = bytes(range(256)) * 10_000
    one = compressor(3)
    packed = one.compress(data) + one.flush()
    stream = unpacked(Stream(io.BytesIO(packed).read))
    if stream is None or stream.take(len(data) + 1) != data or len(packed) > len(data) / 10:
        raise SystemExit("what was packed with zstd does not come out again")


def not_lowest(pyproject: Path) -> list[str]:
    """The dependencies, with those of the extras zstd and frontend, that are not installed in their lowest version."""
    project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wrong = []
    for requirement in (*project["dependencies"], *extras["zstd"], *extras["frontend"]):
        name, _, bound = requirement.partition(";")[0].partition(">=")
        if not bound:
            wrong.append(f"{name} has no lowest version")
        elif (found := importlib.metadata.version(name)).removesuffix(".0") != bound.strip().removesuffix(".0"):
            wrong.append(f"{name} {found} is not {bound}")
    return wrong


def main(arguments: list[str]) -> None:
    """Does all of it; ends with what is wrong."""
    wrong = [line for path in arguments for line in not_lowest(Path(path))]
    if wrong:
        raise SystemExit("\n".join(wrong))
    print(load_all(), "modules")
    print(show_help(), "commands")
    pack()


if __name__ == "__main__":
    main(sys.argv[1:])
