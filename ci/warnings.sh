#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
#   ci/warnings.sh [COMPILER ...]
#
# Nothing warns under each compiler (gcc and clang), and the engine alone builds where no library at
# all can be found. The compilers only read, so no code is made: what a compiler says when it
# optimises, the builds of ci/test.sh and ci/sanitize.sh say, which are gcc's.
set -euo pipefail
cd "$(dirname "$0")/.."
ci/setup.sh --test --checks

[ $# -gt 0 ] || set -- gcc clang
for compiler in "$@"; do
    ci/build.sh "build-werror-$compiler" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER="$compiler" \
        -DEDYNO_WERROR=ON -DEDYNO_READ_ONLY=ON
    echo "$compiler: no warning"
done
PKG_CONFIG_LIBDIR=/nonexistent ci/build.sh build-alone -DCMAKE_BUILD_TYPE=None \
    -DCMAKE_C_FLAGS=-O0 -DEDYNO_WERROR=ON -DEDYNO_ONNX=OFF -DEDYNO_PROGRAM=OFF -DEDYNO_TESTS=OFF
echo "the engine builds alone, without ONNX"
