#!/bin/sh
# Puts libraries, bakegen and settings to the unpacked packages of a folder: collect.sh FOLDER
set -eu
to=$1
library=$to/usr/local/lib/python3.13/dist-packages

mkdir -p "$library" "$to/usr/local/bin" "$to/usr/local/libexec/docker/cli-plugins"
cp -r /libraries/. "$library"
cp -r /source/bakegen "$library/bakegen"
cp -r /source/templates "$library/bakegen/templates"
rm -rf "$library/bin" "$library/bakegen/docs"
find "$library" -name __pycache__ -prune -exec rm -r {} +
find "$library/bakegen" -name '*.proto' -delete
chmod -R u=rwX,go=rX "$library"

program() {
    printf '#!/usr/bin/python3 -sP\nimport sys\n\nfrom bakegen.__main__ import %s\n\nsys.exit(%s())\n' "$2" "$2" >"$1"
    chmod 755 "$1"
}
program "$to/usr/local/bin/bakegen" main
program "$to/usr/local/libexec/docker/cli-plugins/docker-bakegen" plugin

# Whoever runs it cannot write beside the modules. The bytes depend on their texts alone.
PYTHONHASHSEED=0 python3 -m compileall -q --invalidation-mode unchecked-hash -s "$to" -p / \
    "$to/usr/lib/python3.13" "$library"

mkdir -p "$to/etc/ssl/certs"
cp /etc/ssl/certs/ca-certificates.crt "$to/etc/ssl/certs/"

# A work tree that is mounted belongs to somebody else than who runs here, and git refuses to read those of others. That
# is for machines which several people share: here is only what whoever started the container has mounted.
printf '[safe]\n\tdirectory = *\n' >"$to/etc/gitconfig"

# A user of its own; with `--user` it may be anybody, so home is for all.
{ cat /base/etc/passwd && echo 'bakegen:x:1000:1000::/home/bakegen:/bin/sh'; } >"$to/etc/passwd"
{ cat /base/etc/group && echo 'bakegen:x:1000:'; } >"$to/etc/group"
mkdir -p -m 1777 "$to/home/bakegen" "$to/work"
chmod 755 "$to/home"

find "$to" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
