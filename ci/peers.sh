#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
#   ci/peers.sh [OPTIONS]     edyno beside ONNX Runtime on the same ONNX files
#
#   --quick              short blocks: shows that it works, not how fast anything is
#   --networks A,B,..    workloads to take (default: the eight text nets)
#   --dtypes fp32,int8   --threads 1,2   what to take of each
#   --rounds N           pairs of blocks a comparison, 7 or more (9)
#   --block SECONDS      length of a block (0.5)
#   --library PATH       libonnxruntime.so to use; also EDYNO_ORT. Without either, onnxruntime-node
#                        is installed from npm into the output folder, its scripts not run
#   --peers-only         no comparisons of edyno with itself
#   --out DIR            output folder (results/peers-<stamp>); JSON files in it are kept and shown
#                        again with `edyno scoreboard DIR/ab`
#
# First every model must get the same answers from both (int8 byte for byte, the peer with its exact
# settings); one that does not is not timed, and the script ends with 1. Then both are timed in turn
# by `edyno ab`, the peer with its defaults. Ends with 3 where a gate is missed.
set -euo pipefail
cd "$(dirname "$0")/.."

ort_version=1.30.0
networks=mobilenet_v1_1.0_224,mobilenet_v1_0.25_96,mobilenet_v2_224,squeezenet_1.1
networks+=,resnet18_224,resnet8_32,ds_cnn_49x10,tinyyolo_v2_416
dtypes=fp32,int8 threads=1,2 rounds=9 block=0.5 library=${EDYNO_ORT-} peers_only=
out=results/peers-$(date -u +%Y%m%dT%H%M%SZ)
while [ $# -gt 0 ]; do
    case $1 in
    --quick) rounds=7 block=0.03 ;;
    --peers-only) peers_only=1 ;;
    --networks | --dtypes | --threads | --rounds | --block | --library | --out)
        [ $# -gt 1 ] || { echo "ci/peers.sh: $1 needs a value" >&2 && exit 2; }
        name=${1#--}
        printf -v "$name" %s "$2"
        shift
        ;;
    -h | --help) sed -n '5,22s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) echo "ci/peers.sh: unknown option '$1'; see ci/peers.sh --help" >&2 && exit 2 ;;
    esac
    shift
done

# ---- What is needed --------------------------------------------------------------------------------
build=${EDYNO_BUILD:-build}
ci/setup.sh
tests=()
pkg-config --exists cmocka || tests=(-DEDYNO_TESTS=OFF)
ci/build.sh "$build" -DCMAKE_BUILD_TYPE=Release ${tests[@]+"${tests[@]}"}
edyno=$PWD/$build/edyno
mkdir -p "$out/models" "$out/ab"
out=$(realpath "$out")

if [ -z "$library" ]; then
    command -v npm >/dev/null || {
        echo "ci/peers.sh: no npm here; give ONNX Runtime's library with --library" >&2
        exit 2
    }
    npm install --ignore-scripts --no-audit --no-fund --silent --prefix "$out/npm" \
        "onnxruntime-node@$ort_version"
    machine=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
    library=$(find "$out/npm" -path "*linux/$machine/libonnxruntime.so*" | sort | head -n 1)
    [ -n "$library" ] || { echo "ci/peers.sh: the package has no library for $machine" >&2 && exit 2; }
fi

# ---- Comparisons -----------------------------------------------------------------------------------
# compare TAG THREADS BASE NEW [OPTIONS]: one A/B; its result is a file named after the tag.
compare() {
    local tag=$1 cores=$2 base=$3 new=$4 code=0
    shift 4
    echo "--- $tag"
    "$edyno" ab --tag "$tag" --json "$out/ab/${tag//\//.}.json" --base "$base" --new "$new" \
        --threads "$cores" --rounds "$rounds" --block "$block" "$@" || code=$?
    [ "$code" -eq 0 ] || [ "$code" -eq 4 ] || exit "$code"
}
ours() { # NET DTYPE [OPTIONS]
    printf "'%s' peer '%s'" "$edyno" "$out/models/$1.$2.onnx"
    shift 2
    [ $# -eq 0 ] || printf ' %s' "$@"
}
theirs() { # NET DTYPE THREADS
    printf '%s' "$(ours "$1" "$2" --threads "$3" --library "'$library'")"
}
runs_here() { "$edyno" inspect simplecnn --backend "$1" >/dev/null 2>&1; }

status=0
# One network in one dtype: equal answers, then all that is timed with it.
network() {
    local net=$1 dtype=$2 n
    "$edyno" export "$net" --variant "$dtype" --output "$out/models/$net.$dtype.onnx"
    if ! "$edyno" peer "$out/models/$net.$dtype.onnx" --library "$library" --check \
        --settings exact; then
        echo "ci/peers.sh: $net $dtype is not timed" >&2
        status=1
        return
    fi
    if [ "$dtype" = int8 ]; then
        echo "For information, the peer with its default settings, as it is timed:"
        "$edyno" peer "$out/models/$net.$dtype.onnx" --library "$library" --check || true
    fi
    for n in ${threads//,/ }; do
        compare "peer/$net/$dtype/$n" "$n" "$(theirs "$net" "$dtype" "$n")" \
            "$(ours "$net" "$dtype" --threads "$n")"
    done
    [ -z "$peers_only" ] || return 0
    if [[ $net == mobilenet_v1_1.0* ]]; then # share of the peak of its pointwise layers
        "$edyno" run "$net" --variant "$dtype" --profile \
            --json "$out/ab/profile.$net.$dtype.json" || [ $? -eq 4 ]
    fi
    compare "threads/$net/$dtype" 2 "$(ours "$net" "$dtype")" "$(ours "$net" "$dtype" --threads 2)"
    compare "batch/$net/$dtype" 1 "$(ours "$net" "$dtype")" "$(ours "$net" "$dtype" --batch 8)"
    if [ "$dtype" = fp32 ] && runs_here avx512; then
        compare "isa/$net/fp32" 1 "$(ours "$net" fp32 --backend avx512)" \
            "$(ours "$net" fp32 --backend avx2)"
    fi
    if [ "$dtype" = int8 ] && [ -f "$out/models/$net.fp32.onnx" ] && runs_here avx2; then
        compare "quant/$net/int8" 1 "$(ours "$net" fp32 --backend avx2)" \
            "$(ours "$net" int8 --backend avx2)"
    fi
    if [ "$dtype" = fp32 ] && [[ $net == mobilenet_v1_1.0* ]]; then
        compare "start/$net/fp32" 1 "$(theirs "$net" fp32 1)" "$(ours "$net" fp32)" --measure start
    fi
    if [ "$dtype" = fp32 ] && [[ $net == resnet8* ]]; then
        compare "rss/$net/fp32" 1 "$(theirs "$net" fp32 1)" "$(ours "$net" fp32)" --measure rss
    fi
}

for net in ${networks//,/ }; do
    for dtype in ${dtypes//,/ }; do
        network "$net" "$dtype"
    done
done

echo
code=0
"$edyno" scoreboard "$out/ab" | tee "$out/scoreboard.txt" || code=$?
echo "kept in $out"
[ "$status" -ne 0 ] || status=$code
exit "$status"
