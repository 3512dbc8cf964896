"""The lock file: what is written is read again, and what nobody wrote is refused with its place."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from hypothesis import given

from bakegen.errors import InputError
from bakegen.facts.lockfile import Lock, OtherVersionError, read_lock, write_lock
from bakegen.text import Source
from tests.unit.facts.locks import DIGEST, READABLE, locks

READABLE_TEXT = f"""\
# Base images by digest, and the facts about them that proofs rest on. Written by `bakegen lock`: commit it,
# review it, do not edit it; `bakegen lock --update` reads the digests again.
version: 1
bases:
  python:3.13-slim:
    reference: registry.example.com/python:3.13-slim
    digest: {DIGEST}
    platforms:
      linux/amd64:
        digest: {DIGEST.replace("0", "f")}
        env:
          - PATH=/usr/local/bin:/usr/bin:/bin
          - LANG=C.UTF-8
        working-dir: /app
        user: app
        shell: [/bin/bash, "-c"]
        onbuild:
          - "COPY . /app"
        distribution: debian
        version: "13"
        symlinks:
          /: {{bin: usr/bin, lib: usr/lib}}
          /var: {{run: /run}}
        odd-directories:
          0:0 0700: [/root]
          0:0 1777: [/tmp, /var/tmp]
        listings:
          /: [etc, opt/, usr]
          /usr: [bin/]
        file-links:
          "*": [/usr/bin]
          /etc: [os-release]
        files: [/etc/apt/apt.conf.d/docker-clean]
        users: {{root: 0, app: 1000}}
        groups: {{root: 0, app: 1000}}
        homes: {{app: /home/app, root: /root}}
"""


@given(locks)
def test_any_lock_is_read_as_it_was_written(lock: Lock) -> None:
    text = write_lock(lock)
    assert read_lock(Source.from_bytes("bakegen.lock", text.encode())) == lock
    assert write_lock(read_lock(Source("bakegen.lock", text))) == text


@given(locks)
def test_any_lock_is_yaml_for_others_too(lock: Lock) -> None:
    assert isinstance(yaml.load(write_lock(lock), yaml.BaseLoader), dict)


def test_the_text_is_one_that_people_review() -> None:
    assert write_lock(READABLE) == READABLE_TEXT
    lock = read_lock(Source("bakegen.lock", READABLE_TEXT))
    assert lock == READABLE
    assert str(lock.places["python:3.13-slim"]) == "bakegen.lock:5:3"


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    script = "from tests.unit.facts.locks import *; from bakegen.facts.lockfile import *; print(write_lock(READABLE))"
    texts = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert texts == {READABLE_TEXT + "\n"}


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("    digest: sha", "    digset: sha", "7:5", "no field 'digset'"),
        (f"digest: {DIGEST}", "digest: sha256:12", "7:13", "no digest"),
        ("0:0 0700", "root 0700", "25:11", "uid:gid mode"),
        ("[/root]", "[root]", "25:22", "no absolute path"),
        ("[/root]", "[/root/]", "25:22", "no absolute path"),
        ("[/root]", "/root", "25:21", "a list stands here, not a single value"),
        ("opt/", "opt/x", "28:20", "no name in a directory"),
        ("root: 0,", "root: zero,", "34:23", "a whole number"),
        ("PATH=", "PATH", "12:13", "NAME=value"),
        ("user: app\n", "user: [app]\n", "15:15", "a text stands here, not a list"),
        ("version: 1\n", "version: one\n", "3:10", "a whole number"),
        ("version: 1\n", "", "3:1", "no `version`"),
        ("bases:", "bases: x\nothers:", "4:8", "a mapping stands here"),
        ("\nbases:", "\nbases: {a: b", "5:19", "not YAML"),
        ("user: app\n", "user: app\n        user: app\n", "16:9", "there twice"),
    ],
)
def test_what_nobody_wrote_is_refused(old: str, new: str, place: str, message: str) -> None:
    assert old in READABLE_TEXT
    with pytest.raises(InputError) as caught:
        read_lock(Source("bakegen.lock", READABLE_TEXT.replace(old, new, 1)))
    found = [(str(one.location).removeprefix("bakegen.lock:"), one.message) for one in caught.value.diagnostics]
    assert any(at == place and message in text for at, text in found), found


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n"])
def test_an_empty_file_is_no_lock(text: str) -> None:
    with pytest.raises(InputError, match="empty"):
        read_lock(Source("bakegen.lock", text))


@pytest.mark.parametrize(("version", "newer"), [(0, False), (2, True)])
def test_other_versions_are_told_apart(version: int, newer: bool) -> None:
    with pytest.raises(OtherVersionError, match=f"version {version}") as caught:
        read_lock(Source("bakegen.lock", f"version: {version}\nwhatever: it says\n"))
    assert caught.value.newer is newer
    assert str(caught.value.diagnostics[0].location) == "bakegen.lock:1:10"
