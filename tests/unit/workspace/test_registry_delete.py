"""What people are told where a registry does not delete, and lists that are not to be trusted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_delete import elsewhere
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_http import Client
from bakegen.workspace.registry_images import Repository
from bakegen.workspace.registry_listing import all_tags, referrers
from bakegen.workspace.registry_network import Network
from tests.unit.workspace.fake_registry import Reply, Request, as_json, serving

if TYPE_CHECKING:
    from collections.abc import Callable

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}
DIGEST = "sha256:" + "1" * 64


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("ghcr.io", "DELETE /orgs/ORG/packages/container/NAME/versions/ID"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "aws ecr batch-delete-image"),
        ("europe-west4-docker.pkg.dev", "gcloud artifacts docker images delete"),
        ("eu.gcr.io", "gcloud artifacts docker images delete"),
        ("docker.io", "without tags"),
        ("ghcr.io.example.com", ""),
        ("registry.gitlab.com", ""),
        ("127.0.0.1:5000", ""),
    ],
)
def test_what_to_do_elsewhere(host: str, words: str) -> None:
    assert (words in elsewhere(host)) if words else not elsewhere(host)


def asked(script: Callable[[Request], Reply], what: str) -> tuple[str, ...]:
    """The tags of a repository, or the referrers of `DIGEST`."""
    with serving(script) as registry:
        client = Client(Network(NO_LOGIN, 5, time.monotonic() + 30))
        gate = Gate(Credentials(NO_LOGIN))
        try:
            if what == "tags":
                return all_tags(client, gate, Repository(registry.host, "team/app"))
            return referrers(client, gate, Repository(registry.host, "team/app"), DIGEST)
        finally:
            client.close()


def linked(to: str, body: object) -> Callable[[Request], Reply]:
    return lambda request: as_json(body, headers={"Link": f'<{to}>; rel="next"'})


@pytest.mark.parametrize(
    ("what", "script", "words"),
    [
        ("tags", linked("/v2/team/app/tags/list?last=a", {"tags": ["a"]}), "turns in a circle"),
        ("tags", linked("https://evil.example/v2/", {"tags": ["a"]}), "on another server"),
        ("tags", lambda request: Reply(body=b"<html>"), "is no JSON object"),
        ("tags", lambda request: as_json({}), "its list of tags is none"),
        ("referrers", lambda request: as_json({"manifests": [{"digest": "../x"}]}), "cannot be checked"),
        ("referrers", lambda request: as_json({"manifests": [{}]}), "its list of referrers is none"),
        ("referrers", lambda request: as_json({}), "its list of referrers is none"),
        ("referrers", lambda request: Reply(403), "access refused"),
    ],
)
def test_a_list_that_is_not_trusted(what: str, script: Callable[[Request], Reply], words: str) -> None:
    with pytest.raises(Failure, match=words):
        asked(script, what)


def test_lists_that_are_empty() -> None:
    assert asked(lambda request: as_json({"tags": None}), "tags") == ()
    assert asked(lambda request: Reply(404), "tags") == ()
    assert asked(lambda request: Reply(404), "referrers") == ()
    assert asked(lambda request: as_json({"manifests": []}), "referrers") == ()


def test_referrers_page_by_page() -> None:
    other = "sha256:" + "2" * 64

    def script(request: Request) -> Reply:
        if "page" in request.path:
            return as_json({"manifests": [{"digest": other}]})
        more = {"Link": f'<{request.path}?page=2>; rel="next"'}
        return as_json({"manifests": [{"digest": DIGEST}]}, headers=more)

    assert asked(script, "referrers") == (DIGEST, other)
