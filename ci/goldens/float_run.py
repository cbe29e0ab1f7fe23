# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""A numpy interpreter of float ONNX graphs, in the precision asked for.

Plain on purpose. Every sum adds one product after the other in the order of its index, by
elementwise numpy, never by BLAS: the bits are the same on every machine, and the float32 run is
what a plain scalar C program would give. Batch norms are evaluated as they stand, not folded.
"""

import numpy as np


def conv(x, w, b, attributes):
    """x: [N, C, H, W], w: [O, C/groups, KH, KW], b: [O] or None -> [N, O, OH, OW]."""
    groups = attributes.get("group", 1)
    stride = attributes.get("strides", [1, 1])
    dilation = attributes.get("dilations", [1, 1])
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    if attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise ValueError("Conv with auto_pad")
    n, c, h, width = x.shape
    o, per_group, kh, kw = w.shape
    oh = (h + top + bottom - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    ow = (width + left + right - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right))).transpose(1, 0, 2, 3)
    padded = padded.reshape(groups, per_group, *padded.shape[1:])
    w = w.reshape(groups, o // groups, per_group, kh, kw)
    total = np.zeros((groups, o // groups, n * oh * ow), x.dtype)
    product = np.empty_like(total)
    for ci in range(per_group):
        for i in range(kh):
            for j in range(kw):
                y0, x0 = i * dilation[0], j * dilation[1]
                tap = padded[:, ci, :, y0:y0 + stride[0] * (oh - 1) + 1:stride[0],
                             x0:x0 + stride[1] * (ow - 1) + 1:stride[1]]
                tap = np.ascontiguousarray(tap).reshape(groups, 1, -1)
                np.multiply(w[:, :, ci, i, j, None], tap, out=product)
                total += product
    out = total.reshape(o, n, oh, ow).transpose(1, 0, 2, 3)
    return out if b is None else out + b[:, None, None]


def gemm(a, b, c, attributes):
    """a: [N, K], b: [K, M] or with transB [M, K], c: [M] or None -> [N, M]."""
    if attributes.get("alpha", 1.0) != 1 or attributes.get("beta", 1.0) != 1:
        raise ValueError("Gemm with alpha or beta")
    if attributes.get("transA", 0):
        raise ValueError("Gemm with transA")
    b = np.ascontiguousarray(b.T if attributes.get("transB", 0) else b)
    columns = np.ascontiguousarray(a.T)
    total = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for k in range(len(b)):
        total += columns[k][:, None] * b[k][None, :]
    return total if c is None else total + c


def batch_norm(x, scale, shift, mean, variance, attributes):
    epsilon = x.dtype.type(attributes.get("epsilon", 1e-5))
    scale, shift, mean, variance = (v[:, None, None] for v in (scale, shift, mean, variance))
    return (x - mean) / np.sqrt(variance + epsilon) * scale + shift


def max_pool(x, attributes):
    """x: [N, C, H, W]; windows without dilation."""
    kh, kw = attributes["kernel_shape"]
    sh, sw = attributes.get("strides", [1, 1])
    if attributes.get("ceil_mode", 0) or attributes.get("dilations", [1, 1]) != [1, 1]:
        raise ValueError("MaxPool with ceil_mode or dilation")
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=-np.inf)
    oh, ow = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    taps = [x[:, :, i:i + sh * (oh - 1) + 1:sh, j:j + sw * (ow - 1) + 1:sw]
            for i in range(kh) for j in range(kw)]
    return np.maximum.reduce(taps)


def global_average(x):
    """[N, C, H, W] -> [N, C, 1, 1], summed in row order."""
    rows = x.reshape(*x.shape[:2], -1)
    total = np.zeros(x.shape[:2], x.dtype)
    for i in range(rows.shape[2]):
        total += rows[:, :, i]
    return (total / x.dtype.type(rows.shape[2]))[:, :, None, None]


def evaluate(node, value):
    """The node's one output; `value(i)` is input i, or None where it is absent."""
    at = node.attributes
    if node.op == "Conv":
        return conv(value(0), value(1), value(2), at)
    if node.op == "Gemm":
        return gemm(value(0), value(1), value(2), at)
    if node.op == "BatchNormalization":
        return batch_norm(*(value(i) for i in range(5)), at)
    if node.op == "Relu":
        return np.maximum(value(0), 0)
    if node.op == "Clip":
        return np.minimum(np.maximum(value(0), value(1)), value(2))
    if node.op == "LeakyRelu":
        x = value(0)
        return np.where(x < 0, x.dtype.type(np.float32(at.get("alpha", 0.01))) * x, x)
    if node.op == "Concat" and at["axis"] == 1:
        return np.concatenate([value(i) for i in range(len(node.inputs))], axis=1)
    if node.op == "Add":
        return value(0) + value(1)
    if node.op == "MaxPool":
        return max_pool(value(0), at)
    if node.op == "GlobalAveragePool":
        return global_average(value(0))
    if node.op == "Reshape" and list(value(1)) == [0, -1]:
        return value(0).reshape(len(value(0)), -1)
    if node.op == "Flatten" and at.get("axis", 1) == 1:
        return value(0).reshape(len(value(0)), -1)
    if node.op == "Identity":
        return value(0)
    raise ValueError(f"{node.op} node {node.name} is not known here")


def run(model, x, dtype, keep=None):
    """The graph's first output for input x, all arithmetic in `dtype`.

    Float constants are converted to it. `keep`, a dict, receives every node's output.
    """
    values = {k: v.astype(dtype) if v.dtype.kind == "f" else v for k, v in model.constants.items()}
    values[model.inputs[0]] = x.astype(dtype)
    for node in model.nodes:
        def value(i, node=node):
            present = i < len(node.inputs) and node.inputs[i]
            return values[node.inputs[i]] if present else None
        out = evaluate(node, value)
        assert out.dtype == dtype, node.op
        values[node.outputs[0]] = out
        if keep is not None:
            keep[node.outputs[0]] = out
    return values[model.outputs[0]]
