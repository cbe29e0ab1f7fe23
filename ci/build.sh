#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
#   ci/build.sh FOLDER [CMake options] [-- TARGETS]    configures and builds into FOLDER, quietly
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
shift
options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options+=("$1")
    shift
done
targets=("${@/#--/--target}") # the -- in front becomes CMake's option

# A folder configured before keeps its generator.
generator=(-G Ninja)
[ -f "$folder/CMakeCache.txt" ] && generator=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# EDYNO_CMAKE_OPTIONS adds to every configuration, e.g. -DEDYNO_WERROR=ON.
read -ra more <<<"${EDYNO_CMAKE_OPTIONS-}"
cmake -S . -B "$folder" ${generator[@]+"${generator[@]}"} ${options[@]+"${options[@]}"} ${more[@]+"${more[@]}"} >"$log" 2>&1 || {
    cat "$log" >&2
    exit 2
}
cmake --build "$folder" --parallel ${targets[@]+"${targets[@]}"} >"$log" 2>&1 || {
    cat "$log" >&2
    exit 2
}
grep -E 'warning:' "$log" >&2 || true
echo "built in $folder/"
