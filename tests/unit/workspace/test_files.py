"""Reading below the root, atomic writes, and planned changes, on real folders."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bakegen.diagnostics import render_text
from bakegen.errors import InputError
from bakegen.text import Location, Source, Span
from bakegen.workspace.files import Changes, ProjectFiles, read_regular, write_atomic

HERE = Location(Source("bakegen.yaml", "context: x\n"), Span(9, 10))
MARKER = "# made by bakegen"


@pytest.fixture
def project(tmp_path: Path) -> ProjectFiles:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.txt").write_text("hello\n")
    return ProjectFiles(root)


def code(error: pytest.ExceptionInfo[InputError]) -> str:
    return error.value.diagnostics[0].code


# Reading ----------------------------------------------------------------------------------------------------


def test_bytes_are_kept(project: ProjectFiles) -> None:
    data = b"\xef\xbb\xbfa\r\n\xff\x00b"
    (project.root / "odd").write_bytes(data)
    source = project.read("odd")
    assert source.to_bytes() == data
    assert source.path == "odd"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "link/x", "abs", "../project-2/x"])
def test_paths_that_lead_out_are_refused_with_the_place(project: ProjectFiles, path: str) -> None:
    (project.root.parent / "x").touch()
    (project.root.parent / "project-2").mkdir()
    (project.root / "link").symlink_to("..")
    (project.root / "abs").symlink_to(project.root.parent / "x")
    for ask in (project.read, project.exists, project.resolve, project.read_if_there):
        with pytest.raises(InputError) as caught:
            ask(path, HERE)
        assert code(caught) == "outside-project"
        assert caught.value.diagnostics[0].location is HERE


def test_symlinks_inside_are_followed(project: ProjectFiles) -> None:
    (project.root / "link").symlink_to("a.txt")
    assert project.read("link").text == "hello\n"


def test_a_root_that_is_a_symlink(project: ProjectFiles) -> None:
    other = project.root.parent / "other"
    other.symlink_to(project.root)
    assert ProjectFiles(other).read("a.txt").text == "hello\n"


def test_folders_outside_can_be_allowed(project: ProjectFiles) -> None:
    outside = project.root.parent / "shared"
    outside.mkdir()
    (outside / "x").write_text("x")
    assert ProjectFiles(project.root, ("../shared",)).read("../shared/x").text == "x"
    assert ProjectFiles(project.root, (str(outside),)).exists("../shared/x")
    with pytest.raises(InputError):
        ProjectFiles(project.root, ("../shared",)).read("../x")


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000])
def test_impossible_paths(project: ProjectFiles, path: str) -> None:
    with pytest.raises(InputError):
        project.read(path)


def test_what_is_no_file_is_said(project: ProjectFiles) -> None:
    (project.root / "folder").mkdir()
    os.mkfifo(project.root / "pipe")
    (project.root / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="directory"):
        project.read("folder")
    with pytest.raises(InputError, match="named pipe"):
        project.read("pipe")
    with pytest.raises(InputError, match="no such file"):
        project.read("missing")
    with pytest.raises(InputError):
        project.read("loop")
    assert project.read_if_there("missing") is None
    assert project.exists("folder") and not project.exists("missing")


def test_sockets_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert read_regular(tmp_path / "s")[1] is not None


def test_sizes_are_capped(project: ProjectFiles) -> None:
    (project.root / "big").write_bytes(b"x" * 101)
    assert len(project.read("big", limit=101).text) == 101
    with pytest.raises(InputError, match="larger than 100 bytes"):
        project.read("big", limit=100)


def test_the_message_shows_the_place(project: ProjectFiles) -> None:
    with pytest.raises(InputError) as caught:
        project.read("nope", HERE)
    assert render_text(caught.value.diagnostics[0]).startswith("bakegen.yaml:1:10: error: cannot read 'nope'")


# Writing ----------------------------------------------------------------------------------------------------


def leftovers(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".tmp"))


def test_write_creates_updates_and_leaves_equal_bytes_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "f"
    assert write_atomic(path, b"1")
    before = path.stat()
    assert not write_atomic(path, b"1")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert write_atomic(path, b"2")
    assert path.read_bytes() == b"2"
    assert leftovers(path.parent) == []


def test_new_files_follow_the_umask_and_old_ones_keep_their_mode(tmp_path: Path) -> None:
    path = tmp_path / "f"
    old = os.umask(0o027)
    try:
        write_atomic(path, b"1")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o7777 == 0o640
    path.chmod(0o755)
    write_atomic(path, b"2")
    assert path.stat().st_mode & 0o7777 == 0o755


def test_a_symlink_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize("failing", ["fsync", "replace", "chmod"])
def test_a_failure_in_the_middle_leaves_the_old_file_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if failing == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, failing, full)
    with pytest.raises(InputError, match="no space left on device"):
        write_atomic(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_a_write_that_the_system_cuts_short(tmp_path: Path) -> None:
    """A limit on file sizes stops the write half-way, as a full disk does."""
    path = tmp_path / "f"
    path.write_bytes(b"old")
    program = (
        "import resource, sys; from pathlib import Path; from bakegen.errors import InputError;"
        "from bakegen.workspace.files import write_atomic;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_atomic(Path(sys.argv[1]), b'x' * 100_000)\n"
        "except InputError as problem: print(problem); sys.exit(2)"
    )
    run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 2, run.stderr
    assert "file too large" in run.stdout
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_what_stands_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a directory"):
        write_atomic(tmp_path / "folder", b"1")
    with pytest.raises(InputError, match="cannot write"):
        write_atomic(tmp_path / "file" / "x", b"1")
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into read-only folders")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="permission denied"):
            write_atomic(tmp_path / "f", b"1")
    finally:
        tmp_path.chmod(0o700)


def test_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    contents = [bytes([65 + n]) * 200_000 for n in range(8)]
    failures: list[Exception] = []

    def write(data: bytes) -> None:
        try:
            for _ in range(5):
                write_atomic(path, data)
                write_atomic(path, data[:-1])
        except Exception as problem:
            failures.append(problem)

    threads = [threading.Thread(target=write, args=(data,)) for data in contents]
    for thread in threads:
        thread.start()
    seen = set()
    while any(thread.is_alive() for thread in threads):
        if path.exists():
            data = path.read_bytes()
            seen.add((data[:1], len(data), len(set(data))))
    for thread in threads:
        thread.join()
    assert failures == []
    assert all(kinds == 1 and size in (200_000, 199_999) for _, size, kinds in seen)
    assert leftovers(tmp_path) == []


# Changes ----------------------------------------------------------------------------------------------------


def test_changes_are_planned_shown_and_applied(project: ProjectFiles) -> None:
    (project.root / "old").write_text(f"{MARKER}\nx\n")
    changes = Changes(project)
    changes.write("a.txt", "hello\nworld\n")
    changes.write("new/b", "b")
    assert changes.remove("old", MARKER)
    assert [(change.path, change.verb) for change in changes.pending] == [
        ("a.txt", "update"),
        ("new/b", "create"),
        ("old", "delete"),
    ]
    assert changes.diff() == (
        "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1,2 @@\n hello\n+world\n"
        "--- /dev/null\n+++ b/new/b\n@@ -0,0 +1 @@\n+b\n\\ No newline at end of file\n"
        f"--- a/old\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-{MARKER}\n-x\n"
    )
    assert (project.root / "a.txt").read_text() == "hello\n"
    assert len(changes.apply()) == 3
    assert changes.pending == ()
    assert (project.root / "a.txt").read_text() == "hello\nworld\n"
    assert (project.root / "new/b").read_text() == "b"
    assert not (project.root / "old").exists()
    again = Changes(project)
    again.write("a.txt", "hello\nworld\n")
    again.write("new/b", b"b")
    assert again.pending == ()
    assert again.diff() == ""


def test_only_our_own_files_are_deleted(project: ProjectFiles) -> None:
    folder = project.root / ".bakegen"
    folder.mkdir()
    (folder / "stale.Dockerfile").write_text(f"# syntax=x\n{MARKER}\n")
    (folder / "kept.Dockerfile").write_text(f"{MARKER}\n")
    (folder / "mine.Dockerfile").write_text("FROM scratch\n")
    (folder / "stale.txt").write_text(MARKER)
    (folder / "link.Dockerfile").symlink_to("stale.Dockerfile")
    (folder / "dir.Dockerfile").mkdir()
    changes = Changes(project)
    changes.write(".bakegen/kept.Dockerfile", f"{MARKER}\n")
    changes.remove_stale(".bakegen", MARKER, (".Dockerfile",))
    assert [change.path for change in changes.pending] == [".bakegen/stale.Dockerfile"]
    changes.remove_stale("nowhere", MARKER)
    changes.write(".bakegen/stale.Dockerfile", "back")
    assert [change.verb for change in changes.pending] == ["update"]


def test_changes_stay_inside(project: ProjectFiles) -> None:
    changes = Changes(project)
    with pytest.raises(InputError):
        changes.write("../x", "x")
    with pytest.raises(InputError):
        changes.remove("../x", MARKER)
    (project.root / "folder").mkdir()
    with pytest.raises(InputError, match="directory"):
        changes.write("folder", "x")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_are_written_and_shown(tmp_path: Path, before: bytes, after: bytes) -> None:
    (tmp_path / "f").write_bytes(before)
    changes = Changes(ProjectFiles(tmp_path))
    changes.write("f", after)
    assert bool(changes.diff()) == (before != after)
    assert len(changes.apply()) == (before != after)
    assert (tmp_path / "f").read_bytes() == after
