"""Addresses, challenges, `NO_PROXY`, and what happens over TLS and through a proxy."""

from __future__ import annotations

import base64
import contextlib
import json
import select
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.workspace.registry import Probe, probe
from bakegen.workspace.registry_auth import Challenge, read_challenges
from bakegen.workspace.registry_images import Image, Repository, read_image
from bakegen.workspace.registry_url import Url, is_direct, is_loopback, parse_url
from tests.unit.workspace.fake_registry import EXISTS, Reply, Request, as_json, holding, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "s3cret-Passw0rd"


@pytest.mark.parametrize(
    ("reference", "host", "path", "tag"),
    [
        ("busybox", "docker.io", "library/busybox", "latest"),
        ("team/app:1", "docker.io", "team/app", "1"),
        ("docker.io/busybox:1", "docker.io", "library/busybox", "1"),
        ("index.docker.io/a/b", "docker.io", "a/b", "latest"),
        ("localhost/a:b", "localhost", "a", "b"),
        ("localhost:5000/a:b", "localhost:5000", "a", "b"),
        ("[::1]:5000/a:b", "[::1]:5000", "a", "b"),
        ("r.example.com/a/b/c", "r.example.com", "a/b/c", "latest"),
        ("UPPER/a:b", "UPPER", "a", "b"),
    ],
)
def test_references(reference: str, host: str, path: str, tag: str) -> None:
    assert read_image(reference) == Image(Repository(host, path), tag)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("docker.io", Url("https", "registry-1.docker.io", 443, "/v2/a/x")),
        ("r.test", Url("https", "r.test", 443, "/v2/a/x")),
        ("r.test:80", Url("https", "r.test", 80, "/v2/a/x")),
        ("localhost:5000", Url("http", "localhost", 5000, "/v2/a/x")),
        ("127.8.8.8", Url("http", "127.8.8.8", 80, "/v2/a/x")),
        ("[::1]:5000", Url("http", "::1", 5000, "/v2/a/x")),
        ("localhost.test:5000", Url("https", "localhost.test", 5000, "/v2/a/x")),
        ("127.0.0.1.test", Url("https", "127.0.0.1.test", 443, "/v2/a/x")),
    ],
)
def test_plain_http_is_for_loopback(host: str, url: Url) -> None:
    assert Repository(host, "a").url("x") == url


@pytest.mark.parametrize(
    "text",
    ["", "//x/", "http://r.test/", "file:///etc/passwd", "https://", "https://u@r.test/", "https://r.test:x/",
     "https://r.test/\r\nA: b", "https://r.test/ü", "https://r.test:99999/", "https://r test/", "http://[::1"],
)  # fmt: skip
def test_what_is_not_asked(text: str) -> None:
    assert parse_url(text) is None


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    for url in (parse_url(text), parse_url(f"https://{text}")):
        assert url is None or url.scheme == "https" or is_loopback(url.host)


@pytest.mark.parametrize(
    ("bypass", "direct"),
    [
        ("", False), ("*", True), ("r.example.com", True), ("example.com", True), (".example.com", True),
        ("*.example.com", True), (".r.example.com", False), ("ample.com", False), ("other, R.Example.com", True),
        ("example.com:443", True), ("example.com:444", False), ("10.0.0.0/8", False), ("a/b/c", False), (",,", False),
    ],
)  # fmt: skip
def test_no_proxy(bypass: str, direct: bool) -> None:
    assert is_direct(Url("https", "r.example.com", 443, "/"), bypass) is direct


@pytest.mark.parametrize(
    ("bypass", "direct"), [("10.0.0.0/8", True), ("10.1.2.3", True), ("10.1.2.3:443", True), ("11.0.0.0/8", False)]
)
def test_no_proxy_of_addresses(bypass: str, direct: bool) -> None:
    assert is_direct(Url("https", "10.1.2.3", 443, "/"), bypass) is direct


@given(st.text())
def test_any_no_proxy(bypass: str) -> None:
    is_direct(Url("https", "r.example.com", 443, "/"), bypass)


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", ()),
        ("Basic", (Challenge("basic", {}),)),
        ('Bearer realm="https://a/t", service=x', (Challenge("bearer", {"realm": "https://a/t", "service": "x"}),)),
        (
            'Basic realm="a, \\"b\\" = c", BEARER Realm="r",scope="repository:a:pull,push"',
            (
                Challenge("basic", {"realm": 'a, "b" = c'}),
                Challenge("bearer", {"realm": "r", "scope": "repository:a:pull,push"}),
            ),
        ),
        ('Bearer realm="unclosed', (Challenge("bearer", {}),)),
        ("=x", ()),
    ],
)
def test_challenges(header: str, challenges: tuple[Challenge, ...]) -> None:
    assert read_challenges([header]) == challenges


@given(st.lists(st.text(alphabet='Basic realm="\\,=\t é')))
def test_any_challenge(headers: list[str]) -> None:
    read_challenges(headers)


# TLS, through a proxy that takes every name to one server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with its key, for `registry.test` and `auth.test`, that signs itself."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", str(path), "-out", str(path.with_suffix(".crt")), "-subj", "/CN=registry.test",
         "-addext", "subjectAltName=DNS:registry.test,DNS:auth.test"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side of TLS, with a certificate that clients trust."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    return server_side(certificate)


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


