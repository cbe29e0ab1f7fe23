# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""ONNX Runtime through its C ABI by ctypes: no header, no Python package.

The API is a table of function pointers that only ever grows; the slots below were checked against
version 1.30.0. A function that can fail returns a status pointer, NULL for success.
"""

import ctypes as c
import os

import numpy as np

from onnx_wire import CODES, DTYPES

P = c.c_void_p
API_VERSION = 17
SLOTS = {  # name: (slot, result, arguments)
    "GetErrorMessage": (2, c.c_char_p, [P]),
    "CreateEnv": (3, P, [c.c_int, c.c_char_p, P]),
    "CreateSessionFromArray": (8, P, [P, c.c_char_p, c.c_size_t, P, P]),
    "Run": (9, P, [P, P, P, P, c.c_size_t, P, c.c_size_t, P]),
    "CreateSessionOptions": (10, P, [P]),
    "SetOptimizedModelFilePath": (11, P, [P, c.c_char_p]),
    "SetSessionGraphOptimizationLevel": (23, P, [P, c.c_int]),
    "SetIntraOpNumThreads": (24, P, [P, c.c_int]),
    "SessionGetInputCount": (30, P, [P, P]),
    "SessionGetOutputCount": (31, P, [P, P]),
    "SessionGetInputName": (36, P, [P, c.c_size_t, P, P]),
    "SessionGetOutputName": (37, P, [P, c.c_size_t, P, P]),
    "CreateTensorWithDataAsOrtValue": (49, P, [P, P, c.c_size_t, P, c.c_size_t, c.c_int, P]),
    "GetTensorMutableData": (51, P, [P, P]),
    "GetTensorElementType": (60, P, [P, P]),
    "GetDimensionsCount": (61, P, [P, P]),
    "GetDimensions": (62, P, [P, P, c.c_size_t]),
    "GetTensorTypeAndShape": (65, P, [P, P]),
    "CreateCpuMemoryInfo": (69, P, [c.c_int, c.c_int, P]),
    "AllocatorFree": (76, P, [P, P]),
    "GetAllocatorWithDefaultOptions": (78, P, [P]),
    "ReleaseStatus": (93, None, [P]),
    "ReleaseSession": (95, None, [P]),
    "ReleaseValue": (96, None, [P]),
    "ReleaseTensorTypeAndShapeInfo": (99, None, [P]),
    "ReleaseSessionOptions": (100, None, [P]),
    "AddSessionConfigEntry": (130, P, [P, c.c_char_p, c.c_char_p]),
}

# The reference settings for integers: all optimisations, and no saturating intermediate on AVX2.
EXACT_LEVEL = 99
EXACT_CONFIG = {"session.x64quantprecision": "1", "session.qdqisint8allowed": "1"}


class ApiBase(c.Structure):
    _fields_ = [("GetApi", c.CFUNCTYPE(c.POINTER(P), c.c_uint32)),
                ("GetVersionString", c.CFUNCTYPE(c.c_char_p))]


class Runtime:
    """The library, loaded once. path: the libonnxruntime file, else environment EDYNO_ORT."""

    def __init__(self, path=None):
        path = path or os.environ.get("EDYNO_ORT")
        if not path:
            raise SystemExit("where is libonnxruntime? Give --ort PATH or set EDYNO_ORT")
        library = c.CDLL(path)
        library.OrtGetApiBase.restype = c.POINTER(ApiBase)
        base = library.OrtGetApiBase().contents
        self.version = base.GetVersionString().decode()
        table = base.GetApi(API_VERSION)
        if not table:
            raise SystemExit(f"{path}: version {self.version} has no API {API_VERSION}")
        self._functions = {name: c.CFUNCTYPE(result, *arguments)(table[slot])
                           for name, (slot, result, arguments) in SLOTS.items()}
        self.env = self.make("CreateEnv", 3, b"goldens")
        self.memory = self.make("CreateCpuMemoryInfo", 1, 0)
        self.allocator = self.make("GetAllocatorWithDefaultOptions")

    def call(self, name, *arguments):
        """Calls; raises RuntimeError with the runtime's message when it returns a status."""
        status = self._functions[name](*arguments)
        if SLOTS[name][1] is P and status:
            message = self._functions["GetErrorMessage"](status).decode()
            self._functions["ReleaseStatus"](status)
            raise RuntimeError(f"{name}: {message}")

    def make(self, name, *arguments, kind=P):
        """The value that the function writes through its last argument."""
        out = kind()
        self.call(name, *arguments, c.byref(out))
        return out if kind is P else out.value


