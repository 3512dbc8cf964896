"""The probe against registries that refuse, stall, redirect and lie, on loopback."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from bakegen.workspace.registry import LIST_FROM, Probe, probe
from bakegen.workspace.registry_images import MANIFEST_TYPES
from tests.unit.workspace.fake_registry import (
    EXISTS,
    MISSING,
    FakeRegistry,
    Reply,
    Request,
    Script,
    as_json,
    challenge,
    holding,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET = "s3cret-Passw0rd"
NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}


def login(folder: Path, host: str, **entry: str) -> dict[str, str]:
    """An environment in which somebody is logged in to `host`."""
    auth = {"auth": base64.b64encode(f"me:{SECRET}".encode()).decode(), **entry}
    folder.joinpath("config.json").write_text(json.dumps({"auths": {host: auth}}))
    return {"DOCKER_CONFIG": str(folder)}


def ask(
    *references: str, environ: Mapping[str, str] = NO_LOGIN, timeout: float = 10.0, deadline: float = 20.0
) -> Probe:
    """A probe whose reasons are checked for secrets."""
    found = probe(references, environ=environ, timeout=timeout, deadline=deadline)
    assert SECRET not in str(found)
    assert not set(found.existing) & set(found.unknown)
    return found


def once(first: Reply, then: Script) -> Script:
    """Answers `first` to the first request only."""
    left = [first]
    return lambda request: left.pop() if left else then(request)


# What there is


def test_existing_and_missing() -> None:
    with serving(holding("master", "latest")) as registry:
        repository = f"{registry.host}/team/app"
        found = ask(f"{repository}:master", f"{repository}:other", repository, f"{repository}:latest")
        assert found.existing == {f"{repository}:master", repository, f"{repository}:latest"}
        assert found.unknown == {}
        paths = sorted(request.path for request in registry.asked("HEAD"))
        assert paths == [f"/v2/team/app/manifests/{tag}" for tag in ("latest", "master", "other")]
        assert len(registry.requests) == 3
        for request in registry.requests:
            assert request.headers["accept"].split(", ") == list(MANIFEST_TYPES)
            assert request.headers["user-agent"].startswith("bakegen/")
            assert not request.authorization


def test_nothing_asked_nothing_said() -> None:
    assert ask() == Probe(frozenset(), {})


def test_a_digest_is_asked_for_as_such() -> None:
    digest = "sha256:" + "0" * 64
    with serving(holding(digest)) as registry:
        reference = f"{registry.host}/app:tag@{digest}"
        assert ask(reference).existing == {reference}


@pytest.mark.parametrize(
    "reference", ["", "UPPER", "a b:c", "host.test/a:b:c", "127.0.0.1:99999/a:b", "u:p@h.test/a:b"]
)
def test_what_is_no_reference_is_unknown(reference: str) -> None:
    assert ask(reference).unknown == {reference: "not a valid reference"}


def test_connections_are_kept() -> None:
    with serving(holding("t1")) as registry:
        references = [f"{registry.host}/r{n}:t{m}" for n in range(10) for m in range(10)]
        found = probe(references, environ=NO_LOGIN, workers=4)
        assert len(found.existing) == 10 and not found.unknown
        assert len(registry.requests) == 100
        assert len({id(request.connection) for request in registry.requests}) <= 4


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("bakegen.workspace.registry_http._backoff")  # it is no failure, and costs no wait

    def script(request: Request) -> Reply:
        return Reply(EXISTS.status, EXISTS.headers, hang_up=True)

    with serving(script) as registry:
        references = [f"{registry.host}/r:t{n}" for n in range(8)]
        assert probe(references, environ=NO_LOGIN, workers=1).existing == set(references)
        assert len(registry.requests) == 8


def test_a_captive_portal_is_no_registry() -> None:
    with serving(lambda _: Reply(200, {"Content-Type": "text/html"})) as registry:
        assert ask(f"{registry.host}/a:b").unknown == {f"{registry.host}/a:b": "the answer is not that of a registry"}


def test_hosts_share_the_connections() -> None:
    with serving(holding("t1")) as one, serving(holding("t1")) as other:
        references = [f"{host}/r{n}:t1" for host in (one.host, other.host) for n in range(40)]
        assert probe(references, environ=NO_LOGIN, workers=6).existing == set(references)
        for registry in (one, other):
            assert len({id(request.connection) for request in registry.requests}) <= 3


# Getting in


class Locked:
    """A registry behind a token server of its own, which knows who may read what."""

    def __init__(self, *, uses: int = 10**6, login: str = "", delay: float = 0.0) -> None:
        self.uses = uses  # of one token
        self.login = login
        self.delay = delay
        self.url = ""
        self.tokens: dict[str, int] = {}
        self.lock = threading.Lock()

    def __call__(self, request: Request) -> Reply:
        if request.path.startswith("/token"):
            if self.login and request.authorization != self.login:
                return as_json({"details": SECRET}, 401)
            with self.lock:
                token = f"token-{len(self.tokens)}"
                self.tokens[token] = self.uses
            time.sleep(self.delay)
            return as_json({"token": token, "expires_in": 60})
        repository = request.path.removeprefix("/v2/").partition("/manifests/")[0].partition("/tags/")[0]
        with self.lock:
            token = request.authorization.removeprefix("Bearer ")
            if not self.tokens.get(token):
                return challenge(f"{self.url}/token", repository)
            self.tokens[token] -= 1
        return EXISTS if request.path.endswith("/yes") else MISSING


BASIC = "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()


def test_a_token_is_fetched_once_for_each_repository(tmp_path: Path) -> None:
    locked = Locked(login=BASIC, delay=0.1)
    with serving(locked) as registry:
        locked.url = registry.url
        references = [f"{registry.host}/team/{name}:{tag}" for name in "ab" for tag in ("yes", *"0123456789")]
        found = ask(*references, environ=login(tmp_path, registry.host))
        assert found.existing == {f"{registry.host}/team/a:yes", f"{registry.host}/team/b:yes"}
        assert found.unknown == {}
        fetched = registry.asked("GET", "/token")
        assert sorted(request.path for request in fetched) == [
            f"/token?service=registry&scope=repository%3Ateam%2F{name}%3Apull&account=me" for name in "ab"
        ]
        assert not [request for request in registry.asked("HEAD") if request.authorization == BASIC]


def test_an_anonymous_token_serves_where_nobody_is_logged_in() -> None:
    locked = Locked()
    with serving(locked) as registry:
        locked.url = registry.url
        found = ask(f"{registry.host}/team/app:yes", f"{registry.host}/team/app:no")
        assert found == Probe(frozenset({f"{registry.host}/team/app:yes"}), {})
        assert registry.asked("GET", "/token")[0].authorization == ""


def test_an_expired_token_is_renewed() -> None:
    locked = Locked(uses=5)
    with serving(locked) as registry:
        locked.url = registry.url
        references = [f"{registry.host}/team/app:t{n}" for n in range(12)]
        found = probe(references, environ=NO_LOGIN, workers=1)
        assert found == Probe(frozenset(), {})
        assert len(locked.tokens) == 3


def test_a_token_that_is_never_accepted_is_renewed_once() -> None:
    locked = Locked(uses=0)
    with serving(locked) as registry:
        locked.url = registry.url
        references = [f"{registry.host}/team/app:t{n}" for n in range(20)]
        found = probe(references, environ=NO_LOGIN, workers=1)
        assert set(found.unknown) == set(references)
        assert set(found.unknown.values()) == {f"access refused (401): nobody is logged in to {registry.host}"}
        assert len(locked.tokens) == 2
        assert len(registry.asked("HEAD")) == 3


def test_a_wrong_login_is_said_and_the_token_server_left_alone(tmp_path: Path) -> None:
    locked = Locked(login="Basic other")
    with serving(locked) as registry:
        locked.url = registry.url
        references = [f"{registry.host}/team/app:t{n}" for n in range(15)]
        found = ask(*references, environ=login(tmp_path, registry.host))
        assert set(found.unknown.values()) == {f"its token server {registry.host} answers with status 401"}
        assert set(found.unknown) == set(references)
        assert len(registry.asked("GET", "/token")) == 1


def test_an_identity_token_is_traded(tmp_path: Path) -> None:
    def script(request: Request) -> Reply:
        if request.method == "POST":
            return as_json({"access_token": "traded"})
        return EXISTS if request.authorization == "Bearer traded" else challenge(f"{registry.url}/token")

    with serving(script) as registry:
        found = ask(f"{registry.host}/team/app:t", environ=login(tmp_path, registry.host, identitytoken=SECRET))
        assert found.existing == {f"{registry.host}/team/app:t"}
        (trade,) = registry.asked("POST")
        assert f"refresh_token={SECRET}" in trade.body.decode()
        assert "grant_type=refresh_token" in trade.body.decode()


def test_basic(tmp_path: Path) -> None:
    def script(request: Request) -> Reply:
        return EXISTS if request.authorization == BASIC else Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})

    with serving(script) as registry:
        reference = f"{registry.host}/team/app:t"
        assert ask(reference, environ=login(tmp_path, registry.host)).existing == {reference}
        assert ask(reference).unknown == {reference: f"access refused (401): nobody is logged in to {registry.host}"}


def test_a_wrong_basic_login_is_sent_once_for_each_worker_at_most(tmp_path: Path) -> None:
    with serving(lambda _: Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})) as registry:
        references = [f"{registry.host}/team/app:t{n}" for n in range(20)]
        found = probe(references, environ=login(tmp_path, registry.host), workers=2)
        reason = f"access refused (401): the login to {registry.host} does not allow it"
        assert found == Probe(frozenset(), dict.fromkeys(sorted(references), reason))
        assert len([request for request in registry.requests if request.authorization]) <= 2


def test_forbidden_and_a_challenge_that_says_nothing() -> None:
    with serving(lambda _: Reply(403)) as registry:
        (reason,) = ask(f"{registry.host}/a:b").unknown.values()
        assert reason == f"access refused (403): nobody is logged in to {registry.host}"
    with serving(lambda _: Reply(401)) as registry:
        (reason,) = ask(f"{registry.host}/a:b").unknown.values()
        assert reason == "access refused (401), and it does not say how to log in"


@pytest.mark.parametrize(
    "realm", ["http://auth.example.com/token", "ftp://127.0.0.1/token", "", "https://u:p@a.test/t"]
)
def test_a_token_server_that_is_not_https_gets_nothing(tmp_path: Path, realm: str) -> None:
    with serving(lambda _: challenge(realm)) as registry:
        found = ask(f"{registry.host}/a:b", environ=login(tmp_path, registry.host))
        assert list(found.unknown.values()) == ["it names a token server that is not https, which gets no login"]
        assert not [request for request in registry.requests if request.authorization]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"token": 1}', b'{"token": "a\\r\\nX: y"}', b"[" * 100_000, b'{"token": ""}']
)
def test_a_token_server_that_talks_nonsense(body: bytes) -> None:
    def script(request: Request) -> Reply:
        return Reply(200, {}, body) if request.path.startswith("/token") else challenge(f"{registry.url}/token")

    with serving(script) as registry:
        found = ask(f"{registry.host}/a:b")
        assert list(found.unknown.values()) == [f"its token server {registry.host} gives no token"]


# Redirects


def test_a_redirect_to_another_host_takes_no_login_along(tmp_path: Path) -> None:
    with serving(lambda _: EXISTS) as store:

        def script(request: Request) -> Reply:
            if request.authorization != BASIC:
                return Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})
            return Reply(307, {"Location": f"{store.url}/blob?signature=1"})

        with serving(script) as registry:
            reference = f"{registry.host}/team/app:t"
            assert ask(reference, environ=login(tmp_path, registry.host)).existing == {reference}
            (request,) = store.requests
            assert (request.method, request.path) == ("HEAD", "/blob?signature=1")
            assert not request.authorization


def test_a_redirect_there_and_back_has_lost_the_login(tmp_path: Path) -> None:
    def bounce(request: Request) -> Reply:
        return Reply(302, {"Location": f"{registry.url}/back"})

    def script(request: Request) -> Reply:
        if request.path == "/back":
            return Reply(404 if not request.authorization else 200)
        if not request.authorization:
            return Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})
        return Reply(302, {"Location": store.url})

    with serving(bounce) as store, serving(script) as registry:
        reference = f"{registry.host}/team/app:t"
        assert ask(reference, environ=login(tmp_path, registry.host)) == Probe(frozenset(), {})
        assert registry.asked("HEAD", "/back")


def test_a_challenge_of_another_host_is_not_answered(tmp_path: Path) -> None:
    with (
        serving(lambda _: Reply(401, {"WWW-Authenticate": 'Basic realm="give"'})) as store,
        serving(lambda _: Reply(307, {"Location": store.url})) as registry,
    ):
        (reason,) = ask(f"{registry.host}/a:b", environ=login(tmp_path, registry.host)).unknown.values()
        assert reason.startswith("access refused (401)")
        assert len(store.requests) == 1 and not store.requests[0].authorization


def test_a_redirect_within_the_registry_keeps_the_login(tmp_path: Path) -> None:
    def script(request: Request) -> Reply:
        if request.authorization != BASIC:
            return Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})
        return EXISTS if request.path == "/elsewhere" else Reply(301, {"Location": "/elsewhere"})

    with serving(script) as registry:
        reference = f"{registry.host}/team/app:t"
        assert ask(reference, environ=login(tmp_path, registry.host)).existing == {reference}


@pytest.mark.parametrize("location", ["http://example.com/x", "ftp://x/", "", "//", "http://[", "https://u:p@x.test/"])
def test_a_redirect_to_nowhere_is_not_followed(location: str) -> None:
    with serving(lambda _: Reply(302, {"Location": location})) as registry:
        (reason,) = ask(f"{registry.host}/a:b").unknown.values()
        assert reason in ("it redirects to an address that is not https", "it redirects more than 3 times")
        assert len(registry.requests) <= 4


def test_a_redirect_without_end() -> None:
    with serving(lambda request: Reply(302, {"Location": request.path + "x"})) as registry:
        (reason,) = ask(f"{registry.host}/a:b").unknown.values()
        assert reason == "it redirects more than 3 times"
        assert len(registry.requests) == 4


# Trouble


def test_too_many_requests_wait_as_long_as_asked() -> None:
    with serving(once(Reply(429, {"Retry-After": "1"}), holding("t"))) as registry:
        reference = f"{registry.host}/a:t"
        assert ask(reference).existing == {reference}
        first, second = registry.requests
        assert 1.0 <= second.at - first.at < 5.0


def test_a_wait_beyond_the_deadline_is_not_waited_for() -> None:
    with serving(lambda _: Reply(429, {"Retry-After": "3600"})) as registry:
        start = time.monotonic()
        found = probe([f"{registry.host}/r{n}:t" for n in range(200)], environ=NO_LOGIN, deadline=5)
        assert time.monotonic() - start < 4
        assert len(found.unknown) == 200
        assert all("which is too late" in reason for reason in found.unknown.values())
        assert len(registry.requests) <= 16


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_registry_is_asked_again(status: int) -> None:
    with serving(once(Reply(status), once(Reply(status), holding("t")))) as registry:
        assert ask(f"{registry.host}/a:t").existing == {f"{registry.host}/a:t"}
        assert len(registry.requests) == 3


@pytest.mark.parametrize("text", ["soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 Foo", "9" * 400])
def test_any_retry_after(text: str) -> None:
    with serving(once(Reply(503, {"Retry-After": text}), holding("t"))) as registry:
        found = ask(f"{registry.host}/a:t", deadline=5)
        assert found.existing or "too late" in found.unknown[f"{registry.host}/a:t"]


def test_a_broken_registry_is_given_up() -> None:
    with serving(lambda _: Reply(500)) as registry:
        references = [f"{registry.host}/r{n}:t" for n in range(300)]
        found = probe(references, environ=NO_LOGIN, workers=4)
        assert set(found.unknown) == set(references)
        assert all(reason.startswith("it answers with status 500") for reason in found.unknown.values())
        assert len(registry.requests) <= 3 * 2 * 4


def test_other_statuses_are_not_asked_again() -> None:
    with serving(lambda _: Reply(400)) as registry:
        assert ask(f"{registry.host}/a:b").unknown == {f"{registry.host}/a:b": "it answers with status 400"}
        assert len(registry.requests) == 1


def test_no_answer() -> None:
    with serving(lambda _: Reply(delay=10)) as registry:
        start = time.monotonic()
        assert ask(f"{registry.host}/a:b", timeout=0.2).unknown == {f"{registry.host}/a:b": "no answer in time"}
        assert time.monotonic() - start < 8
        assert len(registry.requests) == 3


@pytest.mark.parametrize("drip", [Reply(200, drip=0.4), Reply(delay=20)])
def test_the_deadline_holds_whatever_the_registry_does(drip: Reply) -> None:
    with serving(lambda _: drip) as registry:
        start = time.monotonic()
        found = ask(f"{registry.host}/a:b", deadline=0.5)
        assert time.monotonic() - start < 4
        assert found.unknown == {f"{registry.host}/a:b": "no answer within 0.5 s"}
    assert not [thread for thread in threading.enumerate() if "_work" in thread.name]


def test_a_slow_body_does_not_hold_up_the_rest() -> None:
    def script(request: Request) -> Reply:
        if "tags/list" in request.path:
            return Reply(200, {"Content-Length": "100000"}, b"{" * 100, drip=0.05)
        return holding("t1")(request)

    with serving(script) as registry:
        references = [f"{registry.host}/a:t{n}" for n in range(LIST_FROM + 1)]
        found = ask(*references, timeout=0.4)
        assert found == Probe(frozenset({f"{registry.host}/a:t1"}), {})


def test_a_host_that_stalls_does_not_hold_up_another() -> None:
    with serving(lambda _: Reply(delay=10)) as slow, serving(holding("t")) as fast:
        references = [f"{slow.host}/r{n}:t" for n in range(50)]
        found = ask(*references, f"{fast.host}/a:t", f"{fast.host}/a:no", deadline=2)
        assert found.existing == {f"{fast.host}/a:t"}
        assert set(found.unknown) == set(references)


def test_a_closed_port_is_asked_a_few_times_only() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and never listens
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        start = time.monotonic()
        found = ask(*(f"{host}/r{n % 10}:t{n}" for n in range(1000)))
        assert time.monotonic() - start < 4
    assert len(found.unknown) == 1000
    assert set(found.unknown.values()) == {"connection refused"}


def test_a_name_that_does_not_resolve() -> None:
    start = time.monotonic()
    found = ask(*(f"registry.invalid/r{n}:t" for n in range(500)), deadline=10)
    assert len(found.unknown) == 500
    assert time.monotonic() - start < 10.5


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
    ],
)
def test_what_does_not_speak_http(raw: bytes) -> None:
    with serving(lambda _: Reply(raw=raw)) as registry:
        found = ask(f"{registry.host}/a:b")
        assert set(found.unknown) == {f"{registry.host}/a:b"}
        assert len(registry.requests) == 3


# Lists of tags

MANY = [f"t{n}" for n in range(LIST_FROM + 5)]


def paged(pages: Mapping[str, tuple[list[str], str]], heads: Script = lambda _: MISSING) -> Script:
    """A registry that lists tags: from the `last` of the query to tags and `Link`."""

    def answer(request: Request) -> Reply:
        if "tags/list" not in request.path:
            return heads(request)
        last = request.path.partition("last=")[2].partition("&")[0]
        tags, link = pages[last]
        return as_json({"name": "a", "tags": tags}, headers={"Link": link} if link else {})

    return answer


def many(registry: FakeRegistry, environ: Mapping[str, str] = NO_LOGIN) -> Probe:
    found = ask(*(f"{registry.host}/team/app:{tag}" for tag in MANY), environ=environ)
    assert found.unknown == {}
    return found


def test_many_references_of_one_repository_are_one_request() -> None:
    with serving(paged({"": (["t3", "other"], "")})) as registry:
        assert many(registry).existing == {f"{registry.host}/team/app:t3"}
        assert [request.path for request in registry.requests] == ["/v2/team/app/tags/list?n=1000"]


def test_a_list_over_several_pages() -> None:
    pages = {
        "": (["t3"], '</v2/team/app/tags/list?last=b&n=1000>; rel="next"'),
        "b": (["t4"], ""),
    }
    with serving(paged(pages)) as registry:
        assert many(registry).existing == {f"{registry.host}/team/app:{tag}" for tag in ("t3", "t4")}
        assert len(registry.requests) == 2


def test_a_list_is_read_only_until_all_is_found() -> None:
    with serving(paged({"": (MANY, '</v2/team/app/tags/list?last=b>; rel="next"')})) as registry:
        assert len(many(registry).existing) == len(MANY)
        assert len(registry.requests) == 1


def test_an_endless_list_is_left() -> None:
    pages = {"": (["x"], "<?last=>; rel=next")}
    with serving(paged(pages, holding("t7"))) as registry:
        assert many(registry).existing == {f"{registry.host}/team/app:t7"}
        assert len(registry.asked("GET")) <= 3


def test_a_next_page_elsewhere_is_not_read(tmp_path: Path) -> None:
    with serving(lambda _: as_json({"tags": MANY})) as other:
        listing = paged({"": (["x"], f'<{other.url}/v2/team/app/tags/list?last=x>; rel="next"')}, holding("t7"))

        def script(request: Request) -> Reply:
            return listing(request) if request.authorization else Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})

        with serving(script) as registry:
            assert many(registry, login(tmp_path, registry.host)).existing == {f"{registry.host}/team/app:t7"}
        assert not other.requests


def test_a_full_page_without_a_next_one_proves_nothing() -> None:
    tags = [f"x{n}" for n in range(999)] + ["t2"]
    with serving(paged({"": (tags, "")}, holding("t7"))) as registry:
        assert many(registry).existing == {f"{registry.host}/team/app:{tag}" for tag in ("t2", "t7")}
        assert len(registry.asked("HEAD")) == len(MANY) - 1


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(401),
        Reply(403),
        Reply(404),
        Reply(405),
        Reply(500),
        Reply(302, {"Location": "/x"}),
        as_json({"errors": [{"code": "DENIED"}]}, 404),
        Reply(200, {}, b"<html>"),
        Reply(200, {}, b"[" * 100_000),
        as_json([]),
        as_json({}),
        as_json({"tags": "t1"}),
        Reply(200, {}, b'{"tags": ["' + b"x" * 9_000_000 + b'"]}'),
    ],
    ids=lambda reply: f"{reply.status}-{reply.body[:16]!r}",
)
def test_where_the_list_is_refused_each_is_asked_for(refusal: Reply) -> None:
    def script(request: Request) -> Reply:
        return refusal if "tags/list" in request.path else holding("t7")(request)

    with serving(script) as registry:
        assert many(registry).existing == {f"{registry.host}/team/app:t7"}
        assert len(registry.asked("GET")) == 1
        assert len(registry.asked("HEAD")) == len(MANY)


@pytest.mark.parametrize(
    "empty", [as_json({"errors": [{"code": "NAME_UNKNOWN"}]}, 404), as_json({"name": "x", "tags": None})]
)
def test_a_repository_that_does_not_exist_has_no_tags(empty: Reply) -> None:
    with serving(lambda _: empty) as registry:
        assert many(registry) == Probe(frozenset(), {})
        assert len(registry.requests) == 1


def test_a_list_behind_a_token() -> None:
    locked = Locked()

    def script(request: Request) -> Reply:
        reply = locked(request)
        return as_json({"tags": ["t3"]}) if reply is MISSING and "tags/list" in request.path else reply

    with serving(script) as registry:
        locked.url = registry.url
        assert many(registry).existing == {f"{registry.host}/team/app:t3"}
        assert len(registry.requests) == 3


# Bugs of ours are no network trouble


def test_a_bug_is_raised_where_the_probe_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, image: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr("bakegen.workspace.registry_images.Asker.exists", broken)
    with serving(holding()) as registry, pytest.raises(ZeroDivisionError):
        ask(f"{registry.host}/a:b", deadline=5)