class Proxy:
    """An HTTP proxy that takes every tunnel to one port here, or refuses it."""

    def __init__(self, port: int, *, refuse: bool = False) -> None:
        self.heads: list[str] = []
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = b""
                while (line := self.rfile.readline()) not in (b"\r\n", b""):
                    head += line
                proxy.heads.append(head.decode())
                if refuse:
                    self.wfile.write(b"HTTP/1.1 407 no\r\nContent-Length: 0\r\n\r\n")
                    return
                self.wfile.write(b"HTTP/1.1 200 ok\r\n\r\n")
                with socket.create_connection(("127.0.0.1", port)) as inner, contextlib.suppress(OSError):
                    pump(self.connection, inner)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://me:{SECRET}@127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def pump(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [], 30)[0]:
            if not (data := ready.recv(65536)):
                return
            (other if ready is one else one).sendall(data)


@contextlib.contextmanager
def proxied(port: int, *, refuse: bool = False) -> Iterator[Proxy]:
    proxy = Proxy(port, refuse=refuse)
    try:
        yield proxy
    finally:
        proxy.close()


def ask(proxy: Proxy, *references: str, config: str = "/nonexistent", no_proxy: str = "") -> Probe:
    environ = {"DOCKER_CONFIG": config, "HTTPS_PROXY": proxy.url, "NO_PROXY": no_proxy}
    found = probe(references, environ=environ, timeout=5, deadline=20)
    assert SECRET not in str(found)
    return found


def test_https_through_a_proxy(trusted: ssl.SSLContext) -> None:
    with serving(holding("t"), tls=trusted) as registry, proxied(registry.port) as proxy:
        found = ask(proxy, "registry.test/a:t", "registry.test/a:no")
        assert found == Probe(frozenset({"registry.test/a:t"}), {})
        assert proxy.heads[0].startswith("CONNECT registry.test:443 HTTP/1.")
        login = base64.b64encode(f"me:{SECRET}".encode()).decode()
        assert f"Proxy-Authorization: Basic {login}" in proxy.heads[0]
        assert not [name for request in registry.requests for name in request.headers if "auth" in name]


def test_a_token_server_on_another_host(trusted: ssl.SSLContext, tmp_path: Path) -> None:
    def script(request: Request) -> Reply:
        if request.headers["host"] == "auth.test":
            return as_json({"token": "good"}) if request.authorization.startswith("Basic ") else Reply(401)
        if request.authorization == "Bearer good":
            return EXISTS
        return Reply(401, {"WWW-Authenticate": 'Bearer realm="https://auth.test/token",service="s"'})

    auth = base64.b64encode(f"me:{SECRET}".encode()).decode()
    tmp_path.joinpath("config.json").write_text(json.dumps({"auths": {"registry.test": {"auth": auth}}}))
    with serving(script, tls=trusted) as registry, proxied(registry.port) as proxy:
        assert ask(proxy, "registry.test/a:t", config=str(tmp_path)).existing == {"registry.test/a:t"}
        (fetched,) = registry.asked("GET")
        assert fetched.path == "/token?service=s&scope=repository%3Aa%3Apull&account=me"


@pytest.mark.parametrize("location", ["http://registry.test/x", "http://127.0.0.1:9/x"])
def test_https_is_never_left(trusted: ssl.SSLContext, location: str) -> None:
    with (
        serving(lambda _: Reply(307, {"Location": location}), tls=trusted) as registry,
        proxied(registry.port) as proxy,
    ):
        found = ask(proxy, "registry.test/a:t")
        assert found.unknown == {"registry.test/a:t": "it redirects to an address that is not https"}


def test_a_token_server_on_loopback_is_for_registries_there(trusted: ssl.SSLContext) -> None:
    with serving(lambda _: as_json({"token": "x"})) as local:
        value = f'Bearer realm="{local.url}/token"'
        with (
            serving(lambda _: Reply(401, {"WWW-Authenticate": value}), tls=trusted) as registry,
            proxied(registry.port) as proxy,
        ):
            (reason,) = ask(proxy, "registry.test/a:t").unknown.values()
            assert reason == "it names a token server that is not https, which gets no login"
            assert not local.requests


def test_a_certificate_that_nobody_trusts(certificate: Path) -> None:
    with serving(holding("t"), tls=server_side(certificate)) as registry, proxied(registry.port) as proxy:
        found = ask(proxy, *(f"registry.test/r{n}:t" for n in range(100)))
        assert len(found.unknown) == 100
        assert all("its certificate is not trusted" in reason for reason in found.unknown.values())
        assert not registry.requests
        assert len(proxy.heads) <= 16


def test_a_certificate_for_another_name(trusted: ssl.SSLContext) -> None:
    with serving(holding("t"), tls=trusted) as registry, proxied(registry.port) as proxy:
        (reason,) = ask(proxy, "evil.test/a:t").unknown.values()
        assert "its certificate is not trusted" in reason


def test_a_proxy_that_refuses() -> None:
    with proxied(9, refuse=True) as proxy:
        assert ask(proxy, "registry.test/a:t").unknown == {"registry.test/a:t": "the proxy refuses"}


def test_past_the_proxy() -> None:
    with proxied(9) as proxy, serving(holding("t")) as registry:
        assert ask(proxy, f"{registry.host}/a:t").existing
        assert ask(proxy, "registry.invalid/a:t", no_proxy="invalid").unknown
        assert not proxy.heads


@pytest.mark.parametrize("url", ["https://127.0.0.1:9", "socks5://127.0.0.1:9", "http://[", "http://:x"])
def test_other_proxies_are_not_supported(url: str) -> None:
    found = probe(["registry.test/a:t"], environ={"DOCKER_CONFIG": "/nonexistent", "HTTPS_PROXY": url})
    (reason,) = found.unknown.values()
    assert reason == "HTTPS_PROXY is not an http:// proxy, and no other kind is supported"
