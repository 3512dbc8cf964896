"""The frontend on a real engine, with a bakegen definition as its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.frontend_image import DIGEST, PLAIN, build_frontend, by_hand

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine


@pytest.fixture(scope="module")
def frontend(
    first_machine: PrivateEngine, bases: Callable[..., dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The frontend's image, on the first machine."""
    return build_frontend(first_machine, bases, tmp_path_factory.mktemp("frontend"))


def test_a_variant_is_the_rewritten_dockerfile(
    first_machine: PrivateEngine, frontend: str, busybox_image: str, tmp_path: Path
) -> None:
    image = tmp_path / "images" / "app"
    image.mkdir(parents=True)
    (tmp_path / "bakegen.yaml").write_text("images: ['images/*']\n")
    (image / "image.yaml").write_text(
        f'# syntax={frontend}\nmatrix: {{axes: {{version: ["1", "2"]}}}}\nlabels: {{version: "{{{{ version }}}}"}}\n'
    )
    (image / "notes").write_text("for all versions\n")
    (image / "Dockerfile.j2").write_text(f"FROM {busybox_image}\nRUN echo {{{{ version }}}} > /v\nADD notes /\n")
    file = f"--file={image / 'image.yaml'}"
    made = first_machine.build(file, "--build-arg=version=2", *PLAIN, str(tmp_path))
    rewritten = by_hand(image, f"FROM {busybox_image}\nRUN echo 2 > /v\nADD notes /\n")
    assert "COPY --link notes" in rewritten
    (tmp_path / "hand").write_text(rewritten)
    same = first_machine.build(f"--file={tmp_path / 'hand'}", "--label=version=2", *PLAIN, str(image))
    assert made.metadata[DIGEST] == same.metadata[DIGEST]
    failed = first_machine.build(file, *PLAIN, str(tmp_path), check=False)
    assert failed.code != 0
    assert "images/app/image.yaml:2:27: error: several variants are meant" in failed.stderr
