"""Builds the projects of tests/bench/projects on real engines, as they are and rewritten; `rewrites` makes the table.

One engine stands for the CI machine that built the last commit and left its cache in the registry, another for the
next one: it is emptied before every build, and all that it has is that cache.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import yaml

from bakegen.dockerfile.ignore import DEFAULT_NAME, IgnoreFile
from bakegen.facts.context import ListedContext
from bakegen.facts.model import Evidence
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from bakegen.workspace.disk import DiskFolder
from tests.engine.base_facts import NO_ATTESTATION, read_facts, write_bake_file
from tests.engine.harness.commands import CommandFailed, TookTooLong
from tests.rewrite_cases import Changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.facts.model import PlatformFacts
    from bakegen.rewrites.driver import Outcome
    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.progress import BuildResult
    from tests.engine.harness.session import Session

PROJECTS = Path(__file__).resolve().parent / "projects"
KINDS = ("original", "rewritten")
SCENARIOS = ("source", "dependency", "base", "commit")
PUSH = "type=image,push=true,store=false"
"""As the builders do that CI systems start (driver docker-container): nothing is unpacked only to be kept."""

BUILD_SECONDS = 900.0
TRIES = 3
"""A download that fails says nothing about a rewrite."""

BASES = """\
FROM debian-python AS python-base
# As in the official image, where pip may install for all.
RUN rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
# uv brings a list of authorities of its own, and this machine may have others.
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
ARG EDITION
RUN echo "$EDITION" > /etc/edition

FROM debian-node AS node-base
ARG EDITION
RUN echo "$EDITION" > /etc/edition

FROM debian-go AS go-base
ARG EDITION
RUN echo "$EDITION" > /etc/edition

FROM debian-rust AS rust-base
ARG EDITION
RUN echo "$EDITION" > /etc/edition

FROM debian AS debian-base
ARG EDITION
RUN echo "$EDITION" > /etc/edition
"""
HARNESS_BASES = {"python": "debian-python", "node": "debian-node", "go": "debian-go", "rust": "debian-rust"}
HARNESS_BASES |= {"debian": "debian"}
EDITIONS = ("first", "second")
"""A base image before and after its publisher has made it anew."""


@dataclass(frozen=True)
class Project:
    """One of the projects; `project.yaml` has the fields by these names, with ``-`` for ``_``.

    Attributes:
        name: of its folder.
        title: what it is.
        bases: image name as FROM has it -> which of our bases stands in for it.
        targets: target -> ``dockerfile`` and ``args``.
        commit: the build argument that gets the commit's id.
        source, dependency: a change: file -> pairs of old and new text.
        changes: how often a path of the context changed in git.
        installs_after_copy: whether it copies its code before it installs.
    """

    name: str
    title: str
    bases: Mapping[str, str]
    targets: Mapping[str, Mapping[str, Any]]
    commit: str
    source: Mapping[str, Sequence[tuple[str, str]]]
    dependency: Mapping[str, Sequence[tuple[str, str]]]
    changes: Mapping[str, int]
    installs_after_copy: bool = True

    @classmethod
    def read(cls, folder: Path) -> Project:
        """The project in `folder`."""
        fields: dict[str, Any] = yaml.safe_load((folder / "project.yaml").read_text(encoding="utf-8"))
        return cls(folder.name, **{name.replace("-", "_"): value for name, value in fields.items()})

    def lay_out(self, to: Path, change: str = "") -> Path:
        """A copy of the project in `to`, with the change ``source`` or ``dependency`` made; out: `to`."""
        shutil.copytree(PROJECTS / self.name, to)
        edits = {"source": self.source, "dependency": self.dependency}.get(change, {})
        for path, pairs in edits.items():
            text = (to / path).read_text(encoding="utf-8")
            for old, new in pairs:
                assert text.count(old) == 1, f"{self.name}: {path} has {old!r} {text.count(old)} times"
                text = text.replace(old, new)
            (to / path).write_text(text, encoding="utf-8")
        return to

    def rewrite(
        self, folder: Path, target: str, args: Mapping[str, str], bases: Mapping[str, PlatformFacts]
    ) -> Outcome:
        """What the rewriter makes of a target's Dockerfile at level ``assumed``; bases are pinned by contexts."""
        context = folder / "context"
        ignored = context / DEFAULT_NAME
        ignore = ignored.read_text(encoding="utf-8") if ignored.is_file() else ""
        dockerfile = folder / self.targets[target].get("dockerfile", "Dockerfile")
        listed = ListedContext(DiskFolder(context), IgnoreFile.parse(Source(DEFAULT_NAME, ignore)))
        return rewrite(
            Source.from_bytes(dockerfile.name, dockerfile.read_bytes()),
            Evidence({name: bases[base] for name, base in self.bases.items()}, listed, Changes(self.changes)),
            build_args=args,
            level="assumed",
            skip=("pin-base", "ignore-file"),
            ignore=ignore,
            project=self.name,
            # Each target is rewritten for the arguments that its definition gives it, as `render` does.
            fixed=True,
        )


