#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# datasets/fetch.sh with a curl of our own that copies from a folder: what is kept, what is not, and
# how it ends. No network.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "fetch_check: $*" >&2
    exit 1
}

mkdir "$work/bin" "$work/mirror" "$work/datasets"
cp datasets/fetch.sh "$work/datasets/"
cat >"$work/bin/curl" <<'CURL'
#!/usr/bin/env bash
while [[ $# -gt 1 ]]; do
    [[ $1 == --output ]] && out=$2
    shift
done
cp "${1#copy://}" "$out" 2>/dev/null
CURL
chmod +x "$work/bin/curl"
export PATH=$work/bin:$PATH EDYNO_FETCH_BASE=copy://$work/mirror

mkdir -p "$work/mirror/c0/p/q"
echo right >"$work/mirror/c0/p/q/a.tflite"
echo wrong >"$work/mirror/c0/p/q/b.tflite"
sum=$(echo right | sha256sum | cut -d' ' -f1)
printf 'file,sha256,commit,path\na.tflite,%s,c0,p/q\nb.tflite,%s,c0,p/q\nc.tflite,%s,c0,p/q\n' \
    "$sum" "$sum" "$sum" >"$work/datasets/mlperf_tiny.csv"

code=0
text=$("$work/datasets/fetch.sh" mlperf-tiny "$work/out" 2>&1) || code=$?
[[ $code == 2 ]] || fail "exit code $code, not 2: $text"
[[ $(ls "$work/out") == a.tflite ]] || fail "left in the folder: $(ls "$work/out")"
[[ $text == *"b.tflite has another sha256"* ]] || fail "says: $text"
[[ $text == *"cannot fetch"*"c.tflite"* ]] || fail "says: $text"
[[ $text == *"1 of 3 models"* ]] || fail "says: $text"

# What is there already is not fetched again, and a damaged copy is.
cp "$work/mirror/c0/p/q/a.tflite" "$work/mirror/c0/p/q/b.tflite"
cp "$work/mirror/c0/p/q/a.tflite" "$work/mirror/c0/p/q/c.tflite"
rm "$work/mirror/c0/p/q/a.tflite"
echo damaged >"$work/out/b.tflite"
"$work/datasets/fetch.sh" mlperf-tiny "$work/out" >/dev/null || fail "a second run fails"
[[ $(cat "$work/out/b.tflite") == right ]] || fail "a damaged file stays"
"$work/datasets/fetch.sh" imagenet 2>/dev/null && fail "an unknown set is no error"

# The list itself: eleven models, sums and commits of the right form.
bad=$(tail -n +2 datasets/mlperf_tiny.csv | grep -Evc '^[a-zA-Z0-9_]+\.tflite,[0-9a-f]{64},[0-9a-f]{40},[a-z_/]+$' || true)
[[ $bad == 0 && $(tail -n +2 datasets/mlperf_tiny.csv | wc -l) == 11 ]] || fail "mlperf_tiny.csv is damaged"
echo "fetch_check: all right"
