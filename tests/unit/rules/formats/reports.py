"""Reports to be written: one with all that is awkward, and any that hypothesis can think of."""

from __future__ import annotations

from hypothesis import strategies as st

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Fix, Kind, Result, Rule
from bakegen.rules.report import Report, Unread
from bakegen.text import Edit, Source, Span

LINK = Rule(
    code="ZZ101",
    name="copy-with-link",
    summary="Copy with --link where that is known to change nothing",
    why="A layer of its own survives a change of what is below it.\n\nNot so with `--chmod`, where it is ignored.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=lambda _: (),
    examples=(
        Example(
            "A file", "FROM scratch\n⟦COPY a /⟧\n", "FROM scratch\nCOPY --link a /\n", files={"a": ""}
        ),
        Example("Linked", "FROM scratch\nCOPY --link a /\n"),
    ),
    twins=("hadolint:DL9001", "buildkit:CopyWithLink"),
    links=("https://docs.docker.com/reference/dockerfile/#copy---link",),
)  # fmt: skip
EMPTY = Rule(
    code="ZZ202",
    name="no-stage",
    summary="Write at least one stage",
    why="Without FROM there is nothing to build.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=lambda _: (),
    examples=(Example("Nothing", "⟦⟧"), Example("Something", "FROM scratch\n")),
)
WORDS = Rule(
    code="ZZ303",
    name="careful-words",
    summary="Mind your words",
    why="They may be `##[read]` by somebody.",
    severity=Severity.NOTE,
    kind=Kind.BAKE_FILE,
    check=lambda _: (),
    examples=(Example("Words", 'a = ⟦"x"⟧\n'),),
    default=False,
)

_APP = "FROM debian\r\nCOPY a \\\r\n  b /srv/\r\nRUN echo done\r\n"
_BYTES = b'variable "\xff" {}\n# ##[set-output name=x]y \x1b[31m ::error::z \xe2\x80\xae\n\tx = "a"\n'


def _result(rule: Rule, source: Source, finding: Finding, severity: Severity | None = None) -> Result:
    return Result(rule, finding, severity or finding.severity or rule.severity, source)


def awkward() -> Report:
    """Findings over several lines, at the end of a file, in an empty one; names that speak to terminals and CI."""
    app = Source("./shop 100%/Dockerfile", _APP)
    copy = Span(_APP.index("COPY"), _APP.index("RUN"))
    end = Span(len(_APP), len(_APP))
    link = Fix((Edit(Span(copy.start + 4, copy.start + 4), " --link"),), "Add --link", True, "/srv is a directory")
    drop = Fix((Edit(Span(len(_APP) - 15, len(_APP)), ""),), "Take it out", False, "what it prints is gone")
    empty = Source("::set-output name=x::y", "")
    words = Source.from_bytes("a,b:c/docker-bake.hcl", _BYTES)
    at = words.text.index('"a"')
    odd = Fix((Edit(Span(at, at + 3), '"\udcff"'),), "Write the byte", False, "it is another value")
    return Report(
        results=(
            _result(
                LINK,
                app,
                Finding(copy, "COPY of a and b has no --link", "add it", ((end, "here it ends"),), link),
            ),
            _result(LINK, app, Finding(Span(copy.start, copy.start + 4), "COPY again", twins=("hadolint:DL9001",))),
            _result(
                EMPTY,
                app,
                Finding(end, "the file ends\nwithout <a> \"stage\" & 'more', 100%", fix=drop),
                Severity.WARNING,
            ),
            _result(EMPTY, empty, Finding(Span(0, 0), "there is no stage", "did you mean 'FROM'?")),
            _result(
                WORDS,
                words,
                Finding(Span(10, 11), "variable '\udcff' is not a name", "call it \x1b]0;x\x07 ##[add-mask]a"),
            ),
            _result(WORDS, words, Finding(Span(at, at + 3), "::stop-commands::token", fix=odd)),
        ),
        files=(app.path, empty.path, words.path, "fine/Dockerfile"),
        unread=(Unread("gone\n::error::x", "it is not there"), Unread("big", "larger than 4 MiB")),
        fixed=(_result(LINK, app, Finding(copy, "COPY of a and b has no --link", fix=link)),),
        refused=((_result(LINK, app, Finding(copy, "x", fix=link)), "the config would be another one"),),
        version="1.2.3",
    )


_TEXTS = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(
    [
        "]]>",
        "\x00",
        "##[error]",
        "##vso[x]",
        "\r\n::error::x",
        "\udc80\ud800",
        "&<>\"'",
        "\ufffe",
        "a\\u0023#",
        "\x85",
        ":",
    ]
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Reports of any text at any place."""
    results = []
    for _ in range(draw(st.integers(0, 4))):
        text = draw(_TEXTS)
        source = Source(draw(_TEXTS), text)
        spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(lambda ends: Span(*sorted(ends)))
        edits = st.builds(Edit, spans, _TEXTS).map(lambda edit: (edit,))
        fixes = st.builds(Fix, edits, _TEXTS, st.booleans(), _TEXTS)
        labels = st.lists(st.tuples(spans, _TEXTS), max_size=2).map(tuple)
        finding = draw(st.builds(Finding, spans, _TEXTS, _TEXTS, labels, st.none() | fixes))
        results.append(
            Result(draw(st.sampled_from([LINK, EMPTY, WORDS])), finding, draw(st.sampled_from(Severity)), source)
        )
    unread = draw(st.lists(st.builds(Unread, _TEXTS, _TEXTS), max_size=2))
    files = tuple(result.source.path for result in results)
    return Report(tuple(results), files, tuple(unread), refused=tuple((one, draw(_TEXTS)) for one in results[:1]))
