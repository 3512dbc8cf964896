"""`bakegen rule`: a rule of the linter, what it finds and why, with examples; or a table of all rules."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.manual import Command, Manual
from bakegen.cli.names import RULE
from bakegen.cli.options import format_option
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.rules.model import Example, Rule

_WIDTH = 100


@click.command(
    "rule",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen rule": "a table of all rules",
            "bakegen rule CA3": "of those whose code begins with CA3",
            "bakegen rule from-as-casing": "one rule's page",
            "bakegen rule DL3008 --format markdown": "by hadolint's or BuildKit's name for it",
        },
        arguments={
            "RULE": "A code, a name, or what it is called elsewhere: DL3008, StageNameCasing. The beginning of codes "
            "(CA, CA3), globs over names (apt-*) and ALL list the rules that they mean; without any, all are listed.",
        },
        exits={0: "shown", 2: "no rule is called so"},
        see="lint",
    ),
)
@click.argument("words", nargs=-1, type=RULE, metavar="[RULE]...")
@format_option("text", "markdown", "json")
def command(words: tuple[str, ...], format_: str) -> int:
    """Say what a rule of `bakegen lint` is about, or list rules.

    A page tells what a rule finds and why, with examples of what is found and what is not, what `bakegen lint --fix`
    makes of them, and how to silence it. Several rules are listed in a table.
    """
    from bakegen.rules.discovery import rules
    from bakegen.rules.reference import index, page

    every = rules()
    found = _named(words, every)
    # A word for several rules asks which there are; one that can only mean one asks for its page.
    listed = len(found) > 1 or not words
    if format_ == "json":
        console.write(json.dumps([_json(one) for one in found], indent=2) + "\n")
    elif format_ == "markdown":
        console.write(index(found) if listed else page(found[0]))
    else:
        console.write(_table(found) if listed else _page(found[0]))
    return ExitCode.CLEAN


def _named(words: Sequence[str], every: Sequence[Rule]) -> list[Rule]:
    from bakegen.diagnostics import did_you_mean
    from bakegen.rules.discovery import named

    wanted: set[str] = set()
    for word in words or ("ALL",):
        meant = named(word, every) or named(word.upper(), every) or named(word.lower(), every)
        if not meant:
            hint = did_you_mean(word, _words(every)) or "`bakegen rule` lists all rules"
            raise click.UsageError(f"no rule is called {word!r}; {hint}")
        wanted.update(rule.code for rule in meant)
    return [rule for rule in every if rule.code in wanted]


def _words(every: Sequence[Rule]) -> list[str]:
    twins = [twin.partition(":")[2] for rule in every for twin in rule.twins]
    return [*(rule.name for rule in every), *(rule.code for rule in every), *twins]


def _table(found: Sequence[Rule]) -> str:
    from bakegen.rules.reference import fix_kind

    rows = []
    for rule in found:
        twins = " ".join(twin.partition(":")[2] for twin in rule.twins)
        fix = fix_kind(rule)
        severity = str(rule.severity) if rule.default else f"{rule.severity} (off)"
        rows.append([rule.code, rule.name, severity, "" if fix == "none" else fix, twins, rule.summary])
    return console.table(["rule", "name", "severity", "fix", "elsewhere", "what to do"], rows)


def _page(rule: Rule) -> str:
    from bakegen.diagnostics import printable
    from bakegen.rules.model import MARKS
    from bakegen.rules.reference import facts, silencing

    lines = [console.style(f"{rule.code} {rule.name}: {rule.summary}", "bold"), ""]
    lines += [f"  {title}: {_unmarked(value)}" for title, value in facts(rule)]
    for paragraph in rule.why.strip().split("\n\n"):
        lines += ["", *_paragraph(paragraph)]
    found = [one for one in rule.examples if MARKS[0] in one.text]
    silent = [one for one in rule.examples if MARKS[0] not in one.text]
    for title, examples in (("What is found", found), ("What is not found", silent)):
        if examples:
            lines += ["", console.style(title, "bold")]
        for example in examples:
            lines += ["", *_example(rule, example)]
    lines += ["", console.style("How to silence it", "bold"), ""]
    lines += [f"  {where}:\n      {what}" for where, what in silencing(rule)]
    if rule.links:
        lines += ["", console.style("More", "bold"), "", *(f"  {printable(link)}" for link in rule.links)]
    return "\n".join(lines) + "\n"


def _paragraph(text: str) -> list[str]:
    """A paragraph of Markdown, filled; lists, tables and code stay as they are."""
    lines = text.split("\n")
    if text.startswith(("```", "|", "    ")) or any(re.match(r"[-*] |\d+\. ", line) for line in lines):
        return lines
    return textwrap.wrap(" ".join(lines), _WIDTH)


def _unmarked(text: str) -> str:
    return text.replace("`", "")


def _example(rule: Rule, example: Example) -> Iterator[str]:
    from bakegen.rules.example_text import beside, caret_lines, fix_diff, surroundings, unmarked

    yield f"  {console.style(example.title, 'cyan')}"
    yield from (f"  {_unmarked(line)}" for line in surroundings(rule, example))
    around = beside(rule, example)
    for name, text in around:
        yield f"  Beside it {name}{':' if text else ', empty'}"
        yield from (f"      {line}".rstrip() for line in text)
    if around:
        yield "  The file:"
    for line, carets in caret_lines(unmarked(example.text)):
        yield f"      {console.style(line, 'yellow') if carets else line}".rstrip()
    diff = fix_diff(example)
    if diff:
        yield f"  {'--fix' if example.safe else '--fix --unsafe'} makes of it"
        for line in diff:
            look = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
            yield f"      {console.style(line, look) if look else line}".rstrip()


def _json(rule: Rule) -> dict[str, Any]:
    from bakegen.rules.example_text import unmarked
    from bakegen.rules.reference import fix_kind

    return {
        "code": rule.code,
        "name": rule.name,
        "summary": rule.summary,
        "why": rule.why,
        "severity": str(rule.severity),
        "kind": str(rule.kind),
        "default": rule.default,
        "fix": fix_kind(rule),
        "twins": list(rule.twins),
        "links": list(rule.links),
        "examples": [
            {
                "title": example.title,
                "text": (marked := unmarked(example.text)).text,
                "found": [{"start": span.start, "end": span.end} for span in marked.spans],
                "fixed": example.fixed,
                "safe": example.safe if example.fixed is not None else None,
            }
            for example in rule.examples
        ],
    }
