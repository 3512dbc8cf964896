"""`bakegen rewrite`: shows or writes what can be changed in Dockerfiles without changing the image, and why."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.manual import Command, Manual
from bakegen.cli.names import PLATFORM, REWRITE, REWRITES
from bakegen.cli.options import assignments, format_option
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from bakegen.rewrites.model import Proposal
    from bakegen.text import Source, Span
    from bakegen.workspace.rewriting import Order, Rewritten


@click.command(
    "rewrite",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen rewrite": "what would change in ./Dockerfile, and what stands in the way of more",
            "bakegen rewrite --write Dockerfile": "change it",
            "bakegen rewrite --level assumed a/Dockerfile b/Dockerfile": "also by knowledge of package managers",
            "bakegen rewrite --only add-link,sink-arg --format diff | git apply": "a plain patch",
            "bakegen rewrite --explain add-link": "what one rewrite does",
        },
        arguments={
            "FILES": "Dockerfiles; without any ./Dockerfile, or where there is none, those of all images of the "
            "project.",
        },
        headings={
            "What is changed": "--write --check --level --only --skip",
            "Build": "--context --build-arg --target --platform --ephemeral",
            "About rewrites": "--list --explain",
        },
        exits={0: "nothing to change, or shown or changed", 1: "a file would change (--check)"},
        reads="the Dockerfiles, their contexts and ignore files, the nearest bakegen.lock",
        writes="the Dockerfiles (--write)",
        see="verify lock lint",
    ),
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Change the files.")
@click.option("--check", is_flag=True, help="Exit 1 where a file would change; write nothing.")
@click.option(
    "--level",
    type=click.Choice(["proved", "assumed"]),
    default="proved",
    show_default=True,
    help="proved: by BuildKit's semantics and checked facts; assumed: also by knowledge of package managers.",
)
@click.option(
    "--only", multiple=True, type=REWRITES, metavar="NAMES", help="Only these rewrites, with commas in between."
)
@click.option("--skip", multiple=True, type=REWRITES, metavar="NAMES", help="All but these rewrites.")
@click.option(
    "--context", type=click.Path(path_type=Path), help="The build context. [default: the Dockerfile's folder]"
)
@click.option(
    "--build-arg", "build_args", multiple=True, metavar="NAME=VALUE", help="A build argument, as in the build."
)
@click.option("--target", metavar="STAGE", help="The stage that is built; all of them without it.")
@click.option("--platform", type=PLATFORM, metavar="OS/ARCH", help="The platform that is built.")
@click.option("--ephemeral", is_flag=True, help="Builders are new each time: cache mounts are of no use.")
@format_option("text", "diff", "json", help="text: a diff with reasons; diff: a plain patch; json: for machines.")
@click.option("--list", "list_", is_flag=True, help="List the rewrites.")
@click.option(
    "--explain",
    type=REWRITE,
    metavar="NAME",
    help="Say what one rewrite does, what its proof rests on, and show examples.",
)
def command(
    files: tuple[Path, ...],
    write: bool,
    check: bool,
    level: str,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    context: Path | None,
    build_args: tuple[str, ...],
    target: str | None,
    platform: str | None,
    ephemeral: bool,
    format_: str,
    list_: bool,
    explain: str | None,
) -> int:
    """Rewrite Dockerfiles so that caches last longer, without changing the image.

    Prints a diff. At each hunk stands which rewrite it is, what its proof rests on and what it gains; behind
    it what was not done, which fact is missing, and how to supply it. Facts about base images come from the
    nearest bakegen.lock (see `bakegen lock`).
    """
    from bakegen.workspace.rewriting import Order, rewrite_file

    if list_:
        console.write(_listing())
        return ExitCode.CLEAN
    if explain is not None:
        console.write(_page(rewrite_names((explain,))[0]))
        return ExitCode.CLEAN
    order = Order(
        context=context,
        build_args=assignments(build_args, "--build-arg"),
        target=target,
        platform=platform,
        level=level,
        only=rewrite_names(only),
        skip=rewrite_names(skip),
        ephemeral=ephemeral,
    )
    orders = [(path, order) for path in files] or _all_dockerfiles(order)
    found = [rewrite_file(path, one) for path, one in orders]
    console.report(problem for one in found for problem in one.outcome.diagnostics)
    if format_ == "json":
        console.write(json.dumps([_json(one) for one in found], indent=2, ensure_ascii=False) + "\n")
    elif format_ == "diff":
        console.write("".join(_patch(one) for one in found))
    else:
        console.write("".join(_text(one) for one in found))
    changed = [one for one in found if one.outcome.changed]
    if write and not check:
        for one in changed:
            _write(one)
    if format_ == "text":
        _summary(found, written=write and not check)
    if any(one.outcome.diagnostics for one in found):
        return ExitCode.BAD_INPUT
    return ExitCode.FINDINGS if check and changed else ExitCode.CLEAN


def _all_dockerfiles(order: Order) -> list[tuple[Path, Order]]:
    """./Dockerfile, or every Dockerfile of the project with its context; templates are rewritten when rendered."""
    if order.context is not None or Path("Dockerfile").exists():
        return [(Path("Dockerfile"), order)]
    from bakegen.workspace.project import open_workspace

    workspace = open_workspace(Path(), os.environ)
    console.report(workspace.warnings)
    found: dict[str, str] = {}
    templates = set()
    for target in workspace.plan.targets.values():
        recipe = target.recipe
        path = recipe.origin or recipe.path
        if path.endswith(".j2"):
            templates.add(path)
        elif path and not recipe.remote:
            found.setdefault(path, recipe.context)
    for path in sorted(templates):
        console.say(f"{path} is a template: render rewrites what is made of it (the field `rewrite`)")
    root = Path(os.path.relpath(workspace.root))
    return [(root / path, replace(order, context=root / context)) for path, context in sorted(found.items())]


def rewrite_names(given: tuple[str, ...]) -> tuple[str, ...]:
    """The names of rewrites in values of `--only` and `--skip`; raises UsageError for one that is none."""
    from bakegen.diagnostics import did_you_mean
    from bakegen.rewrites.driver import rewrites

    known = [one.name for one in rewrites()]
    names = tuple(name for one in given for name in one.replace(",", " ").split())
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"there are {', '.join(known)}"
            raise click.UsageError(f"no rewrite is called {name!r}; {hint}")
    return names


def _listing() -> str:
    from bakegen.rewrites.driver import rewrites

    rows = [
        [one.name, f"T{int(one.tier)}", str(one.equivalence), "yes" if one.default else "no", one.summary]
        for one in rewrites()
    ]
    return console.table(["rewrite", "tier", "equal", "default", "what it does"], rows)


def _page(name: str) -> str:
    import textwrap

    from bakegen.rewrites.driver import rewrites

    found = next(one for one in rewrites() if one.name == name)
    claim = f"tier T{int(found.tier)}, equivalence {found.equivalence}, {'on' if found.default else 'off'} by default"
    lines = [console.style(f"{found.name}: {found.summary}", "bold"), claim, "", *textwrap.wrap(found.why, 100)]
    for example in found.examples:
        how = "" if example.level == "proved" else f" (--level {example.level})"
        lines += ["", f"{example.title}{how if example.after is not None else ': stays as it is'}"]
        lines += [f"    {line}" for line in example.before.splitlines()]
        if example.after is not None:
            lines += ["  becomes", *(f"    {line}" for line in example.after.splitlines())]
        if example.missing:
            lines.append(f"  missing: … {example.missing} …")
    return "\n".join(lines) + "\n"


def _write(one: Rewritten) -> None:
    from bakegen.workspace.files import write_atomic

    write_atomic(one.path, one.outcome.source.to_bytes())
    if one.outcome.ignore:
        write_atomic(one.ignore_file, one.ignore_text.encode("utf-8", "surrogateescape"))


def _claim(proposal: Proposal) -> str:
    level = "proved" if proposal.proved else "assumed" if proposal.assumable else "not proved"
    return f"{proposal.rewrite}: {level} (T{int(proposal.tier)}, {proposal.equivalence})"


def _text(one: Rewritten) -> str:
    from bakegen.diagnostics import printable
    from bakegen.rewrites.annotate import hunks

    outcome = one.outcome
    lines: list[str] = []
    if outcome.refused:
        return (
            console.style(f"{printable(str(one.path))}: not looked at: {printable(outcome.refused)}", "yellow") + "\n"
        )
    if outcome.changed:
        name, said = printable(str(one.path)), set[str]()
        lines += [console.style(f"--- {name}", "bold"), console.style(f"+++ {name}", "bold")]
        for hunk in hunks(one.before.text, outcome.source.text, outcome.applied):
            for index in hunk.changes:
                proposal = outcome.applied[index].proposal
                lines.append(console.style(f"# {printable(_claim(proposal))}", "cyan"))
                lines.append(f"#   why: {printable(proposal.reason)}")
                lines.append(f"#   gain: {printable(proposal.gain)}")
                lines += [f"#   taken for granted: {printable(one)}" for one in _news(proposal.assumes, said)]
            lines.append(console.style(hunk.heading, "cyan"))
            lines += [_coloured(line) for line in hunk.lines]
    if outcome.ignore:
        lines.append("# to add to the ignore file:")
        lines += [f"+{printable(pattern)}" for pattern in outcome.ignore]
    if outcome.declared:
        lines.append(f"# may differ in the image: {', '.join(map(printable, outcome.declared))}")
    for proposal in outcome.offered:
        lines += ["", *_offer(outcome.source, proposal)]
    return "\n".join(lines) + "\n" if lines else ""


def _news(assumes: tuple[str, ...], said: set[str]) -> list[str]:
    """What was not `said` yet, in few words: clauses that differ in their last word alone become one."""
    groups: dict[str, list[str]] = {}
    for clause in assumes:
        if clause not in said:
            said.add(clause)
            head, _, last = clause.rpartition(" ")
            groups.setdefault(head, []).append(last)
    return [f"{head} {', '.join(lasts)}" for head, lasts in groups.items()]


def _coloured(line: str) -> str:
    from bakegen.diagnostics import printable

    shown = "\n".join(printable(part) for part in line.removesuffix("\n").split("\n"))
    style = {"+": "green", "-": "red"}.get(line[:1])
    return console.style(shown, style) if style else shown


def _offer(source: Source, proposal: Proposal) -> list[str]:
    from bakegen.diagnostics import printable, render_text, warning
    from bakegen.text import Location

    place = Location(source, proposal.span)
    found = warning(proposal.rewrite, f"not done: {_claim(proposal)}", place)
    # The head says what it is; "warning" it is not.
    lines = render_text(found).replace(": warning: ", ": ", 1).split("\n")
    lines.append(f"  would: {printable(proposal.gain)}")
    lines.append(f"  because: {printable(proposal.reason)}")
    for missing in proposal.missing:
        lines.append(f"  missing: {printable(missing.what)}")
        lines.append(f"  supply: {printable(missing.supply)}")
    lines += [f"  taken for granted: {printable(one)}" for one in _news(proposal.assumes, set())]
    if not proposal.missing and proposal.assumable:
        lines.append("  supply: --level assumed takes this for granted; `bakegen verify` shows it by building")
    return lines


def _patch(one: Rewritten) -> str:
    from bakegen.rewrites.annotate import hunks

    if not one.outcome.changed:
        return ""
    found = hunks(one.before.text, one.outcome.source.text, ())
    head = f"--- a/{one.path}\n+++ b/{one.path}\n"
    return head + "".join(hunk.heading + "\n" + "".join(hunk.lines) for hunk in found)


def _summary(found: list[Rewritten], *, written: bool) -> None:
    done = sum(len(one.outcome.applied) for one in found)
    offered = sum(len(one.outcome.offered) for one in found)
    files = sum(one.outcome.changed for one in found)
    verb = "made" if written else "to make with --write"
    console.say(f"{done} changes in {files} of {len(found)} files {verb}; {offered} more offered")


def _json(one: Rewritten) -> dict[str, Any]:
    outcome = one.outcome
    return {
        "file": str(one.path),
        "changed": outcome.changed,
        "refused": outcome.refused,
        "text": outcome.source.text,
        "declared": list(outcome.declared),
        "ignore": list(outcome.ignore),
        "applied": [_proposal(_at(change.proposal.span, change.before), change.proposal) for change in outcome.applied],
        "offered": [_proposal(_at(proposal.span, outcome.source.text), proposal) for proposal in outcome.offered],
    }


def _at(span: Span, text: str) -> dict[str, int]:
    from bakegen.text import Source

    line, column = Source("", text).position(span.start)
    return {"line": line, "column": column}


def _proposal(place: dict[str, int], proposal: Proposal) -> dict[str, Any]:
    return {
        "rewrite": proposal.rewrite,
        **place,
        "tier": int(proposal.tier),
        "equivalence": str(proposal.equivalence),
        "level": "proved" if proposal.proved else "assumed" if proposal.assumable else "not proved",
        "reason": proposal.reason,
        "gain": proposal.gain,
        "assumes": list(proposal.assumes),
        "missing": [
            {"what": missing.what, "supply": missing.supply, "assumable": missing.assumable}
            for missing in proposal.missing
        ],
        "declared": list(proposal.declared),
    }
