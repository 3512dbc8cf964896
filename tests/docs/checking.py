"""Checks blocks that nothing runs by their language: what can be read is read by what reads it in bakegen."""

from __future__ import annotations

import functools
import json
import tomllib
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

from bakegen.bakefile.reader import read_bake_file
from bakegen.definition.fields import IMAGE_FIELDS, SETTINGS
from bakegen.definition.schema import schema_text
from bakegen.dockerfile.parser import parse
from bakegen.dockerfile.syntax import Unparsed
from bakegen.templating.files import FileRenderer, built_in
from bakegen.text import Source
from tests.docs.pages import parse as parse_page
from tests.docs.running import OUTPUT
from tests.unit.definition.projects import project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.docs.pages import Block

_ELSEWHERE = {"jobs", "stages", "steps", "include", "workflows", "pipelines", "repos", "strategy", "orbs", "pool", "on"}
"""Keys by which the files of CI services and of pre-commit are told from definitions."""

_DIRECTIVES = ("{toctree}", "{include}")


class WrongExampleError(AssertionError):
    """A block is not what its language says."""


def check(block: Block) -> None:
    """Fails where the text of `block` is not what its language says, or where nothing knows the language.

    Raises:
        WrongExampleError: with the place and the reason.
    """
    checker = _CHECKERS.get(block.language)
    try:
        if checker is None:
            raise ValueError(f"nothing checks the language {block.language!r}")
        checker(block)
    except Exception as problem:
        raise WrongExampleError(f"{block.place}: {problem}") from problem


def _dockerfile(block: Block) -> None:
    tree = parse(Source("Dockerfile", block.text))
    unread = [node for node in tree.nodes if isinstance(node, Unparsed)]
    if unread:
        raise ValueError(f"line {unread[0].line} of the Dockerfile cannot be read")


def _hcl(block: Block) -> None:
    problems = read_bake_file(Source("docker-bake.hcl", block.text)).problems
    if problems:
        raise ValueError(str(problems[0]))


def _jinja(block: Block) -> None:
    known: Mapping[str, object] = {"version": "1.22", "variant": "app-1-22", "image": "app", "repository": "app"}
    text = FileRenderer(built_in).render(Source("Dockerfile.j2", block.text), known)
    if any(isinstance(node, Unparsed) for node in parse(Source("Dockerfile", text)).nodes):
        raise ValueError(f"no Dockerfile comes of it:\n{text}")


def _yaml(block: Block) -> None:
    kind = block.mark.value if block.mark.what == "yaml" else _kind(block)
    read = yaml.safe_load(block.text)
    if kind == "image":
        _schema("image.schema.json").validate(read)
        project({"app": block.text}, "selections: {}" if "selections" not in read else "selections: {pr: all}")
    elif kind == "project":
        _schema("bakegen.schema.json").validate(read)
        project({"app": ""}, block.text)
    elif kind != "other":
        raise ValueError("what file is it? say so: <!-- yaml: image -->, project or other")


def _kind(block: Block) -> str:
    name = block.mark.value.rpartition("/")[2] if block.mark.what in ("file", "shows") else ""
    if name in ("image.yaml", "bakegen.yaml"):
        return "image" if name == "image.yaml" else "project"
    read = yaml.safe_load(block.text)
    keys = {"on" if key is True else str(key) for key in read} if isinstance(read, dict) else set()  # YAML 1.1's `on`
    if name or keys & _ELSEWHERE:
        return "other"
    if not keys:
        return ""
    if keys <= set(IMAGE_FIELDS):
        return "image"
    return "project" if keys <= set(SETTINGS) | {"defaults"} else ""


@functools.cache
def _schema(name: str) -> Any:
    return jsonschema.Draft202012Validator(json.loads(schema_text(name)))


def _markdown(block: Block) -> None:
    for one in parse_page(block.place, block.text).blocks:
        if one.language not in ("sh", *OUTPUT):
            check(one)


def _directive(block: Block) -> None:
    """Those of the site's generator, which checks what they name."""


def _nothing(block: Block) -> None:
    """Shell and output: run, or compared with what was run, and nowhere else."""
    if not block.mark.what:
        raise ValueError("it has no mark; see bakegen/docs/README.md for what there is")


_CHECKERS: Mapping[str, Callable[[Block], object]] = {
    "dockerfile": _dockerfile,
    "hcl": _hcl,
    "jinja": _jinja,
    "markdown": _markdown,
    "json": lambda block: json.loads(block.text),
    "sh": _nothing,
    "toml": lambda block: tomllib.loads(block.text),
    "yaml": _yaml,
    **dict.fromkeys(_DIRECTIVES, _directive),
}
