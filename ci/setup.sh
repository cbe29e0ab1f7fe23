#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Installs the Debian packages that are missing, and only those. Root or sudo is needed only then.
#
#   ci/setup.sh            what building and running edyno needs
#   ci/setup.sh --test     also what the tests need
#   ci/setup.sh --checks   also clang, clang-format and sanitizers
#   ci/setup.sh --arm64    also a cross compiler, QEMU and arm64 libraries (adds the architecture)
#   ci/setup.sh --armhf    the same for 32-bit Arm, whose libraries ci/sysroot.sh unpacks
#   ci/setup.sh --x86      also QEMU for lesser x86-64 CPUs; --bundle: what ci/bundle.sh needs
#   ci/setup.sh --simde    also SIMDe, for ci/emulate_simde.sh; --bochs: Bochs, for emulate_avx512.sh
#   ci/setup.sh --list     prints the packages of the groups asked for, and installs nothing
set -euo pipefail
cd "$(dirname "$0")/.."

groups=" build data "
list_only=
machine=$(dpkg --print-architecture 2>/dev/null || true)
for option in "$@"; do
    case $option in
    --test | --checks | --arm64 | --armhf | --x86 | --bundle | --simde | --bochs) groups+="${option#--} " ;;
    --list) list_only=1 ;;
    -h | --help) sed -n '5,14s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) echo "ci/setup.sh: unknown option '$option'; see ci/setup.sh --help" >&2 && exit 2 ;;
    esac
done

# Of this machine's architecture, or of none, unless the name says another.
installed() {
    local name names=("$1")
    [[ $1 == *:* ]] || names=("$1:$machine" "$1:all")
    for name in "${names[@]}"; do
        dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' && return 0
    done
    return 1
}

needed=() wished=()
while read -r group package _; do
    case $group in '' | '#'*) continue ;; esac
    [[ $groups == *" $group "* ]] || continue
    [ -n "$list_only" ] && echo "$package" && continue
    installed "$package" 2>/dev/null && continue
    if [ "$group" = data ]; then wished+=("$package"); else needed+=("$package"); fi
done <ci/packages.txt
[ -n "$list_only" ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "ci/setup.sh: no apt-get here; nothing installed. Needed: $(ci/setup.sh "$@" --list | xargs)" >&2
    exit 0
fi
if [ ${#needed[@]} -eq 0 ] && [ ${#wished[@]} -eq 0 ]; then
    echo "ci/setup.sh: every package is there"
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "ci/setup.sh: missing ${needed[*]} ${wished[*]}; run as root, or install sudo" >&2
        exit 2
    }
    as_root=(sudo)
fi
apt() {
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq \
        -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

for architecture in arm64 armhf; do
    [[ $groups == *" $architecture "* ]] || continue
    dpkg --print-foreign-architectures | grep -qx "$architecture" && continue
    echo "ci/setup.sh: adding the architecture $architecture"
    ${as_root[@]+"${as_root[@]}"} dpkg --add-architecture "$architecture"
done
echo "ci/setup.sh: installing ${needed[*]} ${wished[*]}"
apt update || echo "ci/setup.sh: apt-get update failed; going on with the lists that are there" >&2
if [ ${#needed[@]} -gt 0 ]; then
    apt install -y --no-install-recommends "${needed[@]}" >/dev/null
fi
for package in ${wished[@]+"${wished[@]}"}; do
    apt install -y --no-install-recommends "$package" >/dev/null ||
        echo "ci/setup.sh: $package is not to be had; going on without it" >&2
done
