"""Templates in fields: what they see, what they may not do, and that the quick way gives what Jinja gives."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.definition.values import AxisValue
from bakegen.templating import text as text_module
from bakegen.templating.failure import TemplateFailure
from bakegen.templating.text import explain_at, is_template, render_text
from bakegen.text import Location, Source, Span

CONTEXT = {
    "version": "1.22.3",
    "os": AxisValue("bookworm", {"name": "bookworm", "base": "debian:12", "items": "field"}),
    "vars": {"flags": ["a", "b"], "deep": {"x": "y"}},
    "image": "go",
}


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("plain", "plain"),
        ("{ not } a %} template", "{ not } a %} template"),
        ("v{{ version }}!", "v1.22.3!"),
        ("{{version}}{{image}}", "1.22.3go"),
        ("{{ os }}", "bookworm"),
        ("{{ os.base }}", "debian:12"),
        ("{{ os == 'bookworm' }}{{ os in ['a', 'bookworm'] }}{{ os == 'x' }}", "truetruefalse"),
        ("{% for k, v in vars.deep.items() %}{{ k }}={{ v }}{% endfor %}", "x=y"),
        ("{{ os['base'] }}", "debian:12"),
        ("{{ os.items }}", "field"),
        ("{{ os.items | upper }}", "FIELD"),
        ("{{ vars.deep.x }}", "y"),
        ("{{ vars.flags | join(' ') }}", "a b"),
        ("{{ vars.flags | tojson }}", '["a", "b"]'),
        ("{{ os | tojson }}", '{"name": "bookworm", "base": "debian:12", "items": "field"}'),
        ("{{ 'a b' | quote }}", "'a b'"),
        ("{{ version | parts(2) }}", "1.22"),
        ("{{ version.split('.')[0] }}", "1"),
        ("{{ version.replace('.', '-') }}", "1-22-3"),
        ("{{ version is at_least('1.9') }}", "true"),
        ("{{ version is below('1.9') }}", "false"),
        ("{% if version is at_least('1.22') %}new{% else %}old{% endif %}", "new"),
        ("{% for f in vars.flags %}{{ f }}{% if not loop.last %},{% endif %}{% endfor %}", "a,b"),
        ("{{ nope | default('d') }}", "d"),
        ("{{ nope is defined }}", "false"),
        ("{% raw %}{{ kept }}{% endraw %}", "{{ kept }}"),
        ("a{# comment #}b", "ab"),
        ("{{ 1 + 2 }} {{ 7 // 2 }} {{ 2 ** 10 }} {{ 'ab' * 3 }} {{ 'a' ~ 1 }}", "3 3 1024 ababab a1"),
        ("<{{ image }}> & 'x'", "<go> & 'x'"),
        ("{% for i in range(3) %}{{ i }}{% endfor %}", "012"),
        ("{% macro m(x) %}[{{ x }}]{% endmacro %}{{ m(1) }}", "[1]"),
        ("{{ 'line' }}\n", "line\n"),
    ],
)
def test_templates(template: str, result: str) -> None:
    assert render_text(template, CONTEXT) == result


@pytest.mark.parametrize(
    ("template", "message", "help"),
    [
        ("{{ versoin }}", "'versoin' is not defined", "did you mean 'version'?"),
        ("{{ versoin | upper }}", "'versoin' is not defined", "did you mean 'version'?"),
        ("{{ os.bse }}", "os has no field 'bse'", "did you mean 'base'?"),
        ("{{ os.bse | upper }}", "the value has no field 'bse'", "did you mean 'base'?"),
        ("{{ version.major }}", "version has no field 'major'", None),
        ("{{ xyz }}", "'xyz' is not defined", "known are image, os, vars, version"),
        ("{{ branch }}", "'branch' is not defined", "branch and commit are known only in"),
        ("{% if git.commit %}{% endif %}", "'git' is not defined", "branch and commit are known only in"),
        ("{{ ci.run }}", "'ci' is not defined", "branch and commit are known only in"),
        ("{{ registry }}", "'registry' is not defined", "no registry is set"),
        ("{{ vars.flags }}", "a list is printed as text", "use `| join(' ')`"),
        ("{{ vars.deep }}", "a mapping is printed as text", "use"),
        ("{{ none }}", "nothing is printed as text", "use"),
        ("{{ range }}", "something without a text form is printed as text", "use"),
        ("{{ self }}", "something without a text form is printed as text", "use"),
        ("{% if %}", "not a template: Expected an expression", None),
        ("{{ version | nope }}", "not a template: no filter named 'nope'", None),
        ("{{ version is nope }}", "not a template: No test named 'nope'", None),
        ("{{ version", "not a template: unexpected end of template", None),
        ("{{ 1 / 0 }}", "the template fails: division by zero", None),
        ("{{ version + 1 }}", "the template fails: can only concatenate", None),
        ("{% include 'x' %}", "'x' can be included in template files only", None),
    ],
)
def test_what_fails_is_explained(template: str, message: str, help: str | None) -> None:
    with pytest.raises(TemplateFailure) as failure:
        render_text(template, CONTEXT)
    found = failure.value.diagnostic(None)
    assert message in found.message
    assert (found.help or "").startswith(help or "")


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ ''|attr('__class__') }}",
        "{{ os.__init__ }}",
        "{{ version.format(1) }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ version.format_map(vars) }}",
        "{{ version.encode() }}",
        "{{ vars.flags.append('x') }}",
        "{{ vars.deep.update(x=1) }}",
        "{% do vars.flags.append(1) %}",
        "{{ lipsum() }}",
        "{{ cycler('a') }}",
        "{{ [1, 2] | random }}",
        "{{ open('/etc/passwd') }}",
        "{{ range.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{% import 'os' as os %}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ (1).__class__.__mro__ }}",
        "{% set vars.x = 1 %}",
    ],
)
def test_nothing_outside_can_be_reached(template: str) -> None:
    with pytest.raises(TemplateFailure):
        render_text(template, CONTEXT)


BOMBS = {
    "repeat": "{{ 'a' * 10**9 }}",
    "repeat list": "{{ ([1] * 10**9) | length }}",
    "power": "{{ 10 ** 10 ** 10 }}",
    "powers": "{% set ns = namespace(n=9) %}{% for i in range(99) %}{% set ns.n = ns.n ** 64 %}{% endfor %}",
    "products": "{% set ns = namespace(n=9) %}{% for i in range(9999) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
    "concat": "{% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "add": "{% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "add lists": "{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "join": "{% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s]|join %}{% endfor %}",
    "capture": "{% set ns = namespace(s='a') %}{% for i in range(99) %}"
    "{% set x %}{{ ns.s }}{{ ns.s }}{% endset %}{% set ns.s = x %}{% endfor %}",
    "macro": "{% macro m(s) %}{{ s }}{{ s }}{% endmacro %}{% set ns = namespace(s='a') %}"
    "{% for i in range(99) %}{% set ns.s = m(ns.s) %}{% endfor %}",
    "loops": "".join(f"{{% for {x} in range(999) %}}" for x in "abc") + "{% endfor %}" * 3,
    "output": "{% for a in range(99999) %}" + "x" * 1000 + "{% endfor %}",
    "range": "{{ range(10**9) | list | length }}",
    "sums": "{% set r = range(99999) %}{% for a in range(9999) %}{{ r | sum }}{% endfor %}",
    "recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "tree": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(50) }}",
    "recursive loop": "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "indent": "{{ 'a' | indent(10**9, true) }}",
    "center": "{{ 'a'.center(10**9) }}",
    "zfill": "{{ 'a'.zfill(10**9) }}",
    "percent": "{{ '%1000000000d' % 1 }}",
    "replace": "{{ ('a' * 100000) | replace('a', 'b' * 100000) }}",
    "replace method": "{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
    "replace nothing": "{{ ('a' * 100000).replace('', 'b' * 100000) }}",
    "join method": "{{ ('a' * 100000).join('b' * 100000) }}",
    "mapped": "{{ ['a'] | map('indent', 10**9, true) | list }}",
    "nesting": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "blocks": "{% if 1 %}" * 200 + "{% endif %}" * 200 + "{% for a in [1] %}" * 50 + "{% endfor %}" * 50,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_no_template_runs_or_grows_without_end(bomb: str) -> None:
    start = time.process_time()
    with pytest.raises(TemplateFailure):
        render_text(bomb, CONTEXT)
    assert time.process_time() - start < 5


def at(template: str) -> str:
    source = Source("f.yaml", f'key: "{template}"\n')
    place = Location(source, Span(5, 5 + len(template) + 2))
    with pytest.raises(TemplateFailure) as failure:
        render_text(template, CONTEXT)
    found = explain_at(failure.value, place)
    assert found.location is not None
    return source.slice(found.location.span)


@pytest.mark.parametrize(
    ("template", "marked"),
    [
        ("nope {{ nope }}", "nope"),
        ("{{ os.nope }}", "nope"),
        ("{% if x %}{% endif %}", "x"),
    ],
)
def test_the_mark_is_at_the_name(template: str, marked: str) -> None:
    assert at(template) == marked


def test_the_mark_is_at_the_whole_text_where_no_name_is_to_blame() -> None:
    assert at("{{ 1 / 0 }}") == '"{{ 1 / 0 }}"'


NAMES = st.sampled_from(["version", "os", "image", "vars", "nope", "true", "none", "loop"])
PIECES = st.one_of(
    st.sampled_from(["a", " ", "}", "{", "%", "\n", "é", "\\", "'"]),
    NAMES.map(lambda name: f"{{{{ {name} }}}}"),
    st.tuples(NAMES, st.sampled_from(["base", "name", "items", "nope", "deep"])).map(
        lambda p: f"{{{{{p[0]}.{p[1]}}}}}"
    ),
)


def outcome(template: str, *, quick: bool) -> str:
    try:
        if not is_template(template):
            return template
        render = text_module.compile_text.__wrapped__(template) if quick else text_module._through_jinja(template)
        return render(CONTEXT)
    except TemplateFailure as failure:
        return f"{failure.code} {failure.name}"


@given(st.lists(PIECES, max_size=6).map("".join))
def test_the_quick_way_gives_what_jinja_gives(template: str) -> None:
    assert outcome(template, quick=True) == outcome(template, quick=False)


@given(st.text(alphabet=st.sampled_from(list("{}%# ab.|()[]'\"~*+-\nif")), max_size=30))
def test_any_text_renders_or_is_explained(template: str) -> None:
    try:
        render_text(template, CONTEXT)
    except TemplateFailure as failure:
        assert failure.diagnostic(None).message
