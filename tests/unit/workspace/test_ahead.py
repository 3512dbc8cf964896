from __future__ import annotations

import threading

import pytest

from bakegen.workspace.ahead import Ahead


def test_all_of_it_comes_in_order() -> None:
    pieces = iter([bytes([number]) * 1000 for number in range(200)])
    with Ahead(lambda size: next(pieces, b"")) as ahead:
        found = b"".join(iter(lambda: ahead.read(1), b""))
        assert ahead.read(1) == b""
    assert found == b"".join(bytes([number]) * 1000 for number in range(200))


def test_an_exception_comes_where_its_bytes_would() -> None:
    pieces = iter([b"a", b"b"])

    def read(size: int) -> bytes:
        found = next(pieces, b"")
        if not found:
            raise ValueError("broken")
        return found

    with Ahead(read) as ahead:
        assert ahead.read(9) + ahead.read(9) == b"ab"
        with pytest.raises(ValueError, match="broken"):
            ahead.read(9)


def test_who_leaves_early_leaves_no_thread() -> None:
    before = threading.active_count()
    with Ahead(lambda size: b"endless") as ahead:
        assert ahead.read(1) == b"endless"
    assert threading.active_count() == before
