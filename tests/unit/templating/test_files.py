"""Template files: what they may include, where failures point, which line came from where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.errors import InputError
from bakegen.templating.files import FileRenderer
from bakegen.text import Source

PARTS = {
    "a.j2": "RUN a\n{% if v %}\nRUN {{ v }}\n{% endif %}\n",
    "bad.j2": "\n\nx {{ nope }}\n",
    "syntax.j2": "a\n{% if %}\n",
    "macros.j2": "{% macro m(x) %}\nM {{ x }}\n{% if x.y %}z{% endif %}\n{% endmacro %}\n",
    "self.j2": "{% include 'self.j2' %}",
    "twice.j2": "{% if n %}{% set n = n - 1 %}{% include 'twice.j2' %}{% include 'twice.j2' %}{% endif %}",
    "base.j2": "FROM x\n{% block body %}\ndefault\n{% endblock %}\nEND\n",
    "deep/part.j2": "deep\n",
}


def renderer() -> FileRenderer:
    return FileRenderer(lambda name: Source(f"templates/{name}", PARTS[name]) if name in PARTS else None)


def render(text: str, **context: object) -> str:
    return renderer().render(Source("images/x/Dockerfile.j2", text), context)


def failure(text: str, **context: object) -> tuple[str, str]:
    with pytest.raises(InputError) as problem:
        render(text, **context)
    (found,) = problem.value.diagnostics
    return found.code, str(found.location)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("A\n{% if v %}\nB\n{% endif %}\nC\n", "A\nB\nC\n"),
        ("A\r\n{% if v %}\r\nB\r\n{% endif %}\r\nC\r\n", "A\nB\nC\n"),
        ("  {% if v %}\n  B\n  {% endif %}\n", "  B\n"),
        ("RUN a {% if v %}b{% endif %}\nRUN c\n", "RUN a b\nRUN c\n"),
        ("{% if v %}a{% endif %}\nb", "a\nb"),
        ("A\n{# comment #}\nB\n", "A\nB\n"),
        ("A {# comment #}\nB\n", "A \nB\n"),
        ("A\n{#\n long\n#}\nB\n", "A\nB\n"),
        ("A\n{% set x = 1 %}{% set y = 2 %}\nB{{ x }}{{ y }}\n", "A\nB12\n"),
        ("A\n{% set x = 1 %}\n{% set y = 2 %}\n\nB\n", "A\n\nB\n"),
        ("{{ v }}\nB\n", "V\nB\n"),
        ("A\n\n\nB", "A\n\n\nB"),
        ("{#- x -#}\n{% set x = 1 %}\nB\n", "B\n"),
        ("A\n{#- c #}\nB\n", "A\nB\n"),
        ("A {#- c -#}\n{% if v %}\nB{% endif %}", "A\nB"),
        ("A\n{%- if v %}\nB\n{%- endif %}\nC", "A\nB\nC"),
        ("{% for i in range(2) %}\nL{{ i }}\n{% endfor %}\n", "L0\nL1\n"),
        ("A\n{% raw %}\n{{ kept }} {% kept %}\n{% endraw %}\nB\n", "A\n{{ kept }} {% kept %}\nB\n"),
        ("x {# a\n b #}{% if v %}\ny{% endif %}\nz", "x \ny\nz"),
        ("RUN {% if v\n and v %}\na{% endif %}\n", "RUN \na\n"),
        ("no newline at the end", "no newline at the end"),
        ("{% include 'a.j2' %}\nB", "RUN a\nRUN V\nB"),
        ("{% include 'deep/part.j2' %}", "deep\n"),
        ("{% from 'macros.j2' import m %}\n{{ m({'y': 1} | tojson) }}", None),
        ("{% extends 'base.j2' %}{% block body %}mine\n{% endblock %}", "FROM x\nmine\nEND\n"),
        ("{% include 'nope.j2' ignore missing %}A", None),
    ],
)
def test_lines_of_tags_leave_nothing_behind(text: str, result: str | None) -> None:
    if result is None:
        with pytest.raises(InputError):
            render(text, v="V")
    else:
        assert render(text, v="V") == result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n{{ branch }}", ("undefined", "images/x/Dockerfile.j2:2:4")),
        ("a\n{% include 'bad.j2' %}", ("undefined", "templates/bad.j2:3:6")),
        ("{% include 'syntax.j2' %}", ("template-syntax", "templates/syntax.j2:2:1")),
        ("x\n\n{% for %}", ("template-syntax", "images/x/Dockerfile.j2:3:1")),
        ("{% from 'macros.j2' import m %}\n{{ m('s') }}", ("undefined", "templates/macros.j2:3:9")),
        ("\n{{ 1 / 0 }}", ("template-error", "images/x/Dockerfile.j2:2:1")),
        ("a\n  {% include 'no.j2' %}", ("no-template", "images/x/Dockerfile.j2:2:3")),
        ("{% include '../x' %}", ("template-outside", "images/x/Dockerfile.j2:1:1")),
        ("{% include 'deep/../a.j2' %}", ("template-outside", "images/x/Dockerfile.j2:1:1")),
        ("{% include '/etc/passwd' %}", ("template-outside", "images/x/Dockerfile.j2:1:1")),
        ("{% include 'bakegen/../a.j2' %}", ("template-outside", "images/x/Dockerfile.j2:1:1")),
        ("{% include 'bakegen/nope.j2' %}", ("no-template", "images/x/Dockerfile.j2:1:1")),
        ("{% include 'deep\\\\part.j2' %}", ("template-outside", "images/x/Dockerfile.j2:1:1")),
        ("{% include 'self.j2' %}", ("template-too-deep", "templates/self.j2:1:1")),
        ("{% set n = 60 %}{% include 'twice.j2' %}", ("template-too-slow", "templates/twice.j2:1:1")),
    ],
)
def test_failures_point_at_the_template(text: str, expected: tuple[str, str]) -> None:
    assert failure(text) == expected


def test_the_known_names_are_those_of_the_variant() -> None:
    with pytest.raises(InputError, match="did you mean 'version'"):
        render("{{ versoin }}", version="1")


def test_every_line_is_traced_to_its_template() -> None:
    text = """\
