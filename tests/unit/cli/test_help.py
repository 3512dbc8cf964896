"""The help of every command: all sections, every option explained, examples that parse, and what some look like."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest

from bakegen.cli.help_page import paragraphs, sections, summary
from bakegen.cli.help_roff import page
from bakegen.cli.main import COMMANDS, SECTIONS, cli
from bakegen.cli.manual import Command, Group, Manual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.golden_files import Golden

_ALWAYS = ("Examples", "Exit codes", "Files")
_OPERATORS = {"|", "||", "&&", "&", ";", ">", "<", "<(", ">>"}
_LONG_LIST = 6


def _all(ctx: click.Context) -> Iterator[click.Context]:
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            one = ctx.command.get_command(ctx, name)
            assert one is not None, name
            yield from _all(click.Context(one, parent=ctx, info_name=name))


_ROOT = click.Context(cli, info_name="bakegen", **cli.context_settings)
CONTEXTS = {ctx.command_path: ctx for ctx in _all(_ROOT)}


@pytest.fixture(params=CONTEXTS)
def context(request: pytest.FixtureRequest) -> click.Context:
    return CONTEXTS[request.param]


def manual(ctx: click.Context) -> Manual:
    assert isinstance(ctx.command, Command | Group), f"{ctx.command_path}: cls=Command of bakegen.cli.manual is missing"
    assert ctx.command.manual is not None, f"{ctx.command_path}: its Manual is missing"
    return ctx.command.manual


def options(ctx: click.Context) -> list[click.Option]:
    return [one for one in ctx.command.get_params(ctx) if isinstance(one, click.Option) and not one.hidden]


def test_every_command_has_all_sections(context: click.Context) -> None:
    said = manual(context)
    assert isinstance(context.command, Command | Group)
    found = [one.heading for one in sections(context.command, context)]
    assert [one for one in found if one in _ALWAYS] == list(_ALWAYS)
    assert said.examples
    arguments = [one for one in context.command.params if isinstance(one, click.Argument)]
    assert bool(said.arguments) == bool(arguments), "`arguments` of the Manual says what each argument means"
    assert said.see or context.parent is None, "`see` names related commands"
    assert said.reads or said.writes or context.command.name in ("help", "completion", "rule", "schema"), "`reads`"


def test_a_summary_is_one_line_and_a_description_follows(context: click.Context) -> None:
    said = summary(context.command)
    assert re.fullmatch(r"[A-Z][^\n]{8,98}\.", said), "the docstring begins with a sentence on a line of its own"
    assert len(paragraphs(context.command)) > 1 or context.parent is None, "a paragraph says what it does and does not"


def test_every_option_is_explained(context: click.Context) -> None:
    for option in options(context):
        assert option.help, f"{option.opts[-1]} has no help"
        assert option.help.endswith((".", "]")), f"{option.opts[-1]}: its help is a sentence"


@pytest.mark.parametrize("kind", [Command, Group])
def test_help_has_a_short_option_without_a_parent_too(kind: type[Command | Group]) -> None:
    alone = kind("alone")
    option = alone.get_help_option(alone.make_context("alone", [], resilient_parsing=True))
    assert option is not None and option.opts == ["-h", "--help"]


def test_every_default_is_shown(context: click.Context) -> None:
    for option in options(context):
        # `get_default` makes a value of it; what an option without one has differs from release to release of click.
        default: Any = option.get_default(context, call=False)
        empty = default in (None, False, (), "") or type(default).__name__ == "Sentinel" or option.multiple
        shown = (
            option.show_default or "[default: " in (option.help or "") or "This is the default" in (option.help or "")
        )
        assert empty or shown, f"{option.opts[-1]}: its default is {default!r}, which its help does not show"


def test_many_options_stand_below_headings(context: click.Context) -> None:
    assert isinstance(context.command, Command | Group)
    loose = [one for one in sections(context.command, context) if one.heading == "Options"]
    assert all(len(one.rows) <= _LONG_LIST for one in loose), "`headings` of the Manual groups options"
    known = {flag for option in options(context) for flag in option.opts}
    for heading, flags in manual(context).headings.items():
        assert set(flags.split()) <= known, f"{heading} names options that are not there: {set(flags.split()) - known}"


def test_related_commands_exist(context: click.Context) -> None:
    for name in manual(context).see.split():
        path = "bakegen " + name.replace("/", " ")
        assert path in CONTEXTS, f"see: {name}"
        assert path != context.command_path


def _calls(line: str) -> Iterator[list[str]]:
    """The words of each `bakegen` in a line for a shell."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    words: list[str] = []
    for word in [*reader, ";"]:
        if word in _OPERATORS or set(word) <= set("|&;<>()"):
            if words[:1] == ["bakegen"]:
                yield words[1:]
            words = []
        else:
            words.append(word)


