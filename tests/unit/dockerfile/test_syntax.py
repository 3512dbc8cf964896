"""The text of a Dockerfile: directives, continuations, comments, heredocs, JSON form, flags, odd bytes."""

from __future__ import annotations

import pytest

from bakegen.dockerfile.syntax import Blank, Comment, Foreign, Instruction, LeafKind, Unparsed
from tests.unit.dockerfile.reading import codes, errors, instructions, model, one, pointed_at, tree

BACKTICK = "# escape=`\n"


class TestDirectives:
    def test_lead_the_file_in_any_order_and_case(self) -> None:
        found = tree("#CHECK = skip=all\n# Escape=`  \n#\tsyntax=docker/dockerfile:1\nFROM a\n")
        assert [(d.name, d.value) for d in found.directives] == [
            ("check", "skip=all"),
            ("escape", "`"),
            ("syntax", "docker/dockerfile:1"),
        ]
        assert found.escape == "`"
        assert [found.source.slice(d.value_span) for d in found.directives] == [d.value for d in found.directives]

    def test_a_duplicate_is_an_error(self) -> None:
        assert codes(tree("# escape=\\\n# ESCAPE=`\nFROM a\n").diagnostics) == ["duplicate-directive"]

    @pytest.mark.parametrize(
        "first", ["\n", "# a comment\n", "# unknown=x\n", "FROM b\n", "#!shebang\n", "#\n", "  \n"]
    )
    def test_are_ended_by_a_blank_comment_unknown_directive_instruction_or_shebang(self, first: str) -> None:
        found = tree(first + BACKTICK + "FROM a\n")
        assert found.escape == "\\"
        assert found.directives == []

    def test_an_escape_may_be_indented(self) -> None:
        assert tree("  # escape=`\nFROM a\n").escape == "`"

    def test_an_escape_is_a_backslash_or_backtick(self) -> None:
        assert codes(tree("# escape=x\nFROM a\n").diagnostics) == ["bad-escape"]

    def test_syntax_still_counts_after_a_shebang(self) -> None:
        assert model("#!/usr/bin/docker\n# syntax=docker/dockerfile:1\n# escape=`\nFROM a\n").syntax == (
            "docker/dockerfile:1"
        )
        assert tree("#!/usr/bin/docker\n# syntax=other/frontend\nFROM a\n").foreign is not None

    def test_syntax_is_never_indented(self) -> None:
        assert tree("  # syntax=other/frontend\nFROM a\n").foreign is None

    @pytest.mark.parametrize(
        "text",
        [
            "# syntax=other/frontend:1 --opt=x\nanything at all\n",
            "// syntax = other/frontend:1\nanything\n",
            '{"syntax": "other/frontend:1", "x": [1]}',
            "\ufeff# syntax=other/frontend:1\n",
            "#!x\n// syntax=other/frontend:1\n",
        ],
    )
    def test_syntax_of_another_frontend_means_nothing_further_is_parsed(self, text: str) -> None:
        found = tree(text)
        assert isinstance(found.nodes[-1], Foreign)
        assert found.foreign is not None
        assert found.foreign.frontend == "other/frontend:1"
        assert [d.code for d in found.diagnostics] == ["foreign-frontend"]
        assert model(text).stages == ()
        assert not model(text).ok

    @pytest.mark.parametrize(
        "frontend",
        [
            "docker/dockerfile",
            "docker/dockerfile:1.7-labs",
            "docker.io/docker/dockerfile@sha256:abc",
            "mirror.example.com:5000/hub/docker/dockerfile:1",
            "docker/dockerfile-upstream:master",
        ],
    )
    def test_dockers_own_frontend_from_anywhere_is_read(self, frontend: str) -> None:
        assert tree(f"# syntax={frontend}\nFROM a\n").foreign is None

    def test_slashes_with_dockers_own_frontend_are_no_instruction(self) -> None:
        assert errors(model("// syntax=docker/dockerfile:1\nFROM a\n")) == ["unknown-instruction"]

    @pytest.mark.parametrize("check", ["skip=A,B;error=true", "error=T", "experimental=all;skip=all"])
    def test_check(self, check: str) -> None:
        found = model(f"# check={check}\nFROM a\n")
        assert found.check == check
        assert found.ok

    @pytest.mark.parametrize("check", ["all", "error=x", "foo=bar", "skip=a;;error=true"])
    def test_bad_check(self, check: str) -> None:
        assert errors(model(f"# check={check}\nFROM a\n")) == ["bad-check"]

    def test_end_is_where_text_can_be_put(self) -> None:
        assert tree("FROM a\n").directives_end == 0
        assert tree("\ufeffFROM a\n").directives_end == 1
        assert tree("# escape=`\n# x\nFROM a\n").directives_end == len("# escape=`\n")
        assert tree("#!x\n# syntax=docker/dockerfile:1\nFROM a").directives_end == 33
        assert tree("# escape=`").directives_end == len("# escape=`")