def projects() -> tuple[Project, ...]:
    """All projects, by name."""
    return tuple(Project.read(path.parent) for path in sorted(PROJECTS.glob("*/project.yaml")))


@dataclass(frozen=True, slots=True)
class Measured:
    """The builds of one kind after one change: seconds of each round, and how many steps each ran."""

    seconds: tuple[float, ...]
    steps: int
    ran: tuple[str, ...]

    @property
    def median(self) -> float:
        """Seconds, in the middle."""
        return median(self.seconds)


@dataclass(slots=True)
class Laboratory:
    """The engines, the registry and the bases of one run."""

    session: Session
    folder: Path
    references: dict[str, dict[str, str]] = field(default_factory=dict)
    facts: dict[str, dict[str, PlatformFacts]] = field(default_factory=dict)

    @property
    def before(self) -> PrivateEngine:
        """The machine that built the last commit."""
        return self.session.private_engine("before")

    @property
    def after(self) -> PrivateEngine:
        """The machine that builds the next one."""
        return self.session.private_engine("after")

    @property
    def host(self) -> str:
        """The registry."""
        return self.session.registry().host

    def make_bases(self, names: Sequence[str]) -> None:
        """Builds both editions of the bases `names`, and reads their facts."""
        harness = self.session.bases(*(HARNESS_BASES[name] for name in names))
        (self.folder / "Bases.Dockerfile").write_text(BASES)
        for edition in EDITIONS:
            self.references[edition] = {name: f"{self.host}/bench/bases/{name}:{edition}" for name in names}
            targets = {
                name: {
                    "context": str(self.folder),
                    "dockerfile": str(self.folder / "Bases.Dockerfile"),
                    "target": f"{name}-base",  # a context of the stage's own name would take its place
                    "args": {"EDITION": edition},
                    "contexts": {base: f"docker-image://{reference}" for base, reference in harness.items()},
                    "attest": NO_ATTESTATION,
                    "output": [f"{PUSH},name={self.references[edition][name]}"],
                }
                for name in names
            }
            self.bake(self.before, self.folder, targets)
            self.facts[edition] = read_facts(self.references[edition])

    def bake(self, engine: PrivateEngine, folder: Path, targets: Mapping[str, Mapping[str, Any]]) -> BuildResult:
        """One bake, begun again where a download fails."""
        write_bake_file(folder, targets)
        arguments = ("--allow", "network.host", "--file", "docker-bake.json", *targets)
        for left in reversed(range(TRIES)):
            try:
                return engine.bake(*arguments, cwd=folder, timeout=BUILD_SECONDS)
            except (CommandFailed, TookTooLong):
                if not left:
                    raise
        raise AssertionError("unreachable")


