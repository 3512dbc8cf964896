"""Real definitions with damage done to them: every one expands or is explained, whatever was broken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bakegen.diagnostics import render_text
from bakegen.errors import InputError
from bakegen.matrix.expand import expand
from bakegen.matrix.select import select
from tests.unit.definition.projects import project

SETTINGS = """\
registry: r.example.com/team
cache: {policy: default-only, mode: max}
selections: {pr: newest 2 of version, some: [{match: {os: "b*"}}, {except: {version: "1.9"}}]}
defaults: {labels: {a: "{{ variant }}"}, platforms: [linux/amd64]}
"""
IMAGE = """\
name: "{{ image }}-{{ version }}-{{ os }}"
matrix:
  axes:
    version: ["1.9", 1.10, 1.11-rc1]
    os: [{name: bookworm, base: "debian:12"}, &alpine {name: alpine, base: "alpine:3"}]
  include: [{version: "2", os: *alpine}]
  exclude: [{version: 1.9, os: alpine}]
  overrides:
    - match: {version: "1.*", os.base: "debian*"}
      set: {args: {OLD: yes}, secret: [{id: a, env: B}]}
vars: {tools: [a, b]}
args: {BASE: "{{ os.base }}", TOOLS: "{{ vars.tools | join(' ') }}", NEW: "{{ version is at_least('1.10') }}"}
tags: ["{{ repository }}:{{ version }}", "{% if os == 'alpine' %}small{% endif %}"]
secret: ["id=x,src=y"]
branch-tags: ["{{ repository }}:{{ branch }}"]
selections: {pr: all}
"""
DAMAGE = st.tuples(
    st.integers(0, 10**6), st.integers(0, 12), st.text(alphabet="{}[]:,-'\"&*!|>#%@ \n\tax1.\x00\udc80é", max_size=3)
)


def damaged(text: str, damage: list[tuple[int, int, str]]) -> str:
    for at, length, put in damage:
        at %= len(text) + 1
        text = text[:at] + put + text[at + length :]
    return text


def test_the_definitions_are_whole_before_they_are_damaged() -> None:
    assert len(expand(project({"go": IMAGE}, SETTINGS))) == 6


@given(st.lists(DAMAGE, min_size=1, max_size=3), st.lists(DAMAGE, max_size=1))
def test_damaged_definitions_expand_or_are_explained(
    image: list[tuple[int, int, str]], settings: list[tuple[int, int, str]]
) -> None:
    try:
        definition = project({"go": damaged(IMAGE, image)}, damaged(SETTINGS, settings))
        select(definition, expand(definition), [])
    except InputError as problem:
        assert all(render_text(one) for one in problem.diagnostics)
