#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Golden of an int8 model (QuantizeLinear/DequantizeLinear): ONNX Runtime's bytes.

  make_int8.py workloads/models/simplecnn.int8.onnx --ort LIBONNXRUNTIME

The sidecar of the float model says how images become inputs; by default it is NAME.json beside
NAME.int8.onnx. Runs with the exact settings only (ort_session.py says why), and refuses to write
anything when the runtime fails its health check on this CPU (int8_probe.py).
"""

import argparse
from pathlib import Path

import golden_io
import int8_probe
import ort_session


def default_sidecar(model):
    """NAME.json beside NAME.int8.onnx."""
    model = Path(model)
    return model.with_name(model.name.split(".")[0] + ".json")


def thread_and_batch_differences(runtime, model_bytes, x, want):
    """Values that change with two threads, other batches or level 2; all must agree."""
    wrong = 0
    for level, threads, batch in ((2, 1, 50), (99, 2, 50), (99, 1, 1)):
        session = ort_session.Session(runtime, model_bytes, level, ort_session.EXACT_CONFIG,
                                      threads)
        wrong += int((ort_session.run_batched(session, x, batch) != want).sum())
        session.close()
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--ort", help="libonnxruntime; else environment EDYNO_ORT")
    parser.add_argument("--sidecar")
    parser.add_argument("--variant", default="int8")
    parser.add_argument("--data", default=golden_io.fashion.DEFAULT_DIR)
    parser.add_argument("--out", default=golden_io.ROOT / "workloads" / "goldens")
    args = parser.parse_args()

    runtime = ort_session.Runtime(args.ort)
    health = int8_probe.require_health(runtime)
    model_bytes = Path(args.model).read_bytes()
    sidecar = golden_io.read_sidecar(args.sidecar or default_sidecar(args.model))
    images, labels = golden_io.fashion.load("t10k", args.data)
    x = golden_io.prepare(sidecar, images)

    session = ort_session.Session(runtime, model_bytes, config=ort_session.EXACT_CONFIG)
    logits = ort_session.run_batched(session, x)
    head, inputs = logits[:golden_io.COUNT], x[:golden_io.COUNT]
    wrong = thread_and_batch_differences(runtime, model_bytes, inputs, head)
    if wrong:
        raise SystemExit(f"{args.model}: {wrong} values change with threads, batch or level: "
                         "not an all-integer graph, no golden made")

    golden = golden_io.Golden(args.out, sidecar["name"], args.variant)
    golden_io.describe(golden, model_bytes, sidecar, inputs, head, logits.argmax(1), labels)
    golden.fields.update({
        "oracle": {"name": "onnxruntime", "version": runtime.version,
                   "options": {"provider": "cpu", "level": ort_session.EXACT_LEVEL, "threads": 1,
                               **ort_session.EXACT_CONFIG},
                   "health": health, "cpu_features": ort_session.cpu_features()},
        "made_by": "ci/goldens/make_int8.py",
    })
    golden.finish()
    print(f"{golden.fields['correct']} of {len(labels)} right")


if __name__ == "__main__":
    main()
