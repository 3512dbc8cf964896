from __future__ import annotations

import pytest

from bakegen.dockerfile import read
from bakegen.errors import InputError
from bakegen.plan.marker import MARKER
from bakegen.plan.recipes import is_remote
from tests.unit.projects import plan_of

PLAIN = {"images/a/image.yaml": "", "images/a/Dockerfile": "FROM scratch\nCOPY . .\n"}


def test_a_plain_dockerfile_is_used_where_it_is() -> None:
    recipe = plan_of(PLAIN).targets["a"].recipe
    assert (recipe.path, recipe.context, recipe.files) == ("images/a/Dockerfile", "images/a", ())


def test_ignore_gives_a_variant_its_own_dockerfile_and_ignore_file() -> None:
    files = PLAIN | {"images/a/image.yaml": 'ignore: ["*.mod"]\n', "images/a/.dockerignore": "\ufeffbuild\n"}
    recipe = plan_of(files).targets["a"].recipe
    assert [file.path for file in recipe.files] == [
        ".bakegen/a.Dockerfile",
        ".bakegen/a.Dockerfile.dockerignore",
    ]
    assert recipe.files[0].text == (
        f"# {MARKER} from images/a/Dockerfile: change that file, then run `bakegen render`.\n#\n"
        "FROM scratch\nCOPY . .\n"
    )
    assert recipe.files[1].text == (
        f"# {MARKER} for images/a/Dockerfile.\n# From images/a/.dockerignore:\nbuild\n"
        "# From the field `ignore`, and what bakegen itself writes:\nimage.yaml\n*.mod\n"
    )


@pytest.mark.parametrize(
    ("definition", "patterns"),
    [
        ('ignore: ["go.*"]', ["image.yaml", "Dockerfile.j2", "go.*"]),
        ('ignore: ["go.*", "!image.yaml"]', ["image.yaml", "Dockerfile.j2", "go.*", "!image.yaml"]),
        ("ignore: [image.yaml]", ["Dockerfile.j2", "image.yaml"]),
        ('ignore: ["*", "!src"]', ["*", "!src"]),
        ("context: src", []),
    ],
)
def test_what_a_variant_is_made_from_is_no_input_of_it(definition: str, patterns: list[str]) -> None:
    files = {"images/a/image.yaml": definition, "images/a/Dockerfile.j2": "FROM scratch\nCOPY . .\n"}
    ignore = plan_of(files).targets["a"].recipe.ignore
    assert ignore is not None
    assert [line for line in ignore.text.splitlines() if not line.startswith("#")] == patterns


def test_one_more_version_leaves_what_copies_everything_as_it_was() -> None:
    files = PLAIN | {"images/a/1.txt": "", "images/a/2.txt": ""}
    definition = 'matrix: {axes: {v: ["1"%s]}}\nignore: ["*.txt", "!{{ v }}.txt"]\n'
    one = plan_of(files | {"images/a/image.yaml": definition % ""}).targets["a-1"]
    two = plan_of(files | {"images/a/image.yaml": definition % ', "2"'}).targets["a-1"]
    assert one.recipe.files == two.recipe.files
    assert "image.yaml" in (one.recipe.ignore or pytest.fail("none")).text


@pytest.mark.parametrize(
    ("instruction", "ignore", "hidden"),
    [
        ("COPY . .", "", True),
        ("COPY *.yaml /", "", True),
        ("RUN --mount=type=bind,target=/src make", "", True),
        ("COPY src /src", "", False),
        ("COPY image.yaml /", "", False),
        ("COPY . .\nCOPY image.yaml /", "", False),
        ("RUN true", "", False),
        ("COPY . .", "*.yaml\n", False),
    ],
)
def test_a_definition_that_a_variant_of_a_matrix_would_copy_is_left_out(
    instruction: str, ignore: str, hidden: bool
) -> None:
    files = {
        "images/a/image.yaml": 'matrix: {axes: {v: ["1", "2"]}}\n',
        "images/a/Dockerfile": f"FROM debian:13\n{instruction}\n",
        "images/a/.dockerignore": ignore,
        "images/a/src/main.c": "",
    }
    recipe = plan_of(files).targets["a-1"].recipe
    assert recipe.ignore is not None
    assert ("image.yaml" in recipe.ignore.text.splitlines(), bool(recipe.files)) == (hidden, hidden)
    alone = plan_of(files | {"images/a/image.yaml": ""}).targets["a"].recipe
    assert not alone.files


