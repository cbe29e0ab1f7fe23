#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Walks the kernels of avx512, avx512vnni and avxvnni on a CPU that need only have AVX2: their own
# source, with each intrinsic written out by SIMDe in terms of AVX2. Quicker than an emulated CPU
# (ci/emulate_avx512.sh), which runs the very instructions. Proves answers, never speed. Arguments
# go to edyno conform --kernels.
set -euo pipefail
cd "$(dirname "$0")/.."
grep -qw avx2 /proc/cpuinfo || { echo "SKIP: this CPU has no AVX2"; exit 0; }
ci/setup.sh --simde
build=${EDYNO_BUILD:-build}
ci/build.sh "$build" -DCMAKE_BUILD_TYPE=Release -- edyno_simde
exec "$build/edyno_simde" conform --kernels --backend avx512vnni,avx512,avxvnni "$@"
