#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Builds for aarch64 and runs the tests, the kernel walk and the conformance of every trained model
# and of the small nets under QEMU's user emulation: NEON on the oldest CPU that has it, the dot
# product on a CPU with everything, and its refusal on the CPU without; then instructions are counted
# (ci/count.sh). Sets itself up: this adds the architecture arm64 to the machine. Arguments go to
# ctest. EDYNO_IMAGES=N: how many images' classes conform judges besides the goldens in full (20;
# emulated minutes a thousand). It proves answers, never speed.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build-aarch64
ci/setup.sh --test --arm64

ci/build.sh "$build" -DCMAKE_BUILD_TYPE=Release -DEDYNO_TESTS=ON \
    -DCMAKE_TOOLCHAIN_FILE="$PWD/targets/aarch64-linux-gnu.cmake"
status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(nproc)" \
    --exclude-regex '^(kernel_walk|cli|profile)_test$' "$@" || status=$?

images=${EDYNO_IMAGES:-20}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
count=0
# on CPU ARGUMENTS: edyno on that CPU, as many at once as there are cores; finish prints.
on() {
    local cpu=$1 log=$logs/$count
    count=$((count + 1))
    shift
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
    {
        printf '\nedyno %s, on an emulated %s (%s)\n' "$*" "$cpu" \
            "$(qemu-aarch64 --version | head -n 1)"
        code=0
        qemu-aarch64 -cpu "$cpu" "$build/edyno" "$@" || code=$?
        echo "$code" >"$log.code"
    } >"$log" 2>&1 &
}
# Prints what was started, in that order; a code that is not 0 goes into status.
finish() {
    wait
    for ((i = 0; i < count; i++)); do
        cat "$logs/$i"
        [ "$(cat "$logs/$i.code")" = 0 ] || status=1
    done
}

# The longest first.
on max conform --backend scalar --threads 1 --batch 1 --images 10
on cortex-a53 conform --backend neon --threads 1 --images "$images"
on cortex-a53 conform --kernels --shapes corner --backend neon --cases 200
on max conform --kernels --shapes corner --backend neondot --cases 200
on max conform --kernels --shapes corner --backend scalar --cases 20
on max conform --backend neondot --threads 2 --batch 1 --images "$images"
on max conform ds_cnn_49x10 resnet8_32 mobilenet_v1_0.25_96 --backend neon,neondot --threads 2 \
    --batch 1
on neoverse-n1 conform --kernels --shapes corner --backend neondot --kernel 's8_*' --cases 20
finish
echo "left out: neon with two threads, neondot with batches, scalar with either and the nets;"
echo "          larger nets, larger layers of the walk; cli_test, which is minutes of emulation,"
echo "          and profile_test, which times what is not to be timed here"

refused=0
qemu-aarch64 -cpu cortex-a53 "$build/edyno" conform simplecnn --backend neondot || refused=$?
if [ "$refused" -ne 2 ]; then
    echo "a CPU without the dot product must refuse neondot with code 2; it ended with $refused" >&2
    status=1
fi

echo
ci/count.sh || status=$?
exit "$status"
