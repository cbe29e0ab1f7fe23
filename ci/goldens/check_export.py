#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Does what `edyno export` writes give the same answers in ONNX Runtime and in edyno?

  check_export.py build/edyno --ort LIBONNXRUNTIME [NET ...]

For every text net (or those named), fp32 and int8, on seeded noise: int8 byte for byte, and no float
arithmetic left in the graph that ONNX Runtime runs; fp32 within a bound relative to the largest output.
Exit code 0: they agree; 1: not; 2: nothing to compare (usage, a run that failed, a sick oracle).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

import int8_probe
import onnx_wire
import ort_session

FP32_BOUND = 2e-5
# What ONNX Runtime may run in an int8 graph: integer arithmetic, and moves.
INTEGER = {"QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearAdd", "QLinearConcat",
           "QLinearGlobalAveragePool", "QLinearAveragePool", "QLinearLeakyRelu", "QGemm", "MaxPool",
           "NhwcMaxPool", "Reshape", "Flatten", "Transpose", "QLinearMul", "QLinearSigmoid", "QLinearSoftmax"}


def call(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\nexit code {done.returncode}: {done.stderr}")
    return done.stdout


def infer(args, model, variant, x, folder):
    source, target = folder / "in.bin", folder / "out.bin"
    source.write_bytes(x.tobytes())
    command = [args.edyno, "infer", model, "--input", str(source), "--output", str(target)]
    if variant:
        command += ["--variant", variant]
    if args.backend:
        command += ["--backend", args.backend]
    call(command)
    return np.fromfile(target, np.float32)


def stray_operators(path):
    """Operators of the graph that ONNX Runtime runs which compute in float."""
    kinds = Counter(node.op for node in onnx_wire.read_model(path.read_bytes()).nodes)
    return {op: n for op, n in kinds.items() if op not in INTEGER}, kinds


def check(args, runtime, net, variant, folder):
    """True where both agree; prints one line."""
    model, optimized = folder / "net.onnx", folder / "optimized.onnx"
    call([args.edyno, "export", net["name"], "--variant", variant, "-o", str(model)])
    shape = [int(d) for d in net["input"].split("x")]
    noise = np.random.Generator(np.random.PCG64(args.seed))
    x = noise.uniform(-1, 1, [args.images] + shape[1:]).astype(np.float32)
    config = ort_session.EXACT_CONFIG if variant == "int8" else None
    session = ort_session.Session(runtime, model.read_bytes(), config=config,
                                  optimized=str(optimized))
    theirs = np.concatenate([session.run(x[i:i + 1])[0].ravel() for i in range(len(x))])
    session.close()
    text = infer(args, net["name"], variant, x, folder)
    file = infer(args, str(model), None, x, folder)
    name = f"{net['name']}/{variant}"
    if text.tobytes() != file.tobytes():
        print(f"{name}: FAIL: the net and its export differ in edyno itself")
        return False
    if text.shape != theirs.shape or not np.isfinite(theirs).all() or not theirs.any():
        print(f"{name}: FAIL: {text.shape} and {theirs.shape} values, or not healthy ones")
        return False
    if variant == "int8":
        stray, kinds = stray_operators(optimized)
        differ = int((text.view(np.uint32) != theirs.view(np.uint32)).sum())
        good = not differ and not stray
        print(f"{name}: {'ok' if good else 'FAIL'}: {differ} of {theirs.size} values differ, "
              f"{len(np.unique(theirs))} distinct; float operators left: {stray or 'none'}; "
              f"runs {dict(kinds)}")
        return good
    error = float(np.abs(text.astype(np.float64) - theirs).max() / np.abs(theirs).max())
    print(f"{name}: {'ok' if error <= FP32_BOUND else 'FAIL'}: largest error {error:.1e} of the "
          f"largest of {theirs.size} values ({np.abs(theirs).max():.3g})")
    return error <= FP32_BOUND


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("edyno", help="the program")
    parser.add_argument("nets", nargs="*", metavar="NET")
    parser.add_argument("--ort", help="libonnxruntime; else environment EDYNO_ORT")
    parser.add_argument("--backend")
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    runtime = ort_session.Runtime(args.ort)
    int8_probe.require_health(runtime)
    listed = json.loads(call([args.edyno, "list", "workloads", "--format", "json"]))["workloads"]
    nets = [w for w in listed if (w["name"] in args.nets if args.nets else w["group"] == "nets")]
    if not nets or len(nets) < len(set(args.nets)):
        raise SystemExit(f"{' '.join(args.nets) or 'the group nets'}: no such workload")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for net in nets:
            for variant in net["variants"]:
                good = check(args, runtime, net, variant["name"], Path(folder)) and good
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
            sys.exit(2)
        raise