class Session:
    """A model loaded for running. model: bytes of the .onnx. optimized: a path; the graph that is
    run is written there."""

    def __init__(self, runtime, model, level=EXACT_LEVEL, config=None, threads=1, optimized=None):
        self.rt = runtime
        options = runtime.make("CreateSessionOptions")
        runtime.call("SetSessionGraphOptimizationLevel", options, level)
        runtime.call("SetIntraOpNumThreads", options, threads)
        if optimized:
            runtime.call("SetOptimizedModelFilePath", options, optimized.encode())
        for key, value in (config or {}).items():
            runtime.call("AddSessionConfigEntry", options, key.encode(), value.encode())
        self.session = runtime.make("CreateSessionFromArray", runtime.env, model, len(model),
                                    options)
        runtime.call("ReleaseSessionOptions", options)
        self.inputs = self._names("Input")
        self.outputs = self._names("Output")

    def _names(self, which):
        count = self.rt.make(f"SessionGet{which}Count", self.session, kind=c.c_size_t)
        names = []
        for i in range(count):
            text = self.rt.make(f"SessionGet{which}Name", self.session, i, self.rt.allocator)
            names.append(c.string_at(text).decode())
            self.rt.call("AllocatorFree", self.rt.allocator, text)
        return names

    def run(self, x):
        """Arrays of all outputs, in order, for the one input x."""
        x = np.ascontiguousarray(x)
        dims = (c.c_int64 * x.ndim)(*x.shape)
        value = self.rt.make("CreateTensorWithDataAsOrtValue", self.rt.memory, x.ctypes.data,
                             x.nbytes, dims, x.ndim, CODES[x.dtype])
        names = [(c.c_char_p * len(n))(*[s.encode() for s in n])
                 for n in (self.inputs[:1], self.outputs)]
        outs = (P * len(self.outputs))()
        self.rt.call("Run", self.session, None, names[0], (P * 1)(value), 1,
                     names[1], len(self.outputs), outs)
        self.rt.call("ReleaseValue", value)
        return [self._take(P(o)) for o in outs]

    def _take(self, value):
        """A copy of a tensor as an array; releases the tensor."""
        info = self.rt.make("GetTensorTypeAndShape", value)
        code = self.rt.make("GetTensorElementType", info, kind=c.c_int)
        rank = self.rt.make("GetDimensionsCount", info, kind=c.c_size_t)
        dims = (c.c_int64 * rank)()
        self.rt.call("GetDimensions", info, dims, rank)
        self.rt.call("ReleaseTensorTypeAndShapeInfo", info)
        data = self.rt.make("GetTensorMutableData", value)
        dtype = np.dtype(DTYPES[code])
        count = int(np.prod(list(dims), dtype=np.int64))
        array = np.frombuffer(c.string_at(data, count * dtype.itemsize), dtype).reshape(list(dims))
        self.rt.call("ReleaseValue", value)
        return array

    def close(self):
        self.rt.call("ReleaseSession", self.session)


def run_batched(session, x, batch=50):
    """The first output for all of x, `batch` samples at a time."""
    return np.concatenate([session.run(x[i:i + batch])[0] for i in range(0, len(x), batch)])


def cpu_features():
    """The flags of this CPU that decide which of the runtime's kernels run; unknown: empty."""
    wanted = ("sse4_1", "avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni",
              "amx_int8", "asimd", "asimddp", "i8mm")
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            lines = [line for line in f if line.startswith(("flags", "Features"))]
    except OSError:
        return ""
    flags = set(lines[0].split(":", 1)[1].split()) if lines else set()
    return " ".join(w for w in wanted if w in flags)
