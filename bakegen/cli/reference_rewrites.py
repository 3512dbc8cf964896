"""The pages of rewrites and their index, made from the rewrites themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.cli.reference import table, words
from bakegen.effects.model import Equivalence, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bakegen.rewrites.model import Example, Rewrite

HEAD = "<!-- Made from the rewrites in bakegen/rewrites; do not edit. -->"

_TIERS: Mapping[Tier, str] = {
    Tier.SEMANTICS: "BuildKit's semantics alone",
    Tier.FACTS: "checked facts: the files of the context, the ignore file, bakegen.lock, what POSIX says of a tool",
    Tier.KNOWLEDGE: "knowledge of a package manager, or something that is taken for granted and named",
    Tier.ADVICE: "nothing that could be shown",
}
_EQUAL: Mapping[Equivalence, str] = {
    Equivalence.GRAPH: "the same build graph and configuration",
    Equivalence.IMAGE: "the same configuration and the same root filesystem",
    Equivalence.DECLARED: "as E1, but for paths that are declared: caches and lists of package managers",
}


def pages(rewrites: Iterable[Rewrite]) -> dict[str, str]:
    """All pages, by their path below ``reference``."""
    every = list(rewrites)
    return {"rewrites.md": index(every), **{f"rewrites/{one.name}.md": page(one) for one in every}}


def index(rewrites: Iterable[Rewrite]) -> str:
    """The list of all rewrites, in the order in which they are made, and what tiers and equivalences mean."""
    lines = [HEAD, *_INTRO.split("\n")]
    rows = []
    for one in rewrites:
        link = f"[{one.name}](rewrites/{one.name}.md)"
        default = "yes" if one.default else "no"
        rows.append((link, words(one.summary), f"T{int(one.tier)}", str(one.equivalence), default))
    lines += table(("rewrite", "what it does", "rests, at best, on", "equal", "by default"), rows)
    lines += ["", "## What a proof rests on", ""]
    lines += table(
        ("tier", "rests on", "level"), [(f"T{int(tier)}", said, _level(tier)) for tier, said in _TIERS.items()]
    )
    lines += ["", "## How alike the images are", ""]
    lines += table(("equivalence", "what is the same"), [(str(equal), said) for equal, said in _EQUAL.items()])
    return "\n".join([*lines, ""])


def _level(tier: Tier) -> str:
    return "proved" if tier <= Tier.FACTS else "assumed" if tier <= Tier.KNOWLEDGE else "told, never made"


def page(rewrite: Rewrite) -> str:
    """The page of one rewrite: what it does, why it may, examples of what it changes and of what it leaves alone."""
    lines = [HEAD, f"# {rewrite.name}", "", words(rewrite.summary), ""]
    lines += [
        f"- rests, at best, on {_TIERS[rewrite.tier]} (T{int(rewrite.tier)})",
        f"- keeps {_EQUAL[rewrite.equivalence]} ({rewrite.equivalence})",
        f"- by default: {'yes' if rewrite.default else f'no; `--only {rewrite.name}` asks for it'}",
        f"- leave it out: `--skip {rewrite.name}`, or `rewrite-skip: [{rewrite.name}]` in image.yaml",
        "",
        "## Why the image stays the same",
        "",
        words(rewrite.why.strip()),
        "",
    ]
    changed = [one for one in rewrite.examples if one.after is not None]
    same = [one for one in rewrite.examples if one.after is None]
    for heading, examples in (("What it changes", changed), ("What it leaves alone", same)):
        if examples:
            lines += [f"## {heading}", ""]
        for example in examples:
            lines += _example(example)
    return "\n".join(lines)


def _example(example: Example) -> Iterator[str]:
    yield f"### {words(example.title)}"
    yield ""
    said = _surroundings(example)
    if said:
        yield " ".join(said)
        yield ""
    yield from _fenced(example.before)
    if example.after is not None:
        yield f"becomes{'' if example.level == 'proved' else f', with `--level {example.level}`,'}"
        yield ""
        yield from _fenced(example.after)
    if example.missing:
        yield f"What is missing: “… {words(example.missing)} …”."
        yield ""


def _surroundings(example: Example) -> list[str]:
    found = []
    if example.files:
        found.append(f"In the build context: {', '.join(f'`{name}`' for name in sorted(example.files))}.")
    if example.bases:
        found.append(f"In bakegen.lock: {', '.join(f'`{name}`' for name in sorted(example.bases))}.")
    if example.ignore:
        found.append(f"Ignored: {', '.join(f'`{line}`' for line in example.ignore.split())}.")
    return found


def _fenced(text: str) -> list[str]:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}dockerfile", *text.rstrip("\n").split("\n"), fence, ""]


_INTRO = """\
# Rewrites

What `bakegen rewrite`, the field `rewrite` and the frontend can change in a Dockerfile, in the order in which they do.
Each example on these pages is a test. How far rewrites go is said by `--level`, and [how the proofs
work](../guide/proofs.md) is a page of its own.
"""
