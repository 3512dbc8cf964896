"""`bakegen verify`: builds an original and its rewriting, and shows whether they are the same image."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import BUILDER, GRANT, PLATFORM, REWRITES, TARGETS
from bakegen.cli.options import ProjectChoice, assignments, chosen, format_option, project_options
from bakegen.diagnostics import printable
from bakegen.errors import EngineError, ExitCode, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.compare import Difference
    from bakegen.compare.table import Row
    from bakegen.plan.model import Recipe
    from bakegen.workspace.verifying import Build, Engine, Verification

_DIFFS = 5


@click.command(
    "verify",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen verify": "every target of the project that is rewritten",
            "bakegen verify -f Dockerfile": "what bakegen rewrite would make of a Dockerfile, against the Dockerfile",
            "bakegen verify --original Dockerfile --rewritten new.Dockerfile .": "two Dockerfiles, in one context",
            "bakegen verify --images app:1 app:2": "images of a registry or the engine, or OCI archives",
        },
        arguments={
            "TARGETS": "Of a project: names, globs or groups; without any, all that are rewritten.",
            "CONTEXT": "With --file, or --original and --rewritten: the build context.",
        },
        headings={
            "What is compared": "--original --rewritten --file --images --control --level --only --skip",
            "Build": "--build-arg --build-context --target --platform --builder --network --allow --secret --ssh "
            "--timeout",
            "Comparison": "--ignore --no-control",
            "Output": "--all --format",
        },
        exits={0: "nothing differs", 1: "something differs that is not declared", 3: "a build failed"},
        reads=PROJECT + ", or the Dockerfiles or images that are named",
        see="rewrite",
    ),
)
@click.argument("names", nargs=-1, type=TARGETS, metavar="[TARGETS|CONTEXT]...")
@click.option("--original", type=click.Path(path_type=Path), help="A Dockerfile, against --rewritten.")
@click.option("--rewritten", type=click.Path(path_type=Path), help="The Dockerfile that is to give the same image.")
@click.option("-f", "--file", type=click.Path(path_type=Path), help="A Dockerfile, against what becomes of it.")
@click.option("--images", nargs=2, metavar="A B", help="Two images: references, OCI archives or OCI layouts.")
@click.option("--control", metavar="C", help="With --images: another build of A, whose differences from A say nothing.")
@click.option(
    "--level",
    type=click.Choice(["proved", "assumed"]),
    default="proved",
    show_default=True,
    help="With --file: how far the rewriting goes.",
)
@click.option("--only", multiple=True, type=REWRITES, metavar="NAMES", help="With --file: only these rewrites.")
@click.option("--skip", multiple=True, type=REWRITES, metavar="NAMES", help="With --file: all but these rewrites.")
@click.option("--build-arg", "build_args", multiple=True, metavar="NAME=VALUE", help="A build argument.")
@click.option("--build-context", "build_contexts", multiple=True, metavar="NAME=WHERE", help="A named context.")
@click.option("--target", metavar="STAGE", help="The stage that is built.")
@click.option(
    "--platform", type=PLATFORM, metavar="OS/ARCH", help="One platform. [default: the engine's, a target's all]"
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="PATH",
    help="A path that may differ, with all below; * and ? within names, ** across.",
)
@click.option("--no-control", is_flag=True, help="Do not excuse what differs between two builds of the original.")
@click.option("--all", "all_", is_flag=True, help="List also what the control or a declared path explains.")
@click.option("--builder", type=BUILDER, metavar="NAME", help="The buildx builder.")
@click.option("--network", metavar="MODE", help="As of docker buildx build.")
@click.option("--allow", multiple=True, type=GRANT, metavar="WHAT", help="As of docker buildx build and bake.")
@click.option("--secret", multiple=True, metavar="SPEC", help="As of docker buildx build.")
@click.option("--ssh", multiple=True, metavar="SPEC", help="As of docker buildx build.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    default=3600.0,
    show_default=True,
    help="For each build.",
)
@format_option("text", "json")
@project_options
def command(format_: str, all_: bool, timeout: float, builder: str | None, **options: Any) -> int:
    """Build images both ways and compare them.

    Compared are configuration (environment as a map) and root filesystem: types, modes, owners, extended
    attributes, links, devices, bytes; not times, history and layers. Where they differ, the original is built
    once more as a control: what differs between its own builds is not held against the rewriting. Paths that
    a rewriting declares (package lists, caches) are left out. Exit code 1 where anything else differs.
    """
    from bakegen.workspace.verifying import Engine

    _check(options)
    found: list[tuple[str, Verification]] = []
    failed = False
    with Engine(builder, timeout, console.say) as engine:
        for name, outcome in _verified(engine, options):
            if isinstance(outcome, str):
                failed = True
                console.say(f"error: {f'{name}: ' if name else ''}{outcome}")
                continue
            found.append((name, outcome))
            if format_ == "text":
                console.write(_text(name, outcome, all_))
    same = all(one.same for _, one in found)
    if format_ == "json":
        document = {"same": same and not failed, "verified": [_json(name, one, all_) for name, one in found]}
        console.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    if failed:
        return ExitCode.ENGINE
    return ExitCode.CLEAN if same else ExitCode.FINDINGS


_MODES = ("images", "original", "rewritten", "file")
_WITH = {
    "control": ("images",),
    "only": ("file",),
    "skip": ("file",),
    "build_args": ("original", "file"),
    "build_contexts": ("original", "file"),
    "target": ("original", "file"),
    "network": ("original", "file"),
    "secret": ("original", "file"),
    "ssh": ("original", "file"),
}
"""Options that have a meaning with certain others only: a project's targets have theirs from the definitions."""


