"""Commands for targets that are ready: facts, lines, failures, limits, and that none outlives an interrupted build."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.building.model import CacheWritten, Outcome, Status
from bakegen.building.outputs import CACHE_VARIABLES, READY_VARIABLES
from bakegen.diagnostics import Severity
from bakegen.workspace import on_ready
from bakegen.workspace.on_ready import OnReady

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")

APP = Outcome(
    "app-1",
    Status.BUILT,
    key="0123",
    digest="sha256:" + "a" * 64,
    references=("registry.example.com/app:main", "registry.example.com/app:key-0123"),
    platforms=("linux/amd64", "linux/arm64"),
    ready=1.25,
)


def named(name: str) -> Outcome:
    return Outcome(name, Status.BUILT)


def alive(file: Path) -> bool:
    """Whether the process runs that wrote its id into a file; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{file.read_text('utf-8').strip()}/stat").read_text("utf-8")
    except FileNotFoundError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def until(test: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not test():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def written(file: Path) -> bool:
    return file.exists() and file.read_text("utf-8").endswith("\n")


def test_the_facts_are_in_the_environment() -> None:
    said: list[str] = []
    shown = "".join(f'printf "%s\\n" "{name}=${name}"; ' for name in READY_VARIABLES)
    with OnReady(f"{shown} echo $OTHER", said.append, environ={**os.environ, "OTHER": "x"}) as run:
        run.start(APP)
        assert run.finish() == ()
    assert said == [
        "app-1 | BAKEGEN_TARGET=app-1",
        "app-1 | BAKEGEN_STATUS=built",
        "app-1 | BAKEGEN_REFERENCE=registry.example.com/app:main",
        "app-1 | BAKEGEN_REFERENCES=registry.example.com/app:main",
        "app-1 | registry.example.com/app:key-0123",
        f"app-1 | BAKEGEN_DIGEST={APP.digest}",
        "app-1 | BAKEGEN_KEY=0123",
        "app-1 | BAKEGEN_PLATFORMS=linux/amd64,linux/arm64",
        "app-1 | BAKEGEN_READY=1.250",
        "app-1 | x",
    ]


def test_the_facts_of_a_cache_stand_beside_those_of_its_image() -> None:
    said: list[str] = []
    cache = CacheWritten("registry.example.com/app:cache-app.main", "sha256:" + "c" * 64, 2.5, 4.0)
    shown = "".join(f'printf "%s\\n" "{name}=${name}"; ' for name in ("BAKEGEN_DIGEST", *CACHE_VARIABLES))
    with OnReady(f"{shown} exit 3", said.append, option="--on-cache-ready") as run:
        run.start(APP, cache)
        (problem,) = run.finish()
    assert said == [
        f"app-1 | BAKEGEN_DIGEST={APP.digest}",
        "app-1 | BAKEGEN_CACHE_REFERENCE=registry.example.com/app:cache-app.main",
        f"app-1 | BAKEGEN_CACHE_DIGEST={cache.digest}",
        "app-1 | BAKEGEN_CACHE_SECONDS=2.500",
        "app-1 | BAKEGEN_CACHE_READY=4.000",
        "app-1 | --on-cache-ready: exit code 3",
    ]
    assert "--on-cache-ready" in problem.message


def test_no_name_speaks_to_the_shell(tmp_path: Path) -> None:
    said: list[str] = []
    name = f"$(touch {tmp_path}/no)`touch {tmp_path}/no`;touch {tmp_path}/no\0\n'\""
    with OnReady('printf "%s\\n" "$BAKEGEN_TARGET"', said.append) as run:
        run.start(named(name))
        assert run.finish() == ()
    assert not list(tmp_path.iterdir())
    shown = name.replace("\0", "\\x00").replace("\n", "\\x0a")
    assert said == [f"{shown} | {shown}"]


def test_lines_of_both_streams_are_shown_masked() -> None:
    said: list[str] = []
    command = r"printf 'a\033[2J\n'; printf 'https://me:secret@example.com\n' >&2; printf 'no end \377'"
    with OnReady(command, said.append) as run:
        run.start(APP)
        assert run.finish() == ()
    assert said == ["app-1 | a\\x1b[2J", "app-1 | https://***@example.com", "app-1 | no end \ufffd"]


@pytest.mark.parametrize(
    ("command", "failure"),
    [("exit 3", "exit code 3"), ("kill -9 $$", "ended by signal 9"), ("no-such-command", "exit code 127")],
)
def test_a_failure_is_a_warning_and_keeps_no_other_from_running(command: str, failure: str) -> None:
    said: list[str] = []
    with OnReady(f'[ "$BAKEGEN_TARGET" = good ] || {{ {command}; }}', said.append) as run:
        for name in ("bad", "good"):
            run.start(named(name))
        (problem,) = run.finish()
        assert run.finish() == (problem,)
    assert (problem.severity, problem.code) == (Severity.WARNING, "on-ready-failed")
    assert problem.message == f"the command of --on-ready for bad: {failure}"
    assert said[-1] == f"bad | --on-ready: {failure}"


def test_what_cannot_be_run_is_a_warning() -> None:
    with OnReady("true", lambda line: None) as run:
        run.start(Outcome("a", Status.BUILT, key="k" * 10_000_000))
        (problem,) = run.finish()
    assert "could not be run" in problem.message


def test_the_build_is_not_held_up_and_only_so_many_run_at_once(tmp_path: Path) -> None:
    command = f'cd {tmp_path}; touch "run.$BAKEGEN_TARGET"; ls | grep -c ^run; sleep 0.2; rm "run.$BAKEGEN_TARGET"'
    said: list[str] = []
    began = time.monotonic()
    with OnReady(command, said.append, at_once=2) as run:
        for number in range(6):
            run.start(named(f"t{number}"))
        assert time.monotonic() - began < 0.2
        assert run.finish() == ()
    counts = [int(line.rpartition("|")[2]) for line in said]
    assert len(counts) == 6 and max(counts) == 2


def test_a_time_limit_ends_the_whole_group(tmp_path: Path) -> None:
    child = tmp_path / "child"
    with OnReady(f"sleep 60 & echo $! >{child}; wait", lambda line: None, time_limit=0.5) as run:
        run.start(APP)
        (problem,) = run.finish()
        assert problem.message.endswith("ended after 0.5 seconds")
        until(lambda: not alive(child))


def test_what_holds_the_output_open_does_not_hold_us(tmp_path: Path) -> None:
    child = tmp_path / "child"
    began = time.monotonic()
    with OnReady(f"sleep 60 & echo $! >{child}", lambda line: None) as run:
        run.start(APP)
        assert run.finish() == ()
    assert time.monotonic() - began < 10
    until(lambda: not alive(child))


def test_an_interrupt_ends_what_runs_and_begins_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_ready, "_PATIENCE", 0.5)
    child, said = tmp_path / "child", list[str]()
    command = f"trap 'echo asked' TERM; sleep 60 & echo $! >{child}; while :; do wait; done"
    run = OnReady(f'touch "{tmp_path}/$BAKEGEN_TARGET"; {command}', said.append, at_once=1, time_limit=30)
    with pytest.raises(SystemExit), run:
        run.start(named("first"))
        run.start(named("second"))
        until(lambda: written(child))
        raise SystemExit
    assert "first | asked" in said
    assert not (tmp_path / "second").exists()
    until(lambda: not alive(child))
    run.start(named("third"))
    assert run.finish() == ()  # that it was interrupted is told by others
    assert not (tmp_path / "third").exists()
    run.stop()


