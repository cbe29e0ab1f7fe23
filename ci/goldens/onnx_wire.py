# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""ONNX files without the onnx package: protobuf's wire format, read and written by hand.

Shares nothing with the engine's importer, which is the point: a misreading there must not be
repeated here. Field numbers are those of onnx.proto (onnx/onnx, IR version 8).
"""

import struct
from dataclasses import dataclass, field

import numpy as np

DTYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64, 11: np.float64}
CODES = {np.dtype(v): k for k, v in DTYPES.items()}


# -- reading ------------------------------------------------------------------------------------

def varint(buf, at):
    """(value, next offset)."""
    value = shift = 0
    while True:
        byte = buf[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def signed(value):
    """A varint as int64."""
    return value - (1 << 64) if value >> 63 else value


def fields(buf):
    """Yields (field number, value): int for varints, bytes for the rest."""
    at = 0
    while at < len(buf):
        key, at = varint(buf, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(buf, at)
        else:
            if kind == 2:
                size, at = varint(buf, at)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                raise ValueError(f"wire type {kind} at byte {at}")
            value = buf[at:at + size]
            if len(value) != size:
                raise ValueError(f"file ends inside field {number}")
            at += size
        yield number, value


def integers(value):
    """A repeated integer field: one varint, or packed ones."""
    if isinstance(value, int):
        return [signed(value)]
    out, at = [], 0
    while at < len(value):
        one, at = varint(value, at)
        out.append(signed(one))
    return out


def read_tensor(buf):
    """(name, array)."""
    name, code, dims, raw, floats, ints = "", 0, [], None, [], []
    for number, value in fields(buf):
        if number == 1:
            dims += integers(value)
        elif number == 2:
            code = value
        elif number == 4:
            floats += struct.unpack(f"<{len(value) // 4}f", value)
        elif number in (5, 7):
            ints += integers(value)
        elif number == 8:
            name = value.decode()
        elif number == 9:
            raw = value
    if code not in DTYPES:
        raise ValueError(f"tensor {name}: data type {code}")
    dtype = DTYPES[code]
    data = np.frombuffer(raw, dtype) if raw is not None else np.array(floats or ints, dtype)
    return name, data.reshape(dims)


def read_attribute(buf):
    """(name, value): float, int, bytes, array, or a list of floats or ints."""
    got = {}
    for number, value in fields(buf):
        if number in (7, 8):
            got.setdefault(number, []).append(value)
        else:
            got[number] = value
    name, kind = got[1].decode(), got.get(20, 0)
    if kind == 1:
        return name, struct.unpack("<f", got[2])[0]
    if kind == 2:
        return name, signed(got.get(3, 0))
    if kind == 3:
        return name, got.get(4, b"")
    if kind == 4:
        return name, read_tensor(got[5])[1]
    if kind == 6:
        return name, [f for v in got.get(7, []) for f in struct.unpack(f"<{len(v) // 4}f", v)]
    if kind == 7:
        return name, [i for v in got.get(8, []) for i in integers(v)]
    raise ValueError(f"attribute {name}: type {kind}")


@dataclass
class Node:
    op: str = ""
    name: str = ""
    inputs: list = field(default_factory=list)
    outputs: list = field(default_factory=list)
    attributes: dict = field(default_factory=dict)


@dataclass
class Model:
    opset: int = 0
    nodes: list = field(default_factory=list)
    constants: dict = field(default_factory=dict)
    inputs: list = field(default_factory=list)   # names; constants left out
    outputs: list = field(default_factory=list)  # names


def read_node(buf):
    node = Node()
    for number, value in fields(buf):
        if number == 1:
            node.inputs.append(value.decode())
        elif number == 2:
            node.outputs.append(value.decode())
        elif number == 3:
            node.name = value.decode()
        elif number == 4:
            node.op = value.decode()
        elif number == 5:
            name, attribute = read_attribute(value)
            node.attributes[name] = attribute
    return node


def read_model(buf):
    """Model of the bytes of an .onnx file."""
    model = Model()
    for number, value in fields(buf):
        if number == 8:  # opset_import: domain 1, version 2
            opset = dict(fields(value))
            if opset.get(1, b"") in (b"", b"ai.onnx"):
                model.opset = opset[2]
        elif number == 7:
            for inner, part in fields(value):
                if inner == 1:
                    model.nodes.append(read_node(part))
                elif inner == 5:
                    name, data = read_tensor(part)
                    model.constants[name] = data
                elif inner == 11:
                    model.inputs.append(dict(fields(part))[1].decode())
                elif inner == 12:
                    model.outputs.append(dict(fields(part))[1].decode())
    model.inputs = [name for name in model.inputs if name not in model.constants]
    return model


# -- writing ------------------------------------------------------------------------------------

def put_varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def put(number, value):
    """One field: int as varint, float as fixed32, str and bytes by length."""
    if isinstance(value, int):
        return put_varint(number << 3) + put_varint(value)
    if isinstance(value, float):
        return put_varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else bytes(value)
    return put_varint(number << 3 | 2) + put_varint(len(data)) + data


def put_tensor(name, array):
    array = np.asarray(array)
    dims = b"".join(put(1, int(d)) for d in array.shape)
    return dims + put(2, CODES[array.dtype]) + put(8, name) + put(9, array.tobytes())


def put_attribute(name, value):
    if isinstance(value, float):
        return put(1, name) + put(2, value) + put(20, 1)
    if isinstance(value, int):
        return put(1, name) + put(3, value) + put(20, 2)
    if isinstance(value, str):
        return put(1, name) + put(4, value) + put(20, 3)
    if isinstance(value, (list, tuple)) and all(isinstance(v, int) for v in value):
        return put(1, name) + b"".join(put(8, v) for v in value) + put(20, 7)
    raise ValueError(f"attribute {name}: {value!r}")


def put_node(op, inputs, outputs, name="", **attributes):
    return (b"".join(put(1, i) for i in inputs) + b"".join(put(2, o) for o in outputs)
            + put(3, name or outputs[0]) + put(4, op)
            + b"".join(put(5, put_attribute(k, v)) for k, v in attributes.items()))


def put_value(name, dtype, dims):
    """ValueInfoProto; a dimension is an int, or a str for a symbol."""
    shape = b"".join(put(1, put(1 if isinstance(d, int) else 2, d)) for d in dims)
    return put(1, name) + put(2, put(1, put(1, CODES[np.dtype(dtype)]) + put(2, shape)))


def put_model(nodes, constants, inputs, outputs, opset=13, name="graph"):
    """Bytes of a model. nodes: put_node's; constants: {name: array}; in- and outputs: put_value's."""
    graph = (b"".join(put(1, n) for n in nodes) + put(2, name)
             + b"".join(put(5, put_tensor(k, v)) for k, v in constants.items())
             + b"".join(put(11, v) for v in inputs) + b"".join(put(12, v) for v in outputs))
    return put(1, 7) + put(2, "edgedyno") + put(7, graph) + put(8, put(1, "") + put(2, opset))


def with_outputs(model_bytes, values):
    """The same model with more graph outputs: a parser merges a message that comes in two parts."""
    return model_bytes + put(7, b"".join(put(12, v) for v in values))