def _check(options: dict[str, Any]) -> None:
    """Refuses options that do not go together."""
    given = [mode for mode in _MODES if options[mode]]
    if given not in ([], ["images"], ["file"], ["original", "rewritten"]):
        raise click.UsageError("give --images, or --file, or both --original and --rewritten, or targets of a project")
    for name, modes in _WITH.items():
        if options[name] and not any(mode in given for mode in modes):
            flag = next(one.opts[-1] for one in command.params if one.name == name)
            raise click.UsageError(f"{flag} goes with {' or '.join(f'--{mode}' for mode in modes)}")
    most = 0 if given == ["images"] else 1
    if given and len(options["names"]) > most:
        raise click.UsageError("one build context at most" if most else "--images takes no further arguments")


def _verified(engine: Engine, options: dict[str, Any]) -> Iterator[tuple[str, Verification | str]]:
    """What was asked for, each with its name ("" for a single one); a text is why it could not be built."""
    from bakegen.workspace.verifying import verify_images, verify_pair

    options["ignore"] = ignore = tuple(one for path in options["ignore"] for one in _with_all_below(path))
    if options["images"]:
        first, second = options["images"]
        control = options["control"]
        yield (
            "",
            verify_images(first, second, control=control, platform=options["platform"], ignore=ignore, engine=engine),
        )
        return
    if not options["original"] and not options["file"]:
        yield from _targets(engine, options)
        return
    original, rewritten, declared = _pair(options)
    control = not options["no_control"]
    yield "", verify_pair(original, rewritten, control=control, ignore=(*declared, *ignore), engine=engine)


def _with_all_below(path: str) -> tuple[str, ...]:
    """What a person means by a path: with all that is in it."""
    return (path,) if path.endswith("/**") else (path, f"{path.rstrip('/')}/**")


def _pair(options: dict[str, Any]) -> tuple[Build, Build, tuple[str, ...]]:
    """Both builds of Dockerfiles, and the paths that the rewriting declares."""
    from bakegen.workspace.rewriting import read_source
    from bakegen.workspace.verifying import Build

    first: Path = options["file"] or options["original"]
    given = options["names"][0] if options["names"] else str(first.parent)
    extra = [f"--network={options['network']}"] if options["network"] else []
    extra += [f"--{name}={value}" for name in ("allow", "secret", "ssh") for value in options[name]]
    original = Build(
        first,
        given,
        args=assignments(options["build_args"], "--build-arg"),
        contexts=assignments(options["build_contexts"], "--build-context"),
        target=options["target"],
        platform=options["platform"],
        extra=tuple(extra),
    )
    read_source(first)
    if options["file"]:
        rewritten, declared = _rewriting(original, options)
        return original, rewritten, declared
    read_source(options["rewritten"])
    return original, replace(original, dockerfile=options["rewritten"]), ()


def _rewriting(original: Build, options: dict[str, Any]) -> tuple[Build, tuple[str, ...]]:
    from bakegen.cli.rewrite import rewrite_names
    from bakegen.workspace.rewriting import Order, rewrite_file

    order = Order(
        context=Path(original.context),
        build_args=original.args,
        target=original.target,
        platform=original.platform,
        contexts=original.contexts,
        level=options["level"],
        only=rewrite_names(options["only"]),
        skip=rewrite_names(options["skip"]),
    )
    found = rewrite_file(options["file"], order)
    if found.outcome.diagnostics:
        raise InputError(found.outcome.diagnostics)
    made = ", ".join(dict.fromkeys(one.proposal.rewrite for one in found.outcome.applied))
    console.say(
        f"rewritten by {made}" if made else found.outcome.refused or "nothing is rewritten: built twice all the same"
    )
    rewritten = replace(original, dockerfile=found.outcome.source.text, ignore=found.ignore_text or None)
    return rewritten, found.outcome.declared


