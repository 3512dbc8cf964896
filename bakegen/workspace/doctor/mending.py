"""The commands and settings that mend what is found, as the recognised CI, system or registry wants them.

Sources: the pages of ``docker buildx create``, ``docker login``, the containerd image store and rootless mode at
docs.docker.com; actions/checkout, docker/setup-buildx-action, docker/setup-qemu-action, docker/login-action;
GitLab's predefined variables and ``GIT_DEPTH``; the login commands of ECR, Artifact Registry and ACR.
"""

from __future__ import annotations

import re
import shlex

from bakegen.workspace.registry_url import is_loopback

BUILDKIT = "v0.32.2"
"""The BuildKit that is proposed: it has every fix in the table of advisories."""

GITHUB, GITLAB = "GitHub Actions", "GitLab CI"
_ECR = re.compile(r"\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_ACR = re.compile(r"([a-z0-9-]+)\.azurecr\.(?:io|cn|us)")
_GOOGLE = re.compile(r"[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io")


def new_builder(provider: str, *flags: str) -> str:
    """A builder of its own with a BuildKit that has all fixes; `flags` are buildkitd's."""
    if provider == GITHUB:
        lines = ["- uses: docker/setup-buildx-action@v3", "  with:", f"    driver-opts: image=moby/buildkit:{BUILDKIT}"]
        if flags:
            lines.append(f"    buildkitd-flags: {' '.join(flags)}")
        return "\n".join(lines)
    given = f" --buildkitd-flags {shlex.quote(' '.join(flags))}" if flags else ""
    return (
        f"docker buildx create --name bakegen --driver docker-container "
        f"--driver-opt image=moby/buildkit:{BUILDKIT}{given} --bootstrap --use"
    )


def again(builder: str, provider: str, *flags: str) -> str:
    """The same builder made anew, with the newest BuildKit."""
    made = new_builder(provider, *flags)
    return made if provider == GITHUB else f"docker buildx rm {shlex.quote(builder)}\n{made}"


def install_docker(system: str, provider: str) -> str:
    """Docker where there is none."""
    if provider == GITLAB:
        return "image: docker:29\nservices: [docker:29-dind]"
    if system == "Darwin":
        return "brew install --cask docker && open -a Docker"
    if system == "Windows":
        return "winget install Docker.DockerDesktop"
    return "curl -fsSL https://get.docker.com | sudo sh"


def start_docker(system: str, provider: str, *, rootless: bool = False) -> str:
    """The engine, where the client is there."""
    if provider == GITLAB:
        return 'services: [docker:29-dind]\nvariables: {DOCKER_HOST: "tcp://docker:2376", DOCKER_TLS_CERTDIR: "/certs"}'
    if system == "Darwin":
        return "open -a Docker"
    if system == "Windows":
        return "docker desktop start"
    return "systemctl --user start docker" if rootless else "sudo systemctl start docker"


def newer_package(package: str, system: str) -> str:
    """A newer package of Docker's own repository."""
    if system in ("Darwin", "Windows"):
        return "docker desktop update"
    return f"sudo apt-get update && sudo apt-get install {package}"


def newer_buildx(system: str, provider: str, *, distribution: bool = False) -> str:
    """A newer buildx; with `distribution` from where docker came."""
    if provider == GITHUB:
        return "- uses: docker/setup-buildx-action@v3\n  with:\n    version: latest"
    return newer_package("docker-buildx" if distribution else "docker-buildx-plugin", system)


def containerd_store(system: str) -> str:
    """Docker's engine with containerd's image store."""
    if system in ("Darwin", "Windows"):
        return "Docker Desktop: Settings, General, Use containerd for pulling and storing images"
    return (
        "sudo sh -c 'f=/etc/docker/daemon.json; [ -s $f ] || echo {} > $f; "
        'jq ".features[\\"containerd-snapshotter\\"] = true" $f > $f.new && mv $f.new $f && systemctl restart docker\''
    )


def qemu(platforms: list[str], provider: str) -> str:
    """Programs of other architectures made to run."""
    names = ",".join(dict.fromkeys(one.split("/")[1] for one in platforms if "/" in one))
    if provider == GITHUB:
        return f"- uses: docker/setup-qemu-action@v3\n  with:\n    platforms: {names}"
    return f"docker run --privileged --rm tonistiigi/binfmt --install {names}"


def login(host: str, provider: str) -> str:
    """A login to the registry `host`."""
    named = shlex.quote(host)
    if provider == GITLAB:
        return 'echo "$CI_REGISTRY_PASSWORD" | docker login "$CI_REGISTRY" -u "$CI_REGISTRY_USER" --password-stdin'
    if provider == GITHUB and host == "ghcr.io":
        return (
            "permissions:\n  packages: write\nsteps:\n- uses: docker/login-action@v3\n  with:\n    registry: ghcr.io\n"
            "    username: ${{ github.actor }}\n    password: ${{ secrets.GITHUB_TOKEN }}"
        )
    if match := _ECR.fullmatch(host):
        return f"aws ecr get-login-password --region {match[1]} | docker login --username AWS --password-stdin {named}"
    if match := _ACR.fullmatch(host):
        return f"az acr login --name {match[1]}"
    if _GOOGLE.fullmatch(host):
        return f"gcloud auth configure-docker {named}"
    if host == "ghcr.io":
        return 'gh auth token | docker login ghcr.io -u "$(gh api user --jq .login)" --password-stdin'
    return "docker login" if host == "docker.io" else f"docker login {named}"


def more_history(provider: str) -> str:
    """All of the history, where a part of it was cloned."""
    if provider == GITHUB:
        return "- uses: actions/checkout@v4\n  with:\n    fetch-depth: 0"
    if provider == GITLAB:
        return 'variables:\n  GIT_DEPTH: "0"'
    if provider == "Azure Pipelines":
        return "steps:\n- checkout: self\n  fetchDepth: 0"
    if provider == "Bitbucket Pipelines":
        return "clone:\n  depth: full"
    return "git fetch --unshallow --tags origin"


def fetch_branch(branch: str) -> str:
    """The default branch in this clone."""
    return f"git fetch origin {shlex.quote(f'+refs/heads/{branch}:refs/remotes/origin/{branch}')}"


def set_clock(system: str) -> str:
    """The machine's clock set by the network."""
    if system == "Darwin":
        return "sudo sntp -sS time.apple.com"
    if system == "Windows":
        return "w32tm /resync"
    return "sudo timedatectl set-ntp true"


def check_address(host: str) -> str:
    """What shows why a registry does not answer."""
    name = "registry-1.docker.io" if host == "docker.io" else host
    scheme = "http" if is_loopback(name.rpartition(":")[0] or name) else "https"
    return f"curl -v {shlex.quote(f'{scheme}://{name}/v2/')}"
