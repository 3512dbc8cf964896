"""Reads GitHub workflows: each step of docker/build-push-action is a target, or one for each combination of a matrix.

Feeds `merging`, which adds tags, platforms and labels to targets that others found for the same Dockerfile.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.importing.model import Found, Guess, Loss
from bakegen.importing.workflow_expressions import FACTS, Contexts, Unknown, Value
from bakegen.importing.workflow_inputs import BuildReader
from bakegen.importing.workflow_matrix import Combination, NotKnown, combinations, flat
from bakegen.importing.workflow_metadata import Metadata, MetadataReader
from bakegen.importing.workflow_steps import FOLDER, Unreadable, evaluated, workflow
from bakegen.importing.workflow_targets import Build, targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.bake.meaning import Json
    from bakegen.importing.sources import Files
    from bakegen.importing.workflow_steps import Job, Step, Workflow

MAX_BUILDS = 1_000
_BUILD = "docker/build-push-action"
_DEFAULT_FILES = frozenset(("docker-bake.hcl", "docker-bake.json"))
MAX_CALLS = 4
_REMOTE = re.compile(r"^\s*url\s*=\s*\S*?github\.com[:/]([\w.-]+)/([\w.-]+?)(?:\.git)?\s*$", re.MULTILINE)
_DEFAULT_BRANCHES = ("main", "master")


def read_workflows(files: Files) -> Found:
    """The targets of all workflows in ``.github/workflows``, and what is not carried over."""
    return _Reader(files).found()


class _Reader:
    def __init__(self, files: Files) -> None:
        self.files = files
        self.losses: dict[Loss, None] = {}
        self.notes: dict[Loss, None] = {}
        self.builds: list[Build] = []
        self.workflows: dict[str, Workflow] = {}
        for path in files.paths:
            if path.startswith(FOLDER) and path.endswith((".yml", ".yaml")) and "/" not in path[len(FOLDER) :]:
                try:
                    read = workflow(files, path)
                except Unreadable as bad:
                    self.losses[Loss(bad.place, f"the file is not read: {bad.what}", "mend it and run this again")] = (
                        None
                    )
                    continue
                if read is not None:
                    self.workflows[path] = read
        self.default_branch = self._default_branch()
        self.owner, self.repository = self._repository()

    def found(self) -> Found:
        for one in self.workflows.values():
            if not one.called:
                self._workflow(one, {}, 0)
        settings: dict[str, Json] = {}
        read = targets(self.builds, self.files)
        if self.default_branch == "main" and read.targets:
            settings["default-branch"] = "main"
        losses = tuple(dict.fromkeys((*self.losses, *read.losses)))
        return Found(read.targets, settings=settings, losses=losses, notes=tuple(self.notes))

    def _default_branch(self) -> str:
        """The branch that pushes are built of; bakegen's own default where none of the usual names is there."""
        named = [branch for one in self.workflows.values() for branch in one.branches]
        return next((name for name in _DEFAULT_BRANCHES if name in named), "master")

    def _repository(self) -> tuple[str, str]:
        config = self.files.read(".git/config")
        known = _REMOTE.search(config.decode("utf-8", "replace")) if config is not None else None
        return (known[1], known[2]) if known is not None else ("", self.files.name)

    def _github(self) -> dict[str, Value]:
        owner = self.owner or "owner"
        event: Value = {"repository": {"name": self.repository, "default_branch": self.default_branch}}
        names: dict[str, Value] = {
            "repository": f"{owner}/{self.repository}",
            "repository_owner": owner,
            "event": event,
        }
        return {**FACTS, **names}

    def _workflow(self, one: Workflow, given: Mapping[str, Value], depth: int) -> None:
        inputs: dict[str, Value] = {**one.inputs, **given}
        for job in one.jobs:
            self._job(job, inputs, depth)

    def _job(self, job: Job, inputs: Mapping[str, Value], depth: int) -> None:
        steps = any(_builds(step) for step in job.steps)
        if not steps and (job.calls is None or depth >= MAX_CALLS):
            return
        base = Contexts({"github": self._github(), "inputs": inputs}, lambda step, output: Unknown(f"steps.{step}"))
        try:
            combined = combinations(evaluated(job.matrix, base))
        except NotKnown as why:
            if job.calls is None and not any(step.uses == _BUILD for step in job.steps):
                return  # the bake files that it runs are read themselves
            instead = "write the images and their axes by hand: init cannot run what makes the matrix"
            self.losses[Loss(job.place, f"the matrix of the job {job.name} {why}", instead)] = None
            return
        for combination in combined:
            if len(self.builds) >= MAX_BUILDS:
                what = f"more than {MAX_BUILDS} builds are not read"
                self.losses[Loss(job.place, what, "keep fewer workflows while init runs")] = None
                return
            contexts = base.with_(matrix=combination)
            if job.calls is None:
                _Run(self, job, contexts, combination).run()
            elif (called := self.workflows.get(job.calls.path)) is not None:
                given = {name: _given(contexts, value) for name, value in job.calls.inputs.items()}
                self._workflow(called, given, depth + 1)