def _targets(engine: Engine, options: dict[str, Any]) -> Iterator[tuple[str, Verification | str]]:
    from bakegen.plan.model import TargetKind
    from bakegen.workspace.verify_targets import TargetBuild
    from bakegen.workspace.verifying import verify_pair

    project = {name: options[name] for name in ("project", "registry", "sets", "allow_outside")}
    workspace = ProjectChoice(**project).open()
    console.report(workspace.warnings)
    plan = workspace.plan
    names = [
        name
        for name in chosen(plan, options["names"])
        if options["names"] or plan.targets[name].kind is TargetKind.IMAGE
    ]
    rewritten = [name for name in names if plan.targets[name].recipe.original is not None]
    if len(rewritten) < len(names):
        console.say(f"{len(names) - len(rewritten)} of {len(names)} targets are built as they are written")
    for name in rewritten:
        target = plan.targets[name]
        for platform in (options["platform"],) if options["platform"] else target.platforms or (None,):
            original = TargetBuild(workspace, name, platform, True, options["allow"])
            shown = f"{name} ({platform})" if platform and len(target.platforms) > 1 else name
            console.say(f"{shown}: the original against what {_made(target.recipe)} made of it")
            try:
                yield (
                    shown,
                    verify_pair(
                        original,
                        replace(original, original=False),
                        control=not options["no_control"],
                        ignore=(*target.recipe.declared, *options["ignore"]),
                        engine=engine,
                    ),
                )
            except EngineError as problem:
                yield shown, str(problem)


def _made(recipe: Recipe) -> str:
    return ", ".join(dict.fromkeys(one.proposal.rewrite for one in recipe.rewrites))


def _text(name: str, verification: Verification, all_: bool) -> str:
    """The verdict, and a table of what differs."""
    from bakegen.compare.table import MOST_ROWS, rows, summary, text_diff

    comparison = verification.comparison
    shown = rows(comparison.differences)
    if all_:
        whole = [(one, "") for one in shown]
        whole += [(one, "varies") for one in rows(comparison.varying)]
        whole += [(one, "declared") for one in rows(comparison.declared)]
        lines = [[one.path, _aspect(one), one.original, one.rewritten, why] for one, why in whole]
        heads = ["path", "aspect", "original", "rewritten", "explained by"]
    elif len(shown) > MOST_ROWS:
        lines = [[one.path, one.aspect] for one in summary(shown)]
        heads = ["path", "differences"]
    else:
        lines = [[one.path, _aspect(one), one.original, one.rewritten] for one in shown]
        heads = ["path", "aspect", "original", "rewritten"]
    text = console.table(heads, [[_one_line(cell) for cell in line] for line in lines]) if lines else ""
    diffs = [(one, diff) for one in comparison.differences if (diff := text_diff(one))]
    for one, diff in diffs[:_DIFFS]:
        text += f"\n{_one_line(one.path)}\n" + "".join(f"  {_one_line(line)}\n" for line in diff)
    return text + _verdict(name, verification) + "\n"


def _one_line(text: str) -> str:
    """A name of an image's file can be anything, and is to stay in its cell."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def _aspect(row: Row) -> str:
    return f"{row.aspect} (and {row.below} below)" if row.below else row.aspect


def _verdict(name: str, verification: Verification) -> str:
    from bakegen.workspace.verifying import megabytes

    comparison = verification.comparison
    count = len(comparison.differences)
    said = "the same image" if verification.same else "1 difference" if count == 1 else f"{count} differences"
    excused = [
        f"{len(found)} {why}"
        for found, why in (
            (comparison.varying, "that vary from build to build"),
            (comparison.declared, "in declared paths"),
        )
        if found
    ]
    builds = ", ".join(f"{one.what} {one.seconds:.1f} s" for one in verification.builds)
    return (
        (f"{name}: " if name else "")
        + said
        + (f", beside {' and '.join(excused)}" if excused else "")
        + f" (config, {comparison.entries} entries, {megabytes(comparison.size)}; {builds})"
    )


def _json(name: str, verification: Verification, all_: bool) -> dict[str, Any]:
    comparison = verification.comparison
    document: dict[str, Any] = {
        **({"target": name} if name else {}),
        "same": verification.same,
        "entries": comparison.entries,
        "bytes": comparison.size,
        "builds": [
            {"of": one.what, "cache": not one.fresh, "seconds": round(one.seconds, 3)} for one in verification.builds
        ],
        "differences": _listed(comparison.differences),
        "explained": {"varying": len(comparison.varying), "declared": len(comparison.declared)},
    }
    if all_:
        document["varying"] = _listed(comparison.varying)
        document["declared"] = _listed(comparison.declared)
    return document


def _listed(differences: tuple[Difference, ...]) -> list[dict[str, str]]:
    return [
        {"path": one.path, "aspect": one.aspect, "original": one.original, "rewritten": one.rewritten}
        for one in differences
    ]
