"""Values of compose files as the text that buildx makes of them: numbers as Go prints them, sizes, truths.

Source: resolve.go of `gopkg.in/yaml.v3` for what plain scalars are, Go's ``%v`` for their text, docker/go-units.
"""

from __future__ import annotations

import re
from decimal import Decimal

_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BOOLEANS = {**dict.fromkeys(("true", "True", "TRUE"), "true"), **dict.fromkeys(("false", "False", "FALSE"), "false")}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([kKmMgGtTpP]?)(?:i?[bB])?")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_MAX_DIGITS = 400


def plain_text(written: str) -> str:
    """The text that a plain scalar comes to, such as ``1.1`` for ``1.10`` and ``31`` for ``0x1F``."""
    if written in _BOOLEANS:
        return _BOOLEANS[written]
    if not written or written[0] not in "+-.0123456789" or len(written) > _MAX_DIGITS:
        return written
    if _INTEGER.fullmatch(written):
        number = _integer(written.replace("_", ""))
        if number is not None:
            return str(number)
    unmarked = written.replace("_", "")
    return _float_text(float(unmarked)) if _FLOAT.fullmatch(unmarked) else written


def _integer(text: str) -> int | None:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").lower()
    if digits.startswith(("0x", "0b", "0o")):
        base = {"x": 16, "b": 2, "o": 8}[digits[1]]
        digits = digits[2:]
    else:
        base = 8 if len(digits) > 1 and digits.startswith("0") else 10
    try:
        number = sign * int(digits, base)
    except ValueError:
        return None
    return number if -(2**63) <= number < 2**64 else None


def _float_text(number: float) -> str:
    """As Go's ``%v`` prints a float64: the shortest digits, with an exponent from seven places on."""
    if number != number or number in (float("inf"), float("-inf")):
        return "+Inf" if number > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    assert isinstance(exponent, int)
    power = len(digits) + exponent - 1 if number else 0
    if -4 <= power < 6 or not number:
        return format(Decimal(repr(number)).normalize(), "f")
    text = "".join(map(str, digits))
    mantissa = f"{text[0]}.{text[1:]}" if len(text) > 1 else text
    return f"{'-' if sign else ''}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def size_text(written: str) -> str | None:
    """A size such as ``64m`` as buildx prints it (``64MiB``); None for what is none, or for nothing at all."""
    found = _SIZE.fullmatch(written.strip())
    if found is None or len(written) > _MAX_DIGITS:
        return None
    size = float(int(float(found[1]) * 1024 ** " kmgtp".index(found[2].lower() or " ")))
    if size <= 0:
        return None
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size /= 1024
        unit += 1
    return f"{size:.4g}{_UNITS[unit]}"


def truth(written: str) -> bool | None:
    """What a text means as true or false; None for what is neither."""
    word = written.lower()
    if word in ("true", "yes", "y", "on", "1"):
        return True
    return False if word in ("false", "no", "n", "off", "0") else None
