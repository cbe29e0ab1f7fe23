#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Small random networks in ONNX Runtime and in edyno: do both give the same answers?

  check_operators.py build/edyno --ort LIBONNXRUNTIME --seeds 20

Each seed draws a network of convolutions, activations, pools of every sort (asymmetric pads,
auto_pad, dilations, ceil_mode), sums and Concats, and runs it in float32 (to 1e-4 of the largest
value) and quantized by u8 activations (byte for byte, free running). Exit code 0: equal; 1: not;
2: nothing to compare (usage, a run that failed, a sick oracle).
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import int8_probe
import ort_session
from onnx_wire import put_model, put_node, put_value, with_outputs

F = np.float32
IMAGES = 3


class Network:
    """Nodes in order, as (op, name of the result, names of inputs, attributes)."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.weights = [], {}
        self.dims = {"x": (int(self.rng.integers(1, 9)), 11, 13)}
        self.open = ["x"]  # results that nobody reads yet
        for _ in range(int(self.rng.integers(4, 10))):
            self.grow()
        self.close()

    def draw(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def add(self, op, inputs, dims, **attributes):
        name = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append((op, name, inputs, attributes))
        self.dims[name] = dims
        self.open = [v for v in self.open if v not in inputs] + [name]
        return name

    def conv(self, x, **window):
        channels, kernel = self.dims[x][0], self.draw(1, 3)
        group = channels if self.draw(True, False, False) else 1
        outputs = channels if group > 1 else int(self.rng.integers(1, 20))
        w = f"w{len(self.nodes)}"
        fan_in = channels // group * kernel * kernel
        self.weights[w] = self.rng.normal(0, 1.5 / fan_in ** 0.5,
                                          (outputs, channels // group, kernel, kernel)).astype(F)
        self.weights[w + "_b"] = self.rng.normal(0, 0.3, outputs).astype(F)
        return self.add("Conv", [x, w, w + "_b"], (outputs, *self.dims[x][1:]), group=group,
                        kernel_shape=[kernel, kernel], pads=[kernel // 2] * 4, **window)

    def max_pool(self, x):
        """Extents stay what they are, or shrink by the operator's own rule."""
        c, h, w = self.dims[x]
        kind = self.draw("same", "ceil", "dilated", "uneven")
        if kind == "same":
            stride = self.draw(1, 2)
            return self.add("MaxPool", [x], (c, -(-h // stride), -(-w // stride)),
                            kernel_shape=[2, 2], strides=[stride, stride],
                            auto_pad=self.draw("SAME_UPPER", "SAME_LOWER"))
        if kind == "uneven":
            return self.add("MaxPool", [x], (c, h, w), kernel_shape=[2, 2], strides=[1, 1],
                            pads=self.draw([0, 0, 1, 1], [1, 0, 0, 1], [1, 1, 0, 0]))
        if kind == "dilated":
            return self.add("MaxPool", [x], (c, h, w), kernel_shape=[3, 3], strides=[1, 1],
                            dilations=[2, 2], pads=[2, 2, 2, 2])
        if min(h, w) < 4:
            return x
        return self.add("MaxPool", [x], (c, -(-(h - 3) // 2) + 1, -(-(w - 3) // 2) + 1),
                        kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)

    def concat(self, x):
        """Branches side by side: x itself may be one, and one may stand twice."""
        branches = [self.conv(x) for _ in range(int(self.rng.integers(1, 4)))]
        branches = [self.activation(b) for b in branches] + ([x] if self.draw(True, False) else [])
        if len(branches) == 1 or self.draw(True, False, False):
            branches.append(branches[0])
        channels = sum(self.dims[b][0] for b in branches)
        return self.add("Concat", branches, (channels, *self.dims[x][1:]), axis=self.draw(1, -3))

    def activation(self, x):
        op = self.draw("Relu", "LeakyRelu", None)
        if not op:
            return x
        slope = {"alpha": float(self.draw(0.1, 0.01, 0.3))} if op == "LeakyRelu" else {}
        return self.add(op, [x], self.dims[x], **slope)

    def grow(self):
        x = self.open[-1]
        kind = self.draw("conv", "conv", "concat", "concat", "pool", "sum")
        if kind == "pool":
            self.max_pool(x)
        elif kind == "concat":
            self.concat(x)
        elif kind == "sum":
            y = self.activation(x)
            if y != x:
                self.add("Add", [x, y], self.dims[x])
        else:
            self.activation(self.conv(x))

    def close(self):
        """Sometimes the end of a classifier; then one result."""
        x = self.open[-1]
        if not self.nodes or self.draw(True, False):
            x = self.conv(x)
        if self.draw(True, False):
            channels = self.dims[x][0]
            x = self.add("GlobalAveragePool", [x], (channels, 1, 1))
            if self.draw(True, False):
                x = self.add("Flatten", [x], (channels,), axis=1)
            else:
                self.weights["shape"] = np.array([0, -1], np.int64)
                x = self.add("Reshape", [x, "shape"], (channels,))
        self.result = x

    def float_model(self):
        nodes = [put_node(op, inputs, [name], **attributes)
                 for op, name, inputs, attributes in self.nodes]
        return put_model(nodes, self.weights, [self.port("x")], [self.port(self.result)])

    def port(self, name):
        return put_value(name, F, ["N", *self.dims[name]])

    def quantized_model(self, ranges):
        """u8 activations, each with a scale of its own but where an operator keeps its input's."""
        writer = Quantizer(self, ranges)
        for node in self.nodes:
            writer.add(*node)
        result = put_value(writer.real[self.result], F, ["N", *self.dims[self.result]])
        return put_model(writer.nodes, writer.constants, [self.port("x")], [result])


class Quantizer:
    KEEP = ("MaxPool", "Flatten", "Reshape")

    def __init__(self, network, ranges):
        self.network, self.ranges, self.nodes = network, ranges, []
        self.constants, self.real, self.scales = {}, {}, {}
        self.pair("x", self.scale_of("x"))

    def scale_of(self, name):
        low, high = self.ranges[name]
        low, high = min(low, 0.0), max(high, 0.0)
        scale = F((high - low) / 255.0) or F(1)
        return scale, np.uint8(np.clip(np.rint(-low / scale), 0, 255))

    def pair(self, name, scale):
        s, z, q, real = (name + end for end in ("_s", "_z", "_q", "_r"))
        self.constants[s], self.constants[z] = np.array(scale[0]), np.array(scale[1])
        self.nodes += [put_node("QuantizeLinear", [name, s, z], [q]),
                       put_node("DequantizeLinear", [q, s, z], [real])]
        self.real[name], self.scales[name] = real, scale

    def layer(self, x, w):
        weights, bias = self.network.weights[w], self.network.weights[w + "_b"]
        scales = (np.abs(weights).max((1, 2, 3)) / F(127)).astype(F)
        scales[scales == 0] = 1
        unit = self.scales[x][0] * scales
        count = len(scales)
        self.constants.update({
            w + "_q": np.clip(np.rint(weights / scales[:, None, None, None]),
                              -127, 127).astype(np.int8),
            w + "_s": scales, w + "_z": np.zeros(count, np.int8),
            w + "_bq": np.rint(bias / unit).astype(np.int32), w + "_bs": unit,
            w + "_bz": np.zeros(count, np.int32)})
        self.nodes += [
            put_node("DequantizeLinear", [w + "_q", w + "_s", w + "_z"], [w + "_r"], axis=0),
            put_node("DequantizeLinear", [w + "_bq", w + "_bs", w + "_bz"], [w + "_br"], axis=0)]
        return [self.real[x], w + "_r", w + "_br"]

    def add(self, op, name, inputs, attributes):
        if op == "Conv":
            reads = self.layer(inputs[0], inputs[1])
        else:
            reads = [self.real.get(i, i) for i in inputs]
        if "shape" in inputs:
            self.constants["shape"] = self.network.weights["shape"]
        self.nodes.append(put_node(op, reads, [name], **attributes))
        scale = self.scales[inputs[0]] if op in self.KEEP else self.scale_of(name)
        if op == "Concat" and self.network.draw(True, False):
            scale = self.scales[inputs[-1]]  # one of the inputs is a plain copy then
        self.pair(name, scale)


def float_ranges(runtime, network, x):
    """Result of the float network, and the range of every tensor on x."""
    ports = [network.port(name) for _, name, _, _ in network.nodes if name != network.result]
    session = ort_session.Session(runtime, with_outputs(network.float_model(), ports))
    arrays = session.run(x)
    ranges = {name: (float(a.min()), float(a.max())) for name, a in zip(session.outputs, arrays)}
    session.close()
    ranges["x"] = (float(x.min()), float(x.max()))
    return arrays[0], ranges


def edyno(args, model, x, shape):
    """What `edyno infer` makes of the inputs x."""
    with tempfile.TemporaryDirectory() as folder:
        path, source, target = (Path(folder) / n for n in ("m.onnx", "in.bin", "out.bin"))
        path.write_bytes(model)
        source.write_bytes(x.tobytes())
        command = [args.edyno, "infer", str(path), "--input", str(source), "--output",
                   str(target), "--backend", args.backend, "--batch", str(args.batch)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            if args.keep:
                Path(args.keep).write_bytes(model)
            raise SystemExit(f"exit code {done.returncode}: {done.stderr}")
        return np.fromfile(target, F).reshape(shape)


def check(args, runtime, seed):
    """(values, float values out of budget, integer values that differ, values of the ends)."""
    network = Network(seed)
    x = network.rng.normal(0, 1, (IMAGES, *network.dims["x"])).astype(F)
    want, ranges = float_ranges(runtime, network, x)
    got = edyno(args, network.float_model(), x, want.shape)
    far = int((~(np.abs(got - want) <= 1e-4 * np.abs(want).max())).sum())
    model = network.quantized_model(ranges)
    session = ort_session.Session(runtime, model, config=ort_session.EXACT_CONFIG)
    want = session.run(x)[0]
    session.close()
    got = edyno(args, model, x, want.shape)
    wrong = int((got.view(np.uint32) != want.view(np.uint32)).sum())
    if wrong and args.keep:
        Path(args.keep).write_bytes(model)
    return want.size, far, wrong, [op for op, _, _, _ in network.nodes]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("edyno")
    parser.add_argument("--ort")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--backend", default="best")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--keep", help="where to write the model of the last one that differs")
    args = parser.parse_args()
    runtime = ort_session.Runtime(args.ort)
    int8_probe.require_health(runtime)
    values, bad, seen = 0, 0, {}
    for seed in range(args.first, args.first + args.seeds):
        size, far, wrong, ops = check(args, runtime, seed)
        values += size
        bad += bool(far or wrong)
        for op in ops:
            seen[op] = seen.get(op, 0) + 1
        if far or wrong:
            print(f"seed {seed}: of {size} values {far} floats are off and {wrong} integers differ "
                  f"({' '.join(ops)})")
    counts = ", ".join(f"{n} {op}" for op, n in sorted(seen.items()))
    print(f"{args.seeds - bad} of {args.seeds} networks agree in both forms, {values} values each "
          f"({counts})")
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
            sys.exit(2)
        raise
