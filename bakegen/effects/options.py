"""Options of a command line, told from operands as getopt(3) does; used by the models of `commands`.

Source: sections 12.1 and 12.2 of POSIX.1-2024's Base Definitions, and glibc's getopt_long, which permutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.effects.call import Argument


@dataclass(frozen=True, slots=True)
class Options:
    """What a command line says.

    Attributes:
        given: options in order, ``-x`` or ``--long``, with their values (None for those without).
        operands: the other words in order.
    """

    given: tuple[tuple[str, Argument | str | None], ...]
    operands: tuple[Argument, ...]

    def __contains__(self, name: object) -> bool:
        return any(one == name for one, _ in self.given)

    def any(self, *names: str) -> bool:
        """Whether one of the options is given."""
        return any(one in names for one, _ in self.given)

    def last(self, *names: str) -> Argument | str | None:
        """The value of the last of these options; None where none is given."""
        return next((value for one, value in reversed(self.given) if one in names), None)

    def every(self, *names: str) -> list[Argument | str]:
        """The values of all of these options in order."""
        return [value for one, value in self.given if one in names and value is not None]


def read_options(
    arguments: Iterable[Argument],
    flags: str = "",
    valued: str = "",
    long_flags: Iterable[str] = (),
    long_valued: Iterable[str] = (),
    *,
    permute: bool = True,
    numbers: bool = False,
) -> Options:
    """The options and operands of a command line.

    Args:
        arguments: the words behind the name.
        flags: letters of options without a value.
        valued: letters of options with a value.
        long_flags: names of ``--options`` without a value (or with an optional one behind ``=``).
        long_valued: names of ``--options`` with a value.
        permute: whether options may follow operands.
        numbers: whether ``-5`` is an option (given as ``-#`` with the number).

    Raises:
        Opaque: an option is not known here, or a word that may be an option is not known.
    """
    waiting = list(arguments)
    given: list[tuple[str, Argument | str | None]] = []
    operands: list[Argument] = []
    bare, taking = frozenset(long_flags), frozenset(long_valued)
    while waiting:
        word = waiting.pop(0)
        text = word.text
        if text is None:
            if not word.prefix and not word.pattern:
                raise Opaque("a word that is not known here may be an option")
            if word.prefix.startswith("-"):
                raise Opaque(f"an option of which only {word.prefix!r} is known")
            operands.append(word)
        elif text == "--":
            operands.extend(waiting)
            break
        elif text.startswith("--"):
            name, equals, value = text.partition("=")
            if name[2:] in taking:
                if not equals and not waiting:
                    raise Opaque(f"{name} without its value")
                given.append((name, value if equals else _one(waiting.pop(0), name)))
            elif name[2:] in bare:
                given.append((name, value if equals else None))
            else:
                raise Opaque(f"the option {name} is not known")
        elif text.startswith("-") and len(text) > 1:
            if numbers and text[1:].isdigit():
                given.append(("-#", text[1:]))
                continue
            _letters(text, flags, valued, waiting, given)
        else:
            operands.append(word)
            if not permute:
                operands.extend(waiting)
                break
    return Options(tuple(given), tuple(operands))


def _letters(
    text: str, flags: str, valued: str, waiting: list[Argument], given: list[tuple[str, Argument | str | None]]
) -> None:
    for index, letter in enumerate(text[1:], 1):
        if letter in valued:
            rest = text[index + 1 :]
            if not rest and not waiting:
                raise Opaque(f"-{letter} without its value")
            given.append((f"-{letter}", rest or _one(waiting.pop(0), f"-{letter}")))
            return
        if letter not in flags:
            raise Opaque(f"the option -{letter} is not known")
        given.append((f"-{letter}", None))


def _one(word: Argument, name: str) -> Argument:
    if not word.single and not (word.prefix and not word.pattern):
        raise Opaque(f"the value of {name} may be several words")
    return word