@dataclass
class Trial:
    """One project with its first commit built and cached, ready for what comes next."""

    laboratory: Laboratory
    project: Project

    @cached_property
    def home(self) -> Path:
        """The folder of its copies."""
        return self.laboratory.folder / self.project.name

    def prepare(self) -> None:
        """Builds the first commit both ways; their caches are then in the registry."""
        folder = self.project.lay_out(self.home / "start")
        for kind in KINDS:
            targets = self.targets(folder, kind, EDITIONS[0], "0000000")
            for name, target in targets.items():
                target["cache-to"] = [f"type=registry,mode=max,ref={self.cache(kind, name)}"]
                target["output"] = [f"{PUSH},name={self.image(kind, name)}"]
            self.laboratory.before.make_fresh()
            self.laboratory.bake(self.laboratory.before, folder, targets)

    def measure(self, scenario: str, rounds: int) -> dict[str, Measured]:
        """Builds the next commit, each time on an empty machine, the two kinds in turn."""
        folder = self.project.lay_out(self.home / scenario, scenario)
        edition = EDITIONS[scenario == "base"]
        commit = "1111111" if scenario == "commit" else "0000000"
        seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
        ran: dict[str, tuple[str, ...]] = {}
        for number in range(rounds):
            for kind in KINDS if number % 2 == 0 else KINDS[::-1]:
                took, result = self.build(folder, kind, edition, commit)
                seconds[kind].append(took)
                # COPY --link is two steps of the engine for one instruction.
                ran[kind] = tuple(step.name for step in result.executed if not step.instruction.startswith("LINK "))
        return {kind: Measured(tuple(seconds[kind]), len(ran[kind]), ran[kind]) for kind in KINDS}

    def build(self, folder: Path, kind: str, edition: str, commit: str) -> tuple[float, BuildResult]:
        """One build on an empty machine, as CI does it: cache from the registry, image and cache pushed."""
        targets = self.targets(folder, kind, edition, commit)
        for name, target in targets.items():
            target["cache-from"] = [f"type=registry,ref={self.cache(kind, name)}"]
            target["cache-to"] = [f"type=registry,mode=max,ref={self.cache(kind, name)}-branch"]
            target["output"] = [f"{PUSH},name={self.image(kind, name)}-branch"]
        for left in reversed(range(TRIES)):
            self.laboratory.after.make_fresh()
            write_bake_file(folder, targets)
            arguments = ("--allow", "network.host", "--file", "docker-bake.json", *targets)
            begun = time.perf_counter()
            try:
                result = self.laboratory.after.bake(*arguments, cwd=folder, timeout=BUILD_SECONDS)
            except (CommandFailed, TookTooLong):
                if not left:
                    raise
                continue
            return time.perf_counter() - begun, result
        raise AssertionError("unreachable")

    def targets(self, folder: Path, kind: str, edition: str, commit: str) -> dict[str, dict[str, Any]]:
        """The bake targets of one kind; the Dockerfiles are written beside the context."""
        made = {}
        facts = self.laboratory.facts[edition]
        for name, target in self.project.targets.items():
            args = {**target.get("args", {}), self.project.commit: commit}
            dockerfile = folder / target.get("dockerfile", "Dockerfile")
            if kind == "rewritten":
                outcome = self.project.rewrite(folder, name, args, facts)
                dockerfile = folder / f"{name}.rewritten.Dockerfile"
                dockerfile.write_bytes(outcome.source.to_bytes())
            references = self.laboratory.references[edition]
            made[name] = {
                "context": str(folder / "context"),
                "dockerfile": str(dockerfile),
                "args": args,
                "contexts": {image: f"docker-image://{references[base]}" for image, base in self.project.bases.items()},
                "network": "host",
                "attest": NO_ATTESTATION,
            }
        return made

    def cache(self, kind: str, target: str) -> str:
        """The cache ref of a target."""
        return f"{self.laboratory.host}/bench/{self.project.name}:{kind}-{target}-cache"

    def image(self, kind: str, target: str) -> str:
        """The image of a target."""
        return f"{self.laboratory.host}/bench/{self.project.name}:{kind}-{target}"
