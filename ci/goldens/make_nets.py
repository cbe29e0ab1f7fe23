#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Goldens of the text nets, fp32 and int8, from what `edyno export` writes.

  make_nets.py build/edyno --ort LIBONNXRUNTIME [NET ...]

fp32: numpy in double precision, as make_fp32.py. int8: ONNX Runtime's bytes with the exact settings,
as make_int8.py. Inputs are the synthetic data set's, made here a second time. There are no labels, so
no classes. A minute or two for all eight; the large nets have four samples or one, to keep files small.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import float_run
import golden_io
import int8_probe
import make_int8
import onnx_wire
import ort_session

FIRST = 64  # the first images are what the ranges were calibrated with
GAMMA = np.uint64(0x9e3779b97f4a7c15)


def mix(x):
    """splitmix64's output function."""
    x = (x ^ x >> np.uint64(30)) * np.uint64(0xbf58476d1ce4e5b9)
    x = (x ^ x >> np.uint64(27)) * np.uint64(0x94d049bb133111eb)
    return x ^ x >> np.uint64(31)


def synthetic(index, shape):
    """Image `index` of the data set "synthetic" (datasets/synthetic.h), seed 0, as [1, C, H, W]."""
    with np.errstate(over="ignore"):
        state = mix(mix(np.uint64(0)) ^ GAMMA)
        state = mix(state ^ np.uint64(index + 1) * np.uint64(0xd1b54a32d192ed03))
        steps = np.arange(1, np.prod(shape) + 1, dtype=np.uint64) * GAMMA
        bits = mix(state + steps) >> np.uint64(40)
    x = (bits.astype(np.int64) - (1 << 23)).astype(np.float32) * np.float32(2.0 ** -23)
    return x.reshape(1, *shape)


def float_golden(golden, runtime, model_bytes, x):
    model = onnx_wire.read_model(model_bytes)
    exact, plain = (np.concatenate([float_run.run(model, x[i:i + 1], dtype)
                                    for i in range(len(x))]) for dtype in (np.float64, np.float32))
    session = ort_session.Session(runtime, model_bytes)
    second = ort_session.run_batched(session, x, 1)
    golden.fields.update({
        "reference_error": {"numpy_float32_max_abs": float(np.abs(plain - exact).max()),
                            "ort_float32_max_abs": float(np.abs(second - exact).max()),
                            "output_max_abs": float(np.abs(exact).max()),
                            "ort_version": runtime.version},
        "oracle": {"name": "numpy", "version": np.__version__,
                   "options": {"dtype": "float64", "sums": "in index order, no BLAS"},
                   "cpu_features": ort_session.cpu_features()}})
    return exact


def int8_golden(golden, runtime, model_bytes, x):
    health = int8_probe.require_health(runtime)
    session = ort_session.Session(runtime, model_bytes, config=ort_session.EXACT_CONFIG)
    out = ort_session.run_batched(session, x, 1)
    wrong = make_int8.thread_and_batch_differences(runtime, model_bytes, x, out)
    if wrong:
        raise SystemExit(f"{golden.folder}: {wrong} values change with threads, batch or level: "
                         "not an all-integer graph, no golden made")
    golden.fields["oracle"] = {
        "name": "onnxruntime", "version": runtime.version,
        "options": {"provider": "cpu", "level": ort_session.EXACT_LEVEL, "threads": 1,
                    **ort_session.EXACT_CONFIG},
        "health": health, "cpu_features": ort_session.cpu_features()}
    return out


def make(args, runtime, net, variant, folder):
    model = Path(folder) / "net.onnx"
    subprocess.run([args.edyno, "export", net["name"], "--variant", variant["name"], "-o",
                    str(model)], check=True, stdout=subprocess.DEVNULL)
    shape = [int(d) for d in net["input"].split("x")][1:]
    elems = int(np.prod(shape))
    count = 8 if elems < 50000 else 4 if elems < 200000 else 1
    x = np.concatenate([synthetic(FIRST + i, shape) for i in range(count)])
    golden = golden_io.Golden(args.out, net["name"], variant["name"])
    golden.fields.update({
        "model_sha256": golden_io.sha256(Path(variant["model"]).read_bytes()),
        "export_sha256": golden_io.sha256(model.read_bytes()),
        "dataset": "synthetic", "first": FIRST, "count": count,
        "input_sha256": golden_io.sha256(x.tobytes()),
        "made_by": "ci/goldens/make_nets.py"})
    run = int8_golden if variant["name"] == "int8" else float_golden
    out = run(golden, runtime, model.read_bytes(), x)
    golden.fields["output"] = golden.store("output.bin", out, dtype=out.dtype.name,
                                           shape=list(out.shape))
    golden.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("edyno", help="the program")
    parser.add_argument("nets", nargs="*", metavar="NET")
    parser.add_argument("--ort", help="libonnxruntime; else environment EDYNO_ORT")
    parser.add_argument("--out", default=golden_io.ROOT / "workloads" / "goldens")
    args = parser.parse_args()

    runtime = ort_session.Runtime(args.ort)
    listed = json.loads(subprocess.run([args.edyno, "list", "workloads", "--format", "json"],
                                       check=True, capture_output=True).stdout)["workloads"]
    nets = [w for w in listed if (w["name"] in args.nets if args.nets else w["group"] == "nets")]
    if not nets or len(nets) < len(set(args.nets)):
        raise SystemExit(f"{' '.join(args.nets) or 'the group nets'}: no such workload")
    with tempfile.TemporaryDirectory() as folder:
        for net in nets:
            for variant in net["variants"]:
                make(args, runtime, net, variant, folder)


if __name__ == "__main__":
    main()
