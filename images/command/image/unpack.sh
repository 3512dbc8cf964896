#!/bin/sh
# Unpacks Debian packages of any architecture: unpack.sh ARCHITECTURE BASE FOLDER PACKAGE...
#
# apt says what they need beside the packages of BASE, the root of a file system that they will lie upon. No script of a
# package runs. What each package is can be read in var/lib/dpkg/status.d, where scanners of images look.
set -eu
architecture=$1 base=$2 to=$3
shift 3

apt() {
    apt-get --quiet -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
        -o Dir::State::status="$base/var/lib/dpkg/status" -o Dir::State::lists=/tmp/lists \
        -o Dir::Cache::archives=/tmp/archives -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"
}
mkdir -p /tmp/lists/partial /tmp/archives/partial
apt update
apt install --yes --no-install-recommends --download-only "$@"

# git needs Perl for commands that nothing here calls, and what comes with Perl is larger than all the rest.
cd /tmp/archives
rm -f git-man_* liberror-perl_* libgdbm* libperl5* perl_* perl-modules-*

# Packages may still name bin and lib at the top: in Debian these are links.
mkdir -p "$to/var/lib/dpkg/status.d"
for name in bin lib lib64 sbin; do
    mkdir -p "$to/usr/$name"
    ln -s "usr/$name" "$to/$name"
done
for file in *.deb; do
    dpkg-deb --extract "$file" "$to"
    dpkg-deb --field "$file" >"$to/var/lib/dpkg/status.d/${file%%_*}"
done
for name in bin lib lib64 sbin; do
    rm "$to/$name"
    rmdir --ignore-fail-on-non-empty "$to/usr/$name"
done

# As in Debian's slim images: licences stay, manuals go.
find "$to/usr/share/doc" -type f ! -name copyright -delete
find "$to/usr/share/doc" -type l ! -name copyright -delete
rm -rf "$to/usr/share/info" "$to/usr/share/lintian" "$to/usr/share/locale" "$to/usr/share/man"
find "$to" -type d -empty -delete
rm -rf /tmp/lists /tmp/archives
