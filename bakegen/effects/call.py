"""One command of a RUN as the models in `commands` see it: its words after expansion, and where it runs."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.effects.model import CommandEffect
    from bakegen.effects.surroundings import Surroundings
    from bakegen.text import Span


@dataclass(frozen=True, slots=True)
class Argument:
    """A word behind the command's name: its text after expansion (None: not known here), and its place.

    Attributes:
        text: the word; None for one that is not known here, and for a glob.
        span: where it stands.
        prefix: how the word surely begins, where `text` is None (``https://x/`` of ``https://x/$VERSION``).
        single: whether it is exactly one word; False for what may be none or several (unquoted and unknown, globs).
        pattern: whether it is a glob; every word that it becomes begins with `prefix`.
    """

    text: str | None
    span: Span
    prefix: str = ""
    single: bool = True
    pattern: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A command with known words.

    Attributes:
        name: the program without its directory (``pip`` also for ``python3 -m pip`` and ``/usr/bin/pip``).
        arguments: what follows the name.
        around: the surroundings as earlier commands of the RUN (``cd``, ``export``, ``VAR=x command``) left them:
            `around.directory` is the current directory, `around.value` sees variables set in the RUN.
        span: the command in the source.
        stdin: the text that it is fed, where that is known.
        program: the program as it is called: ``pip``, ``/venv/bin/pip``; ``/venv/bin/python`` for ``/venv/bin/python -m
            pip``. A virtual environment is known by it.
    """

    name: str
    arguments: tuple[Argument, ...]
    around: Surroundings
    span: Span
    stdin: str | None = None
    program: str = ""


@dataclass(frozen=True, slots=True)
class CallExample:
    """A command line and what its model says: documentation and test at once.

    Attributes:
        line: the shell text.
        reads, writes: some of the paths that must be there (``/x/**`` for a tree); more may be.
        ensures: all directories that it makes.
        manifests: for installers, exactly the manifests.
        obstacles: for installers, a part of each obstacle.
        barrier: a part of the reason why it is not understood; "" where it is.
        files: files that a COPY put into the image: absolute path -> text.
        directory, user: where it runs.
        variables: the environment.
    """

    line: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    ensures: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    barrier: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    directory: str = "/"
    user: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


class Model(Protocol):
    """What each module of `commands` offers."""

    NAMES: tuple[str, ...]
    EXAMPLES: tuple[CallExample, ...]

    @staticmethod
    def effect(call: Call) -> CommandEffect | str:
        """The command's effect, or the reason (a clause) why it is not understood."""
        ...
