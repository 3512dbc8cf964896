"""Commands that documents mention in passing, held against what the command line knows."""

from __future__ import annotations

import functools
import re
import shlex
from typing import TYPE_CHECKING

import click

from bakegen.cli.main import cli
from bakegen.cli.reference import contexts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.docs.pages import Page

_ENDS = ("|", "||", "&&", ";", ">", ">>", "<", "&", "…", "...")
_PLACEHOLDER = re.compile(r"[A-Z…<{\[*$]")


def mentioned(page: Page) -> Iterator[tuple[int, str]]:
    """Line and text of each command of bakegen's: inline code that begins with its name, and lines of shell blocks."""
    for line, code in page.inline:
        if re.match(r"(docker )?bakegen ", code):
            yield line, code
    for block in page.blocks:
        if block.language == "sh":
            for at, text in enumerate(re.sub(r"\\\n", "  ", block.text).splitlines()):
                if re.match(r"(docker )?bakegen ", text):
                    yield block.line + 1 + at, text


_DOCKER = """
    --host --tls --tlsverify --tlscacert --tlscert --tlskey --log-level --config --context
    --build-arg --build-context --cache-from --cache-to --call --check --debug --file --load --metadata-file --no-cache
    --no-cache-filter --output --platform --print --progress --provenance --pull --push --sbom --secret --set --ssh
    --tag --target
    --detach --entrypoint --env --group-add --interactive --mount --network --publish --rm --user --volume --workdir
"""
_DOCKERFILE = "--chmod --chown --exclude --from --link --mount --network --parents --platform --security"
_ELSEWHERE = {
    "tests/engine/README.md": "--second --bases",
    "bakegen/docs/reference/frontend.md": "--rewrite",  # of its `syntax` line
    "bakegen/docs/README.md": "--update-golden",
    "bakegen/docs/guide/releasing.md": "--python-version",  # of uv
}


def unknown_options(page: Page) -> Iterator[tuple[int, str]]:
    """Line and name of each option in the text, `--check`, that neither bakegen nor docker nor a Dockerfile has."""
    known = {*_DOCKER.split(), *_DOCKERFILE.split(), *_ELSEWHERE.get(page.path, "").split(), *_own_options()}
    for line, code in page.inline:
        option = re.match(r"--[a-z][a-z-]+", code)
        if option and option[0] not in known:
            yield line, option[0]


@functools.cache
def _own_options() -> frozenset[str]:
    commands = [one.command for one in contexts()]
    options = [option for command in commands for option in command.params if isinstance(option, click.Option)]
    return frozenset(name for option in options for name in (*option.opts, *option.secondary_opts)) | {"--help"}


def problem(text: str) -> str:
    """What is wrong with the command `text`; "" where each command and option in it exists.

    Words in capitals and what follows `…` stand for something else and are not looked at.
    """
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        return ""  # part of a longer line, with a quote of its own
    words = words[words.index("bakegen") + 1 :]
    command: click.Command = cli
    context = click.Context(cli, info_name="bakegen")
    found = False
    for at, word in enumerate(words):
        if word in _ENDS:
            break
        if word.startswith("-") and word != "-":
            said = _option(command, context, word, words[at + 1 : at + 2])
            if said:
                return said
        elif isinstance(command, click.Group) and not _PLACEHOLDER.match(word):
            inner = command.get_command(context, word)
            if inner is None:
                return f"`{context.command_path}` has no command {word!r}"
            command, context, found = inner, click.Context(inner, info_name=word, parent=context), True
        elif not found:
            break
    return ""


def _option(command: click.Command, context: click.Context, word: str, behind: list[str]) -> str:
    name, equals, value = word.partition("=")
    name = name.rstrip("…,")
    if name in context.help_option_names:
        return ""
    for option in command.get_params(context):
        if name in (*option.opts, *option.secondary_opts):
            given = value if equals else "".join(behind)
            if isinstance(option.type, click.Choice) and given and not _PLACEHOLDER.match(given):
                known = [str(choice) for choice in option.type.choices]
                return "" if given in known else f"{name} takes {', '.join(known)}, not {given!r}"
            return ""
    return f"`{context.command_path}` has no option {name!r}"
