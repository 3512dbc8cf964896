"""The cascade: which layer wins, how values merge, and that each leaf knows its origin."""

from __future__ import annotations

import pytest

from tests.unit.matrix.expanding import only, problems, variants

PROJECT = """\
registry: r.example.com/t
defaults:
  args: {A: project, B: project, C: project, D: project, E: project}
"""
IMAGE = """\
matrix:
  axes: {version: ["1"]}
  overrides:
    - match: {version: "1"}
      set: {args: {C: matrix1, D: matrix1, E: matrix1}}
    - match: {version: "*"}
      set: {args: {C: matrix2}}
args: {B: image, C: image, D: image, E: image}
"""


def test_each_layer_wins_over_the_ones_below_and_origins_say_so() -> None:
    found = variants(
        IMAGE, PROJECT, {"BAKEGEN_SET": "go.args.D=environment\ngo-1.args.E=environment"}, ["g*.args.E=flag"]
    )
    args = found["go-1"].fields["args"]
    assert args.value == {"A": "project", "B": "image", "C": "matrix2", "D": "environment", "E": "flag"}
    assert {path: str(origin) for path, origin in args.origins.items()} == {
        "args.A": "project bakegen.yaml:3:13",
        "args.B": "image images/go/image.yaml:8:11",
        "args.C": "matrix images/go/image.yaml:7:23",
        "args.D": "environment BAKEGEN_SET",
        "args.E": "flag --set",
    }


def test_built_in_values_say_so() -> None:
    fields = only("").fields
    assert {name: field.value for name, field in fields.items()} == {
        "context": ".",
        "dockerfile": "Dockerfile",
        "repository": "go",
        "cache": {"backend": "local", "policy": "branch", "mode": "max", "compression": "zstd"},
        "default": True,
    }
    assert all(str(origin).startswith("built-in") for field in fields.values() for origin in field.origins.values())


@pytest.mark.parametrize(
    ("field", "below", "above", "result"),
    [
        ("tags", "[a, b]", "[c]", ("c",)),
        ("platforms", "[a]", "[]", ()),
        ("ignore", "[a, b]", "[b, c]", ("a", "b", "c")),
        ("no-cache-filter", "[a]", "[b]", ("a", "b")),
        ("labels", "{a: 1, b: 2}", "{b: 3, c: 4}", {"a": "1", "b": "3", "c": "4"}),
        ("labels", "{a: 1, b: 2}", "{b: null}", {"a": "1"}),
        ("labels", "{a: 1}", "null", None),
        ("labels", "{a: 1}", "", None),
        ("tags", "[a]", "~", None),
        ("target", "a", "b", "b"),
        ("pull", "true", "false", False),
        (
            "secret",
            "[{id: a, env: X}, 'id=b,src=c']",
            "[{id: b, env: Y}]",
            ({"id": "a", "env": "X"}, {"id": "b", "env": "Y"}),
        ),
        (
            "ssh",
            "[default, x=/a]",
            "[{id: default, paths: [/b]}]",
            ({"id": "x", "paths": ("/a",)}, {"id": "default", "paths": ("/b",)}),
        ),
        ("output", "[type=tar]", "[{type: local, dest: d}]", ({"type": "local", "dest": "d"},)),
        ("resources", "{memory: 1g}", "{cpu-shares: 3}", {"memory": "1g", "cpu-shares": 3}),
        ("vars", "{a: 1, b: {c: 2}}", "{b: {d: 3}}", {"a": "1", "b": {"d": "3"}}),
        ("repository", "a", "null", "go"),
    ],
)
def test_merge_rules(field: str, below: str, above: str, result: object) -> None:
    variant = only(f"{field}: {above}", f"defaults: {{{field}: {below}}}")
    assert variant.value(field) == result


