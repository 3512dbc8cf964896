"""Typed instructions: what each of the eighteen kinds says, with a span for every part; made by `typed.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from bakegen.dockerfile.mounts import Mount
    from bakegen.dockerfile.syntax import Heredoc, Instruction
    from bakegen.text import Span


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of an instruction as BuildKit sees it before expansion, and where it stands."""

    text: str
    span: Span

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """What all instructions have: their node in the tree. Two are equal only when they are one, as nodes are."""

    node: Instruction

    @property
    def name(self) -> str:
        """The keyword in upper case."""
        return self.node.name

    @property
    def span(self) -> Span:
        """From the keyword to the end of the logical line: what a message about the instruction points at."""
        return self.node.line_span


@dataclass(frozen=True, slots=True, eq=False)
class From(Command):
    """``FROM [--platform=P] IMAGE [AS NAME]``; `stage_name` is the name in lower case, empty without one."""

    image: Text
    alias: Text | None
    stage_name: str
    platform: Text | None
    description: str


@dataclass(frozen=True, slots=True)
class ArgItem:
    """One variable of an ARG; `default` is None where none is given."""

    name: str
    default: str | None
    span: Span
    description: str


@dataclass(frozen=True, slots=True, eq=False)
class Arg(Command):
    """``ARG NAME[=DEFAULT] …``."""

    items: tuple[ArgItem, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """One ``key=value`` of ENV or LABEL, quotes still in it; `legacy` for the form ``key value``."""

    key: str
    value: str
    span: Span
    legacy: bool


@dataclass(frozen=True, slots=True, eq=False)
class Env(Command):
    """``ENV KEY=VALUE …``."""

    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Label(Command):
    """``LABEL KEY=VALUE …``."""

    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What RUN, CMD, ENTRYPOINT run: a shell text, or the words of the JSON form."""

    words: tuple[str, ...]
    json: bool

    @property
    def shell(self) -> str | None:
        """The text for the shell, or None for the JSON form."""
        return None if self.json else " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Device:
    """One ``--device`` of a RUN."""

    device: str
    required: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Run(Command):
    """``RUN [--mount …] [--network …] [--security …] [--device …] COMMAND``."""

    line: CommandLine
    mounts: tuple[Mount, ...]
    network: str
    security: str
    devices: tuple[Device, ...]

    @property
    def heredocs(self) -> tuple[Heredoc, ...]:
        """The heredocs of the command."""
        return self.node.heredocs


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A heredoc among the sources of COPY or ADD: a file called `name`; `expand` where variables count."""

    name: str
    content: str
    expand: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Transfer(Command):
    """What COPY and ADD share."""

    sources: tuple[Text, ...]
    files: tuple[InlineFile, ...]
    destination: Text
    chown: Text | None
    chmod: Text | None
    link: bool
    exclude: tuple[Text, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Copy(Transfer):
    """``COPY [--from …] [--parents] … SOURCE … DESTINATION``; `source_stage` is the value of ``--from``."""

    source_stage: Text | None
    parents: bool


@dataclass(frozen=True, slots=True, eq=False)
class Add(Transfer):
    """``ADD [--checksum …] [--keep-git-dir] [--unpack] … SOURCE … DESTINATION``."""

    checksum: Text | None
    keep_git_dir: bool | None
    unpack: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Expose(Command):
    """``EXPOSE PORT[/PROTOCOL] …``."""

    ports: tuple[Text, ...]


@dataclass(frozen=True, slots=True, eq=False)
class User(Command):
    """``USER NAME[:GROUP]``."""

    user: Text


@dataclass(frozen=True, slots=True, eq=False)
class Workdir(Command):
    """``WORKDIR PATH``."""

    path: Text


@dataclass(frozen=True, slots=True, eq=False)
class Cmd(Command):
    """``CMD COMMAND``."""

    line: CommandLine


@dataclass(frozen=True, slots=True, eq=False)
class Entrypoint(Command):
    """``ENTRYPOINT COMMAND``."""

    line: CommandLine


@dataclass(frozen=True, slots=True, eq=False)
class Healthcheck(Command):
    """``HEALTHCHECK [flags] CMD …`` or ``HEALTHCHECK NONE`` (`line` None); flags as written, by name."""

    line: CommandLine | None
    flags: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Shell(Command):
    """``SHELL ["…"]``."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stopsignal(Command):
    """``STOPSIGNAL SIGNAL``."""

    signal: Text


@dataclass(frozen=True, slots=True, eq=False)
class Volume(Command):
    """``VOLUME PATH …``."""

    paths: tuple[Text, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Maintainer(Command):
    """``MAINTAINER NAME``, deprecated."""

    author: Text


@dataclass(frozen=True, slots=True, eq=False)
class Onbuild(Command):
    """``ONBUILD INSTRUCTION``: `expression` is the text that a child stage runs; `trigger` what it says.

    `trigger` is None where the expression cannot be understood; a child stage will fail on it.
    """

    expression: str
    trigger: Command | None
