"""The registry and repositories that tags have in common, and tags as what templates say of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bakegen.importing.folding_templates import Variable, mark, template
from bakegen.plan.names import repository_problem, split_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.model import Wanted

REPOSITORY = mark("repository")
REGISTRY = mark("registry")


def attributes_of(wanted: Wanted) -> dict[str, Json]:
    """The attributes of a target with marks, but for those that are paths."""
    found: dict[str, Json] = {**wanted.attributes, **wanted.marked}
    for name in ("context", "dockerfile", "target", "platforms"):
        if name in wanted.attributes:
            found[name] = wanted.attributes[name]
    plain, marked = wanted.attributes.get("contexts"), found.get("contexts")
    if isinstance(plain, dict) and isinstance(marked, dict):
        found["contexts"] = {
            key: marked.get(key, value) if "://" in str(value) and "://" in str(marked.get(key)) else value
            for key, value in plain.items()
        }
    return found


def tags_of(wanted: Wanted, *, marked: bool = False) -> list[str]:
    """The tags of a target."""
    attributes = wanted.marked if marked and wanted.marked else wanted.attributes
    tags = attributes.get("tags")
    return [str(tag) for tag in tags] if isinstance(tags, list) else []


def repository_of(reference: str) -> str:
    """The repository of a reference; "" where it is none that a registry takes."""
    repository = split_reference(reference)[0]
    return "" if repository_problem(repository) is not None else repository


def common_registry(targets: Sequence[Wanted]) -> str | None:
    """What most targets' first tags begin with before the last ``/``; None where most have no such thing."""
    firsts = [tags[0] for target in targets if (tags := tags_of(target))]
    starts = [repository_of(tag).rpartition("/")[0] for tag in firsts]
    count = Counter(start for start in starts if start)
    if not count:
        return None
    shared = _shared([start for start in starts if start])
    best, times = count.most_common(1)[0]
    # One registry with several levels below it is better than the commonest of these levels.
    if shared and times < len(starts):
        best = shared
        times = len([start for start in starts if start])
    return best if times * 2 >= len(firsts) else None


def _shared(starts: Sequence[str]) -> str:
    parts = [start.split("/") for start in starts]
    shared: list[str] = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "/".join(shared)


def marked_tags(tags: Sequence[str], registry: str | None, marked: Sequence[str] = ()) -> tuple[list[Json], str]:
    """Tags with marks for the registry and for the repository of the first one, and that repository.

    Args:
        tags: as they are.
        registry: the project's.
        marked: the same with marks for variables, which stay in what follows the repository.
    """
    repository = repository_of(tags[0]) if tags else ""
    chosen = [_with_tag(*pair) for pair in zip(tags, marked or tags, strict=True)]
    return [_marked(tag, repository, registry) for tag in chosen], repository


def _with_tag(tag: str, marked: str) -> str:
    """`tag` with the marks that `marked` has behind its last colon."""
    repository, plain, _ = split_reference(tag)
    _, colon, suffix = marked.rpartition(":")
    if plain is None or not colon or "/" in suffix or "@" in suffix:
        return tag
    return f"{repository}:{suffix}"


def _marked(tag: str, repository: str, registry: str | None) -> str:
    if repository and repository_of(tag) == repository:
        return REPOSITORY + tag.removeprefix(repository)
    return below_registry(tag, registry)


def below_registry(reference: str, registry: str | None) -> str:
    """`reference` with a mark in the place of the registry."""
    if registry and reference.startswith(f"{registry}/"):
        return REGISTRY + reference.removeprefix(registry)
    return reference


def project_repository(repositories: Mapping[str, str], registry: str | None) -> str | None:
    """The template of the repositories of all images, where one other than the built-in makes all of them.

    Args:
        repositories: by the image's name, as templates.
        registry: the project's registry.
    """
    images = list(repositories)
    texts = [repositories[image].replace("{{ registry }}", REGISTRY) for image in images]
    if any("{{" in text for text in texts):
        return None
    usual = [f"{REGISTRY}/{image}" if registry else image for image in images]
    if texts == usual or len(images) < 2:
        return None
    if sum(a == b for a, b in zip(texts, usual, strict=True)) * 2 >= len(images):
        return None
    return template(texts, [Variable("image", tuple(images))])
