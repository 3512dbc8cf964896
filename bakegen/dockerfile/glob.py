"""The globs in ``${x#p}``, ``${x%p}``, ``${x/p/r}``: ``*`` and ``?`` only, in linear time; used by `expand`."""

from __future__ import annotations

import re


class PatternError(ValueError):
    """A pattern with an escape that BuildKit does not know."""


_TEMPLATE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")


def trim_prefix(value: str, pattern: str, *, greedy: bool) -> str:
    """`value` without its shortest (or longest, `greedy`) prefix that matches. Raises `PatternError`."""
    end = _match(value, 0, _segments(pattern), greedy)
    return value if end < 0 else value[end:]


def trim_suffix(value: str, pattern: str, *, greedy: bool) -> str:
    """`value` without its shortest (or longest, `greedy`) suffix that matches. Raises `PatternError`."""
    return trim_prefix(value[::-1], _reversed(pattern), greedy=greedy)[::-1]


def replace(value: str, pattern: str, substitute: str, *, every: bool) -> str:
    """`value` with the first match, or `every` match, of the pattern replaced. Raises `PatternError`.

    With `every` BuildKit passes the substitute to Go's regexp package, where ``$0`` is the match and any
    other ``$name`` is empty; the first form takes it as it is.
    """
    segments = _segments(pattern)
    if not every:
        start, end = _search(value, 0, segments)
        return value if start < 0 else value[:start] + substitute + value[end:]
    out: list[str] = []
    last = 0
    pos = 0
    while pos <= len(value):
        start, end = _search(value, pos, segments)
        if start < 0:
            break
        out.append(value[last:start])
        if end > last or start == 0:
            out.append(_template(substitute, value[start:end]))
        last = end
        pos = max(pos + 1, end)
    out.append(value[last:])
    return "".join(out)


def _template(substitute: str, match: str) -> str:
    if "$" not in substitute:
        return substitute

    def fill(found: re.Match[str]) -> str:
        dollar, braced, bare = found.groups()
        if dollar:
            return "$"
        name = braced or bare
        return match if name == "0" else ""

    return _TEMPLATE.sub(fill, substitute)


def _segments(pattern: str) -> list[re.Pattern[str]]:
    # The pattern cut at its stars. What is between stars has one fixed length, so nothing can backtrack.
    segments: list[str] = [""]
    pos = 0
    while pos < len(pattern):
        ch = pattern[pos]
        pos += 1
        if ch == "*":
            segments.append("")
            continue
        if ch == "?":
            segments[-1] += "."
            continue
        if ch == "\\":
            following = pattern[pos : pos + 1]
            if following in ("}", "/"):
                continue
            if following not in ("*", "?", "\\"):
                raise PatternError(f"invalid escape '\\{following}'")
            ch = following
            pos += 1
        segments[-1] += re.escape(ch)
    return [re.compile(segment) for segment in segments]


def _match(value: str, start: int, segments: list[re.Pattern[str]], greedy: bool) -> int:
    # Where a match that begins at `start` ends, or -1. A star does not cross a line end.
    first = segments[0].match(value, start)
    if first is None:
        return -1
    end = first.end()
    for index in range(1, len(segments)):
        line_end = value.find("\n", end)
        if line_end < 0:
            line_end = len(value)
        segment = segments[index]
        if greedy and index == len(segments) - 1:
            return _last(segment, value, end, line_end)
        found = _first(segment, value, end, line_end)
        if found is None:
            return -1
        end = found.end()
    return end


def _first(segment: re.Pattern[str], value: str, start: int, line_end: int) -> re.Match[str] | None:
    found = segment.search(value, start)
    return found if found is not None and found.start() <= line_end else None


def _last(segment: re.Pattern[str], value: str, start: int, line_end: int) -> int:
    for at in range(line_end, start - 1, -1):
        found = segment.match(value, at)
        if found is not None:
            return found.end()
    return -1


def _search(value: str, start: int, segments: list[re.Pattern[str]]) -> tuple[int, int]:
    # The leftmost match from `start` on, the longest from there.
    pos = start
    while pos <= len(value):
        found = segments[0].search(value, pos)
        if found is None:
            return -1, -1
        end = _match(value, found.start(), segments, greedy=True)
        if end >= 0:
            return found.start(), end
        # What follows the first star is not on this line: it is not for a later start on this line either,
        # unless the first segments themselves reach over a line end.
        line_end = value.find("\n", found.end())
        if line_end < 0:
            return -1, -1
        pos = max(found.start() + 1, line_end - (found.end() - found.start()))
    return -1, -1


def _reversed(pattern: str) -> str:
    out: list[str] = []
    pos = 0
    last = len(pattern) - 1
    while pos <= last:
        if pattern[pos] == "\\" and pos != last:
            out.append(pattern[pos + 1])
            out.append("\\")
            pos += 2
        else:
            out.append(pattern[pos])
            pos += 1
    out.reverse()
    return "".join(out)
