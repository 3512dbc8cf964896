#!/bin/sh
# Makes a small apt repository in /srv/repository, and makes it the only one that apt knows.
set -eu
mkdir -p /srv/repository && cd /srv/repository
for name in alpha beta gamma; do
    mkdir -p "/tmp/$name/DEBIAN" "/tmp/$name/usr/share/$name"
    printf 'Package: %s\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody <nobody@example.com>\nDescription: %s\n' \
        "$name" "$name" > "/tmp/$name/DEBIAN/control"
    echo "$name" > "/tmp/$name/usr/share/$name/data"
    dpkg-deb --root-owner-group --build "/tmp/$name" "$name.deb" > /dev/null
    { dpkg-deb -f "$name.deb"
      echo "Filename: ./$name.deb"
      echo "Size: $(stat -c %s "$name.deb")"
      echo "SHA256: $(sha256sum "$name.deb" | cut -d' ' -f1)"
      echo; } >> Packages
    rm -r "/tmp/$name"
done
rm -f /etc/apt/sources.list.d/* /etc/apt/sources.list
echo 'deb [trusted=yes] file:/srv/repository ./' > /etc/apt/sources.list
rm -rf /var/lib/apt/lists/*

