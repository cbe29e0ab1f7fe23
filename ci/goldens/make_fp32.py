#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Golden of a float model: a double-precision run by numpy.

  make_fp32.py workloads/models/simplecnn.onnx --ort LIBONNXRUNTIME

The model's sidecar (.json beside it) says how images become inputs. A plain float32 run of the same
interpreter gives the error that the conformance budget is a multiple of; ONNX Runtime's float32
error is recorded as a second opinion. Takes a few minutes: 10,000 images by elementwise numpy.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import float_run
import golden_io
import onnx_wire
import ort_session


def all_logits(model, x, batch=8):
    """float64 logits of all inputs; small batches stay in the cache."""
    parts = []
    for i in range(0, len(x), batch):
        parts.append(float_run.run(model, x[i:i + batch], np.float64))
        if sys.stderr.isatty():
            print(f"\r{i} of {len(x)}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return np.concatenate(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--ort", help="libonnxruntime; else environment EDYNO_ORT")
    parser.add_argument("--data", default=golden_io.fashion.DEFAULT_DIR)
    parser.add_argument("--out", default=golden_io.ROOT / "workloads" / "goldens")
    args = parser.parse_args()

    model_bytes = Path(args.model).read_bytes()
    sidecar = golden_io.read_sidecar(Path(args.model).with_suffix(".json"))
    if golden_io.sha256(model_bytes) != sidecar["sha256"]:
        raise SystemExit(f"{args.model}: sha256 is not the sidecar's")
    runtime = ort_session.Runtime(args.ort)
    model = onnx_wire.read_model(model_bytes)
    images, labels = golden_io.fashion.load("t10k", args.data)
    x = golden_io.prepare(sidecar, images)

    logits = all_logits(model, x)
    head, inputs = logits[:golden_io.COUNT], x[:golden_io.COUNT]
    plain = float_run.run(model, inputs, np.float32)
    second = ort_session.Session(runtime, model_bytes).run(inputs)[0]

    golden = golden_io.Golden(args.out, sidecar["name"], "fp32")
    golden_io.describe(golden, model_bytes, sidecar, inputs, head, logits.argmax(1), labels)
    golden.fields.update({
        "margins": golden.store("margins.f32", golden_io.margins(logits).astype(np.float32)),
        "reference_error": {"numpy_float32_max_abs": float(np.abs(plain - head).max()),
                            "ort_float32_max_abs": float(np.abs(second - head).max()),
                            "output_max_abs": float(np.abs(head).max()),
                            "ort_version": runtime.version},
        "oracle": {"name": "numpy", "version": np.__version__,
                   "options": {"dtype": "float64", "sums": "in index order, no BLAS"},
                   "cpu_features": ort_session.cpu_features()},
        "made_by": "ci/goldens/make_fp32.py",
    })
    golden.finish()
    print(f"{golden.fields['correct']} of {len(labels)} right; {golden.fields['reference_error']}")


if __name__ == "__main__":
    main()
