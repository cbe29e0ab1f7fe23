#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Builds the engine alone for 32-bit Arm and runs its tests and the kernel walk under QEMU's user
# emulation. The backend is scalar: there are no NEON kernels for armv7 yet. Sets itself up: this
# adds the architecture armhf to the machine. Arguments go to ctest. It proves answers, never speed.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build-armv7
ci/setup.sh --armhf

ci/build.sh "$build" -DCMAKE_BUILD_TYPE=Release -DEDYNO_TESTS=ON -DEDYNO_ONNX=OFF \
    -DEDYNO_PROGRAM=OFF -DCMAKE_TOOLCHAIN_FILE="$PWD/targets/arm-linux-gnueabihf.cmake"
echo "armv7 under $(qemu-arm --version | head -n 1); left out: ONNX files, the program, trained models"
exec ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(nproc)" "$@"
