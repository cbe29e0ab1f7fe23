#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# ci/check_includes.sh finds each kind of wrong include, and nothing in a tree without any.
set -euo pipefail
check=$(dirname "$(realpath "$0")")/check_includes.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p engine/kernels/{scalar,avx2} engine/import workloads datasets bench reports
for header in engine/e.h workloads/w.h datasets/d.h bench/b.h reports/r.h; do : >"$header"; done

good='#include <stdio.h>
#include "engine/e.h"'
# expect FILE LINE WORDS: with LINE in FILE the check fails and says WORDS of line 3 of that file.
expect() {
    printf '%s\n%s\n' "$good" "$2" >"$1"
    if said=$("$check" "$folder"); then echo "not found: $1: $2" >&2 && exit 1; fi
    grep -qF "$1:3: $3" <<<"$said" || { echo "for $1: $2 it says: $said" >&2 && exit 1; }
    printf '%s\n' "$good" >"$1"
    "$check" "$folder" || { echo "a good tree is refused" >&2 && exit 1; }
}
expect engine/a.c '#include "bench/b.h"' 'engine/ must not include bench/'
expect engine/a.c '#include "datasets/d.h"' 'engine/ must not include datasets/'
expect datasets/a.c '#include "workloads/w.h"' 'datasets/ must not include workloads/'
expect workloads/a.c '#  include "datasets/d.h"' 'workloads/ must not include datasets/'
expect bench/a.c '#include "reports/r.h"' 'bench/ must not include reports/'
expect bench/a.c '#include "b.h"' '"b.h" is not a file from the root'
expect bench/a.h '#include "bench/gone.h"' '"bench/gone.h" is not a file from the root'
expect engine/a.c '#include <immintrin.h>' 'intrinsics belong in'
expect engine/kernels/scalar/a.c '#include <arm_neon.h>' 'intrinsics belong in'
expect bench/a.c '#include <x86intrin.h>' 'intrinsics belong in'
expect engine/a.c '#include <cjson/cJSON.h>' 'engine/ does without cjson/cJSON.h'
expect engine/a.c '#include <protobuf-c/protobuf-c.h>' 'protobuf-c belongs in'
expect engine/a.c '#include HEADER' 'not a plain include'

printf '#include <immintrin.h>\n' >engine/kernels/avx2/a.c
printf '#include <protobuf-c/protobuf-c.h>\n#include "onnx/onnx.pb-c.h"\n' >engine/import/a.c
printf '#include "bench/b.h"\n#include "engine/e.h"\n' >reports/a.c
"$check" "$folder"
echo "each kind of wrong include is found"