def _parse(words: list[str], ctx: click.Context) -> None:
    """As click does, to the command that would run, and no further."""
    ctx.command.parse_args(ctx, list(words))
    if isinstance(ctx.command, click.Group) and words and words[0] not in ("--version", "--help", "-h"):
        rest = [*ctx._protected_args, *ctx.args]
        name, one, after = ctx.command.resolve_command(ctx, rest)
        assert one is not None
        _parse(after, click.Context(one, parent=ctx, info_name=name))


def test_examples_parse(context: click.Context) -> None:
    for line in manual(context).examples:
        calls = list(_calls(line))
        assert calls or line.startswith("docker bakegen "), f"no bakegen in the example {line!r}"
        for words in calls:
            try:
                _parse(words, click.Context(cli, info_name="bakegen"))
            except click.exceptions.Exit:
                continue
            except click.ClickException as problem:
                raise AssertionError(f"{line!r}: {problem.format_message()}") from None


def test_an_example_that_does_not_parse_is_found() -> None:
    with pytest.raises(click.NoSuchOption):
        _parse(next(_calls("ls | bakegen render --chekc && true")), click.Context(cli, info_name="bakegen"))
    assert list(_calls("bakegen a | bakegen b 'c d' > e")) == [["a"], ["b", "c d"]]


def test_the_list_says_what_commands_say_of_themselves() -> None:
    for heading, commands in SECTIONS.items():
        for name, said in commands.items():
            assert said.endswith("."), f"{heading}: {name}"
            assert len(said) <= 90
    listed = [line for line in bakegen("--help").splitlines() if re.match(r"  [a-z]+  +[A-Z]", line)]
    assert [line.split()[0] for line in listed] == list(COMMANDS)


def bakegen(*arguments: str, code: int = 0, **environ: str) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", *arguments],
        env={**kept, "PYTHONIOENCODING": "utf-8", "COLUMNS": "100", **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def test_texts(golden: Golden) -> None:
    made = {
        f"{name.replace(' ', '-')}.txt": bakegen("help", *name.split()) for name in ("schema", "graph", "cache list")
    }
    golden.check("help", made)


def test_help_and_the_option_say_the_same() -> None:
    assert bakegen("help", "cache", "prune") == bakegen("cache", "prune", "--help") == bakegen("cache", "prune", "-h")


def test_lines_fit_and_have_no_colour() -> None:
    for width in (80, 100, 200):
        text = bakegen("help", "build", COLUMNS=str(width))
        assert "\x1b" not in text
        filled = text.partition("Examples:")[0]
        assert max(map(len, filled.splitlines())) <= min(width, 100)
        assert "bakegen-\n" not in text


def test_what_was_meant() -> None:
    assert "did you mean 'build'?" in bakegen("biuld", code=2)
    assert "did you mean 'prune'?" in bakegen("cache", "prunes", code=2)
    assert "there are install, remove, status" in bakegen("help", "plugin", "x", code=2)
    assert "'--check'" in bakegen("render", "--chek", code=2)
    assert "has no commands below it" in bakegen("help", "lint", "x", code=2)


def test_manual_pages_have_every_section_and_no_mistake(context: click.Context) -> None:
    text = page(context)
    assert isinstance(context.command, Command | Group)
    for section in sections(context.command, context):
        assert f'.SH "{section.heading.upper()}"' in text.replace("\\-", "-")
    requests = {line.split()[0] for line in text.splitlines() if line[:1] in (".", "'")}
    assert requests <= {".TH", ".nh", ".ad", ".SH", ".B", ".TP", ".PP", ".nf", ".fi"}
    if groff := shutil.which("groff"):
        done = subprocess.run(
            [groff, "-man", "-ww", "-K", "utf8", "-T", "utf8"], input=text, capture_output=True, text=True, timeout=60
        )
        assert not done.stderr
        assert len(done.stdout) > len(text) / 2
