"""BuildKit's build checks, made by us and by `docker buildx build --check`: the same checks at the same lines."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.dockerfile.references import ReferenceError, parse_reference
from bakegen.facts.model import Evidence, PlatformFacts
from bakegen.rules.discovery import rules
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.rules.example_text import unmarked
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.rules.model import Example, Rule
    from tests.engine.harness.commands import Completed
    from tests.engine.harness.engine import Engine

FOLDER = Path(__file__).parent / "dockerfiles"
IMAGES = Path(__file__).parents[2] / "images"
CHECKS = [rule for rule in rules() if rule.code.startswith("BK")]
EMPTY = PlatformFacts("", env=(("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),))
"""What is known of the image that stands in for all others: it sets nothing but PATH."""

# What the engine cannot be asked, by check: it finds nothing where we do, or the other way round.
NOT_ASKED: Mapping[str, str] = {
    "InvalidBaseImagePlatform": "BuildKit compares images from registries only, never what a named context gives",
}
# Cases that this engine sees otherwise, each with the reason.
OTHERWISE: Mapping[str, str] = {
    "BK110 Windows": "a path of Windows is absolute; BuildKit takes it for relative in a build for Linux",
    "BK115 A file with a secret": "BuildKit 0.25 (Docker 28) does not pass over names with FILE and VERSION yet",
    "checks/names-of-secrets": "the same",
}

Found = frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Case:
    """A Dockerfile with what is around it."""

    name: str
    text: bytes
    files: Mapping[str, str] = field(default_factory=dict)
    ignore: str = ""

    def __str__(self) -> str:
        return self.name


def of_example(rule: Rule, example: Example) -> Case:
    text = unmarked(example.text).text.encode("utf-8", "surrogateescape")
    return Case(f"{rule.code} {example.title}", text, example.files or {}, example.ignore)


CASES = [of_example(rule, example) for rule in CHECKS for example in rule.examples]
CASES += [
    Case(f"{rule.code} {example.title}, fixed", example.fixed.encode(), example.files or {}, example.ignore)
    for rule in CHECKS
    for example in rule.examples
    if example.fixed is not None
]
CASES += [Case(f"checks/{path.stem}", path.read_bytes()) for path in sorted((FOLDER / "checks").glob("*.Dockerfile"))]
CASES += [Case(path.stem, path.read_bytes()) for path in sorted((FOLDER / "accepted").glob("*.Dockerfile"))]
CASES += [Case(path.stem, path.read_bytes()) for path in sorted((FOLDER / "built").glob("*.Dockerfile"))]
CASES += [Case(path.parent.name, path.read_bytes()) for path in sorted(IMAGES.glob("*/Dockerfile"))]


def subject_of(case: Case, evidence: Evidence | None = None) -> DockerfileSubject:
    return DockerfileSubject(Source.from_bytes("Dockerfile", case.text), evidence, case.ignore)


def outside(case: Case) -> frozenset[str]:
    """The images from outside the file, by the names it has for them."""
    subject = subject_of(case)
    found = {stage.image for stage in subject.every_stage if stage.kind == "image" and stage.image}
    found |= {link.name for stage in subject.every_stage for link in stage.links if link.target is None}
    return frozenset(name for name in found - {"scratch"} if is_reference(name))


def is_reference(name: str) -> bool:
    try:
        parse_reference(name)
    except ReferenceError:
        return False
    return True


def ours(case: Case, evidence: Evidence) -> Found:
    """Check and line of all our findings, whatever comments silence; the line is the instruction's."""
    subject = subject_of(case, evidence)
    if not subject.dockerfile.ok:
        return frozenset()
    found = set()
    for rule in CHECKS:
        if rule.words and not any(word in subject.lower for word in rule.words):
            continue
        for finding in rule.check(subject):
            names = {twin.partition(":")[2] for twin in finding.twins or rule.twins if twin.startswith("buildkit:")}
            assert len(names) == 1
            at = finding.span.start
            line = subject.source.position(at)[0]
            # BuildKit reports an empty line at the last line of the instruction, everything else at its first.
            if names != {"NoEmptyContinuation"}:
                line = next(node.line for node in subject.dockerfile.tree.instructions if node.start <= at < node.end)
            found.add((names.pop(), line))
    return frozenset(found)


def ask(engine: Engine, case: Case, image: str, folder: Path) -> Completed:
    """What BuildKit says, with `image` in the place of every image from outside, and all its checks on."""
    folder.mkdir(parents=True)
    for name, text in {**case.files, ".dockerignore": case.ignore}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "Dockerfile").write_bytes(case.text)
    contexts = [f"--build-context={name}=docker-image://{image}" for name in sorted(outside(case))]
    line = ["buildx", "build", "--call=check,format=json", "--build-arg=BUILDKIT_DOCKERFILE_CHECK=experimental=all"]
    return engine.run([*line, *contexts, str(folder)], check=False, timeout=60)


def theirs(done: Completed) -> tuple[Found, str]:
    """Check and line of all of BuildKit's, and what stopped it, "" where nothing did."""
    assert done.stdout.lstrip().startswith("{"), done.stderr
    answer: dict[str, Any] = json.JSONDecoder().raw_decode(done.stdout.lstrip())[0]
    found = frozenset(
        (one["ruleName"], one["location"]["ranges"][0]["start"]["line"]) for one in answer.get("warnings") or ()
    )
    return found, (answer.get("buildError") or {}).get("message", "")


@pytest.fixture(scope="module")
def answers(engine: Engine, busybox_image: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Completed]:
    """What BuildKit says of each case, asked four at a time."""
    folder = tmp_path_factory.mktemp("checks")

    def one(numbered: tuple[int, Case]) -> Completed:
        return ask(engine, numbered[1], busybox_image, folder / str(numbered[0]))

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(map(str, CASES), pool.map(one, enumerate(CASES)), strict=True))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_same_checks_at_the_same_lines(answers: dict[str, Completed], case: Case) -> None:
    """With the facts of the image that stands in for all others, we find what BuildKit finds."""
    asked, stopped = theirs(answers[str(case)])
    found = ours(case, Evidence(dict.fromkeys(outside(case), EMPTY)))
    asked, found = (frozenset(one for one in some if one[0] not in NOT_ASKED) for some in (asked, found))
    if str(case) in OTHERWISE:
        assert asked != found, f"take it out of OTHERWISE: {OTHERWISE[str(case)]}"
    elif stopped:
        assert asked <= found
    else:
        assert asked == found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_without_facts_nothing_more_is_found(answers: dict[str, Completed], case: Case) -> None:
    """What the images from outside set is not known then; so less is found, and nothing that is wrong."""
    asked, stopped = theirs(answers[str(case)])
    found = frozenset(one for one in ours(case, Evidence()) if one[0] not in NOT_ASKED)
    assert stopped or found <= asked


def test_every_check_of_buildkit_is_there(answers: dict[str, Completed]) -> None:
    """Each check that the engine made on any case is one of ours, and each of ours is one that it knows or is named."""
    known = {twin.partition(":")[2] for rule in CHECKS for twin in rule.twins if twin.startswith("buildkit:")}
    asked = {check for done in answers.values() for check, _ in theirs(done)[0]}
    assert asked == known - NOT_ASKED.keys()


def test_names_of_cases_are_unique() -> None:
    assert len({str(case) for case in CASES}) == len(CASES)
