#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
#   ci/sysroot.sh    [build-armhf-root]
#
# Unpacks the armhf libraries that edyno is linked with into a folder of their own. Installing them
# would pull their amd64 twins to the very same version, which a machine that lags behind its
# mirror cannot do; and a cross build needs no more than the files. No root needed.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD/${1:-build-armhf-root}
libraries=$root/usr/lib/arm-linux-gnueabihf
[ -e "$root/complete" ] && echo "ci/sysroot.sh: every library is there" && exit 0

packages=(libprotobuf-c1 libprotobuf-c-dev libcjson1 libcjson-dev libcsv3 libcsv-dev libhwloc15
    libhwloc-dev libudev1 zlib1g zlib1g-dev libpng16-16 libpng-dev libjpeg62-turbo
    libjpeg62-turbo-dev libcmocka0 libcmocka-dev)
mkdir -p "$root/archives"
cd "$root/archives"
apt-get -qq download "${packages[@]/%/:armhf}" 2>&1 | grep -v unsandboxed || true
[ "$(find . -name '*.deb' | wc -l)" -eq "${#packages[@]}" ] || {
    echo "ci/sysroot.sh: of ${#packages[@]} armhf packages only $(find . -name '*.deb' | wc -l) came" >&2
    exit 2
}
for archive in *.deb; do dpkg-deb --extract "$archive" "$root"; done
cd "$root"
rm -r archives
# /lib is /usr/lib; links that were absolute point beside themselves.
cp -a lib/arm-linux-gnueabihf/. "$libraries"
rm -r lib
find "$libraries" -type l | while read -r link; do
    ln -sf "$(basename "$(readlink "$link")")" "$link"
done
touch complete
echo "ci/sysroot.sh: ${#packages[@]} packages unpacked"
