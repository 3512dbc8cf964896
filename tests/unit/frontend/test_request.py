"""Options out of the environment."""

from __future__ import annotations

import pytest

from bakegen.facts import model
from bakegen.frontend import context
from bakegen.frontend.request import Policy, Request, read_policy, read_request

ENVIRONMENT = {
    "BUILDKIT_SESSION_ID": "s",
    "BUILDKIT_FRONTEND_OPT_0": "build-arg:A=x=y",
    "BUILDKIT_FRONTEND_OPT_1": "context:base::linux/arm64=docker-image://b",
    "BUILDKIT_FRONTEND_OPT_2": "platform=linux/amd64,linux/arm64",
    "BUILDKIT_FRONTEND_OPT_3": "filename=sub/Dockerfile",
    "BUILDKIT_FRONTEND_OPT_4": "local-sessionid:context=other",
    "BUILDKIT_FRONTEND_OPT_5": "cmdline=image --skip=add-link,sink-arg",
    "BUILDKIT_FRONTEND_OPT_6": "no-value",
    "BUILDKIT_FRONTEND_OPT_X": "target=no",
    "PATH": "/bin",
}


def test_environment() -> None:
    request = read_request(ENVIRONMENT)
    assert request.build_args == {"A": "x=y"}
    assert request.contexts == {"base::linux/arm64": "docker-image://b"}
    assert request.platforms == ("linux/amd64", "linux/arm64")
    assert (request.filename, request.target, request.remote) == ("sub/Dockerfile", None, "")
    assert (request.session_of("context"), request.session_of("dockerfile")) == ("other", "s")
    assert request.policy == Policy(skip=("add-link", "sink-arg"))


@pytest.mark.parametrize(
    ("options", "policy"),
    [
        ({}, Policy()),
        ({"cmdline": "image --level=assumed --only='a b'"}, Policy("assumed", ("a", "b"))),
        ({"build-arg:BAKEGEN_LEVEL": "assumed", "build-arg:BAKEGEN_SKIP": "a,b"}, Policy("assumed", skip=("a", "b"))),
        ({"cmdline": "i --level=proved", "build-arg:BAKEGEN_LEVEL": "assumed"}, Policy("proved")),
        ({"build-arg:BAKEGEN_REWRITE": "OFF"}, Policy(off=True)),
        ({"build-arg:BAKEGEN_LEVEL": "", "cmdline": ""}, Policy()),
        ({"build-arg:BAKEGEN_PROJECT": "shop"}, Policy(project="shop")),
    ],
)
def test_policy(options: dict[str, str], policy: Policy) -> None:
    assert read_policy(options) == policy


@pytest.mark.parametrize("word", ["--level", "--lvl=proved", "level=proved", "-level=proved", "--level=max", "'open"])
def test_words_that_are_not_understood(word: str) -> None:
    assert read_policy({"cmdline": f"image {word}"}).problem


def test_lock_file_is_the_one_that_the_package_writes() -> None:
    assert context.LOCK_FILE == model.LOCK_FILE


@pytest.mark.parametrize(
    ("options", "imports"),
    [
        ({}, []),
        ({"cache-imports": '[{"Type":"gha"},{"Type":"s3","Attrs":{"a":"b"}}]'}, [("gha", {}), ("s3", {"a": "b"})]),
        ({"cache-from": "r/a,r/b"}, [("registry", {"ref": "r/a"}), ("registry", {"ref": "r/b"})]),
        ({"cache-imports": "{"}, []),
        ({"cache-imports": '["x"]'}, []),
    ],
)
def test_cache_imports(options: dict[str, str], imports: list[tuple[str, dict[str, str]]]) -> None:
    assert Request(options).cache_imports == imports
