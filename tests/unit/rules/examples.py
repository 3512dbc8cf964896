"""Examples of rules as tests and documents see them: the text without marks, the marked spans, what is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from bakegen.errors import InputError
from bakegen.rules.check import check_dockerfile
from bakegen.rules.check_bake import check_bake_file
from bakegen.rules.check_project import check_definition
from bakegen.rules.config import Config
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.rules.model import Kind, Settings
from bakegen.rules.project_subject import ProjectSubject
from bakegen.text import Source
from bakegen.workspace.lint_project import load_known
from tests.unit.rewrites.evidence import evidence
from tests.unit.rules.pretended_shellcheck import pretended

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bakegen.rules.model import Example, Result, Rule


def config_for(rule: Rule, settings: dict[str, Any]) -> Config:
    """The configuration that runs one rule, and what every file is looked at for."""
    return Config(select=("GE001", rule.code), settings=replace(Settings(project="example"), **settings))


def dockerfile_subject(example: Example, text: str) -> DockerfileSubject:
    """The subject of a text in the surroundings of an example."""
    given = evidence(example.files, example.bases, example.changes, ignore=example.ignore)
    settings = replace(Settings(project="example"), **example.settings)
    source = Source(example.path or "Dockerfile", text)
    return DockerfileSubject(source, given, example.ignore, settings, pretended)


def look_at_dockerfile(rule: Rule, example: Example, text: str) -> Sequence[Result]:
    """What a rule (and GE001) finds in a text, in the surroundings of an example."""
    config = config_for(rule, dict(example.settings))
    return check_dockerfile(dockerfile_subject(example, text), config)


def look_at_bake_file(rule: Rule, example: Example, text: str) -> Sequence[Result]:
    """What a rule (and BF400) finds in a text; `files` of the example are bake files that are read before it."""
    config = config_for(rule, dict(example.settings))
    config = replace(config, select=("BF400", rule.code))
    before = [Source(path, one) for path, one in (example.files or {}).items()]
    return check_bake_file(Source(example.path or "docker-bake.hcl", text), config, before=before)


def definition_subject(root: Path, path: str, source: Source, settings: Settings) -> ProjectSubject:
    """The file at `path` of the project in `root`, with the text of `source`."""
    try:
        known = load_known(root, {path: source})
    except InputError as problem:
        return ProjectSubject(source, None, path, tuple(problem.diagnostics), settings)
    return ProjectSubject(source, known, path, settings=settings)


def look_at_definition(rule: Rule, example: Example, text: str) -> Sequence[Result]:
    """What a rule finds in a definition; `files` of the example lie around it in a project."""
    path = example.path or "images/app/image.yaml"
    files = {"bakegen.yaml": "", **(example.files or {}), path: text}
    folder = path.rpartition("/")[0]
    if folder and not any(f"{folder}/{name}" in files for name in ("Dockerfile", "Dockerfile.j2")):
        files[f"{folder}/Dockerfile"] = "FROM scratch\n"
    config = config_for(rule, dict(example.settings))
    with TemporaryDirectory() as name:
        for one, content in files.items():
            place = Path(name, one)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content, encoding="utf-8")
        subject = definition_subject(Path(name), path, Source(path, text), config.settings)
    return check_definition(subject, config)


LOOKS: dict[Kind, Callable[[Rule, Example, str], Sequence[Result]]] = {
    Kind.DOCKERFILE: look_at_dockerfile,
    Kind.BAKE_FILE: look_at_bake_file,
    Kind.DEFINITIONS: look_at_definition,
}
"""How a text is looked at, by what the rule looks at."""
