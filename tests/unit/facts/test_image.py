"""Facts out of layers: what stands where after all of them, where links lead, who owns what."""

from __future__ import annotations

import io
import tarfile

import pytest

from bakegen.compare.blobs import Shared, read_blob
from bakegen.compare.flatten import flatten
from bakegen.compare.layer import Layer
from bakegen.facts.image import MOST_CHILDREN, ConfigError, platform_facts
from bakegen.facts.model import DirectoryFacts, PlatformFacts
from bakegen.facts.root import Headers, Root
from tests.unit.facts.locks import DIGEST
from tests.unit.workspace.fake_images import DEBIAN, Member, digest_of, layer


def facts(*layers: bytes, config: object = None) -> PlatformFacts:
    read = []
    for data in layers:
        found = read_blob(digest_of(data), len(data), io.BytesIO(data).read, Shared(keeper=Headers()))
        assert isinstance(found, Layer), found
        read.append(found)
    return platform_facts(DIGEST, {"config": config or {}}, Root(flatten(read)), index_digest=DIGEST)


def test_an_image_with_something_of_everything() -> None:
    found = facts(DEBIAN, config={"Env": ["A=1=2", "PATH=/bin", "B"], "User": "app", "OnBuild": ["RUN x"]})
    assert found.env == (("A", "1=2"), ("PATH", "/bin"), ("B", ""))
    assert (found.user, found.onbuild, found.shell, found.working_dir) == ("app", ("RUN x",), (), "")
    assert (found.distribution, found.version) == ("debian", "13")
    assert found.users == {"root": 0, "app": 1000}
    assert found.groups == {"root": 0, "staff": 50}
    assert found.homes == {"root": "/root", "app": "/home/app"}
    assert found.symlinks == {"/bin": "usr/bin", "/var/lock": "/gone", "/var/run": "/run"}
    assert found.odd_directories == {
        "/home/app": DirectoryFacts(1000, 1000, 0o755),
        "/root": DirectoryFacts(0, 0, 0o700),
        "/tmp": DirectoryFacts(0, 0, 0o1777),
    }
    assert found.listings["/"] == ("etc", "home", "opt", "proc", "root", "run", "srv", "tmp", "usr", "var")
    assert found.listings["/usr/local"] == ("bin",)
    assert found.listings["/opt"] == ()
    assert "/proc" not in found.listings
    assert "/usr/lib" not in found.listings
    assert found.file_links == {"/etc": ("os-release",)}
    assert [found.is_directory(path) for path in ("/opt", "/bin", "/opt/new", "/etc/passwd", "/usr/lib/x", "/")] == [
        *(True, False, False, False, None, True)
    ]


def test_upper_layers_hide_what_whiteouts_name() -> None:
    lower = layer("opt", "opt/a", "opt/b", "opt/b/c", "srv", "srv/x", "srv/y", "tmp -> opt")
    upper = layer("opt/.wh.a=", "srv", "srv/.wh..wh..opq=", "srv/z", ".wh.tmp=", "home")
    found = facts(lower, upper)
    assert found.listings["/opt"] == ("b",)
    assert found.listings["/opt/b"] == ("c",)
    assert found.listings["/srv"] == ("z",)
    assert found.symlinks == {}
    assert found.listings["/"] == ("home", "opt", "srv")


def test_a_whiteout_hides_nothing_of_its_own_layer() -> None:
    assert facts(layer("opt", "opt/old"), layer("opt/new", "opt/.wh..wh..opq=")).listings["/opt"] == ("new",)


def test_a_directory_over_a_link_takes_its_place_and_a_link_that_of_a_directory() -> None:
    found = facts(layer("a -> b", "b", "c", "c/d"), layer("a", "c -> b"))
    assert found.listings["/"] == ("a", "b")
    assert found.symlinks == {"/c": "b"}


def test_a_directory_again_changes_owner_and_mode_and_keeps_what_is_in_it() -> None:
    found = facts(layer(Member("opt", 0o700), "opt/a"), layer(Member("opt", 0o2775, 5, 6)))
    assert found.odd_directories == {"/opt": DirectoryFacts(5, 6, 0o2775)}
    assert found.listings["/opt"] == ("a",)


def test_links_are_followed_to_the_end_but_never_out_of_the_root() -> None:
    found = facts(
        layer(
            *("opt", "etc", "etc/f=", "a -> b", "b -> /c", "c -> opt", "up -> ../../../etc/f", "out -> ../../gone"),
            *("x -> y", "y -> x", "deep -> a/../etc/./f", "through -> etc/f/..", "self -> ."),
        )
    )
    assert found.symlinks == {
        "/a": "b",
        "/b": "/c",
        "/c": "opt",
        "/out": "../../gone",
        "/self": ".",
        "/through": "etc/f/..",
        "/x": "y",
        "/y": "x",
    }
    assert found.file_links == {"/": ("deep", "up")}


