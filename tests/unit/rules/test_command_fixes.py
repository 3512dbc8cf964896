"""Fixes of rules about commands in texts that are awkward to edit: continuations, comments, heredocs, CRLF, escape."""

from __future__ import annotations

import pytest

from bakegen.rules.check import check_dockerfile
from bakegen.rules.config import Config
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.rules.fixing import fix_dockerfile
from bakegen.text import Source


def fixed(code: str, text: str) -> str:
    """A text after the fixes of one rule, safe or not."""
    config = Config(select=(code,))

    def look(source: Source) -> tuple[DockerfileSubject, tuple[object, ...]]:
        subject = DockerfileSubject(source)
        return subject, check_dockerfile(subject, config)

    made = fix_dockerfile(Source("Dockerfile", text), look, unsafe=True)  # type: ignore[arg-type]
    assert made.refused == ()
    return made.source.text


@pytest.mark.parametrize(
    ("code", "text", "wanted"),
    [
        ("DF256", "RUN apt-get \\\n  # x\n  install \\\n  curl\n", "RUN apt-get \\\n  # x\n  install -y \\\n  curl\n"),
        ("DF256", "RUN apt-get inst\\\nall curl\n", "RUN apt-get inst\\\nall -y curl\n"),
        ("DF256", "RUN apt-get install curl\r\nRUN a\r\n", "RUN apt-get install -y curl\r\nRUN a\r\n"),
        ("DF256", "RUN <<EOF\napt-get install curl\nEOF\n", "RUN <<EOF\napt-get install -y curl\nEOF\n"),
        ("DF256", "RUN <<-EOF\n\tapt-get install x\n\tEOF\n", "RUN <<-EOF\n\tapt-get install -y x\n\tEOF\n"),
        ("DF256", "RUN bash <<EOF\napt-get install curl\nEOF\n", "RUN bash <<EOF\napt-get install curl\nEOF\n"),
        ("DF256", 'RUN ["apt-get", "install", "curl"]\n', 'RUN ["apt-get", "install", "curl"]\n'),
        ("DF256", 'RUN "apt-get" "install" curl\n', 'RUN "apt-get" "install" -y curl\n'),
        ("DF256", "RUN x=$(apt-get install curl)\n", "RUN x=$(apt-get install -y curl)\n"),
        ("DF256", "ONBUILD RUN apt-get install curl\n", "ONBUILD RUN apt-get install -y curl\n"),
        ("DF256", "RUN if x; then apt-get install a; fi\n", "RUN if x; then apt-get install -y a; fi\n"),
        ("DF256", "RUN --mount=type=tmpfs,target=/t apt-get install a\n",
         "RUN --mount=type=tmpfs,target=/t apt-get install -y a\n"),
        ("DF254", "RUN apt-get update \\\n  && a \\\n  # end\n  >/x\n",
         "RUN apt-get update \\\n  && a \\\n  # end\n  >/x && rm -rf /var/lib/apt/lists/*\n"),
        ("DF254", "RUN apt-get update # x\n", "RUN apt-get update && rm -rf /var/lib/apt/lists/* # x\n"),
        ("DF254", "RUN apt-get update || true\n", "RUN apt-get update || true\n"),
        ("DF254", "RUN <<EOF\napt-get update\nEOF\n", "RUN <<EOF\napt-get update\nEOF\n"),
        ("DF254", "RUN apt-get update && if a; then b; fi\n",
         "RUN apt-get update && if a; then b; fi && rm -rf /var/lib/apt/lists/*\n"),
        ("DF261", "RUN apt \\\n update\n", "RUN apt-get \\\n update\n"),
        ("DF261", "RUN /usr/bin/apt update\n", "RUN /usr/bin/apt update\n"),
        ("DF252", "USER 0\nRUN sudo  make\n", "USER 0\nRUN make\n"),
        ("DF252", "USER root\nRUN sudo  make\n", "USER root\nRUN make\n"),
        ("DF252", "USER root\nRUN sudo \\\n  make\n", "USER root\nRUN sudo \\\n  make\n"),
        ("DF252", "USER root\nRUN sudo -E make\n", "USER root\nRUN sudo -E make\n"),
        ("DF252", "USER root\nRUN sudo A=1 make\n", "USER root\nRUN sudo A=1 make\n"),
        ("DF274", "RUN useradd \\\n -u 1000000 a\n", "RUN useradd -l \\\n -u 1000000 a\n"),
        ("DF273", "RUN python3 \\\n -m pip install a==1\n", "RUN python3 \\\n -m pip install --no-cache-dir a==1\n"),
    ],
)  # fmt: skip
def test_only_what_is_meant_changes(code: str, text: str, wanted: str) -> None:
    assert fixed(code, f"FROM debian\n{text}") == f"FROM debian\n{wanted}"


def test_the_escape_character_of_windows_means_another_shell() -> None:
    text = "# escape=`\nFROM x\nRUN apt-get `\n install curl\n"
    assert fixed("DF256", text) == text
    named = '# escape=`\nFROM x\nSHELL ["/bin/sh", "-c"]\nRUN apt-get `\n install curl\n'
    assert fixed("DF256", named) == named.replace("install", "install -y")


@pytest.mark.parametrize(
    ("mount", "found"),
    [
        ("type=cache,target=/root/.cache/pip", False),
        ("type=cache,target=/root/.cache", False),
        ("type=cache,target=/root", False),
        ("type=cache,dst=/home/app/.cache/pip/http", False),
        ("type=tmpfs,target=/root/.cache/", False),
        ("type=cache,target=/var/cache/apt", True),
        ("type=cache,target=/root/.cache/uv", True),
        ("type=bind,target=/root/.cache/pip", True),
        ("type=secret,id=x,target=/root/.cache/pip", True),
        ("target=/root/.cache/pip,type=cache", False),
    ],
)
def test_a_cache_in_a_mount_is_in_no_layer(mount: str, found: bool) -> None:
    text = f"FROM python\nRUN --mount={mount} pip install a==1\n"
    assert (fixed("DF273", text) != text) == found
