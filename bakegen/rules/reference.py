"""The pages of rules and their index, made from the rules themselves: for the docs, for `bakegen rule`, for SARIF."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import printable
from bakegen.rules.example_text import beside, caret_lines, fix_diff, surroundings, unmarked
from bakegen.rules.model import MARKS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.rules.model import Example, Rule

FOLDER = "reference/rules"
"""Where the pages are in the docs; the index is `FOLDER.md`."""

FAMILIES: Mapping[str, str] = {
    "GE": "Files as a whole, and ignore comments",
    "BK": "Checks that BuildKit makes, too",
    "DF": "What makes a good Dockerfile",
    "CA": "Caching",
    "BF": "Bake files",
    "DE": "Definitions of images",
}
"""What the letters of codes stand for."""

_TOOLS = {"hadolint": "hadolint", "buildkit": "BuildKit", "shellcheck": "ShellCheck"}


def fix_kind(rule: Rule) -> str:
    """``safe``, ``unsafe``, ``safe or unsafe`` or ``none``: what kind of fix the examples of a rule show."""
    safe = {example.safe for example in rule.examples if example.fixed is not None}
    return {(): "none", (False,): "unsafe", (True,): "safe", (False, True): "safe or unsafe"}[tuple(sorted(safe))]


def facts(rule: Rule) -> list[tuple[str, str]]:
    """What there is to know of a rule in a word or two: title and value, without Markdown."""
    fixes = {
        "none": "none",
        "safe": "`--fix`; the image stays the same",
        "unsafe": "`--fix --unsafe`; the image may change",
        "safe or unsafe": "`--fix` where the image surely stays the same, else `--fix --unsafe`",
    }
    found = [
        ("severity", str(rule.severity)),
        ("looks at", _KINDS[rule.kind]),
        ("on by default", "yes" if rule.default else "no"),
        ("fix", fixes[fix_kind(rule)]),
    ]
    twins = [f"`{word}` of {_TOOLS.get(tool, tool)}" for tool, _, word in (one.partition(":") for one in rule.twins)]
    return [*found, ("the same elsewhere", ", ".join(twins))] if twins else found


_KINDS = {Kind.DOCKERFILE: "Dockerfiles", Kind.BAKE_FILE: "bake files", Kind.DEFINITIONS: "image.yaml and bakegen.yaml"}


def silencing(rule: Rule) -> list[tuple[str, str]]:
    """How to do without a rule, or to run one that is off: where, and what to write there, one line each."""
    found = []
    if rule.kind is not Kind.DEFINITIONS and rule.code != "GE001":
        what = "an instruction" if rule.kind is Kind.DOCKERFILE else "a block or an attribute"
        found.append((f"above {what}, for it alone", f"# bakegen ignore={rule.code} the reason"))
        found.append(("anywhere in a file, for all of it", f"# bakegen global ignore={rule.code} the reason"))
    for tool, _, word in (twin.partition(":") for twin in rule.twins if rule.code != "GE001"):
        if tool == "hadolint":
            found.append(("hadolint's comment counts, too", f"# hadolint ignore={word}"))
        elif tool == "buildkit":
            found.append(("in the first lines of the file, for BuildKit as well", f"# check=skip={word}"))
    found.append(("in the configuration, everywhere", f'ignore = ["{rule.code}"]'))
    if not rule.default:
        found.append(("in the configuration, to switch it on", f'extend-select = ["{rule.code}"]'))
    return found


def page(rule: Rule) -> str:
    """The page of a rule in Markdown, the same text every time."""
    lines = [f"# {rule.code}: {rule.name}", "", f"{_words(rule.summary)}.", ""]
    lines += [f"- {title}: {value}" for title, value in facts(rule)]
    lines += ["", "## Why", "", rule.why.strip()]
    found = [one for one in rule.examples if MARKS[0] in one.text]
    silent = [one for one in rule.examples if MARKS[0] not in one.text]
    lines += ["", "## What is found"]
    for example in found:
        lines += ["", *_example(rule, example)]
    if silent:
        lines += ["", "## What is not found"]
        for example in silent:
            lines += ["", *_example(rule, example)]
    lines += ["", "## How to silence it", ""]
    lines += [f"- {where}: `{what}`" for where, what in silencing(rule)]
    lines.append("")
    if rule.links:
        lines += ["## More", "", *(f"- <{link}>" for link in rule.links), ""]
    return "\n".join(lines)


def _example(rule: Rule, example: Example) -> list[str]:
    marked = unmarked(example.text)
    lines = [f"### {_words(example.title)}", ""]
    said = surroundings(rule, example)
    if said:
        lines += [" ".join(said), ""]
    around = beside(rule, example)
    for name, text in around:
        lines += [f"Beside it `{printable(name)}`{':' if text else ', empty.'}", ""]
        lines += [*_fenced(text, ""), ""] if text else []
    if around:
        lines += ["The file:", ""]
    shown = [line for line, _ in caret_lines(marked)]
    lines += _fenced(shown, "text" if marked.spans else _language(rule, example))
    diff = fix_diff(example)
    if diff:
        flag = "`--fix` makes of it" if example.safe else "`--fix --unsafe` makes of it"
        lines += ["", f"{flag}:", "", *_fenced(diff, "diff")]
    return lines


def _language(rule: Rule, example: Example) -> str:
    if rule.kind is Kind.BAKE_FILE:
        return "json" if example.path.endswith(".json") else "hcl"
    return "dockerfile" if rule.kind is Kind.DOCKERFILE else "yaml"


def _words(text: str) -> str:
    """Plain text as Markdown: what would be a tag or emphasis outside of code is escaped."""
    parts = text.split("`")
    return "`".join(re.sub(r"[<*|]", r"\\\g<0>", part) if at % 2 == 0 else part for at, part in enumerate(parts))


def _fenced(lines: list[str], language: str) -> list[str]:
    longest = max((len(run[0]) for line in lines for run in re.finditer("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *lines, fence]


def index(rules: Iterable[Rule]) -> str:
    """The index of all rules in Markdown, a table a family."""
    families: dict[str, list[Rule]] = {}
    for rule in rules:
        families.setdefault(rule.code[:2], []).append(rule)
    order = [*(code for code in FAMILIES if code in families), *sorted(set(families) - set(FAMILIES))]
    lines = [_INTRO]
    for family in order:
        lines += [f"## {family}: {FAMILIES.get(family, 'others')}", ""]
        lines += [
            "| rule | name | what to do | severity | fix | the same elsewhere |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for rule in families[family]:
            name = rule.name if rule.default else f"{rule.name} (off)"
            twins = ", ".join(twin.partition(":")[2] for twin in rule.twins)
            fix = fix_kind(rule)
            cells = (
                f"[{rule.code}](rules/{rule.code}.md)",
                name,
                _words(rule.summary),
                str(rule.severity),
                "" if fix == "none" else fix,
                twins,
            )
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    lines += ["## What the rules are called elsewhere", "", "| there | here |", "| --- | --- |"]
    for twin, meant in sorted(_by_twin(rule for family in order for rule in families[family]).items()):
        tool, _, word = twin.partition(":")
        here = ", ".join(f"[{rule.code}](rules/{rule.code}.md) {rule.name}" for rule in meant)
        lines.append(f"| {_TOOLS.get(tool, tool)} {word} | {here} |")
    return "\n".join([*lines, ""])


def _by_twin(rules: Iterable[Rule]) -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        for twin in rule.twins:
            found.setdefault(twin, []).append(rule)
    return found


_INTRO = """\
# Rules

Made from the rules in `bakegen/rules`; do not edit. `bakegen rule CODE` prints a rule's page.

An *error* fails the build or breaks the image, a *warning* costs time, space or safety, a *note* is taste. Rules that
are *off* run where they are asked for. A *safe* fix leaves the image as it is; `--fix` makes it. An *unsafe* one may
change the image, and says how; `--fix --unsafe` makes it.

A rule is meant by its code, its name, or by what it is called elsewhere (`DL3006`, `StageNameCasing`); see
[the configuration](lint.md).
"""


def pages(rules: Iterable[Rule]) -> dict[str, str]:
    """All generated files of the rules by path below the docs: the index and a page a rule."""
    rules = tuple(rules)
    found = {f"{FOLDER}.md": index(rules)}
    for rule in rules:
        notice = "<!-- Made from the rule itself; do not edit. -->\n"
        found[f"{FOLDER}/{rule.code}.md"] = f"{notice}{page(rule)}"
    return found