class TestLines:
    def test_a_byte_order_mark_is_stripped(self) -> None:
        found = tree("\ufeffFROM a\n")
        assert [type(node).__name__ for node in found.nodes] == ["ByteOrderMark", "Instruction"]
        assert tree("\ufeff# escape=`\nFROM a\n").escape == "`"

    @pytest.mark.parametrize(
        ("text", "arguments"),
        [
            ("RUN a \\\n b\n", "a  b"),
            ("RUN a \\ \t\n b\n", "a  b"),
            ("RUN a \\\r\n b\r\n", "a  b"),
            ("RUN a\\\nb\n", "ab"),
            ("RUN a \\\\\n", "a \\\\"),
            ("RUN a \\\\\\\n", "a \\\\\\"),
            ("RUN a \\x\n", "a \\x"),
            ("RUN a \\\n", "a"),
            ("RUN a \\", "a"),
            ("RUN a \\\n\\\n b", "a  b"),
            ("RUN a \\\n  \\\n b", "a    b"),
            ("\\\n  RUN a", "a"),
        ],
    )
    def test_continuation(self, text: str, arguments: str) -> None:
        assert one(text).arguments == arguments

    def test_continuation_with_the_escape_in_force(self) -> None:
        assert [i.arguments for i in instructions(BACKTICK + "RUN a `\n b\nRUN c \\\n")] == ["a  b", "c \\"]

    def test_comment_and_blank_lines_inside_a_continuation_vanish(self) -> None:
        text = "RUN a \\\n# one\n\n   # two\n \t\n  b\n"
        assert one(text).arguments == "a   b"
        assert (one(text).line, one(text).end_line) == (1, 6)

    def test_a_blank_line_inside_a_continuation_warns(self) -> None:
        assert [d.code for d in tree("RUN a \\\n\n  b\n").diagnostics] == ["empty-continuation"]
        assert tree("RUN a \\\n# c\n  b\n").diagnostics == ()

    def test_leading_white_space_of_continued_lines_is_kept(self) -> None:
        assert one("RUN a && \\\n\t  b").arguments == "a && \t  b"

    def test_continuation_at_the_end_takes_what_follows(self) -> None:
        found = one("RUN a \\\n\n# c\n\n")
        assert (found.end_line, found.end) == (4, 14)

    def test_no_trailing_comments(self) -> None:
        found = model("FROM a\nENV X=1 # y\n")
        assert errors(found) == ["missing-equals"]
        assert pointed_at(found) == ["#"]
        assert one("RUN x # y").arguments == "x # y"

    def test_a_line_is_at_most_65535_bytes(self) -> None:
        fits = "RUN " + "x" * 65_531
        assert codes(tree("FROM a\n" + fits).diagnostics) == []
        assert codes(tree("FROM a\n" + fits + "\r\n").diagnostics) == ["line-too-long"]
        long = tree("FROM a\n" + fits + "x\nRUN y\n")
        assert codes(long.diagnostics) == ["line-too-long"]
        assert [type(node).__name__ for node in long.nodes] == ["Instruction", "Unparsed"]
        assert codes(tree("FROM a\nRUN " + "é" * 32_766).diagnostics) == ["line-too-long"]
        assert codes(tree("FROM a\nRUN " + "é" * 32_765).diagnostics) == []
        assert codes(tree("FROM a\nRUN <<E\n" + "x" * 65_536 + "\nE\n").diagnostics) == ["line-too-long"]

    def test_nodes(self) -> None:
        found = tree("# c\n\nFROM a\nFOO b\n")
        assert [type(node) for node in found.nodes] == [Comment, Blank, Instruction, Unparsed]

    def test_keywords_in_any_case(self) -> None:
        assert [(i.keyword, i.name) for i in instructions("from a\nRuN b\n")] == [("from", "FROM"), ("RuN", "RUN")]

    def test_unknown_instruction_names_a_close_one(self) -> None:
        (found,) = tree("FROM a\nRUNN b\n").diagnostics[:1]
        assert (found.code, found.help) == ("unknown-instruction", "did you mean 'RUN'?")
        assert found.location is not None
        assert str(found.location) == "Dockerfile:2:1"

    def test_spans_lead_through_continuations(self) -> None:
        text = "FROM a\nCOPY --from=x \\\n  # c\n  one \\\n  two /to\n"
        copy = instructions(text)[1]
        at = copy.logical.index("two")
        span = copy.place(at, at + 3)
        assert text[span.start : span.end] == "two"
        assert text[copy.arguments_span.start : copy.arguments_span.end] == "one \\\n  two /to"

    def test_leaves_name_what_they_are(self) -> None:
        text = "  RUN --network=none a \\\n# c\n\n  <<E\nbody\nE\n"
        kinds = [(leaf.kind, text[leaf.start : leaf.end]) for leaf in tree(text).leaves()]
        assert kinds == [
            (LeafKind.SPACE, "  "),
            (LeafKind.KEYWORD, "RUN"),
            (LeafKind.SPACE, " "),
            (LeafKind.FLAG, "--network=none"),
            (LeafKind.SPACE, " "),
            (LeafKind.ARGUMENTS, "a "),
            (LeafKind.CONTINUATION, "\\\n"),
            (LeafKind.COMMENT, "# c\n"),
            (LeafKind.BLANK, "\n"),
            (LeafKind.ARGUMENTS, "  <<E"),
            (LeafKind.LINE_END, "\n"),
            (LeafKind.HEREDOC_BODY, "body\n"),
            (LeafKind.HEREDOC_END, "E\n"),
        ]