FROM x
{# comment #}
ARG a {% if v %}b{% endif %}
  {% if v %}
LABEL x
  {% for i in range(2) %}
LINE {{ i }}
more
  {% endfor %}
{% endif %}
{% include "a.j2" %}
{% from "macros.j2" import m %}
{{ m({"y": 1}.get("z", dict(y=1)) | first) if false else "" }}
{{ "several\\nlines" }} and
{{ v }}{{ v }}
END
"""
    source = Source("D", text)
    one = renderer()
    rendered = one.render(source, {"v": "V"})
    traced = one.line_map(source, {"v": "V"})
    found = [
        (line, place and f"{place[0].path}:{place[1]}")
        for line, place in zip(rendered.split("\n"), traced, strict=True)
    ]
    assert found == [
        ("FROM x", "D:1"),
        ("ARG a b", "D:3"),
        ("LABEL x", "D:5"),
        ("LINE 0", "D:7"),
        ("more", "D:8"),
        ("LINE 1", "D:7"),
        ("more", "D:8"),
        ("RUN a", "templates/a.j2:1"),
        ("RUN V", "templates/a.j2:3"),
        ("", "D:13"),
        ("several", "D:14"),
        ("lines and", "D:14"),
        ("VV", "D:15"),
        ("END", "D:16"),
        ("", "D:16"),
    ]


def test_a_template_that_measures_its_own_text_is_not_traced() -> None:
    text = "{% set x %}abc{% endset %}\n{{ x | length }}\n"
    one = renderer()
    assert one.render(Source("D", text), {}) == "\n3\n"
    assert one.line_map(Source("D", text), {}) == (None, None, None)


def test_marks_of_the_trace_in_the_input_are_not_mistaken() -> None:
    text = "A \ue0000:7\ue001\n"
    one = renderer()
    assert one.render(Source("D", text), {}) == text
    assert one.line_map(Source("D", text), {}) == (None, None)


PIECES = ["{{ v }}", "a", "\n", "{% if v %}", "{%- if v -%}", "{% endif %}", "{# c #}", " "]


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_tracing_never_changes_the_text_and_covers_it(pieces: list[str]) -> None:
    source = Source("D", "".join(pieces))
    one = renderer()
    try:
        rendered = one.render(source, {"v": "V"})
    except InputError:
        return
    assert len(one.line_map(source, {"v": "V"})) == rendered.count("\n") + 1
