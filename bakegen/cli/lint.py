"""`bakegen lint`: findings in Dockerfiles, bake files and image definitions, and their fixes."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bakegen.cli import console
from bakegen.cli.manual import Command, Manual
from bakegen.cli.names import REPORT_FORMAT, RULES
from bakegen.diagnostics import Severity
from bakegen.errors import ExitCode
from bakegen.rules.config import RANK
from bakegen.rules.model import Kind
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bakegen.rules.baseline import Baseline
    from bakegen.rules.config import Config
    from bakegen.rules.formats import Style
    from bakegen.rules.model import Result
    from bakegen.rules.report import Report
    from bakegen.workspace.lintconfig import Found
    from bakegen.workspace.linting import Job, Looked

_SEVERITIES = ["error", "warning", "note"]


@click.command(
    "lint",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen lint": "all Dockerfiles, bake files and definitions below this folder",
            "bakegen lint --fix": "mend what surely leaves the images as they are",
            "bakegen lint --fix --unsafe --diff": "show what could be mended besides",
            "bakegen lint --format github docker/": "annotations in GitHub Actions",
            "bakegen lint - < Dockerfile": "standard input, as editors do",
            "bakegen rule CA307": "what a rule is about",
        },
        arguments={"FILES": "Files and folders; without any this folder. - is standard input."},
        headings={
            "Fixes": "--fix --unsafe --diff",
            "Rules": "--select --extend-select --ignore --severity --fail-on --shellcheck",
            "What is read": "--context --config --isolated --stdin-filename --baseline --write-baseline",
            "Output": "--format --output --statistics",
            "Speed": "--jobs --no-cache",
        },
        exits={
            0: "nothing found from --fail-on on",
            1: "a finding is at least that severe",
            2: "a file cannot be read",
        },
        reads="the files; .bakegen.toml, pyproject.toml or .hadolint.yaml; .dockerignore; bakegen.lock",
        writes="the files (--fix), the baseline (--write-baseline), --output",
        see="rule rewrite",
        notes={
            "How to silence a finding": """\
A comment above the instruction, or in the whole file:
  # bakegen ignore=CA307,apt-no-recommends   a reason
  # bakegen global ignore=DF201
Comments for hadolint (# hadolint ignore=DL3008) and BuildKit (# check=skip=…) count, too.""",
        },
    ),
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--fix", is_flag=True, help="Mend what surely leaves the image as it is; report the rest.")
@click.option("--unsafe", is_flag=True, help="With --fix or --diff: also what may change the image.")
@click.option("--diff", is_flag=True, help="Show what --fix would change; write nothing.")
@click.option(
    "--select", multiple=True, type=RULES, metavar="RULES", help="Only these: codes, CA3, names, apt-*, DL3008, ALL."
)
@click.option("--extend-select", multiple=True, type=RULES, metavar="RULES", help="These, too.")
@click.option("--ignore", multiple=True, type=RULES, metavar="RULES", help="Not these.")
@click.option("--severity", type=click.Choice(_SEVERITIES), help="Show findings from this severity on. [default: note]")
@click.option("--fail-on", type=click.Choice(_SEVERITIES), help="Exit 1 from this severity on. [default: warning]")
@click.option(
    "--format",
    "format_",
    type=REPORT_FORMAT,
    metavar="FORMAT",
    default="text",
    show_default=True,
    help="text, concise, json, sarif, github, gitlab, checkstyle or junit.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Write the report to a file.")