def test_a_signal_ends_the_waiting_and_the_commands(tmp_path: Path) -> None:
    child = tmp_path / "child"

    def interrupt() -> None:
        until(lambda: written(child))
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), OnReady(f"echo $$ >{child}; exec sleep 60", print, time_limit=30) as run:
        run.start(APP)
        threading.Thread(target=interrupt).start()
        run.finish()
    assert not alive(child)


def test_one_who_listens_no_more_does_not_end_commands(tmp_path: Path) -> None:
    def closed(line: str) -> None:
        raise BrokenPipeError

    with OnReady(f"echo a; echo b; echo c; touch {tmp_path}/done; exit 1", closed) as run:
        run.start(APP)
        assert len(run.finish()) == 1
    assert (tmp_path / "done").exists()


def test_the_reference_page_tells_the_limits() -> None:
    page = (Path(on_ready.__file__).parents[1] / "docs/reference/build-report.md").read_text("utf-8")
    assert f"most {on_ready.AT_ONCE} at once, each for at most {on_ready.TIME_LIMIT / 60:g} minutes" in page


def test_no_thread_stays() -> None:
    before = threading.active_count()
    with OnReady("true", lambda line: None) as run:
        run.start(APP)
        run.finish()
    until(lambda: threading.active_count() == before)
