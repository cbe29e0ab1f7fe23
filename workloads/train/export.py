# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Write a trained network as ONNX opset 13, batch norms kept, and its sidecar as JSON."""

import hashlib
import json
from pathlib import Path

import torch
from torch import nn

import fashion

OPSET = 13


def count(net, x):
    """(multiply-accumulates of convolutions and dense layers for one image, parameters)."""
    macs = 0

    def hook(module, _, out):
        nonlocal macs
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            macs += out[0].numel() * module.weight[0].numel()

    hooks = [m.register_forward_hook(hook) for m in net.modules()]
    with torch.no_grad():
        net(x)
    for h in hooks:
        h.remove()
    return macs, sum(p.numel() for p in net.parameters())


def write(name, net, pad, path, correct, n):
    """The .onnx at `path` and the .json beside it."""
    path = Path(path)
    net.eval()
    size = 28 + 2 * pad
    x = torch.zeros(1, 1, size, size)
    # PRESERVE, on a network in evaluation mode: EVAL would fold the batch norms into the
    # convolutions, and folding them is our importer's work.
    torch.onnx.export(net, x, str(path), opset_version=OPSET, input_names=["input"],
                      output_names=["logits"], dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}},
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    macs, params = count(net, x)
    sidecar = {
        "name": name,
        "input": {"name": "input", "shape": [1, 1, size, size]},
        "output": {"name": "logits", "shape": [1, 10]},
        # pad: zeros around the raw pixels first; then, in float32, ((float)px / scale - mean) / std
        "preprocess": {"pad": pad, "scale": 255, "mean": [fashion.MEAN], "std": [fashion.STD],
                       "channel_order": "gray"},
        "dataset": "fashion-mnist",
        "classes": fashion.CLASSES,
        "opset": OPSET,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "top1": {"fp32": correct / n, "n": n},
        "macs": macs,
        "params": params,
    }
    path.with_suffix(".json").write_text(json.dumps(sidecar, indent=2) + "\n")
