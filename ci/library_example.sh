#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
#   ci/library_example.sh BUILD CC [EMULATOR]
#
# Installs BUILD into an empty folder, takes the example from README.md, compiles it with CC against
# what was installed and nothing else, and runs it: linked with libedyno.so, and fully static.
set -euo pipefail
build=$(realpath "$1") cc=$2 emulator=${3-}
cd "$(dirname "$0")/.."
image=$PWD/datasets/fashion-mnist/ankle_boot.pgm model=$PWD/workloads/models/simplecnn.onnx

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$build" --prefix "$folder/usr" >/dev/null
sed -n '/<!-- library-example -->/,/<!-- \/library-example -->/p' README.md |
    sed '/^<!--/d; /^```/d' >"$folder/classify.c"

export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$folder/usr" -name edyno.pc)")
library=$(dirname "$PKG_CONFIG_PATH")
cd "$folder"
# expect PROGRAM: it says class 9 of the ankle boot, and exits 2 on a model that is not there.
expect() {
    local said status=0
    said=$(LD_LIBRARY_PATH=$library $emulator "./$1" "$model" "$image")
    [ "$said" = "class 9" ] || { echo "$1 says '$said', not 'class 9'" >&2 && exit 1; }
    LD_LIBRARY_PATH=$library $emulator "./$1" missing.onnx "$image" >/dev/null || status=$?
    [ "$status" -eq 2 ] || { echo "$1 exits $status on a missing model, not 2" >&2 && exit 1; }
}
$cc -std=c17 -Wall -Wextra -Werror classify.c $(pkg-config --cflags --libs edyno) -o classify
expect classify
$cc -std=c17 -Wall -Wextra -Werror -static classify.c $(pkg-config --cflags --libs --static edyno) \
    -o classify_static
expect classify_static
echo "the README's example says class 9, shared and static"
