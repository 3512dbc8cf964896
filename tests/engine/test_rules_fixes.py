"""Every safe fix that an example of a rule shows, built before and after on the engine: the images are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bakegen.compare import Shared, differences
from bakegen.rules.discovery import rules
from bakegen.rules.example_text import unmarked
from bakegen.rules.model import Kind
from tests.engine.base_facts import NO_ATTESTATION, write_bake_file
from tests.engine.stored_images import stored_image
from tests.unit.rules.examples import look_at_dockerfile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from bakegen.compare import Image
    from bakegen.rules.model import Example, Rule
    from tests.engine.harness.engine import Engine
    from tests.engine.harness.registry import Registry

EXAMPLES = {
    f"{rule.code.lower()}-{number}": (rule, example)
    for rule in rules()
    if rule.kind is Kind.DOCKERFILE
    for number, example in enumerate(rule.examples)
    if example.fixed is not None and example.safe and example.build
}
BASES = ("busybox", "debian", "debian-python", "debian-node")
TOGETHER = 15


@pytest.fixture(scope="module")
def images(
    request: pytest.FixtureRequest,
    engine: Engine,
    registry: Registry,
    bases: Callable[..., dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, Image | str]:
    """The images by name and ``before`` or ``after``; the log where one cannot be built."""
    references = bases(*BASES)
    contexts = {name: f"docker-image://{reference}" for name, reference in references.items()}
    folder = tmp_path_factory.mktemp("fixes")
    asked = {item.name for item in request.session.items}
    names = [name for name in EXAMPLES if f"{test_a_safe_fix_leaves_the_image_as_it_is.__name__}[{name}]" in asked]
    shared = Shared()
    found: dict[str, Image | str] = {}
    for start in range(0, len(names), TOGETHER):
        some = names[start : start + TOGETHER]
        targets = {key: target for name in some for key, target in _targets(folder, registry, name, contexts).items()}
        groups = [list(targets)]
        while groups:
            group = groups.pop()
            write_bake_file(folder, {key: targets[key] for key in group})
            line = ("--file", "docker-bake.json", *group)
            done = engine.bake(*line, cwd=folder, check=False, timeout=480)
            if done.code == 0:
                found |= {key: stored_image(registry, done.metadata[key], shared) for key in group}
            elif len(group) > 1:
                groups += [[key] for key in group]
            else:
                found[group[0]] = (done.logs + done.stderr)[-2000:]
    return found


def _targets(folder: Path, registry: Registry, name: str, contexts: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    """The targets of one example, its files laid out."""
    _, example = EXAMPLES[name]
    home = folder / name
    for path, text in {".keep": "", **(example.files or {})}.items():
        place = home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            place.symlink_to(text.removeprefix("-> "))
        else:
            place.write_bytes(text.encode("utf-8", "surrogateescape"))
    if example.ignore:
        (home / ".dockerignore").write_text(example.ignore)
    assert example.fixed is not None
    found: dict[str, Mapping[str, Any]] = {}
    for kind, text in (("before", unmarked(example.text).text), ("after", example.fixed)):
        place = folder / f"{name}-{kind}.Dockerfile"
        place.write_bytes(text.encode("utf-8", "surrogateescape"))
        found[f"{name}-{kind}"] = {
            "context": str(home),
            "dockerfile": str(place),
            "contexts": dict(contexts),
            "attest": NO_ATTESTATION,
            "output": [f"type=image,push=true,store=false,name={registry.host}/fixes:{name}-{kind}"],
        }
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_safe_fix_leaves_the_image_as_it_is(name: str, images: Mapping[str, Image | str]) -> None:
    before, after = images[f"{name}-before"], images[f"{name}-after"]
    assert not isinstance(before, str), before
    assert not isinstance(after, str), after
    assert differences(before, after, ignore=_declared(*EXAMPLES[name])).differences == ()


def _declared(rule: Rule, example: Example) -> tuple[str, ...]:
    """What the fixes say that may differ."""
    results = look_at_dockerfile(rule, example, unmarked(example.text).text)
    return tuple(path for one in results if one.finding.fix is not None for path in one.finding.fix.declared)
