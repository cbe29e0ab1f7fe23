#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Does a quantized model give the same bytes in ONNX Runtime and in edyno?

  check_quantized.py simplecnn.int8.onnx build/edyno --ort LIBONNXRUNTIME

Compares 256 test images byte for byte, then prints the top-1 of both on the whole test set.
Exit code 0: equal; 1: not; 2: nothing to compare (usage, a run that failed, a sick oracle).
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import golden_io
import int8_probe
import make_int8
import onnx_wire
import ort_session


def edyno(args, x):
    """What `edyno infer` makes of the inputs x, as float32 [N, 10]."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.bin", Path(folder) / "out.bin"
        source.write_bytes(x.tobytes())
        command = [args.edyno, "infer", args.model, "--input", str(source), "--output", str(target)]
        if args.backend:
            command += ["--backend", args.backend]
        if args.threads:
            command += ["--threads", str(args.threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}\nexit code {done.returncode}: {done.stderr}")
        return np.fromfile(target, np.float32).reshape(len(x), -1)


def compare(ours, theirs):
    """One sentence on the first difference, or None. NaN and -0 count: bytes are compared."""
    if ours.shape != theirs.shape:
        return f"shapes {ours.shape} and {theirs.shape}"
    different = ours.view(np.uint32) != theirs.view(np.uint32)
    if not different.any():
        return None
    image, index = np.argwhere(different)[0]
    return (f"{different.sum()} of {different.size} values differ in {different.any(1).sum()} "
            f"images; first: image {image} value {index}, edyno {ours[image, index]!r}, "
            f"onnxruntime {theirs[image, index]!r}")


def dump_layers(runtime, model_bytes, x, want, folder):
    """Every QuantizeLinear output for the inputs x, one raw file each, named as the tensor."""
    model = onnx_wire.read_model(model_bytes)
    values = []
    for node in model.nodes:
        if node.op == "QuantizeLinear" and node.outputs[0] not in model.outputs:
            kind = onnx_wire.CODES[model.constants[node.inputs[2]].dtype]
            tensor = onnx_wire.put(1, onnx_wire.put(1, kind))
            values.append(onnx_wire.put(1, node.outputs[0]) + onnx_wire.put(2, tensor))
    session = ort_session.Session(runtime, onnx_wire.with_outputs(model_bytes, values),
                                  config=ort_session.EXACT_CONFIG)
    arrays = session.run(x)
    if arrays[0].tobytes() != want.tobytes():
        raise SystemExit("exposing the layers changed the output: layers not written")
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(session.outputs[1:], arrays[1:]):
        shape = "x".join(map(str, array.shape))
        (folder / f"{name.replace('/', '_')}.{shape}.{array.dtype}.bin").write_bytes(
            array.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("edyno", help="the program")
    parser.add_argument("--ort", help="libonnxruntime; else environment EDYNO_ORT")
    parser.add_argument("--sidecar")
    parser.add_argument("--backend")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--no-top1", action="store_true", help="only the comparison of bytes")
    parser.add_argument("--layers", type=Path, metavar="DIR",
                        help="write the runtime's QuantizeLinear outputs of the first image here")
    parser.add_argument("--data", default=golden_io.fashion.DEFAULT_DIR)
    args = parser.parse_args()

    runtime = ort_session.Runtime(args.ort)
    int8_probe.require_health(runtime)
    model_bytes = Path(args.model).read_bytes()
    sidecar = golden_io.read_sidecar(args.sidecar or make_int8.default_sidecar(args.model))
    images, labels = golden_io.fashion.load("t10k", args.data)
    x = golden_io.prepare(sidecar, images)
    session = ort_session.Session(runtime, model_bytes, config=ort_session.EXACT_CONFIG)

    head = x[:args.images]
    theirs = ort_session.run_batched(session, head)
    if args.layers:
        dump_layers(runtime, model_bytes, head[:1], theirs[:1], args.layers)
    fault = compare(edyno(args, head), theirs)
    print(f"{args.model}: {fault or f'{len(head)} images, the same bytes'}")
    if not args.no_top1:
        for name, logits in (("onnxruntime", ort_session.run_batched(session, x)),
                             ("edyno", edyno(args, x))):
            right = int((logits.argmax(1) == labels).sum())
            print(f"{name}: {right} of {len(labels)} right")
    return 1 if fault else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
            sys.exit(2)
        raise
