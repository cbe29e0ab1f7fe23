# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""What all golden scripts share: the inputs that a sidecar describes, and the golden's folder."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workloads" / "train"))
import fashion  # noqa: E402  (found through the line above)

COUNT = 32  # images whose whole output is kept


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def read_sidecar(path):
    sidecar = json.loads(Path(path).read_text())
    preprocess = sidecar["preprocess"]
    if preprocess["scale"] != 255 or preprocess["channel_order"] != "gray":
        raise SystemExit(f"{path}: preprocessing that these scripts do not know")
    return sidecar


def prepare(sidecar, images):
    """The network's float32 input for raw images [N, 28, 28]."""
    p = sidecar["preprocess"]
    return fashion.preprocess(images, p["pad"], p["mean"][0], p["std"][0])


def margins(logits):
    """Best logit minus the second best, per row."""
    best = np.sort(logits, axis=1)
    return best[:, -1] - best[:, -2]


class Golden:
    """The folder of one golden, filled file by file; golden.json is written last."""

    def __init__(self, out, workload, variant):
        self.folder = Path(out) / f"{workload}.{variant}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.fields = {"schema_version": 1, "workload": workload, "variant": variant}

    def store(self, name, array, **more):
        """Writes the array, little-endian; returns its entry for golden.json."""
        data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
        (self.folder / name).write_bytes(data)
        return {"file": name, **more, "sha256": sha256(data)}

    def finish(self):
        text = json.dumps(self.fields, indent=2) + "\n"
        (self.folder / "golden.json").write_text(text)
        print(f"wrote {self.folder}")


def describe(golden, model_bytes, sidecar, inputs, outputs, classes, labels):
    """The fields that every golden has. inputs and outputs: the first COUNT images'."""
    golden.fields.update({
        "model_sha256": sha256(model_bytes),
        "dataset": sidecar["dataset"],
        "first": 0,
        "count": len(outputs),
        "input_sha256": sha256(inputs.tobytes()),
        "output": golden.store("output.bin", outputs, dtype=outputs.dtype.name,
                               shape=list(outputs.shape)),
        "classes": golden.store("classes.u8", classes.astype(np.uint8), n=len(classes)),
        "correct": int((classes == labels).sum()),
    })
