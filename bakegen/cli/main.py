"""The command line: commands found by name and loaded when used, every error caught once."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from bakegen import __version__
from bakegen.cli import console, streams
from bakegen.cli.manual import PROJECT, Group, Manual
from bakegen.errors import BakegenError, ExitCode, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

SECTIONS: dict[str, dict[str, str]] = {
    "Start": {
        "init": "Write definitions from what is there: bake and compose files, workflows, Dockerfiles.",
    },
    "Render and build": {
        "render": "Write docker-bake.hcl and the Dockerfiles it needs.",
        "build": "Build what changed, tag what is there already.",
        "matrix": "Print what is to be built as the jobs of a CI.",
        "ci": "Print the file that builds the images in a CI: GitHub, GitLab and others.",
        "pull": "Get an artifact from its registry and unpack it.",
    },
    "Dockerfiles": {
        "lint": "Find and mend what is wrong in Dockerfiles, bake files and definitions.",
        "rule": "Say what a rule of the linter is about, or list all rules.",
        "rewrite": "Rewrite Dockerfiles for better caching without changing the image.",
        "verify": "Build images both ways and compare them.",
        "lock": "Lock base images: digests, and the facts that rewriting rests on.",
    },
    "Understand": {
        "doctor": "Find what stands in the way of builds, and what mends it.",
        "list": "List targets with their tags and content keys.",
        "show": "Show every attribute of one target and where it comes from.",
        "graph": "Draw which target builds on which.",
        "branch": "Tell which branch this is, what is trusted, and why.",
        "explain": "Tell what runs again because of what changed since a commit.",
        "why": "Tell why the steps of a target ran in a build that is over.",
        "replay": "Tell what the builds of a history would have run with caches of several kinds.",
    },
    "Registry": {
        "cache": "Show and clean what the project has in its registries.",
    },
    "Tools": {
        "schema": "Print the JSON Schema of bakegen.yaml, image.yaml or bakegen-report.json.",
        "plugin": "Make bakegen a command of docker: docker bakegen.",
        "version": "Tell what is installed here, for a report of a bug.",
        "completion": "Print the completion script for a shell.",
        "help": "Show the help of a command, or its manual page.",
    },
}
"""Every command, a module of this package, below the heading of what it is for."""

COMMANDS = {name: said for section in SECTIONS.values() for name, said in section.items()}

_MANUAL = Manual(
    examples={
        "bakegen render": "write docker-bake.hcl from images/*/image.yaml",
        "bakegen build": "build what changed",
        "bakegen render --check": "in CI: fail when a committed file is out of date",
        "bakegen lint --fix": "mend Dockerfiles; needs no project",
        "bakegen help build": "the help of a command; --man for its manual page",
    },
    exits={
        0: "clean",
        1: "drift or findings, or a target failed",
        3: "an engine, a registry, git or another program failed",
        124: "not done within --timeout",
    },
    environment={
        "NO_COLOR": "no colour, whatever its value",
        "DOCKER_CONFIG": "the folder of the logins for registries, as of docker. [default: ~/.docker]",
        "DOCKER_HOST, DOCKER_CONTEXT": "the engine, as of docker",
    },
    reads=PROJECT,
    writes="docker-bake.hcl, docker-bake.override.hcl, .bakegen/, bakegen-report.json: each command says what",
)


class _Commands(Group):
    """A group whose commands are modules of this package, imported only when one is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"bakegen.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def sections(self, ctx: click.Context) -> Mapping[str, Mapping[str, str]]:
        return {heading: commands for heading, commands in SECTIONS.items() if commands}


@click.command(cls=_Commands, manual=_MANUAL, context_settings={"max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Image definitions and version matrices in, a docker-bake.hcl with working registry caches out."""


def _terminated(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(ExitCode(128 + signum))


def _bug_report(error: BaseException) -> str:
    import traceback

    trace = "".join(traceback.format_exception(error))
    return (
        "bakegen has a bug; please report it with the lines below (look them over for secrets first)"
        f", and with those of `bakegen version`.\n{_facts()}\n{trace}"
    )


def _facts() -> str:
    """What a report begins with: the more is said here, the less must be asked."""
    try:
        from bakegen.workspace.about import local, markdown

        return markdown(local(os.environ))
    except Exception:  # a report of a bug must not fail by a second one
        return f"bakegen {__version__}\n"


def run(argv: list[str], program: str = "bakegen") -> int:
    """Runs one command.

    Args:
        argv: the arguments after the program's name.
        program: what the command is called, in usage lines and examples.

    Returns:
        An `ExitCode`; nothing escapes as a traceback, an interrupt ends quietly, and where nobody reads what is said
        the code is that of what was done.
    """
    streams.hold_open()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores it for us
            signal.signal(number, _terminated)
    code = _run(argv, program)
    try:
        streams.flush()
    except OSError as error:
        return code or _unusable(error)
    return code


def _run(argv: list[str], program: str) -> int:
    if (asked := os.environ.get("_BAKEGEN_COMPLETE")) is not None:
        from bakegen.cli.completing import answer

        return answer(cli, program, asked)
    try:
        result: Any = cli.main(args=argv, prog_name=program, standalone_mode=False)
        return int(result or 0)
    except click.exceptions.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return ExitCode.BAD_INPUT
    except InputError as error:
        console.report(error.diagnostics)
        return ExitCode.BAD_INPUT
    except BakegenError as error:
        console.say(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except OSError as error:
        return _unusable(error)
    except Exception as error:
        streams.put(sys.stderr, f"{_bug_report(error)}\n")
        return ExitCode.BUG


def _unusable(error: OSError) -> int:
    """Says what cannot be read or written."""
    console.say(f"error: {error.strerror or error}: {error.filename}" if error.filename else f"error: {error}")
    return ExitCode.BAD_INPUT
