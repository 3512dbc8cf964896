"""go: modules of a project, programs of modules, and building.

Source: https://go.dev/ref/mod#go-mod-download, #go-install, #workspaces, https://pkg.go.dev/cmd/go ("Environment
variables", "Build and test caching").
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.effects.access import Opaque
from bakegen.effects.call import CallExample
from bakegen.effects.manifests.gomod import read_gomod
from bakegen.effects.model import Names
from bakegen.effects.places import ancestors
from bakegen.effects.toolbox import COMPILERS, NETWORK, Sheet
from bakegen.effects.words import grammar, read_words, text_of

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.words import Words

NAMES = ("go",)

VARIABLES = NETWORK | COMPILERS | Names.of("GO*", "CGO_*", "GCCGO*", "AR", "PKG_CONFIG*", "FC", "GIT_*")

_GRAMMAR = grammar(
    "-a -n -race -msan -asan -cover -v -work -x -linkshared -modcacherw -trimpath -i -json -buildvcs -cache"
    " -testcache -modcache -fuzzcache -u -w -changed -versions -m -h -help",
    "-C -p -o -covermode -coverpkg -asmflags -buildmode -compiler -gccgoflags -gcflags -installsuffix -ldflags -mod"
    " -modfile -overlay -pgo -pkgdir -tags -toolexec -reuse -f",
    go=True,
    permuted=False,
)
_MADE = ("/go", "/root/.cache", "/root/.config")
_MOD = "module example.org/app\n\ngo 1.22\n\nrequire example.org/lib v1.0.0\n"
_FILES = {"/app/go.mod": _MOD, "/app/go.sum": "example.org/lib v1.0.0 h1:x\n"}
_BOTH = ("/app/go.mod", "/app/go.sum")

EXAMPLES = (
    CallExample(
        "go mod download",
        reads=_BOTH,
        writes=("/go/pkg/**",),
        ensures=("/go", "/root/.config"),
        manifests=_BOTH,
        files=_FILES,
        directory="/app",
        variables={"GOPATH": "/go"},
    ),
    CallExample(
        "go mod download",
        manifests=_BOTH,
        obstacles=("/app/lib",),
        files={**_FILES, "/app/go.mod": _MOD + "replace example.org/lib => ./lib // local\n"},
        directory="/app",
    ),
    CallExample(
        "go mod download",
        manifests=("/app/go.work", "/app/a/go.mod", "/app/b/go.mod"),
        files={"/app/go.work": "go 1.22\nuse (\n\t./a\n\t./b\n)\n", "/app/a/go.mod": _MOD, "/app/b/go.mod": _MOD},
        directory="/app",
    ),
    CallExample(
        "go build -trimpath -ldflags='-s -w' -o /out/app ./cmd/app",
        reads=("/app/**",),
        writes=("/out/app/**", "/go/pkg/**", "/root/.cache/go-build/**"),
        ensures=(*_MADE, "/out"),
        obstacles=("compiles the sources",),
        files=_FILES,
        directory="/app",
        variables={"GOPATH": "/go"},
    ),
    CallExample(
        "go install golang.org/x/tools/cmd/stringer@v0.24.0",
        writes=("/go/bin/**", "/go/pkg/**"),
        ensures=_MADE,
        variables={"GOPATH": "/go"},
    ),
    CallExample("go clean -modcache", writes=("/go/pkg/**",), ensures=_MADE, variables={"GOPATH": "/go"}),
    CallExample("go version", reads=("/usr/local/**",), ensures=("/root/.config",)),
    CallExample("go mod tidy", barrier="go mod tidy"),
    CallExample("go generate ./...", barrier="go generate"),
    CallExample("go build -toolexec=./x .", barrier="-toolexec"),
)


def effect(call: Call) -> CommandEffect:
    """The effect of one call."""
    sheet = Sheet(call, "go", VARIABLES)
    command, rest = (text_of(call.arguments[0]), call.arguments[1:]) if call.arguments else ("", ())
    if command == "mod" and rest:
        command, rest = f"mod {text_of(rest[0])}", rest[1:]
    words = sheet.understood(read_words(rest, _GRAMMAR))
    if words.all("-toolexec", "-modfile", "-overlay", "-pkgdir", "-reuse"):
        raise Opaque(f"what {words.all('-toolexec', '-modfile', '-overlay', '-pkgdir', '-reuse')[0].name} is for")
    where = sheet.path(words.value("-C") or ".")
    _started(sheet)
    if command in ("version", "help"):
        return sheet.plain()
    if command == "env":
        return sheet.plain()
    if command == "clean":
        _stores(sheet)
        sheet.cache(sheet.cache_home("go-build", "GOCACHE"))
        if not words.has("-modcache", "-cache", "-testcache", "-fuzzcache"):
            sheet.write(where)
        return sheet.plain()
    flags = (sheet.setting("GOFLAGS") or "").split()
    if any(flag.startswith(("-toolexec", "-modfile", "-overlay")) for flag in flags):
        raise Opaque("GOFLAGS names files or programs")
    updates = "-mod=mod" in flags or words.value("-mod") == "mod"
    if command == "mod download":
        _download(sheet, words, where, updates=updates)
    elif command == "install" and words.operands and all("@" in text_of(one) for one in words.operands):
        sheet.locked = all(not text_of(one).endswith("@latest") for one in words.operands)
        _bin(sheet)
        sheet.cache(sheet.cache_home("go-build", "GOCACHE"))
    elif command in ("build", "install"):
        _build(sheet, words, where, command, updates=updates)
        sheet.cache(sheet.cache_home("go-build", "GOCACHE"))
    else:
        raise Opaque(f"what go {command} does is not known")
    sheet.fetches()
    _stores(sheet)
    return sheet.effect()


def _started(sheet: Sheet) -> None:
    """Settings of the user and of Go itself; newer ones count how often they are called."""
    home = sheet.setting("XDG_CONFIG_HOME") or sheet.home(".config")
    if home is not None:
        config = posixpath.join(home, "go")
        sheet.look_tree(config)
        sheet.write(config)
    sheet.look_tree(sheet.setting("GOROOT") or "/usr/local/go")
    own = sheet.setting("GOENV")
    if own is not None and own != "off":
        sheet.look(own)
    sheet.assume("settings that `go env -w` left in the image move none of its directories")


def _paths(sheet: Sheet) -> tuple[list[str], tuple[str, ...]]:
    """The directories that GOPATH may be, and why it is not sure."""
    given = sheet.setting("GOPATH")
    if given is not None:
        return given.split(":")[:1], ()
    home = sheet.home("go")
    own = [home] if home is not None else []
    if sheet.around.complete:
        return own, ()
    why = "which directory it is depends on GOPATH in the base image, of which no facts are known (run `bakegen lock`)"
    return ["/go", *own], (why,)


def _stores(sheet: Sheet) -> None:
    """The cache of modules: what was downloaded stays there for later commands."""
    given = sheet.setting("GOMODCACHE")
    paths, unsure = _paths(sheet)
    for path in paths:
        sheet.look_tree(posixpath.join(path, "pkg"))
        sheet.write(posixpath.join(path, "pkg"))
    for place in [given] if given is not None else [posixpath.join(path, "pkg/mod") for path in paths]:
        sheet.cache(place, store=True, disabled=() if given is not None else unsure)


def _bin(sheet: Sheet) -> None:
    given = sheet.setting("GOBIN")
    for place in [given] if given is not None else [posixpath.join(path, "bin") for path in _paths(sheet)[0]]:
        sheet.write(place)


def _download(sheet: Sheet, words: Words, where: str, *, updates: bool) -> None:
    root, work = _roots(sheet, where)
    sheet.locked = True
    if words.operands or updates:
        # Sums of what is named are added, and with -mod=mod requirements too.
        sheet.locked = False
        for name in ("go.sum", "go.mod"):
            sheet.write(posixpath.join(root or where, name))
    directories = [root or where]
    if work is not None:
        directories = _workspace(sheet, work)
    for directory in directories:
        _module(sheet, directory)
    sheet.assume("go.mod and go.sum are complete, so that downloading writes nothing into them")


def _workspace(sheet: Sheet, work: str) -> list[str]:
    source = sheet.manifest(work)
    above = posixpath.dirname(work)
    sheet.maybe(posixpath.join(above, "go.work.sum"))
    said = read_gomod(source.text if source is not None else "")
    _replaced(sheet, work, said.replaced, said.problems)
    return [sheet.path(posixpath.join(above, one)) for one in said.used]


def _module(sheet: Sheet, directory: str) -> None:
    source = sheet.manifest(posixpath.join(directory, "go.mod"))
    sums = posixpath.join(directory, "go.sum")
    if sheet.exists(sums):
        sheet.archive(sums)
    else:
        sheet.maybe(sums)
    sheet.look(posixpath.join(directory, "vendor/modules.txt"))
    if source is not None:
        said = read_gomod(source.text)
        _replaced(sheet, posixpath.join(directory, "go.mod"), said.replaced, said.problems)


def _replaced(sheet: Sheet, path: str, replaced: tuple[tuple[str, str], ...], problems: tuple[str, ...]) -> None:
    for problem in problems:
        sheet.unknown(f"{problem} in {path}")
        sheet.anything()
    for module, target in replaced:
        real = sheet.path(posixpath.join(posixpath.dirname(path), target))
        sheet.obstacle(f"{path} takes {module} from the directory {real}")
        sheet.look_tree(real)


def _roots(sheet: Sheet, where: str) -> tuple[str | None, str | None]:
    """The directory of the module that `where` is in, and the file of its workspace; all are looked for upwards."""
    own = sheet.setting("GOWORK")
    root, work = None, None
    for directory in (where, *ancestors(where)):
        for name in ("go.mod", "go.work"):
            sheet.look(posixpath.join(directory, name))
        if root is None and sheet.exists(posixpath.join(directory, "go.mod")):
            root = directory
        if work is None and sheet.exists(posixpath.join(directory, "go.work")):
            work = posixpath.join(directory, "go.work")
    if own is not None:
        work = None if own == "off" else sheet.path(own)
    return root, work


def _build(sheet: Sheet, words: Words, where: str, command: str, *, updates: bool) -> None:
    root, work = _roots(sheet, where)
    top = root or where
    sources = [top]
    for file in (posixpath.join(top, "go.mod"), work):
        source = sheet.around.text(file) if file is not None else None
        said = read_gomod(source.text if source is not None else "")
        sources += [sheet.path(posixpath.join(posixpath.dirname(file or ""), path)) for _, path in said.replaced]
        sources += [sheet.path(posixpath.join(posixpath.dirname(file or ""), path)) for path in said.used]
        if source is None and file is not None:
            sheet.assume(f"{file} names no directories outside of {top}")
    for directory in dict.fromkeys(sources):
        sheet.look_tree(directory)
    for operand in words.operands:
        if text_of(operand).startswith((".", "/")):
            sheet.look_tree(text_of(operand))
    if words.value("-pgo") not in (None, "auto", "off"):
        sheet.look(words.value("-pgo") or "")
    for directory in ancestors(top):
        # The revision is stamped into programs.
        for name in (".git", ".hg", ".svn", ".bzr", ".fossil"):
            sheet.look_tree(posixpath.join(directory, name))
    sheet.obstacle(f"go {command} compiles the sources below {top}")
    sheet.assume("C sources that are compiled along name no files outside of the project and of the system's")
    if updates:
        for name in ("go.mod", "go.sum"):
            sheet.write(posixpath.join(top, name))
    if command == "install":
        _bin(sheet)
        return
    output = words.value("-o")
    sheet.write(posixpath.join(where, output) if output is not None else where)