class TestComments:
    def described(self, text: str) -> tuple[str, ...]:
        found = tree(text)
        return found.instructions[-1].described(text)

    def test_belong_to_the_instruction_after_them_across_blank_lines(self) -> None:
        assert self.described("FROM a\n# one\n\n#  two \nRUN x\n") == ("one", "two")

    def test_a_bare_one_detaches(self) -> None:
        assert self.described("# one\n#\n# two\nFROM a\n") == ("two",)

    def test_an_indented_one_keeps_its_sign(self) -> None:
        assert self.described("  # one\n  #\nFROM a\n") == ("# one", "#")

    def test_directives_are_none(self) -> None:
        assert self.described("# escape=`\n# one\nFROM a\n") == ("one",)

    def test_move_with_stage_descriptions_and_check_and_hadolint_marks(self) -> None:
        text = "# hadolint ignore=DL3006\n# check=skip=X\n# base the base\nFROM a AS base\n"
        assert self.described("\n" + text) == ("hadolint ignore=DL3006", "check=skip=X", "base the base")
        assert model(text).stages[0].start.description == "the base"


class TestHeredocs:
    def bodies(self, text: str) -> list[tuple[str, str]]:
        return [(h.name, h.body) for h in instructions(text)[-1].heredocs]

    @pytest.mark.parametrize("keyword", ["RUN", "COPY", "ADD", "ONBUILD RUN", "ONBUILD COPY", "ONBUILD ADD"])
    def test_of_run_copy_add_and_onbuild_of_those(self, keyword: str) -> None:
        text = f"{keyword} <<E /x\nbody\nE\n"
        assert self.bodies(text) == [("E", "body\n")]
        assert instructions(text)[-1].end_line == 3

    @pytest.mark.parametrize("keyword", ["CMD", "ENTRYPOINT", "ENV A", "LABEL a", "ONBUILD ONBUILD RUN"])
    def test_of_nothing_else(self, keyword: str) -> None:
        assert one(f"{keyword} <<E\n").heredocs == ()

    def test_never_in_json_form(self) -> None:
        assert one('RUN ["cat", "<<E"]\n').heredocs == ()

    def test_several_on_one_line_bodies_in_order(self) -> None:
        assert self.bodies("RUN a <<A <<-B 3<<C\na\nA\nb\n\tB\nC\n") == [("A", "a\n"), ("B", "b\n"), ("C", "")]
        assert [h.descriptor for h in one("RUN a <<A 3<<C\nA\nC\n").heredocs] == [0, 3]

    @pytest.mark.parametrize(
        ("word", "name", "expands"),
        [("E", "E", True), ("'E'", "E", False), ('"E"', "E", False), ("E'F'", "EF", False), ("\\E", "E", True)],
    )
    def test_a_quoted_word_means_no_expansion(self, word: str, name: str, expands: bool) -> None:
        (found,) = one(f"RUN <<{word}\n{name}\n").heredocs
        assert (found.name, found.expand) == (name, expands)

    def test_dash_drops_leading_tabs(self) -> None:
        text = "FROM a\nCOPY <<-E /x\n\t\ta\n\tb\n\t E\n\t\tE\n"
        assert self.bodies(text) == [("E", "\t\ta\n\tb\n\t E\n")]
        (copy,) = model(text).stages[0].commands
        assert copy.files[0].content == "a\nb\n E\n"  # type: ignore[attr-defined]

    def test_a_shift_in_arithmetic_is_an_unterminated_heredoc(self) -> None:
        found = model("FROM a\nRUN echo $((1 << 3))\nRUN b\n")
        assert errors(found) == ["unterminated-heredoc"]
        assert [i.arguments for i in found.tree.instructions] == ["a", "echo $((1 << 3))", "b"]

    def test_bodies_know_no_comments_and_no_continuation(self) -> None:
        assert self.bodies("RUN <<E\n# c\na \\\n\nE\n") == [("E", "# c\na \\\n\n")]

    def test_ends_at_carriage_returns_and_at_the_end_of_the_file(self) -> None:
        assert self.bodies("RUN <<E\r\na\r\nE\r\n") == [("E", "a\r\n")]
        assert self.bodies("RUN <<E\na\nE") == [("E", "a\n")]

    @pytest.mark.parametrize(
        "line",
        ["<<<E", "'<<E'", '"<<E"', "<<- E", "it's <<E", "<<", "a < b", "<<''", "x<<E", "<<E<"],
    )
    def test_what_is_none(self, line: str) -> None:
        found = instructions(f"RUN cat {line}\n")[0]
        assert [h.name for h in found.heredocs] == []

    def test_white_space_may_stand_before_the_name(self) -> None:
        assert self.bodies("RUN cat << \t E\na\nE\n") == [("E", "a\n")]

    def test_is_lexed_with_a_backslash_also_where_the_escape_is_a_backtick(self) -> None:
        (only,) = instructions(BACKTICK + "RUN cat <<\\E x\nE\n")
        assert [h.name for h in only.heredocs] == ["E"]


