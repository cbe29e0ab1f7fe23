#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Feeds every reader of files with hostile ones: libFuzzer, AddressSanitizer, UndefinedBehaviorSanitizer.
#   ci/fuzz.sh [TARGET|all] [SECONDS]    each target for so long; 5 s where not said
#   ci/fuzz.sh seeds                     writes ci/fuzz/corpus anew
# Inputs that were found interesting are kept in build-fuzz/corpus, and what fails in
# build-fuzz/findings, with the line that runs it again. Exit 1 if there is a finding.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all} seconds=${2:-5}
command -v clang >/dev/null || ci/setup.sh --test --checks

read -ra more <<<"${EDYNO_CMAKE_OPTIONS-}"
cmake -S . -B build-fuzz -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=None \
    -DCMAKE_C_FLAGS="-O1 -g1" -DEDYNO_SANITIZE=address,undefined -DEDYNO_FUZZ=ON -DEDYNO_TESTS=OFF \
    "-DEDYNO_WITHOUT=sse41;avx2;avxvnni;avx512;avx512vnni;neon;neondot" \
    ${more[@]+"${more[@]}"} >/dev/null
if [ "$what" = seeds ]; then
    cmake --build build-fuzz --target write_seeds --parallel >/dev/null
    mkdir -p ci/fuzz/corpus/{text,onnx,tflite,ranges,datasets,images,goldens,results}
    build-fuzz/ci/fuzz/write_seeds ci/fuzz/corpus
    exit
fi
cmake --build build-fuzz --target fuzz_targets --parallel >build-fuzz/build.log ||
    { cat build-fuzz/build.log; exit 2; }

targets=("$what")
[ "$what" = all ] && mapfile -t targets < <(cd ci/fuzz && ls fuzz_*.c | sed 's/fuzz_//; s/\.c//')
findings=0
for target in "${targets[@]}"; do
    corpus=build-fuzz/corpus/$target
    mkdir -p "$corpus" build-fuzz/findings
    log=build-fuzz/$target.log
    status=0
    build-fuzz/ci/fuzz/fuzz_"$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2000 \
        -max_len=8192 -artifact_prefix=build-fuzz/findings/"$target"- "$corpus" \
        ci/fuzz/corpus/"$target" >"$log" 2>&1 || status=$?
    runs=$(sed -nE 's/^#([0-9]+).*/\1/p' "$log" | tail -1)
    if [ "$status" -eq 0 ]; then
        printf '%-9s %9s executions in %s s, no finding\n' "$target" "${runs:-0}" "$seconds"
    else
        findings=$((findings + 1))
        grep -E 'ERROR|SUMMARY|Test unit written' "$log" || tail -5 "$log"
        printf '%-9s FINDING (exit %s), see %s\n' "$target" "$status" "$log"
    fi
    [ "${runs:-0}" -gt 0 ] || { echo "$target ran nothing"; findings=$((findings + 1)); }
done
echo "$findings of ${#targets[@]} targets with a finding"
[ "$findings" -eq 0 ]
