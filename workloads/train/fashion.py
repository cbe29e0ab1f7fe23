# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Fashion-MNIST: reading idx files, and the one definition of the networks' preprocessing.

The C program does the same from each model's sidecar; both must give the same float32 bits.
"""

import gzip
import struct
from pathlib import Path

import numpy as np

CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
           "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
MEAN = 0.2860
STD = 0.3530
DEFAULT_DIR = "/usr/share/datasets/fashion-mnist"  # Debian's dataset-fashion-mnist


def read_idx(path):
    """uint8 array of an idx file (big-endian header: 0, 0, type, rank, extents)."""
    raw = Path(path).read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    zero, kind, rank = struct.unpack(">HBB", raw[:4])
    if zero != 0 or kind != 8:
        raise ValueError(f"{path}: not an idx file of bytes")
    shape = struct.unpack(f">{rank}I", raw[4:4 + 4 * rank])
    data = np.frombuffer(raw, np.uint8, offset=4 + 4 * rank)
    return data.reshape(shape)


def load(split, folder=DEFAULT_DIR):
    """(images [N, 28, 28], labels [N]) of split `train` or `t10k`, both uint8."""
    folder = Path(folder)
    images = read_idx(folder / f"{split}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{split}-labels-idx1-ubyte.gz")
    if len(images) != len(labels):
        raise ValueError(f"{folder}: {len(images)} images but {len(labels)} labels")
    return images, labels


def pad_raw(images, pad):
    """Zeros around the raw pixels, before normalisation: [N, H, W] -> [N, H+2p, W+2p]."""
    return np.pad(images, ((0, 0), (pad, pad), (pad, pad)))


def preprocess(images, pad, mean=MEAN, std=STD):
    """float32 [N, 1, H+2p, W+2p]: ((float)px / 255.0f - mean) / std, every step in float32."""
    x = pad_raw(images, pad).astype(np.float32)
    x = (x / np.float32(255) - np.float32(mean)) / np.float32(std)
    assert x.dtype == np.float32
    return np.ascontiguousarray(x[:, None])