def test_the_same_merge_rules_hold_for_overrides() -> None:
    overrides = "[{match: {v: b}, set: {tags: [b], ignore: [y]}}]"
    found = variants(f"tags: [a]\nignore: [x]\nmatrix: {{axes: {{v: [a, b]}}, overrides: {overrides}}}")
    assert [(v.value("tags"), v.value("ignore")) for v in found.values()] == [
        (("a",), ("x",)),
        (("b",), ("x", "y")),
    ]


def test_an_override_may_take_a_field_away() -> None:
    found = variants("target: t\nmatrix: {axes: {v: [a, b]}, overrides: [{match: {v: b}, set: {target: null}}]}")
    assert [variant.value("target") for variant in found.values()] == ["t", None]


@pytest.mark.parametrize(
    ("settings", "image", "result"),
    [
        ("cache: {mode: min}", "", "local branch mode=min compression=zstd"),
        ("registry: r.example.com", "", "registry branch mode=max compression=zstd"),
        ("cache: {compression: gzip, policy: none}", "cache: {backend: gha, scope: s}", "gha none mode=max scope=s"),
        ("cache: {backend: gha, scope: s}", "cache: {mode: min}", "gha branch mode=min scope=s"),
        ("cache: {mode: min}", "cache: {backend: inline}", "inline branch"),
        ("cache: {mode: min}\ndefaults: {cache: {mode: max}}", "", "local branch mode=max compression=zstd"),
        ("cache: {mode: min}\ndefaults: {cache: {mode: max}}", "cache: null", "local branch mode=min compression=zstd"),
    ],
)
def test_another_cache_backend_starts_afresh(settings: str, image: str, result: str) -> None:
    cache = only(image, settings).mapping("cache")
    rest = [f"{name}={value}" for name, value in cache.items() if name not in ("backend", "policy")]
    assert " ".join([cache["backend"], cache["policy"], *rest]) == result


def test_cache_fields_of_another_backend_are_errors_at_their_place() -> None:
    (problem,) = problems("cache:\n  backend: gha\n  bucket: b\n")
    assert (problem.code, str(problem.location)) == ("cache-field", "images/go/image.yaml:3:11")


def test_secrets_never_come_from_a_file() -> None:
    found = problems("cache: {backend: s3, secret_access_key: hunter2}")
    assert [p.code for p in found] == ["unknown-field"]
    assert "hunter2" not in found[0].message


def test_lists_given_several_times_make_one_list() -> None:
    variant = only("platforms: [x]", flags=["go.platforms=a", "go.platforms=b", "*.labels.x.y=1", "*.labels.z=2"])
    assert variant.value("platforms") == ("a", "b")
    assert variant.value("labels") == {"x.y": "1", "z": "2"}


def test_an_empty_value_is_an_empty_list() -> None:
    assert only("platforms: [x]", flags=["go.platforms="]).value("platforms") == ()


def test_values_keep_equals_signs_and_dots() -> None:
    assert only("", flags=["go.args.X=a=b.c"]).value("args") == {"X": "a=b.c"}


def test_entries_can_be_set_as_csv() -> None:
    assert only("", flags=["go.secret=id=a,env=B"]).value("secret") == ({"id": "a", "env": "B"},)


def test_a_flag_that_fits_nothing_is_an_error() -> None:
    (problem,) = problems("", flags=["goo.args.X=1"])
    assert (problem.code, problem.help) == ("set-unused", "did you mean 'go'?")


def test_a_variable_that_fits_nothing_is_a_warning() -> None:
    warnings: list[object] = []
    variants("", environ={"BAKEGEN_SET": "other.args.X=1"}, warnings=warnings)  # type: ignore[arg-type]
    assert len(warnings) == 1


def test_templates_work_in_every_layer() -> None:
    found = variants(
        'matrix: {axes: {v: ["1.0"]}}\ntarget: "{{ v }}-image"',
        'defaults: {description: "{{ v }} of {{ image }}"}',
        flags=["go.args.X={{ v }}!"],
    )
    assert found["go-1-0"].value("description") == "1.0 of go"
    assert found["go-1-0"].value("args") == {"X": "1.0!"}
