"""Matrices to variants: counts, names, templates, limits, and the same result everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.definition.globs import matches
from bakegen.matrix.expand import count, expand
from bakegen.matrix.naming import fit_name
from tests.unit.definition.projects import project
from tests.unit.matrix.expanding import only, problems, variants

if TYPE_CHECKING:
    from bakegen.diagnostics import Diagnostic

MATRIX = """\
matrix:
  axes:
    version: ["1.22", 1.23]
    os:
      - {name: bookworm, base: "debian:12"}
      - {base: "alpine:3.20", libc: musl}
  exclude:
    - {version: "1.22", os: "alpine*"}
  include:
    - {version: 1.10, os: bookworm}
    - {version: 1.24, os: {name: sid, base: "debian:sid"}}
args: {V: "{{ version }}", BASE: "{{ os.base }}", OS: "{{ os }}"}
"""


def test_the_product_less_exclude_and_include() -> None:
    found = variants(MATRIX)
    assert list(found) == [
        "go-1-22-bookworm",
        "go-1-23-bookworm",
        "go-1-23-alpine-3-20",
        "go-1-10-bookworm",
        "go-1-24-sid",
    ]
    assert [v.value("args") for v in found.values()][2:] == [
        {"V": "1.23", "BASE": "alpine:3.20", "OS": "alpine:3.20"},
        {"V": "1.10", "BASE": "debian:12", "OS": "bookworm"},
        {"V": "1.24", "BASE": "debian:sid", "OS": "sid"},
    ]


def test_an_image_without_a_matrix_is_one_variant() -> None:
    variant = only("description: x")
    assert (variant.name, dict(variant.axes), variant.describe()) == ("go", {}, "go")


def test_variants_tell_where_they_come_from() -> None:
    found = variants(MATRIX)
    assert str(found["go-1-23-bookworm"].location) == "images/go/image.yaml:3:23"
    assert str(found["go-1-10-bookworm"].location) == "images/go/image.yaml:10:7"
    assert found["go-1-23-bookworm"].describe() == "go (version=1.23, os=bookworm)"


def test_only_limits_what_is_rendered() -> None:
    image = "matrix: {axes: {v: [a, b]}}\nargs: {X: \"{{ nope if v == 'b' else v }}\"}"
    found = expand(project({"go": image}), only={"go-a"})
    assert [variant.name for variant in found] == ["go-a"]
    assert [p.code for p in problems(image)] == ["undefined"]


def test_overrides_match_globs_lists_and_fields() -> None:
    image = """\
matrix:
  axes:
    v: [1.0, 1.1, 2.0]
    os: [{name: a, family: debian}, {name: b, family: alpine}]
  overrides:
    - {match: {v: "1.*"}, set: {args: {ONE: y}}}
    - {match: {v: [1.1, "2*"]}, set: {args: {TWO: y}}}
    - {match: {os.family: deb*, v: "2.0"}, set: {args: {THREE: y}}}
