# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Is the integer oracle healthy on this CPU? A two-layer network, by the written rules and by it.

On AVX2 without VNNI an ONNX Runtime with default settings adds pairs of products in 16 bits and
saturates. The probe's weights are full-range and its inputs bright, so that such a runtime cannot
pass; no golden may be made by it. Rules (all in float32, rne = round half to even):
quantize q = clamp(rne(x / s) + z); conv q = clamp(rne((float)acc * ((xs * ws[c]) / ys)) + z).
"""

import numpy as np

import ort_session
from onnx_wire import put_model, put_node, put_value

CHANNELS = 16
F = np.float32


def make_layers(rng):
    """Two convolutions 3x3 as dicts of weights [O, I, 3, 3], scales, bias and zero points."""
    layers, x_scale = [], F(0.017)
    for y_scale, y_zero in ((F(0.061), 0), (F(0.47), 119)):
        weights = rng.integers(-127, 128, (CHANNELS, CHANNELS, 3, 3)).astype(np.int8)
        weights[: CHANNELS // 2] = np.where(weights[: CHANNELS // 2] > -32, 127, -127)
        scales = rng.uniform(1e-4, 2e-3, CHANNELS).astype(F)
        layers.append({"w": weights, "ws": scales, "xs": x_scale,
                       "b": rng.integers(-20000, 20000, CHANNELS).astype(np.int32),
                       "ys": y_scale, "yz": np.uint8(y_zero)})
        x_scale = y_scale
    return layers


def make_model(layers, x_zero):
    """Bytes of the probe as a QuantizeLinear/DequantizeLinear graph, float in and float out."""
    constants = {"x_s": np.array(layers[0]["xs"]), "x_z": np.array(x_zero)}
    nodes = [put_node("QuantizeLinear", ["x", "x_s", "x_z"], ["x_q"]),
             put_node("DequantizeLinear", ["x_q", "x_s", "x_z"], ["a0"])]
    for i, layer in enumerate(layers):
        per_channel = np.zeros(CHANNELS, np.int8)
        constants.update({
            f"w{i}_q": layer["w"], f"w{i}_s": layer["ws"], f"w{i}_z": per_channel,
            f"b{i}_q": layer["b"], f"b{i}_s": layer["xs"] * layer["ws"],
            f"b{i}_z": per_channel.astype(np.int32),
            f"y{i}_s": np.array(layer["ys"]), f"y{i}_z": np.array(layer["yz"])})
        nodes += [
            put_node("DequantizeLinear", [f"w{i}_q", f"w{i}_s", f"w{i}_z"], [f"w{i}"], axis=0),
            put_node("DequantizeLinear", [f"b{i}_q", f"b{i}_s", f"b{i}_z"], [f"b{i}"], axis=0),
            put_node("Conv", [f"a{i}", f"w{i}", f"b{i}"], [f"c{i}"], pads=[1, 1, 1, 1],
                     kernel_shape=[3, 3]),
            put_node("QuantizeLinear", [f"c{i}", f"y{i}_s", f"y{i}_z"], [f"q{i}"]),
            put_node("DequantizeLinear", [f"q{i}", f"y{i}_s", f"y{i}_z"], [f"a{i + 1}"])]
    dims = ["N", CHANNELS, 8, 8]
    return put_model(nodes, constants, [put_value("x", F, dims)],
                     [put_value(f"a{len(layers)}", F, dims)])


def by_rules(layers, x, x_zero):
    """The probe's float output for x [N, C, H, W], computed as the rules say."""
    q = np.clip(np.rint(x / layers[0]["xs"]) + F(x_zero), 0, 255).astype(np.int64) - int(x_zero)
    for layer in layers:
        padded = np.pad(q, ((0, 0), (0, 0), (1, 1), (1, 1)))
        acc = np.broadcast_to(layer["b"].astype(np.int64)[:, None, None], x.shape).copy()
        for i in range(3):
            for j in range(3):
                window = padded[:, :, i:i + x.shape[2], j:j + x.shape[3]]
                acc += np.einsum("oc,nchw->nohw", layer["w"][:, :, i, j].astype(np.int64), window)
        multiplier = (layer["xs"] * layer["ws"]) / layer["ys"]
        zero = int(layer["yz"])
        scaled = np.rint(acc.astype(F) * multiplier[:, None, None])
        q = np.clip(scaled, -zero, 255 - zero).astype(np.int64)
    return q.astype(F) * layers[-1]["ys"]


def differences(runtime, config, seed=20):
    """(values of the probe that the runtime computes otherwise than the rules, values in all)."""
    rng = np.random.default_rng(seed)
    layers, x_zero = make_layers(rng), np.uint8(3)
    x = rng.uniform(1.0, 4.4, (4, CHANNELS, 8, 8)).astype(F)
    session = ort_session.Session(runtime, make_model(layers, x_zero), config=config)
    got, want = session.run(x)[0], by_rules(layers, x, x_zero)
    session.close()
    levels = len(np.unique(want))
    assert levels > 100, f"a probe with {levels} output levels proves nothing"
    return int((got != want).sum()), want.size


def require_health(runtime):
    """Exits, with a sentence, unless the runtime follows the rules under the exact settings."""
    wrong, total = differences(runtime, ort_session.EXACT_CONFIG)
    if wrong:
        raise SystemExit(f"ONNX Runtime {runtime.version} differs from the rules in {wrong} of "
                         f"{total} values of the probe on this CPU: not an oracle, no golden made")
    return {"values": total, "different": wrong}