@click.option("--statistics", is_flag=True, help="Count findings by rule instead.")
@click.option("--context", type=click.Path(path_type=Path), help="The build context. [default: where its files are]")
@click.option("--config", type=click.Path(path_type=Path), help="A pyproject.toml, .bakegen.toml or .hadolint.yaml.")
@click.option("--isolated", is_flag=True, help="Read no configuration.")
@click.option("--shellcheck/--no-shellcheck", default=None, help="Ask shellcheck. [default: where it is installed]")
@click.option("--baseline", type=click.Path(path_type=Path), help="Leave out what this file has.")
@click.option("--write-baseline", is_flag=True, help="Put all there is into the baseline.")
@click.option("--stdin-filename", metavar="PATH", default="Dockerfile", show_default=True, help="What - is called.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="How many processes. [default: one a core]")
@click.option("--no-cache", is_flag=True, help="Keep no results, and use none.")
def command(
    files: tuple[Path, ...],
    fix: bool,
    unsafe: bool,
    diff: bool,
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    severity: str | None,
    fail_on: str | None,
    format_: str,
    output: Path | None,
    statistics: bool,
    context: Path | None,
    config: Path | None,
    isolated: bool,
    shellcheck: bool | None,
    baseline: Path | None,
    write_baseline: bool,
    stdin_filename: str,
    jobs: int | None,
    no_cache: bool,
) -> int:
    """Lint Dockerfiles, bake files and image definitions, and mend what can be mended.

    Finds mistakes, what keeps steps from being cached, and what makes images larger or less safe, with the place of
    each finding. Every rule has a page (`bakegen rule`); rules of hadolint and BuildKit are known by their names, too.
    Nothing is built, and no registry is asked.
    """
    from bakegen.rules import formats

    if format_ not in formats.names():
        from bakegen.diagnostics import did_you_mean

        hint = did_you_mean(format_, formats.names()) or f"there are {', '.join(formats.names())}"
        raise click.BadParameter(f"there is no format {format_!r}; {hint}", param_hint="'--format'")
    asked = Asked(_words(select), _words(extend_select), _words(ignore), severity, fail_on, shellcheck)
    run = Run(config, isolated, asked, context)
    if files == (Path("-"),):
        run.add_standard_input(Path(stdin_filename))
        no_cache = True
    else:
        run.add(files or (Path(),), explicit=bool(files))
    if diff:
        return run.show_diff(unsafe=unsafe)
    if fix:
        run.mend(unsafe=unsafe)
    run.look(jobs or 0, no_cache=no_cache)
    if write_baseline:
        return run.write_baseline(baseline)
    report = run.report(baseline)
    text = _statistics(report) if statistics else formats.write(format_, report, _style(output))
    if output is None:
        console.write(text)
    else:
        from bakegen.workspace.files import write_atomic

        write_atomic(output, text.encode("utf-8", "surrogateescape"))
    if report.unread:
        return ExitCode.BAD_INPUT
    return ExitCode.FINDINGS if run.failing else ExitCode.CLEAN


@dataclass(frozen=True)
class Asked:
    """What the command line says about rules: it counts more than configuration files."""

    select: tuple[str, ...]
    extend: tuple[str, ...]
    ignore: tuple[str, ...]
    severity: str | None
    fail_on: str | None
    shellcheck: bool | None

    def asks_shellcheck(self, said: bool | None) -> bool | None:
        """Whether shellcheck is asked, where files said `said`."""
        return said if self.shellcheck is None else self.shellcheck

    def over(self, config: Config) -> Config:
        """The configuration with what was asked for."""
        return replace(
            config,
            select=self.select or config.select,
            extend=(*config.extend, *self.extend),
            # What is asked for by its name runs whatever the files leave out.
            ignore=self.ignore if self.select else (*config.ignore, *self.ignore),
            severity=Severity(self.severity) if self.severity else config.severity,
            fail_on=Severity(self.fail_on) if self.fail_on else config.fail_on,
        )


class Run:
    """One run: files with the configuration that counts for each, then what was found."""

    def __init__(self, only: Path | None, isolated: bool, asked: Asked, context: Path | None) -> None:
        from bakegen.workspace.lintconfig import LintConfigs

        self._configs = LintConfigs(only, isolated)
        self._asked = asked
        self._context = context
        self._warned: set[str] = set()
        self._jobs: list[Job] = []
        self._found: list[Found] = []
        self._looked: list[Looked] = []
        self._missing: list[tuple[Path, str]] = []
        self._fixed: list[Result] = []
        self._refused: list[tuple[Result, str]] = []
        self.failing = False

    def add(self, files: Iterable[Path], *, explicit: bool) -> None:
        """Takes files and folders; those that the configuration excludes only where they are named."""
        from bakegen.workspace.linting import Job, find

        files = tuple(files)
        found, self._missing = find(files)
        named = {path for path in files if not path.is_dir()}
        for path, kind in found:
            which = self._configuration(path)
            if which.excludes(path) and path not in named:
                continue
            self._jobs.append(
                Job(path, path.as_posix(), kind, self._asked.over(which.config), which.below(path), self._context,
                    shellcheck=self._asked.asks_shellcheck(which.settings.shellcheck))
            )  # fmt: skip
            self._found.append(which)
        if not explicit and not found:
            console.say("there is no Dockerfile, bake file or image definition here")

    def add_standard_input(self, name: Path) -> None:
        """Takes a Dockerfile from standard input."""
        from bakegen.workspace.linting import Job, kind_of_file

        which = self._configuration(name)
        text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
        kind = kind_of_file(name) or Kind.DOCKERFILE
        config = self._asked.over(which.config)
        self._jobs.append(
            Job(
                name,
                name.as_posix(),
                kind,
                config,
                which.below(name),
                self._context,
                text,
                self._asked.asks_shellcheck(which.settings.shellcheck),
            )
        )
        self._found.append(which)

    def _configuration(self, path: Path) -> Found:
        found = self._configs.of(path)
        for problem in found.warnings:
            if str(problem) not in self._warned:
                self._warned.add(str(problem))
                console.report([problem])
        return found

    def show_diff(self, *, unsafe: bool) -> int:
        """Prints what fixes would change; out: the exit code."""
        from difflib import unified_diff

        from bakegen.workspace.lint_looks import mend

        changed = False
        for job in self._jobs:
            mended = mend(job, unsafe=unsafe)
            if mended is None or mended[1].source.text == mended[0].text:
                continue
            changed = True
            before, after = mended[0].text.splitlines(keepends=True), mended[1].source.text.splitlines(keepends=True)
            lines = unified_diff(before, after, f"a/{job.shown}", f"b/{job.shown}")
            console.write(
                "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
            )
        return ExitCode.FINDINGS if changed else ExitCode.CLEAN

    def mend(self, *, unsafe: bool) -> None:
        """Writes what fixes make of the files."""
        from bakegen.workspace.files import write_atomic
        from bakegen.workspace.lint_looks import mend

        for job in self._jobs:
            mended = mend(job, unsafe=unsafe)
            if mended is None:
                continue
            before, fixed = mended
            self._fixed.extend(fixed.made)
            self._refused.extend(fixed.refused)
            if fixed.source.text != before.text:
                write_atomic(job.path, fixed.source.to_bytes())

    def look(self, processes: int, *, no_cache: bool) -> None:
        """Runs the rules."""
        from bakegen.workspace.linting import look_at_all

        cache = None
        if not no_cache:
            from bakegen.workspace.lint_cache import LintCache, default_folder  # which takes a while to load

            cache = LintCache(default_folder())
        show = len(self._jobs) > 200 and sys.stderr.isatty()

        def tick(done: int) -> None:
            if show and done % 20 == 0:
                print(f"\r{done} of {len(self._jobs)} files", end="", file=sys.stderr, flush=True)

        self._looked = look_at_all(self._jobs, cache, processes=processes, tick=tick)
        if show:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _shown(self) -> Iterator[tuple[Result, Found, Job]]:
        for job, which, looked in zip(self._jobs, self._found, self._looked, strict=True):
            for result in looked.results:
                if RANK[result.severity] >= RANK[job.config.severity]:
                    yield result, which, job

    def report(self, baseline: Path | None) -> Report:
        """What was found, less what a baseline knows."""
        from bakegen.rules.report import Report, Unread

        results = []
        for result, job, never in self._unknown(baseline):
            results.append(result)
            self.failing |= not never and RANK[result.severity] >= RANK[job.config.fail_on]
        unread = [Unread(path.as_posix(), reason) for path, reason in self._missing]
        unread += [Unread(one.shown, one.problem) for one in self._looked if one.problem]
        read = tuple(one.shown for one in self._looked if not one.problem)
        fails = self._jobs[0].config.fail_on if self._jobs else Severity.WARNING
        return Report(tuple(results), read, tuple(unread), tuple(self._fixed), tuple(self._refused), fails)

    def _unknown(self, baseline: Path | None) -> Iterator[tuple[Result, Job, bool]]:
        """The findings that no baseline knows, with their jobs, and whether they never fail the command."""
        by_place: dict[Path | None, list[tuple[Result, Job, bool]]] = {}
        for which in self._found:
            by_place.setdefault(baseline or which.baseline, [])
        for result, which, job in self._shown():
            by_place[baseline or which.baseline].append((result, job, which.settings.never_fails))
        for place, found in by_place.items():
            if place is None:
                yield from found
                continue
            known = _baseline(place)
            results = [result for result, _, _ in found]
            stale = known.stale(results, [one.shown for one in self._looked])
            if stale and not self._asked.select:
                console.say(f"{len(stale)} entries of {place} are found no longer: --write-baseline takes them out")
            left = {id(one) for one in known.unknown(results)}
            yield from (one for one in found if id(one[0]) in left)

    def write_baseline(self, baseline: Path | None) -> int:
        """Writes all that was found into the baseline; out: the exit code."""
        from bakegen.rules.baseline import BASELINE_FILE, write_baseline
        from bakegen.workspace.files import write_atomic

        first = self._found[0] if self._found else self._configuration(Path())
        place = baseline or first.baseline or first.folder / BASELINE_FILE
        results = [result for result, _, _ in self._shown()]
        write_atomic(place, write_baseline(results, _relative(place.parent)).encode())
        console.say(f"{len(results)} findings are known from now on: {place}")
        return ExitCode.CLEAN


def _baseline(place: Path) -> Baseline:
    from bakegen.diagnostics import error
    from bakegen.errors import InputError
    from bakegen.rules.baseline import read_baseline
    from bakegen.text import Source
    from bakegen.workspace.files import read_regular

    data, reason = read_regular(place)
    if reason is not None:
        raise InputError(
            [error("bad-baseline", f"cannot read {str(place)!r}: {reason}", help="--write-baseline makes it")]
        )
    return read_baseline(Source.from_bytes(str(place), data), _relative(place.parent))


def _relative(folder: Path) -> Callable[[str], str]:
    """What a baseline in `folder` calls the paths of results."""
    return lambda path: Path(os.path.relpath(path, folder)).as_posix()


def _words(given: tuple[str, ...]) -> tuple[str, ...]:
    """The rules that an option names; raises UsageError for a word that means none."""
    from bakegen.diagnostics import did_you_mean
    from bakegen.rules.discovery import entries, named

    words = tuple(word for one in given for word in one.replace(",", " ").split())
    every = entries()
    for word in words:
        if not named(word, every):
            hint = did_you_mean(word, [name for one in every for name in (one.code, one.name)]) or "see `bakegen rule`"
            raise click.UsageError(f"there is no rule {word!r}; {hint}")
    return words


def _style(output: Path | None) -> Style:
    from bakegen.rules.formats import plain

    return plain if output is not None else console.style


def _statistics(report: Report) -> str:
    from bakegen.rules.report import statistics

    counts = statistics(report)
    rows = [
        (one.rule.code, one.rule.name, str(one.findings), str(one.safe or ""), str(one.unsafe or "")) for one in counts
    ]
    return console.table(("rule", "name", "findings", "--fix", "--unsafe"), rows)