"""
    found = {name: sorted(variant.mapping("args")) for name, variant in variants(image).items()}
    assert found == {
        "go-1-0-a": ["ONE"],
        "go-1-0-b": ["ONE"],
        "go-1-1-a": ["ONE", "TWO"],
        "go-1-1-b": ["ONE", "TWO"],
        "go-2-0-a": ["THREE", "TWO"],
        "go-2-0-b": ["TWO"],
    }


def test_what_matches_nothing_is_a_warning_with_its_place() -> None:
    warnings: list[Diagnostic] = []
    variants(
        "matrix:\n  axes: {v: [a]}\n  exclude: [{v: b}]\n  overrides: [{match: {v: c}, set: {pull: true}}]",
        warnings=warnings,
    )
    assert [(w.code, str(w.location)) for w in warnings] == [
        ("exclude-unused", "images/go/image.yaml:3:13"),
        ("override-unused", "images/go/image.yaml:4:23"),
    ]


@pytest.mark.parametrize(
    ("matrix", "code", "place"),
    [
        ("{axes: {v: [1.0, 1.0]}}", "duplicate-value", "1:26"),
        ("{axes: {v: [{name: a}, a]}}", "duplicate-value", "1:32"),
        ("{axes: {v: []}}", "empty-axis", "1:17"),
        ("{axes: {v: 1.0}}", "wrong-type", "1:20"),
        ("{axes: {v: [null]}}", "empty-value", "1:21"),
        ("{axes: {v: ['']}}", "empty-value", "1:21"),
        ("{axes: {v: [[a]]}}", "wrong-type", "1:21"),
        ("{axes: {v: [{a: [b]}]}}", "wrong-type", "1:25"),
        ("{axes: {v: ['{{ x }}']}}", "axis-template", "1:21"),
        ("{axes: {a-b: [a]}}", "axis-name", "1:17"),
        ("{axes: {image: [a]}}", "axis-name", "1:17"),
        ("{axes: {for: [a]}}", "axis-name", "1:17"),
        ("{axes: {branch: [a]}}", "axis-name", "1:17"),
        ("{axes: {v: [a]}, include: [{w: a}]}", "unknown-field", "1:37"),
        ("{axes: {v: [a], w: [b]}, include: [{v: c}]}", "include-incomplete", "1:44"),
        ("{axes: {v: [a]}, include: [{v: a}]}", "duplicate-variant", "1:36"),
        ("{axes: {v: [a]}, include: [{v: b}, {v: b}]}", "duplicate-variant", "1:44"),
        ("{axes: {v: [a]}, exclude: [{}]}", "empty-match", "1:36"),
        ("{axes: {vers: [a]}, exclude: [{ver: a}]}", "unknown-axis", "1:40"),
        ("{axes: {v: [a]}, exclude: {v: a}}", "wrong-type", "1:35"),
        ("{axes: {v: [a]}, overrides: [{match: {v: a}}]}", "override-incomplete", "1:38"),
        ("{axes: {v: [a]}, overrides: [{match: {v: a}, set: {name: x}}]}", "not-overridable", "1:60"),
        ("{axes: {v: [a]}, overrides: [{match: {v: a}, set: {pul: x}}]}", "unknown-field", "1:60"),
        ("{axes: {v: ['%']}}", "variant-name", "1:21"),
        ("{axess: {v: [a]}}", "unknown-field", "1:10"),
    ],
)
def test_a_bad_matrix_is_explained_at_its_place(matrix: str, code: str, place: str) -> None:
    found = problems(f"matrix: {matrix}")
    assert [(p.code, str(p.location)) for p in found] == [(code, f"images/go/image.yaml:{place}")]


def test_two_values_of_one_name_are_an_error_naming_both() -> None:
    (problem,) = problems('matrix:\n  axes:\n    v: ["1.1", "1-1"]')
    assert problem.code == "duplicate-target"
    assert problem.message == "go (v=1-1) and go (v=1.1) would both be the target 'go-1-1'"
    assert (str(problem.location), str(problem.labels[0].location)) == (
        "images/go/image.yaml:3:16",
        "images/go/image.yaml:3:9",
    )


def test_variants_of_two_images_of_one_name_are_an_error_naming_both() -> None:
    (problem,) = problems("matrix: {axes: {v: [a-b]}}", images={"go-a": "matrix: {axes: {v: [b]}}"})
    assert problem.code == "duplicate-target"
    assert str(problem.location) == "images/go-a/image.yaml:1:21"
    assert str(problem.labels[0].location) == "images/go/image.yaml:1:21"


def test_a_name_template_names_variants() -> None:
    found = variants('name: "{{ image }}_{{ v }}/x"\nmatrix: {axes: {v: ["1.1", "1-2"]}}')
    assert list(found) == ["go_1-1-x", "go_1-2-x"]


@pytest.mark.parametrize("template", ["_{{ v }}", "{% if v %}{% endif %}", "..."])
def test_names_that_cannot_be_are_explained(template: str) -> None:
    (problem,) = problems(f'name: "{template}"\nmatrix: {{axes: {{v: [a]}}}}')
    assert (problem.code, str(problem.location)) == ("variant-name", "images/go/image.yaml:1:7")


def test_a_name_template_sees_axes_and_image_only() -> None:
    (problem,) = problems('name: "{{ vars.x }}"\nvars: {x: y}')
    assert (problem.code, str(problem.location)) == ("undefined", "images/go/image.yaml:1:11")


def test_the_matrix_is_counted_before_it_is_made() -> None:
    axis = "[" + ", ".join(f"v{i}" for i in range(1000)) + "]"
    image = f"matrix:\n  axes: {{a: {axis}, b: {axis}, c: {axis}, d: {axis}}}"
    start = time.process_time()
    (problem,) = problems(image, images={"x": ""})
    assert time.process_time() - start < 2
    assert problem.code == "too-many-targets"
    assert problem.message == (
        "the project makes 1,000,000,000,001 combinations, and `max-targets` is 2,000; "
        "the image 'go' alone makes 1,000,000,000,000 (1000 a × 1000 b × 1000 c × 1000 d)"
    )
    assert str(problem.location) == "images/go/image.yaml:2:10"


def test_the_limit_can_be_raised_and_names_its_place() -> None:
    image = "matrix: {axes: {v: [a, b, c]}}"
    assert len(variants(image, "max-targets: 3")) == 3
    assert len(variants(image, "max-targets: 2", {"BAKEGEN_MAX_TARGETS": "3"})) == 3
    (problem,) = problems(image, "max-targets: 2")
    assert str(problem.labels[0].location) == "bakegen.yaml:1:14"


def test_vars_come_first_then_the_repository_then_the_rest() -> None:
    image = """\
