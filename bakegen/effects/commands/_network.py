"""What every program that fetches something looks at: certificates, names of hosts, proxies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.places import entry, tree

if TYPE_CHECKING:
    from bakegen.effects.access import Access

_TREES = ("/etc/ssl", "/usr/lib/ssl", "/usr/local/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/crypto-policies")
_MORE_TREES = (
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/etc/gnutls",
    "/usr/share/publicsuffix",
)
_ENTRIES = ("/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/passwd")


def fetches(access: Access) -> None:
    """Notes them. What is mounted in every RUN (/etc/hosts, /etc/resolv.conf) is not of the image."""
    access.reads |= {tree(path) for path in (*_TREES, *_MORE_TREES)} | {entry(path) for path in _ENTRIES}
    access.environment("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy", "ALL_PROXY")
    access.environment("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY")
    access.environment("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "OPENSSL_*", "GNUTLS_*", "RES_OPTIONS")
    access.environment("LOCALDOMAIN", "HOSTALIASES", "NETRC")
