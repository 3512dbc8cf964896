"""GitHub workflows: golden cases, expressions, matrices, tags that render, hostile input."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.importing.folding_templates import literal
from bakegen.importing.model import Found
from bakegen.importing.workflow_expressions import MARKED, MAX_TEXT, Contexts, Unknown
from bakegen.importing.workflow_matrix import NotKnown, combinations
from bakegen.importing.workflow_metadata import TOLD, MetadataReader
from bakegen.importing.workflows import read_workflows
from bakegen.templating.text import render_text
from tests.golden_files import Golden
from tests.unit.importing.trees import Tree, as_json

CASES = Path(__file__).parent / "workflows"
CONTEXTS = Contexts(
    {
        "github": {"sha": "abc", "repository": "team/app", "event": {"repository": {"default_branch": "main"}}},
        "matrix": {"version": "3.12", "os": {"name": "alpine"}, "list": ["a", "b"], "on": True},
        "env": {"A": "1"},
    },
    lambda step, output: Unknown(f"steps.{step}.outputs.{output}"),
)


@pytest.mark.parametrize("case", sorted(folder.name for folder in CASES.iterdir()))
def test_a_project_is_read_like_this(case: str, request: pytest.FixtureRequest) -> None:
    found = read_workflows(Tree.of(CASES / case / "project"))
    golden = Golden(CASES / case, bool(request.config.getoption("--update-golden")))
    golden.check("found", {"found.json": as_json(found)})


def read(text: str) -> Found:
    return read_workflows(Tree({".github/workflows/a.yml": text.encode(), "Dockerfile": b"FROM scratch"}))


def test_no_workflow_is_nothing() -> None:
    assert read_workflows(Tree({"Dockerfile": b"FROM scratch", ".github/workflows/a/b.yml": b"jobs: {}"})) == Found()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("matrix.version", "3.12"),
        ("matrix.os.name", "alpine"),
        ("matrix['os']['name']", "alpine"),
        ("matrix.list[1]", "b"),
        ("matrix.gone", None),
        ("matrix.gone || 'other'", "other"),
        ("matrix.on && 'a' || 'b'", "a"),
        ("!matrix.on", False),
        ("matrix.version == '3.12'", True),
        ("(matrix.version != '3.12') || env.A == '1'", True),
        ("format('{0}-{{x}}-{1}', matrix.version, env.A)", "3.12-{x}-1"),
        ("startsWith(github.repository, 'TEAM/')", True),
        ("endsWith(matrix.version, '12')", True),
        ("contains(matrix.version, 'x')", False),
        ("'it''s'", "it's"),
        ("github.event.repository.default_branch", "main"),
        ("vars.X || 'default'", "default"),
        ("secrets.X", Unknown("secrets.X")),
        ("env.GONE", Unknown("env.GONE")),
        ("steps.a.outputs.b", Unknown("steps.a.outputs.b")),
        ("github.event_name == 'push' && 'a' || 'b'", Unknown("github.event_name == 'push' && 'a' || 'b'")),
        ("fromJSON('[1]')", Unknown("fromJSON('[1]')")),
        ("matrix.", Unknown("matrix.")),
        ("(((", Unknown("(((")),
        ("", Unknown("")),
    ],
)
def test_expressions(expression: str, value: object) -> None:
    assert CONTEXTS.value(expression) == value


def test_a_matrix_as_github_documents_it() -> None:
    found = combinations(
        {
            "fruit": ["apple", "pear"],
            "animal": ["cat", "dog"],
            "include": [
                {"color": "green"},
                {"color": "pink", "animal": "cat"},
                {"fruit": "apple", "shape": "circle"},
                {"fruit": "banana"},
                {"fruit": "banana", "animal": "cat"},
            ],
        }
    )
    assert found == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_a_matrix_that_is_too_large_is_told() -> None:
    with pytest.raises(NotKnown, match="more than 256"):
        combinations({name: [str(n) for n in range(20)] for name in "abcdef"})


FACTS = {
    "main": {"branch": "main", "tag": "main", "git": {"commit": "a" * 40, "tag": "", "branch": "main"}},
    "request": {"branch": "pr-7", "tag": "pr-7", "git": {"commit": "a" * 40, "tag": "", "branch": "x"}},
    "release": {"branch": "v1-2-3", "tag": "v1.2.3", "git": {"commit": "a" * 40, "tag": "v1.2.3", "branch": "v1.2.3"}},
    "candidate": {
        "branch": "v2",
        "tag": "v2.0.0-rc1",
        "git": {"commit": "", "tag": "v2.0.0-rc1", "branch": "v2.0.0-rc1"},
    },
}
WANTED = {
    "main": {"main", "sha-aaaaaaa"},
    "request": {"pr-7", "sha-aaaaaaa"},
    "release": {"1.2.3", "1.2", "latest", "stable", "sha-aaaaaaa"},
    "candidate": {"2.0.0-rc1", "stable"},
}


@pytest.mark.parametrize("event", FACTS)
def test_tags_of_metadata_action_render(event: str) -> None:
    found = read_workflows(Tree.of(CASES / "publish" / "project"))
    (target,) = (one for one in found.targets if one.name != "docs")
    templates = target.own["branch-tags"]
    assert isinstance(templates, list)
    facts = {**FACTS[event], "ci": {"pull_request": "7" if event == "request" else ""}}
    rendered = {render_text(literal(str(one)), facts) for one in templates}
    assert {one.rpartition(":")[2] for one in rendered if one} == WANTED[event]


KEYS = [
    *("on", "jobs", "j", "steps", "uses", "with", "strategy", "matrix", "include", "exclude", "env", "tags", "images"),
    *("context", "file", "build-args", "secrets", "platforms", "run", "id", "inputs", "default", "push", "branches"),
]
TEXTS = [
    *(
        "null",
        "1",
        "''",
        "'${{ matrix.a }}'",
        "'${{ ('",
        "docker/build-push-action@v6",
        "docker/metadata-action@v5",
        "m",
    ),
    *(
        "'type=sha'",
        "'type=raw,value={{x}}'",
        "'a=b'",
        "./x",
        "./.github/workflows/a.yml",
        "'${{ steps.m.outputs.tags }}'",
    ),
]
HOSTILE = st.recursive(
    st.sampled_from(TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=5).map(
            lambda entries: "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"
        ),
    ),
    max_leaves=25,
)


@given(HOSTILE, HOSTILE)
def test_whatever_is_written_is_read_or_lost(job: str, inputs: str) -> None:
    build = f"{{uses: docker/build-push-action@v6, with: {inputs}}}"
    meta = f"{{uses: docker/metadata-action@v5, id: m, with: {inputs}}}"
    for text in (job, f"jobs: {{j: {job}}}", f"jobs: {{j: {{strategy: {{matrix: {job}}}, steps: [{meta}, {build}]}}}}"):
        for loss in read(text).losses:
            assert loss.origin
            assert loss.what
            assert loss.instead


@given(st.text(max_size=80))
def test_whatever_an_expression_is(expression: str) -> None:
    CONTEXTS.text("${{" + expression + "}}")
    CONTEXTS.lines(expression)


def test_many_parentheses_end() -> None:
    assert isinstance(CONTEXTS.value("(" * 400 + "1" + ")" * 400), Unknown)
    assert isinstance(CONTEXTS.value("!" * 499 + "1"), Unknown | bool)


def test_braces_that_are_never_closed_are_read_once() -> None:
    text = "${{ " * 200_000
    assert CONTEXTS.text(text) == text[:MAX_TEXT]
    assert CONTEXTS.lines(text)


@pytest.mark.parametrize(
    "url", ["git@github.com:Team/App.git", "https://github.com/Team/App", "https://x@github.com/Team/App.git"]
)
def test_the_remote_of_git_tells_the_repository(url: str) -> None:
    files = Tree.of(CASES / "publish" / "project").files
    config = f'[remote "origin"]\n\turl = {url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'
    found = read_workflows(Tree({**files, ".git/config": config.encode()}))
    (target,) = (one for one in found.targets if one.name == "app")
    assert target.attributes["tags"] == ["ghcr.io/team/app:main", "ghcr.io/team/app:edge"]
    assert target.guesses == ()
    labels = target.attributes["labels"]
    assert isinstance(labels, dict)
    assert labels["org.opencontainers.image.source"] == "https://github.com/Team/App"


@pytest.mark.parametrize(
    ("tags", "flavor", "fixed", "moving"),
    [
        ("type=raw,value=x,enable=${{ matrix.v == 'a' && github.ref_name == 'main' }}", "latest=false", ["x"], []),
        ("type=raw,value=x,enable=${{ matrix.v == 'b' && github.ref_name == 'main' }}", "latest=false", [], []),
        ("type=raw,value=x", "latest=${{ matrix.v == 'a' && github.ref == 'refs/heads/main' }}", ["latest", "x"], []),
        ("type=raw,value=x", "latest=${{ matrix.v == 'b' && github.ref == 'refs/heads/main' }}", ["x"], []),
        ("type=pep440,pattern=stable", "latest=false", [], ["stable"]),
        ("type=match,pattern=v(.*),group=1", "latest=false", [], ["1.2.3"]),
        ("type=match,pattern=v.*", "", [], ["v1.2.3", "latest"]),
        ("type=match,pattern=other-(.*),group=1", "latest=false", [], []),
        ("type=ref,event=branch,enable=${{ github.ref_name != 'main' }}", "latest=false", None, None),
    ],
)
def test_conditions_of_several_parts(tags: str, flavor: str, fixed: list[str] | None, moving: list[str] | None) -> None:
    lost: list[str] = []
    contexts = Contexts({"matrix": {"v": "a"}, "github": {}}, lambda step, output: Unknown(f"{step}.{output}"))
    read = MetadataReader(contexts, "main", lambda what, _: lost.append(what)).read("r/app", tags, flavor, "", "")
    facts = {**FACTS["release"], "ci": {"pull_request": ""}}
    plain = [tag.removeprefix(f"{TOLD}r/app:") for tag in read.tags]
    found = [render_text(literal(tag.removeprefix(TOLD)), facts).rpartition(":")[2] for tag in read.tags]
    assert not lost
    if fixed is None:
        assert found == [""]
    else:
        assert sorted(tag for tag in plain if not MARKED.search(tag)) == fixed
        assert [name for name, tag in zip(found, plain, strict=True) if MARKED.search(tag) and name] == moving
