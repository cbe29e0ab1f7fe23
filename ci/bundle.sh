#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
#   ci/bundle.sh TARGET [--build FOLDER] [-o FILE.tar.gz]
#
# Packs what a board needs to judge and measure itself into one archive: the program with the
# libraries and the loader that it starts with, models, goldens, nets and images, run.sh and
# README.txt. The board needs a Linux kernel and a shell; no packages, no root, no network. TARGET is
# a toolchain file of targets/ without .cmake, or `host`. FOLDER: where edyno is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
usage() {
    sed -n '5,10s/^# \{0,1\}//p' "$0"
    echo "targets: host $(cd targets && echo *.cmake | sed 's/\.cmake//g')"
}
target=${1-} folder='' out=''
case $target in
-h | --help) usage && exit 0 ;;
'') usage >&2 && exit 2 ;;
host) ;;
*) [ -e "targets/$target.cmake" ] || { echo "ci/bundle.sh: no target '$target'" >&2 && usage >&2 && exit 2; } ;;
esac
shift
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || { echo "ci/bundle.sh: $1 needs a value" >&2 && exit 2; }
    case $1 in
    --build) folder=$2 ;;
    -o) out=$2 ;;
    *) echo "ci/bundle.sh: unknown option '$1'" >&2 && exit 2 ;;
    esac
    shift 2
done
out=${out:-results/edyno-$target.tar.gz}

# Where the target's libraries lie, and the tools that read its files.
options=()
case $target in
host)
    ci/setup.sh --bundle
    triplet=$(cc -print-multiarch) tools='' built=build
    ;;
aarch64-linux-gnu)
    ci/setup.sh --arm64 --bundle
    triplet=$target tools=$target- built=build-aarch64
    ;;
arm-linux-gnueabihf)
    ci/setup.sh --armhf --bundle
    ci/sysroot.sh
    triplet=$target tools=$target- built=build-armv7
    ;;
*)
    triplet=$target tools=$target- built=build-$target
    ;;
esac
[ "$target" = host ] || options=(-DCMAKE_TOOLCHAIN_FILE="$PWD/targets/$target.cmake")
if [ -z "$folder" ]; then
    folder=$built
    ci/build.sh "$folder" -DCMAKE_BUILD_TYPE=Release ${options[@]+"${options[@]}"} -- edyno
fi

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/edyno-$target
share=$root/share/edyno
mkdir -p "$root/bin" "$root/lib" "$share/workloads" "$share/datasets"
cp "$folder/edyno" "$root/bin/edyno"
"${tools}strip" "$root/bin/edyno"

# library NAME: its file.
library() {
    local place
    for place in "build-armhf-root/usr/lib/$triplet" "/lib/$triplet" "/usr/lib/$triplet"; do
        [ -e "$place/$1" ] && echo "$place/$1" && return
    done
    echo "ci/bundle.sh: no library $1 for $triplet" >&2
    return 2
}
# with_libraries FILE: what it needs, and what that needs.
with_libraries() {
    local name file
    for name in $("${tools}objdump" -p "$1" | awk '$1 == "NEEDED" { print $2 }'); do
        [ -e "$root/lib/$name" ] && continue
        file=$(library "$name")
        cp -L "$file" "$root/lib/$name"
        with_libraries "$root/lib/$name"
    done
}
with_libraries "$root/bin/edyno"
loader=$(basename "$(patchelf --print-interpreter "$root/bin/edyno")")
[ -e "$root/lib/$loader" ] || cp -L "$(library "$loader")" "$root/lib/$loader"
chmod 755 "$root/lib/$loader"
# The loader by a path from the archive's own folder: the board's may be older, or none at all.
patchelf --set-interpreter "lib/$loader" --force-rpath --set-rpath '$ORIGIN/../lib' \
    "$root/bin/edyno"

cp -r workloads/models workloads/goldens workloads/nets workloads/shapes_*.txt "$share/workloads"
cp -r datasets/manifest.csv datasets/fashion-mnist "$share/datasets"
cp -r targets "$share/targets"
cp targets/board/run.sh targets/board/README.txt "$root"
{
    echo "target  $target"
    echo "commit  $(git describe --always --dirty 2>/dev/null || echo unknown)"
} >"$root/VERSION"

mkdir -p "$(dirname "$out")"
tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner -czf "$out" "edyno-$target"
echo "$out: $(($(wc -c <"$out") / 1024)) KiB, $(find "$root/lib" -type f | wc -l) libraries, loader lib/$loader"
