#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
#   ci/count.sh [NET ...]    [mobilenet_v1_0.25_96]
#
# Counts the aarch64 instructions of one inference under QEMU's user emulation, with the plugin of
# targets/qemu_count.c, for fp32 on neon, int8 on neon and int8 on neondot. Counts are exact and
# repeatable; they are no statement about time. Exits 3 where fp32 on neon or int8 on neondot needs
# more than EDYNO_MOST_PER_MAC (0.5) instructions a multiply-add, 5 where nothing was counted.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${EDYNO_BUILD:-build-aarch64}
most=${EDYNO_MOST_PER_MAC:-0.5}
nets=("$@")
[ $# -gt 0 ] || nets=(mobilenet_v1_0.25_96)

if [ ! -x "$build/edyno" ]; then
    ci/setup.sh --arm64
    ci/build.sh "$build" -DCMAKE_BUILD_TYPE=Release -DEDYNO_TESTS=OFF \
        -DCMAKE_TOOLCHAIN_FILE="$PWD/targets/aarch64-linux-gnu.cmake"
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cc -std=c17 -O2 -shared -fPIC targets/qemu_count.c -o "$scratch/qemu_count.so"

# macs NET VARIANT: as `edyno inspect` prints them.
macs() {
    qemu-aarch64 "$build/edyno" inspect "$1" --variant "$2" |
        sed -n 's/^\([0-9,]*\) MACs a run.*/\1/p' | head -n 1 | tr -d ,
}

# instructions NET VARIANT BACKEND: a child of `edyno ab` serves a block that is over at once, in
# which the model runs a few times in a row.
instructions() {
    echo "go 1000" |
        qemu-aarch64 -cpu max -plugin "$scratch/qemu_count.so,call=edy_plan_run" "$build/edyno" \
            peer "$1" --variant "$2" --backend "$3" --threads 1 2>&1 >/dev/null |
        sed -n 's/^qemu_count: .* calls, \([0-9]*\) instructions.*/\1/p'
}

status=0 counted=0
echo "Instructions of one inference, counted under $(qemu-aarch64 --version | head -n 1); no time."
printf '%-22s %-5s %-8s %12s %14s %9s  %s\n' NET DTYPE BACKEND MACS INSTRUCTIONS PER-MAC VERDICT
for net in "${nets[@]}"; do
    for case in "fp32 neon $most" "int8 neon -" "int8 neondot $most"; do
        read -r variant backend limit <<<"$case"
        m=$(macs "$net" "$variant") n=$(instructions "$net" "$variant" "$backend")
        if [ -z "$m" ] || [ -z "$n" ]; then
            printf '%-22s %-5s %-8s nothing counted\n' "$net" "$variant" "$backend"
            status=5
            continue
        fi
        counted=$((counted + 1))
        verdict=$(awk -v m="$m" -v n="$n" -v l="$limit" \
            'BEGIN { print l == "-" ? "no limit" : n / m <= l ? "PASS" : "FAIL: over " l }')
        [[ $verdict == FAIL* ]] && [ "$status" -eq 0 ] && status=3
        printf '%-22s %-5s %-8s %12d %14d %9s  %s\n' "$net" "$variant" "$backend" "$m" "$n" \
            "$(awk -v m="$m" -v n="$n" 'BEGIN { printf "%.3f", n / m }')" "$verdict"
    done
done
[ "$counted" -gt 0 ] || status=5
exit "$status"