def test_an_ignore_file_of_the_dockerfile_comes_before_that_of_the_context() -> None:
    files = PLAIN | {"images/a/.dockerignore": "one\n", "images/a/Dockerfile.dockerignore": "two\n"}
    ignore = plan_of(files).targets["a"].recipe.ignore
    assert ignore is not None
    assert ignore.text == "two\n"


def test_the_header_stands_below_parser_directives_and_describes_nothing() -> None:
    dockerfile = "# syntax=docker/dockerfile:1\n# escape=`\nARG V=1\nFROM scratch AS x\n"
    files = PLAIN | {"images/a/Dockerfile": dockerfile, "images/a/image.yaml": "ignore: [x]\n"}
    text = plan_of(files).targets["a"].recipe.files[0].text
    assert text.splitlines()[:2] == dockerfile.splitlines()[:2]
    rendered = read(plan_of(files).targets["a"].recipe.source or pytest.fail("no source"))
    assert rendered.syntax == "docker/dockerfile:1"
    assert rendered.escape == "`"
    assert rendered.global_args[0].items[0].description == ""


def test_what_bakegen_writes_stays_out_of_a_context_that_covers_it() -> None:
    files = {
        "images/a/image.yaml": "context: ../..\n",
        "images/a/Dockerfile": "FROM scratch\nCOPY . .\n",
    }
    ignore = plan_of(files).targets["a"].recipe.ignore
    assert ignore is not None
    written = [".bakegen", "docker-bake*", "bakegen.lock", "bakegen-report.json", "bakegen-steps.json"]
    assert ignore.text.splitlines()[-5:] == written


def test_a_template_is_rendered_with_partials_of_the_project() -> None:
    files = {
        "templates/tools.j2": "RUN install {{ v }}\n",
        "images/a/image.yaml": 'matrix: {axes: {v: ["3.10"]}}\n',
        "images/a/Dockerfile.j2": 'FROM scratch\n{% include "tools.j2" %}\n',
    }
    source = plan_of(files).targets["a-3-10"].recipe.source
    assert source is not None
    assert source.text.endswith("FROM scratch\nRUN install 3.10\n")


def test_a_missing_dockerfile_is_an_error_at_the_image() -> None:
    with pytest.raises(InputError, match="neither Dockerfile"):
        plan_of({"images/a/image.yaml": "description: x\n"})


def test_a_line_break_in_an_ignore_pattern_is_refused() -> None:
    with pytest.raises(InputError, match="line break"):
        plan_of(PLAIN | {"images/a/image.yaml": 'ignore: ["a\\n!b"]\n'})


def test_an_inline_dockerfile_has_a_source_and_no_path() -> None:
    recipe = plan_of({"images/a/image.yaml": "dockerfile-inline: |\n  FROM scratch\n"}).targets["a"].recipe
    assert recipe.path == ""
    assert recipe.source is not None
    assert recipe.source.text == "FROM scratch\n"


def test_a_remote_context_is_passed_on_unread() -> None:
    target = plan_of({"images/a/image.yaml": "context: 'https://example.com/a.git#main'\n"}).targets["a"]
    assert target.recipe.remote
    assert target.reading is None


@pytest.mark.parametrize(
    ("context", "remote"),
    [
        ("https://x/y.git", True),
        ("git@github.com:a/b.git", True),
        ("github.com/a/b", True),
        ("docker-image://x", True),
        ("target:x", True),
        ("-", True),
        ("../x", False),
        (".", False),
        ("-x", False),
        ("targets", False),
    ],
)
def test_what_counts_as_a_folder(context: str, remote: bool) -> None:
    assert is_remote(context) is remote
