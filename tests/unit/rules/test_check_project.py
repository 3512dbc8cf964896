"""Rules about definitions on whole projects: the file of a finding, comments that silence, any text at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bakegen.rules.check_project import check_definition, check_project
from bakegen.rules.config import Config
from bakegen.rules.definitions.ambiguous_scalar import other_reading
from bakegen.rules.fixing import fix_other
from bakegen.rules.model import Settings
from bakegen.text import Source
from bakegen.workspace.lint_project import definition_files, load_known
from tests.unit.rules.examples import definition_subject

if TYPE_CHECKING:
    from bakegen.rules.model import Result

ROOT = Path(__file__).parents[3]
FILES = {
    "bakegen.yaml": "defaults:\n  args: {MIRROR: example.com}\n",
    "images/a/image.yaml": "labels: {mode: 0755}\nargs: {VERSOIN: '1'}\n",
    "images/a/Dockerfile": "FROM scratch\nARG VERSION\n",
    "images/b/image.yaml": "labels: {on: on}\n",
    "images/b/Dockerfile": "FROM scratch\nLABEL a=b\n",
}


def laid(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return folder


def look(folder: Path, path: str, config: Config | None = None) -> list[tuple[str, int]]:
    config = config or Config()
    source = Source(f"shown/{path}", (folder / path).read_text(encoding="utf-8"))
    results = check_definition(definition_subject(folder, path, source, config.settings), config)
    assert all(one.source is source for one in results)
    return shown(results)


def shown(results: tuple[Result, ...]) -> list[tuple[str, int]]:
    return [(one.rule.code, one.source.position(one.finding.span.start)[0]) for one in results]


def test_each_finding_is_in_its_file(tmp_path: Path) -> None:
    known = load_known(laid(tmp_path, FILES))
    results = check_project(known, definition_files(tmp_path, known))
    assert [(one.source.path, one.rule.code) for one in results] == [
        ("bakegen.yaml", "DE508"),
        ("images/a/image.yaml", "DE501"),
        ("images/a/image.yaml", "DE508"),
        ("images/b/image.yaml", "DE501"),
    ]
    for path in ("bakegen.yaml", "images/a/image.yaml", "images/b/image.yaml"):
        here = [one for one in results if one.source.path == path]
        assert look(tmp_path, path) == shown(tuple(here))


@pytest.mark.parametrize(
    "text",
    [
        "# bakegen ignore=DE501\nlabels: {mode: 0755}\n",
        "labels: {mode: 0755} # bakegen ignore=DE501 a file mode\n",
        "labels:\n  # bakegen ignore=ambiguous-scalar\n  # as chmod takes it\n\n  mode: 0755\n",
        "# bakegen global ignore=DE501\nlabels:\n  a: b\n  mode: 0755\n",
        "labels:\r\n  # bakegen ignore=DE501\r\n  mode: 0755\r\n",
    ],
)
def test_comments_silence(tmp_path: Path, text: str) -> None:
    laid(tmp_path, {"bakegen.yaml": "", "images/a/Dockerfile": "FROM scratch\nLABEL a=b\n"})
    (tmp_path / "images/a/image.yaml").write_bytes(text.encode())
    assert look(tmp_path, "images/a/image.yaml") == []
    assert [code for code, _ in look(tmp_path, "images/a/image.yaml", Config(pragmas=False))] == ["DE501"]


def test_comments_of_no_use_are_reported(tmp_path: Path) -> None:
    text = (
        "# bakegen ignore=DE501\nlabels: {mode: '0755'}\n# bakegen ignore=no-such-rule\ntarget: a\n"
        "dockerfile-inline: |\n  # bakegen ignore=DF999\n  FROM scratch AS a\n  LABEL x=' # bakegen ignore=DF999'\n"
    )
    laid(tmp_path, {"bakegen.yaml": "", "images/a/image.yaml": text})
    assert look(tmp_path, "images/a/image.yaml") == [("GE002", 1), ("GE003", 3)]


def test_a_project_that_cannot_be_read_is_said_where_it_is_wrong(tmp_path: Path) -> None:
    laid(tmp_path, FILES | {"images/b/image.yaml": "labels: {on: on}\nno-such: field\n"})
    assert look(tmp_path, "images/b/image.yaml") == [("DE501", 1), ("DE500", 2)]
    # What needs only the file itself is found all the same.
    assert look(tmp_path, "images/a/image.yaml") == [("DE501", 1)]
    assert look(tmp_path, "bakegen.yaml") == []


def test_what_lies_elsewhere_in_the_repository_may_be_reached(tmp_path: Path) -> None:
    project = tmp_path / "repository" / "project"
    project.mkdir(parents=True)
    (tmp_path / "repository" / "shared").mkdir()
    image = "contexts: {shared: ../../../shared, other: ../../../../other}\n"
    dockerfile = "FROM scratch\nCOPY --from=shared . /\n"
    laid(project, {"bakegen.yaml": "", "images/a/image.yaml": image, "images/a/Dockerfile": dockerfile})
    assert look(project, "images/a/image.yaml") == [("DE500", 1)]
    (tmp_path / "repository" / ".git").mkdir()
    assert look(project, "images/a/image.yaml") == [("DE500", 1)]
    (project / "images/a/image.yaml").write_text("contexts: {shared: ../../../shared}\n")
    assert look(project, "images/a/image.yaml") == []


def test_a_file_that_only_has_the_name_is_left_alone(tmp_path: Path) -> None:
    laid(tmp_path, FILES | {"charts/image.yaml": "replicas: 010\n"})
    assert look(tmp_path, "charts/image.yaml") == []


def test_the_images_of_this_repository_are_clean() -> None:
    known = load_known(ROOT / "images")
    files = definition_files(ROOT / "images", known)
    assert len(files) > 5
    assert [(one.source.path, one.rule.code, one.finding.message) for one in check_project(known, files)] == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["bakegen.yaml", "images/a/image.yaml"]),
    st.lists(
        st.sampled_from(
            ["matrix:", "axes:", "  ", "\n", "version: [1.10, 1.9, 2]", "selections:", "pr: newest 1 of version", "{",
             "}", "args:", "A: on", "- ", "*a", "&a ", "defaults:", "vars: {a: b}", "labels: {a: 010}",
             "# bakegen ignore=DE501", "null", "exclude: [{version: x}]", "'", ": ", "default: false", "{{ x }}",
             "\ufeff", "\udc80", "é", "---"]
        ),
        max_size=14,
    ),
)  # fmt: skip
def test_any_text_is_looked_at(tmp_path: Path, path: str, parts: list[str]) -> None:
    laid(tmp_path, FILES)
    text = "".join(parts)
    subject = definition_subject(tmp_path, path, Source(path, text), Settings())
    for one in check_definition(subject, Config(select=("ALL",))):
        assert one.finding.span.end <= len(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3.10", "3.1"), ("1.20", "1.2"), ("010", "octal number 8"), ("0x1F", "31"), ("1_000", "1000"), ("on", "true"),
        ("Off", "false"), ("12:30:45", "45045"), ("1:30", "90"), ("1e3", "1000"), ("1234e56", "1.234e+59"),
        ("1e400", "infinite"), ("3.14159265358979323846", "less exactly"), (".5", "0.5"), ("+1", "1"), ("-010", "-8"),
        ("0b11", "3"),
        ("0o17", "15"), ("1.", "1.0"), ("00", "octal number 0"), ("09", "number 9"), ("-007", "-7"),
    ],
)  # fmt: skip
def test_what_others_read_otherwise(text: str, said: str) -> None:
    assert said in (other_reading(text) or "")


@pytest.mark.parametrize(
    "text",
    ["3.11", "1.0", "0", "8080", "-1", "0.5", "1.2.3", "v1.10", "oN", "true", "yesterday", "12:61", "1.10-rc1",
     "12e", "e5", "0x", "1234567890123456789012", "2024-01-01", "", "~", "a:1", "100.25", "22.04", "."],
)  # fmt: skip
def test_what_stays_the_same_everywhere(text: str) -> None:
    assert other_reading(text) is None


@given(st.text(alphabet="0123456789.:_+-eExXobnofNOF", max_size=64))
def test_every_scalar_has_an_answer(text: str) -> None:
    other_reading(text)


def test_quotes_change_nothing_of_what_is_built(tmp_path: Path) -> None:
    files = FILES | {
        "bakegen.yaml": "min-buildx: 0.20\ndefaults:\n  labels: {at: 12:30:45, mode: 0755}\n",
        "images/a/image.yaml": "matrix: {axes: {version: [1.9, 1.10, 010]}}\nargs: {VERSION: '{{ version }}', B: on}\n",
    }
    laid(tmp_path, files)
    before = load_known(tmp_path)
    texts = {}
    for path in ("bakegen.yaml", "images/a/image.yaml", "images/b/image.yaml"):
        fixed = fix_other(
            Source(path, files[path]),
            lambda one: check_definition(
                definition_subject(tmp_path, one.path, one, Settings()), Config(select=("DE501",))
            ),
        )
        assert fixed.made
        assert not fixed.refused
        texts[path] = fixed.source
    after = load_known(tmp_path, texts)
    for one, other in zip(before.targets, after.targets, strict=True):
        assert (one.name, one.tags) == (other.name, other.tags)
        values = [{name: field.value for name, field in target.variant.fields.items()} for target in (one, other)]
        assert values[0] == values[1]
