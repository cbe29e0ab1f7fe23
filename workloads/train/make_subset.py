#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""The committed subset of Fashion-MNIST: its first 1,000 test images as idx.gz.

  make_subset.py --out datasets/fashion-mnist

Needs no module beyond Python's own. The gzip header carries no name and no time, as `gzip -9 -n`
writes it, so that the same zlib gives the same bytes.
"""

import argparse
import gzip
import struct
from pathlib import Path

COUNT = 1000


def first(raw, count):
    """The idx file `raw` cut to its first `count` items."""
    rank = raw[3]
    total, *item = struct.unpack(f">{rank}I", raw[4:4 + 4 * rank])
    if total < count:
        raise ValueError(f"{total} items, {count} wanted")
    item_bytes = 1
    for extent in item:
        item_bytes *= extent
    head = 4 + 4 * rank
    return raw[:4] + struct.pack(">I", count) + raw[8:head + count * item_bytes]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    for kind in ("images-idx3", "labels-idx1"):
        raw = gzip.decompress((Path(args.data) / f"t10k-{kind}-ubyte.gz").read_bytes())
        out = Path(args.out) / f"t1000-{kind}-ubyte.gz"
        out.write_bytes(gzip.compress(first(raw, COUNT), 9, mtime=0))


if __name__ == "__main__":
    main()
