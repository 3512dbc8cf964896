"""What the models of package managers share: what every program looks at, and `Sheet`, which collects an effect.

The sets name whole directories where a package may put files, so that two commands that might meet are kept in order.
"""

from __future__ import annotations

import posixpath
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.model import ALL_NAMES, CacheDirectory, CommandEffect, Install, Names, Tier
from bakegen.effects.places import ANYWHERE, Extent, above, ancestors, entry, inside, tree
from bakegen.facts.model import Kind

if TYPE_CHECKING:
    from bakegen.effects.call import Argument, Call
    from bakegen.effects.places import Place
    from bakegen.effects.surroundings import Surroundings
    from bakegen.effects.words import Words
    from bakegen.text import Source, Span

_LIBRARIES = ("/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32")
_PROGRAMS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/libexec", "/usr/local", "/usr/share", "/usr/include")
_ETC_TREES = (
    "/etc/alternatives", "/etc/ca-certificates", "/etc/crypto-policies", "/etc/ld.so.conf.d", "/etc/pki", "/etc/ssh",
    "/etc/ssl", "/etc/xdg",
)  # fmt: skip
_ETC_FILES = (
    "/etc/ca-certificates.conf", "/etc/debian_version", "/etc/gai.conf", "/etc/gitconfig", "/etc/group",
    "/etc/host.conf", "/etc/hosts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.preload", "/etc/localtime",
    "/etc/lsb-release", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/os-release", "/etc/passwd", "/etc/protocols",
    "/etc/resolv.conf", "/etc/services", "/etc/timezone", "/etc/alpine-release", "/etc/redhat-release",
)  # fmt: skip
_DIRECTORIES = ("/etc", "/tmp", "/usr", "/var", "/var/tmp", "/run")

PROGRAM_READS = frozenset(
    (
        *(tree(path) for path in (*_LIBRARIES, *_PROGRAMS, *_ETC_TREES)),
        *(entry(path) for path in (*_ETC_FILES, *_DIRECTORIES)),
    )
)
"""What a program and those that it starts look at: themselves, libraries, certificates, users, names of hosts."""

SYSTEM_TREES = (
    "/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/run", "/sbin", "/usr/bin", "/usr/etc",
    "/usr/games", "/usr/include", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/libx32",
    "/usr/local", "/usr/sbin", "/usr/share", "/var",
)  # fmt: skip
"""Where a distribution's packages install (Filesystem Hierarchy Standard 3.0), less /usr/src, /opt and /srv."""

SYSTEM_WRITES = frozenset(tree(path) for path in (*SYSTEM_TREES, "/root/.ssh"))
"""Also what systemd's tmpfiles make when it comes along (tmpfiles.d/provision.conf)."""

NETWORK = Names.of(
    "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy",
    "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY",
    "SSL_CERT_*", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NETRC", "OPENSSL_*", "SSLKEYLOGFILE",
    "RES_OPTIONS", "LOCALDOMAIN", "HOSTALIASES", "CI",
    "GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG*", "GIT_SSH*", "GIT_SSL_*", "GIT_HTTP_*", "GIT_PROXY_*", "GIT_ASKPASS",
    "GIT_TERMINAL_PROMPT", "GIT_ALLOW_PROTOCOL", "GIT_PROTOCOL*", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR", "GIT_TRACE*",
    "GIT_LFS_*", "GIT_ATTR_*", "GIT_OBJECT_DIRECTORY", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE",
    "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_OPTIONAL_LOCKS", "SSH_*",
    "XDG_*",
)  # fmt: skip
"""Variables of whoever downloads, by hand or by git (git(1), "Environment Variables")."""

COMPILERS = Names.of(
    "CC", "CXX", "CPP", "FC", "F77", "AR", "AS", "LD", "NM", "RANLIB", "STRIP", "OBJCOPY", "CFLAGS", "CXXFLAGS",
    "CPPFLAGS", "FFLAGS", "LDFLAGS", "LDSHARED", "LIBS", "MAKE", "MAKEFLAGS", "MFLAGS", "MAKEFILES", "ARCHFLAGS",
    "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "PKG_CONFIG*", "CMAKE_*", "CCACHE_*", "SCCACHE_*",
    "NINJA*", "SOURCE_DATE_EPOCH", "TARGET_CC", "HOST_CC", "JAVA_HOME", "OPENBLAS*", "BLAS*", "LAPACK*",
)  # fmt: skip
"""Variables of compilers and of what drives them, for dependencies that are built from source."""

