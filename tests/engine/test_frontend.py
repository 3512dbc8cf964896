"""The frontend on a real engine: what it builds is what the rewritten Dockerfile builds without it, byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.facts.context import ListedContext
from bakegen.facts.model import Evidence
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from bakegen.workspace.disk import DiskFolder

if TYPE_CHECKING:
    from tests.engine.harness.engine import Engine

HERE = Path(__file__).parent
PACKAGE = HERE.parent.parent / "bakegen"
IMAGE = "bakegen-frontend:test"

DOCKERFILE = """FROM {busybox}
ARG VERSION=1
WORKDIR /app
RUN echo hello > hello
COPY --chmod=644 src /app/src
ADD package.json /app/
RUN cat package.json src/main.txt > all
LABEL version=$VERSION
"""
DIGEST = "containerimage.digest"


def build_frontend(engine: Engine, debian_image: str, folder: Path) -> str:
    """Builds the frontend's image out of this checkout; gives its name."""
    shutil.copytree(PACKAGE, folder / "bakegen", ignore=shutil.ignore_patterns("__pycache__"))
    engine.build(
        *("--file", str(HERE / "frontend" / "Dockerfile"), "--tag", IMAGE, "--provenance=false", "--load"),
        *("--build-context", f"debian-python=docker-image://{debian_image}", str(folder)),
    )
    return IMAGE


@pytest.fixture(scope="module")
def frontend(engine: Engine, debian_image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The frontend's image, in the engine alone."""
    return build_frontend(engine, debian_image, tmp_path_factory.mktemp("frontend"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A build context."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.txt").write_text("main\n")
    (tmp_path / "package.json").write_text("{}\n")
    (tmp_path / ".dockerignore").write_text("*.log\nDockerfile*\n")
    return tmp_path


def by_hand(project: Path, text: str) -> str:
    """What `bakegen rewrite` makes of a Dockerfile."""
    rules = IgnoreFile.parse(Source(".dockerignore", (project / ".dockerignore").read_text()))
    evidence = Evidence(context=ListedContext(DiskFolder(project), rules))
    return rewrite(Source("Dockerfile", text), evidence, ignore=(project / ".dockerignore").read_text()).source.text


def test_digest_is_that_of_the_rewritten_dockerfile_without_it(
    engine: Engine, frontend: str, busybox_image: str, project: Path
) -> None:
    text = DOCKERFILE.format(busybox=busybox_image)
    rewritten = by_hand(project, text)
    assert "COPY package.json" in rewritten
    assert rewritten.index("ARG VERSION") > rewritten.index("COPY package.json")
    (project / "Dockerfile").write_text(f"# syntax={frontend}\n{text}")
    (project / "Dockerfile.hand").write_text(rewritten)
    plain = ["--provenance=false", "--output=type=image,store=false", "--build-arg=SOURCE_DATE_EPOCH=0", str(project)]
    first = engine.build(*plain)
    second = engine.build("--file", str(project / "Dockerfile.hand"), *plain)
    assert first.metadata[DIGEST] == second.metadata[DIGEST]
    assert not [one for one in second.executed if one.instruction.startswith(("RUN", "COPY"))]


def test_failing_step_is_shown_at_its_line_of_the_user(
    engine: Engine, frontend: str, busybox_image: str, project: Path
) -> None:
    text = DOCKERFILE.format(busybox=busybox_image).replace("echo hello", "false")
    (project / "Dockerfile").write_text(text)
    done = engine.build("--build-arg", f"BUILDKIT_SYNTAX={frontend}", str(project), check=False)
    assert done.code != 0
    assert "   2 |     ARG VERSION=1" in done.stderr
    assert "   4 | >>> RUN false > hello" in done.stderr


def test_each_rewrite_is_a_note_and_check_sees_the_user_s_text(
    engine: Engine, frontend: str, busybox_image: str, project: Path
) -> None:
    text = DOCKERFILE.format(busybox=busybox_image).replace("WORKDIR /app", "workdir /app")
    (project / "Dockerfile").write_text(f"# syntax={frontend}\n{text}")
    shown = engine.run(["buildx", "build", "--progress=plain", str(project)]).stderr
    assert "bakegen sink-arg: ARG VERSION=1 (line 3)" in shown
    assert "ConsistentInstructionCasing: Command 'workdir' should match the case" in shown
    checked = engine.run(["buildx", "build", "--call=check", str(project)], check=False)
    assert "Dockerfile:4" in checked.stdout
    assert "bakegen" not in checked.stdout.replace(f"# syntax={frontend}", "")


def test_variant_of_a_definition(engine: Engine, frontend: str, busybox_image: str, project: Path) -> None:
    image = project / "images" / "app"
    image.mkdir(parents=True)
    (project / "bakegen.yaml").write_text("images: ['images/*']\n")
    (image / "image.yaml").write_text(
        f'# syntax={frontend}\nmatrix: {{axes: {{version: ["1", "2"]}}}}\nlabels: {{version: "{{{{ version }}}}"}}\n'
    )
    (image / "Dockerfile.j2").write_text(f"FROM {busybox_image}\nRUN echo {{{{ version }}}} > /v\nADD image.yaml /\n")
    plain = ["--provenance=false", "--build-arg=SOURCE_DATE_EPOCH=0", "--output=type=image,store=false"]
    made = engine.build("--file", str(image / "image.yaml"), "--build-arg=version=2", *plain, str(project))
    hand = f"FROM {busybox_image}\nRUN echo 2 > /v\nADD image.yaml /\n"
    rules = Evidence(context=ListedContext(DiskFolder(image), IgnoreFile()))
    (project / "hand").write_text(rewrite(Source("Dockerfile", hand), rules).source.text)
    same = engine.build("--file", str(project / "hand"), "--label=version=2", *plain, str(image))
    assert made.metadata[DIGEST] == same.metadata[DIGEST]
    failed = engine.build("--file", str(image / "image.yaml"), *plain, str(project), check=False)
    assert "images/app/image.yaml:2:27: error: several variants are meant" in failed.stderr
