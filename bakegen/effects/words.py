"""Words of a package manager's command line told apart by a table of its options; used by the models in `commands`.

These tools do not follow getopt(3) (see `options` for those that do): long options with one dash, values behind ``=``
only, subcommands between options. Strict: an option that is not in the table may own the next word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bakegen.effects.access import Opaque
from bakegen.text import Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.effects.call import Argument


class Option(NamedTuple):
    """An option as it was given: its name with dashes, its value ("" for a switch, None where it is not known)."""

    name: str
    value: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Grammar:
    """The options that a command knows.

    Attributes:
        switches: those without a value.
        values: those with one, in the next word or behind ``=``.
        inline: those whose value stands behind ``=`` only, or is left out.
        go: Go's way: one or two dashes are the same, and short options are not joined.
        permuted: whether options may stand behind operands.
    """

    switches: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    inline: frozenset[str] = frozenset()
    go: bool = False
    permuted: bool = True


def grammar(
    switches: str = "", values: str = "", inline: str = "", *, go: bool = False, permuted: bool = True
) -> Grammar:
    """A grammar out of lists of names divided by blanks."""
    return Grammar(frozenset(switches.split()), frozenset(values.split()), frozenset(inline.split()), go, permuted)


@dataclass(frozen=True, slots=True)
class Words:
    """What a command line holds.

    Attributes:
        options: in order.
        operands: all other words, in order.
        assumes: what was taken for granted to tell them apart.
    """

    options: tuple[Option, ...] = ()
    operands: tuple[Argument, ...] = ()
    assumes: tuple[str, ...] = ()

    def has(self, *names: str) -> bool:
        """Whether one of the options was given (``--x=false`` counts as not given)."""
        return any(one.name in names and one.value not in ("false", "no", "0") for one in self.options)

    def all(self, *names: str) -> tuple[Option, ...]:
        """All uses of the options."""
        return tuple(one for one in self.options if one.name in names)

    def value(self, *names: str) -> str | None:
        """The value of the last of these options, which is the one that counts; None where there is none.

        Raises:
            Opaque: the value is not known.
        """
        found = self.all(*names)
        if not found:
            return None
        if found[-1].value is None:
            raise Opaque(f"the value of {found[-1].name} is not known")
        return found[-1].value

    def spans(self, *names: str) -> tuple[Span, ...]:
        """Where the options stand."""
        return tuple(one.span for one in self.all(*names))

    @property
    def subcommand(self) -> str:
        """The first operand, "" where there is none.

        Raises:
            Opaque: it is not known.
        """
        return text_of(self.operands[0]) if self.operands else ""

    def behind(self, count: int = 1) -> Words:
        """Without the first operands."""
        return Words(self.options, self.operands[count:], self.assumes)


def text_of(argument: Argument) -> str:
    """The text of a word.

    Raises:
        Opaque: it is not known.
    """
    if argument.text is None:
        raise Opaque("one of its words is not known here")
    return argument.text


def read_words(arguments: Sequence[Argument], known: Grammar) -> Words:
    """Options and operands of `arguments`.

    An operand of which only the beginning is known stays; an option's value may be unknown.

    Raises:
        Opaque: they cannot be told apart.
    """
    options: list[Option] = []
    operands: list[Argument] = []
    assumes: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        text = argument.text
        if text is None:
            if argument.prefix.startswith("-") or not (argument.prefix or argument.pattern):
                raise Opaque("one of its words is not known here, and may be an option")
            if not argument.prefix:
                assumes.append("no file name begins with a dash")
            if not argument.single and not argument.pattern:
                assumes.append("variables in its words hold no blanks")
            operands.append(argument)
        elif text == "--":
            operands += waiting
            break
        elif text.startswith("-") and text != "-":
            options += _option(argument, text, waiting, known)
            continue
        else:
            operands.append(argument)
        if not known.permuted:
            operands += waiting
            break
    return Words(tuple(options), tuple(operands), tuple(assumes))


def _option(argument: Argument, text: str, waiting: list[Argument], known: Grammar) -> list[Option]:
    name, equals, value = text.partition("=")
    if known.go and name.startswith("--"):
        name = name[1:]
    if equals:
        if name in known.values | known.inline | known.switches:
            return [Option(name, value, argument.span)]
    elif name in known.switches or name in known.inline:
        return [Option(name, "", argument.span)]
    elif name in known.values:
        return [_with_next(name, argument, waiting)]
    if text.startswith("--") or known.go:
        raise Opaque(f"the option {name} is not known")
    return _joined(argument, text, waiting, known)


def _with_next(name: str, argument: Argument, waiting: list[Argument]) -> Option:
    if not waiting:
        raise Opaque(f"the option {name} has no value")
    following = waiting.pop(0)
    if not following.single:
        raise Opaque(f"the value of {name} may be several words")
    return Option(name, following.text, Span(argument.span.start, max(following.span.end, argument.span.end)))


def _joined(argument: Argument, text: str, waiting: list[Argument], known: Grammar) -> list[Option]:
    """``-xyz``: switches in one word; the last may take a value, which may follow at once."""
    found: list[Option] = []
    rest = text[1:]
    while rest:
        name, rest = f"-{rest[0]}", rest[1:]
        if name in known.switches:
            found.append(Option(name, "", argument.span))
        elif name in known.values:
            if rest:
                return [*found, Option(name, rest.removeprefix("="), argument.span)]
            return [*found, _with_next(name, argument, waiting)]
        else:
            raise Opaque(f"the option {name} is not known")
    return found