_HOME_ENTRIES = (".netrc", ".gitconfig", ".git-credentials")
_HOME_TREES = (".ssh", ".config/git", ".local/share/ca-certificates")


@lru_cache(maxsize=1 << 10)
def _searched(path: str) -> frozenset[Place]:
    """What a search of all directories of a PATH looks at where there are no links."""
    found: set[Place] = set()
    for directory in path.split(":"):
        if directory.startswith("/"):
            place = tree(directory)
            found |= {place, *above(place.path)}
    return frozenset(found)


class Sheet:
    """What a model has found out about one command; `effect` makes the result.

    Attributes:
        around: where the command runs.
        reads, writes, ensures, variables, assumes: as in `CommandEffect`.
        outputs, caches, stores, defeats, locked: as in `Install`.
    """

    def __init__(self, call: Call, tool: str, variables: Names = NETWORK) -> None:
        self.call = call
        self.around: Surroundings = call.around
        self.tool = tool
        self.reads: set[Place] = set(PROGRAM_READS)
        self.writes: set[Place] = set()
        self.ensures: set[str] = set()
        self.variables = variables
        self.assumes: list[str] = []
        self.outputs: set[Place] = set()
        self.caches: list[CacheDirectory] = []
        self.stores: list[CacheDirectory] = []
        self.defeats: list[Span] = []
        self.locked = False
        self._manifests: dict[str, None] = {}
        self._optional: dict[str, None] = {}
        self._obstacles: dict[str, None] = {}
        self._unknown: dict[str, None] = {}
        self._anywhere = False
        self._search_paths()

    def _search_paths(self) -> None:
        for name in ("PATH", "LD_LIBRARY_PATH"):
            text = self.around.environment.get(name)
            if text and not self.around.links:
                self.reads |= _searched(text)
            elif text:
                for directory in text.split(":"):
                    if directory.startswith("/"):
                        self.look_tree(directory)

    # What it looks at

    def path(self, path: str) -> str:
        """`path` made absolute from the working directory, links that are known followed."""
        if not path.startswith("/") and not self.around.directory_sure:
            self.unknown("the working directory, which another build may set otherwise")
            self.anything()
        return self.around.real(path)

    def look(self, path: str) -> str:
        """It looks at the entry at `path`."""
        real = self.path(path)
        self.reads.add(entry(real))
        self.reads |= above(real)
        return real

    def look_tree(self, path: str) -> str:
        """It looks at everything at and below `path`."""
        real = self.path(path)
        self.reads.add(tree(real))
        self.reads |= above(real)
        return real

    def manifest(self, path: str) -> Source | None:
        """It reads a file that decides what is installed; the text where it is known, else that becomes unknown."""
        real = self.look(path)
        self._manifests[real] = None
        text = self.around.text(real)
        if text is None:
            if self.is_missing(real):
                self.unknown(f"{real}, which does not exist")
            else:
                self.unknown(f"the text of {real}, which was not copied from the build context unchanged")
            self.anything()
        return text

    def archive(self, path: str | Argument) -> None:
        """It reads a file whose contents need not be followed: a package; or all files that a glob finds."""
        if isinstance(path, str):
            self._manifests[self.look(path)] = None
        elif path.text is not None:
            self._manifests[self.look(path.text)] = None
        elif path.pattern:
            directory = self.look_tree(path.prefix.rpartition("/")[0] or ("/" if path.prefix.startswith("/") else "."))
            self.unknown(f"which files of {directory} a pattern means")
        else:
            raise Opaque(f"which file {path.prefix}… is, is not known")

    def seen(self, path: str) -> bool:
        """Whether `path` was read as a manifest before."""
        return self.around.real(path) in self._manifests

    def maybe(self, path: str) -> Source | None:
        """It reads a file if there is one; the text where it is known."""
        real = self.look(path)
        if real in self._manifests:
            return self.around.text(real)
        text = self.around.text(real)
        if text is not None and self.around.kind(real) is Kind.FILE:
            self._optional[real] = None
            return text
        if not self.is_missing(real):
            self._optional[real] = None
        return None

    def is_missing(self, path: str) -> bool:
        """Whether certainly nothing is at `path`."""
        real = self.around.real(path)
        if self.around.absent(real):
            return True
        base = self.around.base
        return False if base is None else real not in base.files and self._watched(real) and self._untouched(real)

    def _watched(self, path: str) -> bool:
        from bakegen.facts.model import WATCHED_FILES

        return path in WATCHED_FILES

    def _untouched(self, path: str) -> bool:
        from bakegen.effects.places import disturbed

        if any(inside(path, one.path) for one in self.around.copied):
            return False
        return not any(disturbed(place, entry(path)) for _, place in self.around.dirty)

    def exists(self, path: str) -> bool:
        """Whether a file or directory from the build context stands at `path`."""
        return self.around.kind(self.around.real(path)) is not None

    def children(self, path: str) -> tuple[str, ...] | None:
        """The names in a directory that came from the build context; None where that is not known."""
        origin = self.around.origin(self.around.real(path))
        if origin is None or self.around.context is None:
            return None
        found = self.around.context.children(origin)
        return None if found is None else tuple(found)

    def text_or_unknown(self, path: str, what: str) -> Source | None:
        """The text of a file that may be there; where nobody can say, that becomes an assumption about `what`."""
        text = self.maybe(path)
        if text is None and not self.is_missing(path):
            self.assume(what)
        return text

    def setting(self, name: str) -> str | None:
        """The value of a variable that decides paths; where another build may set it otherwise, nothing is known."""
        if name in self.around.unsure:
            self.unknown(f"the value of {name}, which the command line may set")
            self.anything()
        return self.around.environment.get(name) or None

    @property
    def is_root(self) -> bool:
        """Whether it runs as root, which an image of which nothing is known is taken to do."""
        if self.around.is_root:
            return True
        if self.around.user:
            return False
        self.assume("the base image runs as root")
        return True

    # What it does

    def write(self, path: str, *, output: bool = True) -> str:
        """It writes anything at and below `path`, and makes missing directories above it."""
        real = self.path(path)
        self.reads |= self.around.crossed_links(path)
        self.writes.add(tree(real))
        if output:
            self.outputs.add(tree(real))
        self._above(real)
        return real

    def writes_tree(self, path: str) -> None:
        """It writes at and below a path that is there already, or nowhere near it."""
        real = self.path(path)
        self.writes.add(tree(real))
        self.outputs.add(tree(real))

    def _above(self, real: str) -> None:
        home = self.around.home
        for parent in ancestors(real):
            if parent == self.around.directory or self.around.kind(parent) is Kind.DIRECTORY:
                return
            if parent == home and not self.is_missing(parent) and not self._no_directory(parent):
                return
            if self.around.base is not None and self.around.base.is_directory(parent) and self._untouched(parent):
                return
            if parent in _STANDARD:
                return
            if self.is_root:
                self.ensures.add(parent)
            else:
                self.writes.add(entry(parent))

    def _no_directory(self, path: str) -> bool:
        """Whether the base image certainly has no such directory, and nobody has made it since."""
        base = self.around.base
        return base is not None and base.is_directory(path) is False and self._untouched(path)

    def home(self, *names: str) -> str | None:
        """A path below the user's home directory; None, and nothing is known any more, where there is no saying."""
        home = self.around.home
        if home is None or "HOME" in self.around.unsure:
            self.unknown(f"the home directory of the user {self.around.user or 'of the image'} (run `bakegen lock`)")
            self.anything()
            return None
        return posixpath.join(home, *names)

    def fetches(self) -> None:
        """It downloads: it looks at what the user has set for that."""
        home = self.around.home
        if home is not None:
            self.reads |= {entry(posixpath.join(home, name)) for name in _HOME_ENTRIES}
            self.reads |= {tree(posixpath.join(home, name)) for name in _HOME_TREES}

    def cache(
        self,
        target: str | None,
        *,
        sharing: str = "shared",
        leftovers: tuple[str, ...] = (),
        disabled: tuple[str, ...] = (),
        store: bool = False,
    ) -> None:
        """It keeps a cache (or what it installs, `store`) at `target`; directories that it makes above are left too."""
        if target is None:
            return
        real = self.write(target, output=store)
        made = tuple(sorted(one for one in self.ensures if inside(real, one)))
        left = (*made, real, f"{real}/**", *leftovers)
        directory = CacheDirectory(real, sharing, left, disabled_by=disabled)
        (self.stores if store else self.caches).append(directory)

    def cache_home(self, name: str, variable: str = "") -> str | None:
        """The place of a cache by the XDG rules: `variable`, else $XDG_CACHE_HOME/name, else ~/.cache/name."""
        given = self.setting(variable) if variable else None
        if given:
            return given
        xdg = self.setting("XDG_CACHE_HOME")
        return posixpath.join(xdg, name) if xdg else self.home(".cache", name)

    def defeat(self, words: Words, *names: str) -> None:
        """Options that switch the cache off."""
        self.defeats += words.spans(*names)

    def understood(self, words: Words) -> Words:
        """The words of the command; what telling them apart rests on is taken for granted."""
        for clause in words.assumes:
            self.assume(clause)
        return words

    # What stands in the way

    def assume(self, clause: str) -> None:
        """Something is taken for granted."""
        if clause not in self.assumes:
            self.assumes.append(clause)

    def obstacle(self, clause: str, *, anything: bool = False) -> None:
        """It depends on more than its manifests; `anything`: code of the project runs."""
        self._obstacles[clause] = None
        if anything:
            self.anything()

    def unknown(self, clause: str) -> None:
        """Something could not be read here."""
        self._unknown[clause] = None

    def anything(self) -> None:
        """It may read and write any path and look at any variable."""
        self._anywhere = True

    # The result

    def effect(self) -> CommandEffect:
        """The effect of a command that installs."""
        return self._effect(
            Install(
                tool=self.tool,
                manifests=tuple(self._manifests),
                optional=tuple(one for one in self._optional if one not in self._manifests),
                obstacles=tuple(self._obstacles),
                unknown=tuple(self._unknown),
                outputs=frozenset(self.outputs),
                caches=tuple(self.caches),
                stores=tuple(self.stores),
                defeats=tuple(self.defeats),
                locked=self.locked,
            )
        )

    def plain(self) -> CommandEffect:
        """The effect of a command that installs nothing.

        Raises:
            Opaque: it may touch anything.
        """
        if self._anywhere:
            raise Opaque(next(iter((*self._obstacles, *self._unknown)), f"what {self.tool} does here is not known"))
        return self._effect(None)

    def _effect(self, install: Install | None) -> CommandEffect:
        anywhere = frozenset((ANYWHERE,))
        trees = [place.path for place in self.writes if place.extent is Extent.TREE]
        ensures = frozenset(path for path in self.ensures if not any(inside(path, one) for one in trees))
        return CommandEffect(
            reads=anywhere if self._anywhere else frozenset(self.reads | self.writes),
            writes=anywhere if self._anywhere else frozenset(self.writes),
            ensures=frozenset() if self._anywhere else ensures,
            variables=ALL_NAMES if self._anywhere else self.variables,
            tier=Tier.KNOWLEDGE,
            assumes=tuple(self.assumes),
            install=install,
            span=self.call.span,
        )

    @property
    def lost(self) -> bool:
        """Whether it may touch anything."""
        return self._anywhere


_STANDARD = frozenset(
    ("/", "/bin", "/etc", "/etc/apt", "/home", "/lib", "/mnt", "/opt", "/root", "/run", "/sbin", "/srv", "/tmp", "/usr",
     "/usr/bin", "/usr/include", "/usr/lib", "/usr/lib64", "/usr/local", "/usr/local/bin", "/usr/local/lib",
     "/usr/local/share", "/usr/sbin", "/usr/share", "/usr/src", "/var", "/var/cache", "/var/cache/apt", "/var/lib",
     "/var/lib/apt", "/var/log", "/var/spool", "/var/tmp")
)  # fmt: skip
"""Directories that every image with a package manager has."""
