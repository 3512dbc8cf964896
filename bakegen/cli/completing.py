"""What shells and docker ask for while a command line is typed: the words that can stand there, and nothing else.

Answers are click's own (the types of arguments and options tell them, see `names`), in the forms that the scripts of
`completion_scripts` and docker's client read. Whatever goes wrong is an empty answer: a message would end up in the
middle of the line that somebody is typing.
"""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem, ShellComplete, get_completion_class, split_arg_string

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import click

VARIABLE = "_BAKEGEN_COMPLETE"
"""The variable by which the scripts ask; its value is the shell's name and ``_complete``."""

_NO_SPACE, _NO_FILES, _FOLDERS = 2, 4, 16
"""Directives of cobra (completions.go, ShellCompDirective)."""


class Bash(ShellComplete):
    """As click's, but by the line itself: bash cuts words at ``=`` and ``:``, which click would have to undo."""

    name = "bash"

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ.get("COMP_LINE", "")
        words = split_arg_string(line)
        fresh = not words or line[-1:].isspace()
        return words[1:] if fresh else words[1:-1], "" if fresh else words[-1]

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type},{item.value}"

    def complete(self) -> str:
        args, incomplete = self.get_completion_args()
        is_value = incomplete.startswith("--") and "=" in incomplete
        typed = incomplete.partition("=")[2] if is_value else incomplete
        # Bash puts what it is given behind the last of these characters, at which it ends words.
        breaks = [at for at, letter in enumerate(typed) if letter in "=:" and letter in os.environ["COMP_WORDBREAKS"]]
        there = breaks[-1] + 1 if breaks else 0
        option = "" if not is_value or "=" in os.environ["COMP_WORDBREAKS"] else incomplete.partition("=")[0] + "="
        found = self.get_completions(args, incomplete)
        return "\n".join(f"{one.type},{option}{str(one.value)[there:]}" for one in found)


def answer(cli: click.Command, program: str, request: str) -> int:
    """Answers a script: prints what can stand where the line ends.

    Args:
        cli: the command line.
        program: what it is called.
        request: the value of `VARIABLE`.

    Returns:
        0, or 1 where the request is none that a script of ours makes.
    """
    shell, _, what = request.partition("_")
    kind = Bash if shell == "bash" else get_completion_class(shell)
    if kind is None or what != "complete":
        return 1
    with _quiet(), contextlib.redirect_stdout(io.StringIO()):
        said = kind(cli, {}, program, VARIABLE).complete()
        _put(said)
    return 0


def answer_docker(cli: click.Command, words: Sequence[str]) -> int:
    """Answers docker's client, which asks as of plugins made with cobra: ``docker-bakegen __complete bakegen …``.

    Args:
        cli: the command line.
        words: what follows the plugin's name; the last is what is being typed.

    Returns:
        0, always: with anything else the client would offer files.
    """
    said = ":1"
    with _quiet(), contextlib.redirect_stdout(io.StringIO()):
        found = ShellComplete(cli, {}, "docker bakegen", VARIABLE).get_completions(list(words[:-1]), words[-1])
        said = cobra(found)
    _put(said)
    return 0


def cobra(found: Iterable[CompletionItem]) -> str:
    """Words as cobra's protocol has them: one a line, a tab before what is said of it, the directive at the end."""
    lines, directive = [], _NO_FILES
    for one in found:
        if one.type == "plain":
            lines.append(f"{one.value}\t{' '.join(one.help.split())}" if one.help else str(one.value))
            directive |= _NO_SPACE if str(one.value).endswith(("=", "/")) else 0
        else:
            directive = _FOLDERS if one.type == "dir" else 0
    return "\n".join([*lines, f":{directive}"])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(Exception, SystemExit):
        yield


def _put(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(1, f"{text}\n".encode("utf-8", "surrogateescape"))