def _builds(step: Step) -> bool:
    return step.uses in (_BUILD, "docker/bake-action")


def _given(contexts: Contexts, written: str) -> Value:
    return contexts.text(written)


class _Run:
    """One combination of a job."""

    def __init__(self, reader: _Reader, job: Job, contexts: Contexts, combination: Combination) -> None:
        self.reader, self.job, self.combination = reader, job, combination
        self.metadata: dict[str, Metadata] = {}
        self.prefix = "."
        self.base = Contexts(contexts.known, self._output)
        self.guessed = False

    def run(self) -> None:
        for step in self.job.steps:
            contexts = self._contexts(step)
            if step.uses == "actions/checkout" and "repository" not in step.inputs:
                where = contexts.text(step.inputs.get("path", "."))
                self.prefix = where.strip("/") if isinstance(where, str) and where else "."
            elif step.uses == "docker/metadata-action":
                self._metadata(step, contexts)
            elif step.uses == "docker/bake-action":
                self._bake(step)
            elif step.uses == _BUILD:
                self._build(step, contexts)

    def _contexts(self, step: Step) -> Contexts:
        contexts = self.base
        if step.scope is not None:
            inputs = {name: _given(contexts, value) for name, value in step.scope.items()}
            contexts = contexts.with_(inputs=inputs)
        env: dict[str, Value] = {}
        for name, value in {**self.job.env, **step.env}.items():
            env[name] = contexts.with_(env=env).text(value)
        return contexts.with_(env=env)

    def _output(self, step: str, output: str) -> Value:
        read = self.metadata.get(step)
        if read is None or output not in ("tags", "labels", "version"):
            return Unknown(f"steps.{step}.outputs.{output}")
        if output == "version":
            return FACTS["ref_name"]
        return "\n".join(read.tags if output == "tags" else read.labels)

    def _tell(self, step: Step, what: str, instead: str, lost: bool) -> None:
        told = Loss(step.place, what, instead)
        (self.reader.losses if lost else self.reader.notes)[told] = None

    def _metadata(self, step: Step, contexts: Contexts) -> None:
        reader = MetadataReader(
            contexts, self.reader.default_branch, lambda what, instead: self._tell(step, what, instead, True)
        )
        inputs = step.inputs
        source = f"https://github.com/{self.reader.owner}/{self.reader.repository}" if self.reader.owner else ""
        read = reader.read(
            inputs.get("images", ""), inputs.get("tags", ""), inputs.get("flavor", ""), inputs.get("labels", ""), source
        )
        if step.id:
            self.metadata[step.id] = read

    def _bake(self, step: Step) -> None:
        """Tells of bake files that are not read by themselves."""
        files = [posixpath.normpath(one) for one in step.inputs.get("files", "").split()]
        if files and not {*files} <= _DEFAULT_FILES and not re.search(r"[^\w./ -]", " ".join(files)):
            what = f"the job {self.job.name} runs `docker buildx bake` with {' '.join(files)}"
            self._tell(step, what, f"`bakegen init {' '.join(files)}` reads these files together", False)

    def _build(self, step: Step, contexts: Contexts) -> None:
        reader = BuildReader(
            step.inputs,
            contexts,
            self.reader.default_branch,
            lambda what, instead, lost: self._tell(step, what, instead, lost),
        )
        if not reader.read(self.prefix):
            return
        guesses: list[Guess] = []
        if not self.reader.owner and f"owner/{self.reader.repository}" in repr((reader.attributes, reader.own)):
            guesses.append(Guess("tags", "no git remote tells the repository, so `owner` stands for who owns it"))
        self.reader.builds.append(
            Build(reader.attributes, reader.own, step.place, self.job.name, flat(self.combination), tuple(guesses))
        )
