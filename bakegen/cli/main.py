"""The command line: commands found by name and loaded when used, every error caught once."""

from __future__ import annotations

import contextlib
import importlib
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from bakegen import __version__
from bakegen.cli import console, streams
from bakegen.errors import BakegenError, ExitCode, InputError

if TYPE_CHECKING:
    from types import FrameType

COMMANDS = {
    "render": "Write docker-bake.hcl and the Dockerfiles it needs.",
    "build": "Build what changed, tag what is there already.",
    "matrix": "Print what is to be built as the jobs of a CI.",
    "pull": "Get an artifact from its registry and unpack it.",
    "cache": "Show and clean what the project has in its registries.",
    "rewrite": "Rewrite Dockerfiles for better caching without changing the image.",
    "lint": "Find and mend what is wrong in Dockerfiles, bake files and definitions.",
    "lock": "Lock base images: digests, and the facts that rewriting rests on.",
    "verify": "Build images both ways and compare them.",
    "rule": "Say what a rule of the linter is about, or list all rules.",
    "explain": "Tell what runs again because of what changed since a commit.",
    "replay": "Tell what the builds of a history would have run with caches of several kinds.",
    "why": "Tell why the steps of a target ran in a build that is over.",
    "list": "List targets with their tags and content keys.",
    "show": "Show every attribute of one target and where it comes from.",
    "graph": "Draw which target builds on which.",
    "branch": "Tell which branch this is, what is trusted, and why.",
    "schema": "Print the JSON Schema of bakegen.yaml, image.yaml or bakegen-report.json.",
    "completion": "Print the completion script for a shell.",
}

_EPILOG = """\b
First steps:
  bakegen render            write docker-bake.hcl from images/*/image.yaml
  docker buildx bake        build what it says
  bakegen render --check    in CI: fail when the committed file is out of date
\b
Exit codes: 0 clean, 1 drift or findings, 2 bad input or usage, 3 engine or
registry failure, 70 a bug of bakegen, 129/130/143 interrupted."""


class _Commands(click.Group):
    """A group whose commands are modules of this package, imported only when one is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"bakegen.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Image definitions and version matrices in, a docker-bake.hcl with working registry caches out."""


def _terminated(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(ExitCode(128 + signum))


def _bug_report(error: BaseException) -> str:
    import platform
    import traceback

    trace = "".join(traceback.format_exception(error))
    return (
        "bakegen has a bug; please report it with the lines below (look them over for secrets first).\n"
        f"bakegen {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}\n{trace}"
    )


def run(argv: list[str]) -> int:
    """Runs one command.

    Args:
        argv: the arguments after the program's name.

    Returns:
        An `ExitCode`; nothing escapes as a traceback, an interrupt ends quietly, and where nobody reads what is said
        the code is that of what was done.
    """
    streams.hold_open()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores it for us
            signal.signal(number, _terminated)
    code = _run(argv)
    try:
        streams.flush()
    except OSError as error:
        return code or _unusable(error)
    return code


def _run(argv: list[str]) -> int:
    try:
        result: Any = cli.main(args=argv, prog_name="bakegen", standalone_mode=False)
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