matrix: {axes: {v: ["1.22.3"]}}
vars: {short: "{{ v | parts(2) }}", tools: [a, b]}
repository: "{{ registry }}/x/{{ vars.short }}"
tags: ["{{ repository }}:{{ variant }}", "{% if v is below('1.0') %}old{% endif %}"]
args: {TOOLS: "{{ vars.tools | join(' ') }}", DEFAULT: "{{ vars.nope | default('d') }}"}
"""
    variant = variants(image, "registry: r.example.com")["go-1-22-3"]
    assert variant.value("tags") == ("r.example.com/x/1.22:go-1-22-3",)
    assert list(variant.fields["tags"].origins) == ["tags[0]"]
    assert variant.value("args") == {"TOOLS": "a b", "DEFAULT": "d"}
    assert variant.template_context()["repository"] == "r.example.com/x/1.22"


def test_elements_that_render_to_nothing_leave_origins_in_step() -> None:
    variant = only("tags: [\"{% if image == 'x' %}y{% endif %}\", b]")
    assert variant.value("tags") == ("b",)
    assert str(variant.fields["tags"].origins["tags[0]"]) == "image images/go/image.yaml:1:45"


def test_nested_lists_of_vars_keep_empty_elements() -> None:
    variant = only("vars: {a: [\"{{ '' }}\", b]}")
    assert variant.value("vars") == {"a": ("", "b")}


def test_templates_give_booleans_numbers_and_entries() -> None:
    variant = only(
        'pull: "{{ image == \'go\' }}"\nresources: {cpu-shares: "{{ 1 + 2 }}"}\nsecret: ["id={{ image }},env=X"]\n'
        "network: \"{{ 'none' }}\""
    )
    assert variant.value("pull") is True
    assert variant.value("resources") == {"cpu-shares": 3}
    assert variant.value("secret") == ({"id": "go", "env": "X"},)
    assert variant.value("network") == "none"


@pytest.mark.parametrize(
    ("field", "code", "place"),
    [
        ('args: {A: "{{ versoin }}"}', "undefined", "1:15"),
        ('args: {A: "x {{ v.nope }}"}', "undefined", "1:19"),
        ('pull: "{{ v }}"', "wrong-type", "1:7"),
        ('network: "{{ v }}"', "unknown-value", "1:10"),
        ('resources: {cpu-shares: "{{ v }}"}', "wrong-type", "1:25"),
        ('secret: [{id: "{{ v }}", nope: "{{ v }}"}]', "entry-field", "1:32"),
        ('tags: ["{{ branch }}"]', "undefined", "1:12"),
        ('tags: ["{{ git.commit }}"]', "undefined", "1:12"),
        ('tags: ["{% if %}"]', "template-syntax", "1:8"),
        ('branch-tags: ["{% if %}"]', "template-syntax", "1:15"),
        ('cache: {backend: "{{ v }}"}', "cache-type", "1:18"),
    ],
)
def test_templates_that_fail_are_explained_at_their_place(field: str, code: str, place: str) -> None:
    found = problems(f"{field}\nmatrix: {{axes: {{v: [a, b, c]}}}}")
    assert [(p.code, str(p.location)) for p in found][:1] == [(code, f"images/go/image.yaml:{place}")]


def test_one_mistake_is_told_once_however_many_variants_have_it() -> None:
    assert len(problems('args: {A: "{{ x }}"}\nmatrix: {axes: {v: [a, b, c, d]}}')) == 1


def test_asking_for_the_branch_says_where_it_is_known() -> None:
    (problem,) = problems('args: {A: "{{ branch }}"}')
    assert problem.help is not None and "`branch-tags` and `ci-labels`" in problem.help


def test_asking_for_a_registry_that_is_not_set_says_how_to_set_it() -> None:
    (problem,) = problems('args: {A: "{{ registry }}"}')
    assert problem.help is not None and "BAKEGEN_REGISTRY" in problem.help


def test_branch_tags_and_ci_labels_stay_templates() -> None:
    variant = only('branch-tags: ["{{ repository }}:{{ branch }}"]\nci-labels: {rev: "{{ git.commit }}"}')
    assert variant.value("branch-tags") == ("{{ repository }}:{{ branch }}",)
    assert variant.value("ci-labels") == {"rev": "{{ git.commit }}"}


def test_fields_come_in_the_order_of_the_table() -> None:
    names = [list(v.fields) for v in variants('tags: [a]\nargs: {A: "{{ v }}"}\nmatrix: {axes: {v: [a]}}').values()]
    assert names == [["context", "dockerfile", "args", "tags", "repository", "cache", "default"]]


LABELS = st.lists(
    st.from_regex(r"[a-z0-9]([a-z0-9.]{0,3}[a-z0-9])?", fullmatch=True), min_size=1, max_size=4, unique_by=fit_name
)


@given(
    st.dictionaries(st.sampled_from("abc"), LABELS, min_size=1),
    st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from(["*", "a*", "*1", "[0-5]*", "zz"]), min_size=1)),
    st.booleans(),
)
def test_the_count_is_the_product_less_excluded_plus_included(
    axes: dict[str, list[str]], exclude: list[dict[str, str]], include: bool
) -> None:
    exclude = [kept for one in exclude if (kept := {axis: glob for axis, glob in one.items() if axis in axes})]
    lines = ["name: '" + "_".join(["x", *(f"{{{{ {axis} }}}}" for axis in axes)]) + "'", "matrix:", "  axes:"]
    lines += [f"    {axis}: [{', '.join(repr(label) for label in labels)}]" for axis, labels in axes.items()]
    lines += ["  exclude:" if exclude else "  exclude: []"]
    lines += ["    - {" + ", ".join(f"{axis}: '{glob}'" for axis, glob in one.items()) + "}" for one in exclude]
    if include:
        lines += ["  include:", "    - {" + ", ".join(f"{axis}: new-one" for axis in axes) + "}"]
    expected = 0
    combinations: list[dict[str, str]] = [{}]
    for axis, labels in axes.items():
        combinations = [{**one, axis: label} for one in combinations for label in labels]
    for one in combinations:
        expected += not any(all(matches(glob, one[axis]) for axis, glob in rule.items()) for rule in exclude)
    definition = project({"go": "\n".join(lines)})
    found = expand(definition)
    assert len(found) == expected + include
    assert len({variant.name for variant in found}) == len(found)
    assert count(definition.images[0]) == len(combinations) + include
    assert all(fit_name(variant.name) == variant.name for variant in found)


@given(st.text(max_size=30))
def test_any_text_makes_a_fit_name_or_none(text: str) -> None:
    name = fit_name(text)
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in name)
    assert fit_name(name) == name


PRINT = """
from tests.unit.matrix.expanding import variants
from tests.unit.matrix.test_expand import MATRIX
for variant in variants(MATRIX, "registry: r.example.com/t\\ndefaults: {labels: {b: 1, a: 2}}").values():
    for field in variant.fields.values():
        print(variant.name, field.name, field.value, [(p, str(o)) for p, o in field.origins.items()])
"""


def test_the_result_does_not_depend_on_the_hash_seed() -> None:
    results = set()
    for seed in ("0", "1", "4242"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", PRINT], env=environ, capture_output=True, check=True, timeout=60)
        results.add(done.stdout)
    assert len(results) == 1 and len(results.pop().splitlines()) > 20


def test_simple_templates_need_no_jinja() -> None:
    script = PRINT + "import sys\nassert not [name for name in sys.modules if name.startswith('jinja2')]\n"
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60)


def test_ten_thousand_variants_are_quick() -> None:
    axes = [f"[{', '.join(f'{axis}{i}' for i in range(n))}]" for axis, n in (("v", 100), ("w", 10), ("x", 10))]
    image = f"""\
matrix: {{axes: {{a: {axes[0]}, b: {axes[1]}, c: {axes[2]}}}}}
args: {{A: "{{{{ a }}}}", B: "{{{{ b }}}}-{{{{ c }}}}"}}
tags: ["{{{{ repository }}}}:{{{{ variant }}}}"]
"""
    definition = project({"go": image}, "max-targets: 10000")
    start = time.process_time()
    assert len(expand(definition)) == 10_000
    # 0.2 s where it was written; the bound only has to catch a change of order.
    assert time.process_time() - start < 3
