"""Differences as rows for people."""

from __future__ import annotations

import io

from bakegen.compare import Image, differences, read_image
from bakegen.compare.table import Row, rows, summary, text_diff
from tests.unit.compare.archives import Member, archive, layer


def image(*members: Member) -> Image:
    return read_image(io.BytesIO(archive([layer(*members)])))


def test_a_missing_directory_is_one_row() -> None:
    members = [Member("d", "directory"), *(Member(f"d/{name}") for name in "abc"), Member("e")]
    found = rows(differences(image(*members), image()).differences)
    assert [(row.path, row.below) for row in found] == [("/d", 3), ("/e", 0)]


def test_a_directory_and_a_file_of_similar_names() -> None:
    found = rows(differences(image(Member("d", "directory"), Member("d.x")), image()).differences)
    assert [(row.path, row.below) for row in found] == [("/d", 0), ("/d.x", 0)]


def test_a_summary_is_as_deep_as_it_can_be() -> None:
    deep = [Row(f"/usr/lib/{name}/{number}", "bytes", "", "") for name in "abc" for number in range(30)]
    found = summary([*deep, Row("/etc/x", "mode", "", ""), Row("config", "Env A", "", "")], most=5)
    assert [(row.path, row.aspect) for row in found] == [
        ("/usr/lib/a/…", "30 bytes"),
        ("/usr/lib/b/…", "30 bytes"),
        ("/usr/lib/c/…", "30 bytes"),
        ("/etc/…", "1 mode"),
        ("config", "1 Env"),
    ]
    found = summary(deep, most=2)
    assert [(row.path, row.aspect) for row in found] == [("/usr/lib/…", "90 bytes")]


def test_a_summary_counts_what_is_below() -> None:
    assert summary([Row("/a", "presence", "", "", 9), Row("/b", "mode", "", "")]) == [
        Row("/…", "1 mode, 10 presence", "", "")
    ]


def test_text_is_shown_as_a_diff() -> None:
    before, after = image(Member("f", data=b"a\nb\nc\n")), image(Member("f", data=b"a\nB\nc\n"))
    (one,) = differences(before, after).differences
    assert text_diff(one) == ["-b", "+B"]
    many = image(Member("f", data=b"\n".join(b"%d" % number for number in range(99))))
    (one,) = differences(before, many).differences
    assert len(text_diff(one)) == 13
    assert text_diff(one)[-1].startswith("… and ")


def test_what_is_no_text_is_not_shown() -> None:
    for before, after in ((b"\0", b"x"), (b"x" * 100_000, b"y"), (b"", b"x")):
        (one,) = differences(image(Member("f", data=before)), image(Member("f", data=after))).differences
        assert text_diff(one) == []
    (one,) = differences(image(Member("f")), image(Member("f", mode=0o600))).differences
    assert text_diff(one) == []