class TestJsonForm:
    @pytest.mark.parametrize("keyword", ["RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD", "VOLUME"])
    def test_of_these(self, keyword: str) -> None:
        found = one(f'{keyword} [ "a b" , "\\u00e9\\"" ]')
        assert found.json is not None
        assert [word.text for word in found.json] == ["a b", 'é"']
        assert [found.logical[word.start : word.end] for word in found.json] == ['"a b"', '"\\u00e9\\""']

    def test_of_a_health_check(self) -> None:
        found = one('HEALTHCHECK --retries=1 CMD   ["a"]')
        assert found.json is not None
        assert [word.text for word in found.json] == ["a"]

    def test_of_a_trigger(self) -> None:
        found = one('ONBUILD CMD ["a"]')
        assert found.trigger is not None
        assert found.trigger.json is not None

    @pytest.mark.parametrize("keyword", ["USER", "EXPOSE", "WORKDIR", "ENV"])
    def test_not_of_these(self, keyword: str) -> None:
        assert one(f'{keyword} ["a=b"]').json is None

    @pytest.mark.parametrize(
        "arguments",
        [
            '["a"',
            '["a",]',
            "['a']",
            '["a"] x',
            '["a" "b"]',
            '["\x01"]',
            '["\\x"]',
            "[ -f x ]",
            '["a", NaN]',
            "[1e999]",
            "[01]",
            "[" * 20_000,
            "[" * 11_000 + "]" * 11_000,
        ],
    )
    def test_malformed_silently_falls_back(self, arguments: str) -> None:
        found = one(f"RUN {arguments}")
        assert (found.json, found.fault, found.arguments) == (None, None, arguments)

    @pytest.mark.parametrize(
        "arguments",
        ['["a", 1]', "[null]", "[[]]", "[{}]", "[true]", "[1.5e3]", '[{"a": ["b"]}]', "[" * 2_000 + "]" * 2_000],
    )
    def test_an_element_that_is_no_string_is_an_error(self, arguments: str) -> None:
        assert errors(model(f"FROM a\nRUN {arguments}\n")) == ["json-not-strings"]

    def test_shell_must_be_json(self) -> None:
        assert errors(model("FROM a\nSHELL /bin/sh -c\n")) == ["shell-not-json"]

    def test_an_empty_array_is_one(self) -> None:
        assert one("CMD []").json == ()


class TestFlags:
    def flags(self, text: str) -> tuple[list[str], str]:
        found = one(text)
        return [flag.text for flag in found.flags], found.arguments

    def test_lead_on_every_instruction(self) -> None:
        assert self.flags("USER --a --b=c  d --e") == (["--a", "--b=c"], "d --e")

    def test_two_dashes_end_them(self) -> None:
        assert self.flags("RUN --a -- --b c") == (["--a"], "--b c")
        assert self.flags("RUN --a --") == (["--a"], "")

    def test_quotes_and_escapes_are_removed(self) -> None:
        assert self.flags("RUN --a='b c' --d=\\ e --\"f\" g") == (["--a=b c", "--d= e", "--f"], "g")

    def test_a_quote_that_does_not_end_takes_all(self) -> None:
        assert self.flags("RUN --a='b c") == (["--a=b c"], "")

    def test_letters_outside_ascii_come_out_as_buildkit_reads_them(self) -> None:
        assert self.flags("RUN --a=é b") == (["--a=Ã©"], "b")
        assert self.flags("RUN --a=à b") == (["--a=Ã"], "b")

    def test_spans(self) -> None:
        found = one("RUN --a=b --c='ü d' e")
        assert [found.logical[flag.start : flag.end] for flag in found.flags] == ["--a=b", "--c='ü d'"]
