"""Rule CA344: text that was meant to be JSON and is read as words or by the shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Add, Cmd, Copy, Entrypoint, Healthcheck, Run, Volume
from bakegen.dockerfile.jsonform import NotStringsError, read_json
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.instructions import Command
    from bakegen.rules.dockerfiles import DockerfileSubject

_QUOTES = "\"'\u201c\u201d\u201e\u2018\u2019"
_TYPOGRAPHIC = str.maketrans(dict.fromkeys("\u201c\u201d\u201e", '"') | dict.fromkeys("\u2018\u2019", "'"))
_ATTACHED = re.compile(rf"\[[{_QUOTES}]")
_LISTED = re.compile(rf"\[\s*[{_QUOTES}][^{_QUOTES}]*[{_QUOTES}]\s*,.*\]\s*", re.DOTALL)
_CHECK = re.compile(r"CMD\s+", re.IGNORECASE)


def _is_meant(command: Command, text: str) -> bool:
    """Whether a text that begins with a bracket is surely no test of a shell, nor a pattern."""
    if isinstance(command, Volume):
        return text.endswith("]")
    return _ATTACHED.match(text) is not None or _LISTED.fullmatch(text) is not None


def _is_json(text: str) -> bool:
    try:
        return read_json(text, 0, len(text)) is not None
    except NotStringsError:
        return False


def _mended(text: str) -> tuple[str, str]:
    """The JSON that was meant and what is wrong now; "" for what cannot be told."""
    found = text.translate(_TYPOGRAPHIC)
    why = "typographic quotes are no quotes" if found != text else ""
    if '"' not in found and found.count("'") % 2 == 0 and "\\" not in found:
        found = found.replace("'", '"')
        why = why or "JSON knows double quotes only"
    shorter = re.sub(r",\s*\]$", "]", found)
    if shorter != found:
        found, why = shorter, why or "there is a comma behind the last word"
    if _is_json(found):
        return found, why
    if re.search(r"\\[^\"\\/bfnrtu]", text):
        return "", "a backslash must be written twice"
    if "]" not in text:
        return "", "there is no closing bracket"
    if not text.rstrip().endswith("]"):
        return "", "something follows the closing bracket"
    return "", ""


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for kind in (Cmd, Entrypoint, Run, Healthcheck, Volume, Copy, Add):
        for _, command in subject.each(kind):
            node = command.node
            if node.json is not None or node.heredocs:
                continue
            text, start = node.arguments, node.arguments_start
            if isinstance(command, Healthcheck):
                check = _CHECK.match(text)
                if check is None:
                    continue
                text, start = text[check.end() :], start + check.end()
            if not text.startswith("[") or _is_json(text) or not _is_meant(command, text):
                continue
            span = node.place(start, start + len(text))
            wanted, why = _mended(text)
            fix = None
            if wanted and subject.slice(span) == text:
                what = "the words are run, or copied, as they stand"
                fix = Fix((Edit(Span(span.start, span.end), wanted),), "Write it as JSON", False, what)
            reads = "the shell reads it" if kind in (Cmd, Entrypoint, Run, Healthcheck) else "it is read word by word"
            yield Finding(
                span,
                f"this is no JSON{f' ({why})' if why else ''}, so that {reads}, brackets and all",
                f"write {wanted}" if wanted and len(wanted) < 80 else "write a list of strings in double quotes",
                fix=fix,
            )


RULE = Rule(
    code="CA344",
    name="json-fallback",
    summary="Write the list form of an instruction as valid JSON",
    why='`CMD ["a", "b"]` is JSON. What only looks like it (single or typographic quotes, a comma at the end, a '
    "backslash that is not written twice) is no error: BuildKit silently takes the text for the other form of the "
    "instruction. `CMD ['a', 'b']` has a shell look for a program called `[a,`, and `VOLUME [/data]` makes a volume "
    "of that name, with the brackets. The build succeeds, and the container does not start.\n\n"
    "Tests of the shell (`RUN [ -f x ] && …`) and patterns (`COPY [ab]* /`) are not meant.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Single quotes",
            "FROM busybox\nCMD ⟦['echo', 'hello']⟧\n",
            'FROM busybox\nCMD ["echo", "hello"]\n',
            safe=False,
            message="double quotes only",
        ),
        Example(
            "A comma too many",
            'FROM busybox\nENTRYPOINT ⟦["echo", "hello",]⟧\n',
            'FROM busybox\nENTRYPOINT ["echo", "hello"]\n',
            safe=False,
        ),
        Example("Without quotes", "FROM busybox\nVOLUME ⟦[/data]⟧\n"),
        Example("A backslash", 'FROM busybox\nCMD ⟦["sh", "-c", "echo \\d"]⟧\n', message="written twice"),
        Example("Something behind it", 'FROM busybox\nCMD ⟦["sh"] # start⟧\n', message="follows the closing bracket"),
        Example(
            "In a health check",
            "FROM busybox\nHEALTHCHECK --interval=9s CMD ⟦['true', 'x']⟧\n",
            'FROM busybox\nHEALTHCHECK --interval=9s CMD ["true", "x"]\n',
            safe=False,
        ),
        Example("A test of the shell", 'FROM busybox\nRUN [ "$HOME" = "/root" ] && mkdir /x\nRUN [ -d /x ]\n'),
        Example("A pattern", "FROM busybox\nCOPY [ab]*.txt /\n"),
        Example("Valid", 'FROM busybox\nVOLUME ["/data"]\nCMD [ "sh", "-c", "echo \\"[\\" \'x\'" ]\n'),
    ),
    words=("[",),
    links=("https://docs.docker.com/reference/dockerfile/#shell-and-exec-form",),
)