def test_a_hard_link_is_what_it_links_to() -> None:
    found = facts(layer("etc", "etc/real=root:x:7:0::/r:/s\n"), layer(Member("etc/passwd", hard="etc/real")))
    assert found.users == {}  # its bytes stand under a name that is not read
    found = facts(layer("etc", "etc/passwd=root:x:7:0::/r:/s\n"), layer(Member("etc/other", hard="etc/passwd")))
    assert found.users == {"root": 7}


def test_names_that_lead_out_stay_inside() -> None:
    found = facts(layer("../../opt", "./srv/./x", "/etc", "usr/../home"))
    assert found.listings["/"] == ("etc", "home", "opt", "srv")


def test_the_root_itself_is_left_alone() -> None:
    assert facts(layer(Member("./", 0o700, 5, 5), "opt")).odd_directories == {}


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_and_large_numbers(form: int) -> None:
    found = facts(layer(Member("opt/" + "n" * 200, 0o755, 2**31 + 5, 7), form=form))
    assert found.odd_directories == {"/opt/" + "n" * 200: DirectoryFacts(2**31 + 5, 7, 0o755)}


def test_a_directory_with_many_directories_is_not_listed_and_nothing_is_known_in_it() -> None:
    many = [f"opt/d{number}" for number in range(MOST_CHILDREN + 1)]
    found = facts(layer("opt", *many, Member("opt/odd", 0o700), "opt/l -> d1"))
    assert "/opt" not in found.listings
    assert found.is_directory("/opt/d1") is True  # listed itself
    assert found.is_directory("/opt/nothing") is None
    assert "/opt/l" not in found.symlinks


def test_many_links_to_files_are_not_named() -> None:
    found = facts(layer("bin", "bin/x=", *(f"bin/l{number} -> x" for number in range(30))))
    assert found.file_links == {"/bin": ("*",)}
    assert found.is_link("/bin/l1") is None


def test_what_is_deep_is_listed_below_the_places_that_projects_use() -> None:
    found = facts(layer("var/lib/x/y", "usr/share/x/y", "usr/src/app/x/y"))
    assert {path for path in found.listings if path.count("/") > 1} == {
        *("/var/lib", "/var/lib/x", "/usr/src", "/usr/src/app")
    }


@pytest.mark.parametrize(
    "passwd",
    [
        "",
        "root",
        "root:x:zero:0::/root:/bin/sh",
        ":x:0:0::/:/",
        "root:x:0:0::/root",
        "root:x:-1:0:::/",
        "a\0b:x:1:1:::",
    ],
)
def test_broken_lines_of_passwd_say_nothing(passwd: str) -> None:
    assert facts(layer("etc", f"etc/passwd={passwd}\nlast:x:9:9::/last:\n")).users == {"last": 9}


def test_the_first_of_two_users_with_a_name_counts() -> None:
    found = facts(layer("etc", "etc/passwd=a:x:1:1::/one:\na:x:2:2::/two:\n"))
    assert (found.users, found.homes) == ({"a": 1}, {"a": "/one"})


@pytest.mark.parametrize(
    ("text", "distribution", "version"),
    [
        ("ID=alpine\nVERSION_ID=3.22.1\n", "alpine", "3.22.1"),
        ('ID=\'x y\'\nVERSION_ID="a\\"b"\n', "x y", 'a"b'),
        ("# ID=no\nID\n", "", ""),
    ],
)
def test_os_release(text: str, distribution: str, version: str) -> None:
    found = facts(layer("usr/lib", f"usr/lib/os-release={text}"))
    assert (found.distribution, found.version) == (distribution, version)


def test_an_image_without_layers_has_the_path_that_buildkit_gives_it() -> None:
    found = facts()
    assert found.env == (("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),)
    assert (found.listings, found.file_links) == ({"/": ()}, {})


@pytest.mark.parametrize(
    "config",
    [{"Env": "A=1"}, {"Env": [1]}, {"User": 5}, {"OnBuild": {"a": "b"}}, {"Shell": ["a\0b"]}, {"WorkingDir": []}],
)
def test_a_config_of_another_shape_is_refused(config: object) -> None:
    with pytest.raises(ConfigError):
        facts(config=config)


@pytest.mark.parametrize("document", [[], "text", {"config": []}, 5])
def test_what_is_no_config_is_refused(document: object) -> None:
    with pytest.raises(ConfigError):
        platform_facts(DIGEST, document, Root({}), index_digest="")
