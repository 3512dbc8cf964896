"""Every Dockerfile of tests/golden/rewrites, built as it is and as it is rewritten: the images are the same.

The facts are those of the real base images. All cases that were asked for are built in a few bakes; what installs
something is built twice as it is, because two builds of one Dockerfile may differ by themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.compare import Shared, differences
from bakegen.facts.lockfile import Lock, read_lock, write_lock
from bakegen.facts.model import LOCK_FILE, BaseFacts
from bakegen.text import Source
from tests.engine.base_facts import NO_ATTESTATION, PLATFORM, read_facts, write_bake_file
from tests.engine.stored_images import stored_image
from tests.rewrite_cases import BASES, FOLDER, REWRITTEN, cases

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bakegen.compare import Image
    from bakegen.facts.model import PlatformFacts
    from bakegen.rewrites.driver import Outcome
    from tests.engine.harness.engine import Engine
    from tests.engine.harness.progress import BuildResult
    from tests.engine.harness.registry import Registry
    from tests.golden_files import Golden
    from tests.rewrite_cases import Case

BUILT = tuple(case for case in cases() if case.build)
HARNESS_BASES = ("busybox", "debian", "debian-python", "debian-node", "debian-go")
OWN_BASES = ("trap", "merged", "onbuild", "onbuild-arg", "user", "debian-apt")
REPRODUCIBLE = ("busybox", "trap", "merged", "onbuild", "onbuild-arg", "user")
"""The bases that are the same on every machine."""

REPOSITORY = "rewrites"
CASES = f"{REPOSITORY}/cases"
OUTPUT = "type=image,push=true,store=false,compression=uncompressed"
TOGETHER = 12
"""So many cases are built by one bake."""

_FROM = re.compile(r"^\s*(?:FROM\s+(?:--\S+\s+)*|ARG\s+BASE=)(\S+)", re.MULTILINE | re.IGNORECASE)
_DIGEST = re.compile(r"@?sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class BaseImages:
    """The bases by the name that a case has behind FROM: where to pull them, and their facts."""

    references: Mapping[str, str]
    facts: Mapping[str, PlatformFacts]

    def contexts(self, text: str) -> dict[str, str]:
        """The named contexts that stand in for the bases of a Dockerfile."""
        named = {name: _DIGEST.sub("", name) for name in _FROM.findall(text)}
        return {
            name: f"docker-image://{self.references[base]}" for name, base in named.items() if base in self.references
        }


@dataclass(frozen=True)
class Pair:
    """One case with one set of build arguments: what was built, and why that failed, where it did."""

    original: Image | None
    rewritten: Image | None
    control: Image | None
    declared: tuple[str, ...]
    problem: str = ""


@pytest.fixture(scope="module")
def images(
    engine: Engine,
    registry: Registry,
    bases: Callable[..., dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> BaseImages:
    """All bases, built and looked into."""
    references = dict(bases(*HARNESS_BASES))
    folder = tmp_path_factory.mktemp("bases")
    own = {name: f"{registry.host}/{REPOSITORY}/{name}:latest" for name in OWN_BASES}
    contexts = {name: f"docker-image://{reference}" for name, reference in references.items()}
    targets: dict[str, dict[str, Any]] = {
        name: {
            "context": str(BASES / "context"),
            "dockerfile": str(BASES / "Dockerfile"),
            "target": name,
            "contexts": contexts,
            "attest": NO_ATTESTATION,
            "output": [f"type=image,name={reference},push=true,store=false"],
        }
        for name, reference in own.items()
    }
    _bake(engine, folder, targets, "--allow", f"fs.read={FOLDER}")
    references |= own
    return BaseImages(references, read_facts(references))


@pytest.fixture(scope="module")
def pairs(
    request: pytest.FixtureRequest,
    engine: Engine,
    registry: Registry,
    images: BaseImages,
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, Sequence[Pair]]:
    """The images of every case that this run asks for."""
    asked = {item.name for item in request.session.items}
    todo = [case for case in BUILT if f"{test_images_are_the_same.__name__}[{case.name}]" in asked]
    builder = Builder(engine, registry, images, tmp_path_factory.mktemp("cases"))
    found: dict[str, Sequence[Pair]] = {}
    for start in range(0, len(todo), TOGETHER):
        found |= builder.build(todo[start : start + TOGETHER])
    return found


def test_the_kept_facts_are_those_of_the_images(images: BaseImages, golden: Golden) -> None:
    path = BASES / LOCK_FILE
    if golden.update:
        path.write_text(write_lock(Lock({name: _base(facts) for name, facts in images.facts.items()})))
    kept = read_lock(Source(LOCK_FILE, path.read_text(encoding="utf-8"))).bases
    assert set(kept) == set(images.facts)
    for name in REPRODUCIBLE:
        mine, other = (write_lock(Lock({name: one})) for one in (kept[name], _base(images.facts[name])))
        assert _DIGEST.sub("", mine) == _DIGEST.sub("", other), f"{name}: if this is meant: pytest --update-golden"


@pytest.mark.parametrize("case", BUILT, ids=lambda case: case.name)
def test_real_facts_give_the_kept_text(case: Case, images: BaseImages, tmp_path: Path) -> None:
    outcome = case.rewrite(case.lay_out(tmp_path / "context"), images.facts)
    kept = case.folder / REWRITTEN
    expected = kept.read_bytes().decode() if kept.is_file() else case.dockerfile.text
    assert _DIGEST.sub("", outcome.source.text) == _DIGEST.sub("", expected)


@pytest.mark.parametrize("case", BUILT, ids=lambda case: case.name)
def test_images_are_the_same(case: Case, pairs: Mapping[str, Sequence[Pair]]) -> None:
    assert pairs[case.name]
    for pair in pairs[case.name]:
        assert pair.original is not None and pair.rewritten is not None, pair.problem
        found = differences(pair.original, pair.rewritten, control=pair.control, ignore=pair.declared)
        assert found.differences == ()


class Builder:
    """Builds cases, several at once, into one repository, so that the layers of the bases are pushed and read once."""

    def __init__(self, engine: Engine, registry: Registry, images: BaseImages, folder: Path) -> None:
        self.engine = engine
        self.registry = registry
        self.images = images
        self.repository = f"{registry.host}/{CASES}"
        self.folder = folder
        self.shared = Shared()

    def build(self, some: Sequence[Case]) -> dict[str, Sequence[Pair]]:
        """All images of some cases, by the cases' names."""
        targets: dict[str, dict[str, Any]] = {}
        controls: dict[str, dict[str, Any]] = {}
        outcomes = {case.name: self._lay_out(case) for case in some}
        for case in some:
            texts = {"original": case.dockerfile.text, "rewritten": outcomes[case.name].source.text}
            for number, args in enumerate((case.args, *case.also)):
                for kind, text in texts.items():
                    name = f"{case.name}-{number}-{kind}"
                    targets[name] = self._target(name, case, kind, text, args)
                if case.control:
                    name = f"{case.name}-{number}-control"
                    target = self._target(name, case, "original", case.dockerfile.text, args)
                    controls[name] = {**target, "no-cache": True}
        built, problems = self._bake(targets)
        # Afterwards: BuildKit makes one build of two equal ones that run at once, whatever --no-cache says.
        again, more = self._bake(controls)
        return {
            case.name: [
                Pair(
                    built.get(f"{case.name}-{number}-original"),
                    built.get(f"{case.name}-{number}-rewritten"),
                    again.get(f"{case.name}-{number}-control"),
                    outcomes[case.name].declared,
                    (problems | more).get(case.name, ""),
                )
                for number in range(1 + len(case.also))
            ]
            for case in some
        }

    def _lay_out(self, case: Case) -> Outcome:
        home = self.folder / case.name
        outcome = case.rewrite(case.lay_out(home / "context"), self.images.facts)
        (home / "original.Dockerfile").write_bytes(case.dockerfile.to_bytes())
        (home / "rewritten.Dockerfile").write_bytes(outcome.source.to_bytes())
        if outcome.ignore:
            (home / "rewritten.Dockerfile.dockerignore").write_text(case.ignore_after(outcome))
        return outcome

    def _target(self, name: str, case: Case, kind: str, text: str, args: Mapping[str, str]) -> dict[str, Any]:
        home = self.folder / case.name
        return {
            "context": str(home / "context"),
            "dockerfile": str(home / f"{kind}.Dockerfile"),
            "contexts": self.images.contexts(text),
            "args": dict(args),
            "network": "host",
            "attest": NO_ATTESTATION,
            "output": [f"{OUTPUT},name={self.repository}:{name}"],
        }

    def _bake(self, targets: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Image], dict[str, str]]:
        """The images by target; where one cannot be built, one case after the other, and what failed by case."""
        if not targets:
            return {}, {}
        result = _bake(self.engine, self.folder, targets, check=False)
        if result.code == 0:
            return {name: self._image(result.metadata[name]) for name in targets}, {}
        found: dict[str, Image] = {}
        problems = {}
        for case in sorted({name.rsplit("-", 2)[0] for name in targets}):
            own = {name: target for name, target in targets.items() if name.rsplit("-", 2)[0] == case}
            result = _bake(self.engine, self.folder, own, check=False)
            if result.code == 0:
                found |= {name: self._image(result.metadata[name]) for name in own}
            else:
                problems[case] = (result.logs + result.stderr)[-3000:]
        return found, problems

    def _image(self, told: Mapping[str, Any]) -> Image:
        """The image that a target left in the registry."""
        return stored_image(self.registry, told, self.shared)


def _bake(
    engine: Engine, folder: Path, targets: Mapping[str, Mapping[str, Any]], *more: str, check: bool = True
) -> BuildResult:
    write_bake_file(folder, targets)
    arguments = ("--allow", "network.host", *more, "--file", "docker-bake.json", *targets)
    return engine.bake(*arguments, cwd=folder, check=check, timeout=480)


def _base(facts: PlatformFacts) -> BaseFacts:
    return BaseFacts(facts.digest, {PLATFORM: facts})
