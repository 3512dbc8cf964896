from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bakegen.diagnostics import Label, did_you_mean, error, printable, render_text, shown_path, to_json
from bakegen.text import Location, Source, Span

SOURCE = Source("images/go/image.yaml", "matrix:\n\ttagz: [a]\n")
TAGZ = Location(SOURCE, Span(9, 13))


def test_text_has_place_line_caret_and_advice() -> None:
    found = error("unknown-field", "unknown field 'tagz'", TAGZ, help="did you mean 'tags'?")
    assert render_text(found) == (
        "images/go/image.yaml:2:2: error: unknown field 'tagz' [unknown-field]\n"
        "    2 | \ttagz: [a]\n"
        "      | \t^^^^\n"
        "  help: did you mean 'tags'?"
    )


def test_labels_show_the_other_place() -> None:
    found = error("twice", "two", TAGZ, labels=[Label(Location(SOURCE, Span(0, 6)), "the first one")])
    assert render_text(found).splitlines()[3:] == [
        "images/go/image.yaml:1:1: note: the first one",
        "    1 | matrix:",
        "      | ^^^^^^",
    ]


def test_json_counts_from_one() -> None:
    assert to_json(error("c", "m", TAGZ))["location"] == {
        "file": "images/go/image.yaml",
        "line": 2,
        "column": 2,
        "end_line": 2,
        "end_column": 6,
    }


def test_names_cannot_speak_to_a_terminal() -> None:
    assert printable("a\x1b[31m\r\u202e\udc80") == "a\\x1b[31m\\x0d\\u202e\\udc80"


def test_a_very_long_line_is_cut_around_the_caret() -> None:
    source = Source("f", "x" * 50_000 + "HERE" + "y" * 50_000)
    shown = render_text(error("c", "m", Location(source, Span(50_000, 50_004)))).splitlines()
    assert max(map(len, shown)) < 200
    assert shown[1][shown[2].index("^") :].startswith("HERE")


def test_carets_stand_below_wide_and_combining_characters() -> None:
    source = Source("f", "x 漢字 e\u0301 HERE")
    shown = render_text(error("c", "m", Location(source, Span(8, 12)))).splitlines()
    assert shown[2] == "      | " + " " * len("x .... e ") + "^^^^"
    shown = render_text(error("c", "m", Location(source, Span(2, 4)))).splitlines()
    assert shown[2] == "      |   ^^^^"


@given(st.text(), st.integers(0, 40), st.integers(0, 40))
def test_any_span_of_any_text_can_be_shown(text: str, start: int, width: int) -> None:
    start = min(start, len(text))
    location = Location(Source("f", text), Span(start, min(len(text), start + width)))
    assert "^" in render_text(error("c", text, location))


def test_did_you_mean_only_what_is_close() -> None:
    assert did_you_mean("tagz", ["tags", "labels"]) == "did you mean 'tags'?"
    assert did_you_mean("zzz", ["tags", "labels"]) is None


def test_names_cannot_speak_to_a_ci_service() -> None:
    assert printable("##[add-mask]x ##vso[task.setvariable]y ## [x]") == (
        "#\\x23[add-mask]x #\\x23vso[task.setvariable]y ## [x]"
    )
    found = error("c", "m", Location(Source("::set-output name=x::y\n::error::z", "FROM a"), Span(0, 4)))
    assert [shown_path(path) for path in (":", " :a", "a:", "a")] == ["./:", "./ :a", "a:", "a"]
    assert render_text(found).splitlines()[0] == "./::set-output name=x::y\\x0a::error::z:1:1: error: m [c]"
