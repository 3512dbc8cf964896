"""``useradd``, ``adduser`` and their kin, of Debian, shadow and busybox: the account files and the home directory.

Source: useradd(8), groupadd(8), usermod(8) of shadow; adduser(8) of Debian; busybox's loginutils/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.access import Access, Opaque
from bakegen.effects.call import Argument, CallExample
from bakegen.effects.model import Tier
from bakegen.effects.options import read_options
from bakegen.effects.places import entry, tree

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.options import Options

NAMES = (
    "useradd", "adduser", "usermod", "userdel", "deluser", "groupadd", "addgroup", "groupmod", "groupdel", "delgroup",
)  # fmt: skip
EXAMPLES = (
    CallExample("useradd -m -u 1000 app", reads=("/etc/passwd", "/etc/skel/**"),
                writes=("/etc/passwd", "/etc/shadow", "/etc/group", "/home/app/**")),
    CallExample("groupadd -r app && useradd -r -g app -d /srv/app -s /sbin/nologin app", writes=("/srv/app/**",)),
    CallExample("adduser -D -H -u 10001 app", writes=("/etc/passwd",)),
    CallExample("adduser --disabled-password --gecos '' --uid 5 app", writes=("/home/app/**",)),
    CallExample("addgroup -S -g 5 app", writes=("/etc/group", "/etc/gshadow")),
    CallExample("adduser app sudo", writes=("/etc/group",)),
    CallExample("usermod -aG docker app", writes=("/etc/group",)),
    CallExample("usermod -d /new -m app", barrier="moves"),
    CallExample("useradd $(cat name)", barrier="may be an option"),
    CallExample("useradd --prefix /x app", barrier="--prefix"),
)  # fmt: skip
_ACCOUNTS = ("passwd", "shadow", "group", "gshadow", "subuid", "subgid")
_READ = (
    "/etc/login.defs",
    "/etc/adduser.conf",
    "/etc/deluser.conf",
    "/etc/nsswitch.conf",
    "/etc/securetty",
    "/etc/shells",
)
_TREES = (
    "/etc/default",
    "/etc/skel",
    "/etc/pam.d",
    "/etc/security",
    "/etc/perl",
    "/usr/share/perl",
    "/usr/share/perl5",
)
_LOGS = ("/var/log/lastlog", "/var/log/faillog", "/var/log/tallylog", "/etc/.pwd.lock")
_LONG = """
    create-home no-create-home system no-user-group user-group non-unique no-log-init disabled-password disabled-login
    append quiet force ingroup-only add-extra-groups allow-bad-names force-badname comment-only lock unlock remove
    remove-home only-if-empty allow-all-names badname
"""
_LONG_VALUED = """
    uid gid home-dir home shell comment gecos groups group ingroup base-dir skel password expiredate inactive key
    login firstuid lastuid firstgid lastgid
"""
# Letters mean different things: what takes a value in which tool.
_LETTERS = {
    "useradd": ("mMrNUoDl", "ubcdefgGkKps"),
    "usermod": ("amoLU", "cdefgGlpsu"),
    "userdel": ("rfZ", ""),
    "groupadd": ("rof", "gKp"),
    "groupmod": ("o", "gnp"),
    "groupdel": ("f", ""),
    "adduser": ("DHSqmMrNUo", "hgsGuk"),
    "deluser": ("q", ""),
    "addgroup": ("Sq", "g"),
    "delgroup": ("q", ""),
}


def effect(call: Call) -> CommandEffect | str:
    """The account files, and for new users the home directory."""
    access = Access(call)
    access.tier = Tier.KNOWLEDGE
    flags, valued = _LETTERS[call.name]
    options = read_options(call.arguments, flags, valued, _LONG.split(), _LONG_VALUED.split())
    for name in _ACCOUNTS:
        for path in (f"/etc/{name}", f"/etc/{name}-", f"/etc/{name}+", f"/etc/{name}.lock"):
            access.reads.add(entry(path))
            access.writes.add(entry(path))
    access.writes |= {entry(path) for path in _LOGS}
    access.reads |= {entry(path) for path in (*_LOGS, *_READ, "/etc", "/var/log", "/var", "/var/lib")}
    access.reads |= {tree(path) for path in _TREES}
    access.environment("PERL5LIB", "PERL5OPT", "PERLLIB", "ADDUSER_*")
    access.runs("useradd", "groupadd", "usermod", "passwd", "chage", "gpasswd", "perl", "find", "nscd", "sss_cache")
    if call.name in ("userdel", "deluser") and options.any("-r", "--remove", "--remove-home"):
        raise Opaque("which home directory it takes away is not known")
    if call.name == "usermod" and options.any("-m"):
        raise Opaque("it moves a home directory")
    if call.name in ("useradd", "adduser") and len(options.operands) == 1:
        _home(access, options)
    return access.effect()


def _home(access: Access, options: Options) -> None:
    name = options.operands[0].text
    skeleton = options.last("-k", "--skel")
    if skeleton is not None:
        access.read(skeleton, tree=True)
    if options.any("-M", "-H", "--no-create-home"):
        return
    home = options.last("-d", "-h", "--home-dir", "--home")
    if home is None and name is None:
        raise Opaque("the name of the user is not known")
    base = options.last("-b", "--base-dir")
    for place in (base, home):
        if isinstance(place, Argument) and place.text is None:
            raise Opaque("the home directory is not known")
    parent = (base.text if isinstance(base, Argument) else base) or "/home"
    access.change(home or f"{parent}/{name}", tree=True)
    access.make_directories(home or f"{parent}/{name}", plain=False)
    # Debian's adduser makes a mail box for some.
    access.writes |= {entry(f"/var/mail/{name}"), entry(f"/var/spool/mail/{name}")}
    access.reads |= {entry("/var/mail"), entry("/var/spool"), entry("/var/spool/mail")}
    access.links = None
