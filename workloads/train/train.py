#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Train one of the networks on Fashion-MNIST and write it as ONNX with its sidecar.

  train.py --model simplecnn --out workloads/models/simplecnn.onnx

Needs Debian's python3-torch (1.13) and the package dataset-fashion-mnist. The last 3,000 training
images are held out for decisions; the test images are looked at once, after the last epoch, and
the last weights are the ones that are kept, whatever they score.
"""

import argparse
import time

import numpy as np
import torch
from torch import nn

import fashion
import export
import nets

HELD_OUT = 3000


def augment(batch, shift, rng):
    """Random horizontal flip and a shift of up to `shift` pixels; zeros come in. uint8 [N, H, W]."""
    n, h, w = batch.shape
    padded = np.pad(batch, ((0, 0), (shift, shift), (shift, shift)))
    dy, dx = rng.integers(0, 2 * shift + 1, (2, n))
    rows = dy[:, None, None] + np.arange(h)[None, :, None]
    columns = dx[:, None, None] + np.arange(w)[None, None, :]
    flip = rng.random(n) < 0.5
    columns = np.where(flip[:, None, None], columns[:, :, ::-1], columns)
    return padded[np.arange(n)[:, None, None], rows, columns]


def predict(net, images, pad, batch=500):
    """Class of each image, in evaluation mode."""
    net.eval()
    out = []
    with torch.no_grad():
        for i in range(0, len(images), batch):
            x = torch.from_numpy(fashion.preprocess(images[i:i + batch], pad))
            out.append(net(x).argmax(1).numpy())
    return np.concatenate(out).astype(np.uint8)


def train(net, recipe, images, labels, args):
    """One-cycle AdamW with label smoothing; reports the held-out accuracy after each epoch."""
    rng = np.random.default_rng(args.seed)
    keep, held = slice(0, -HELD_OUT), slice(-HELD_OUT, None)
    x_all, y_all = images[keep], labels[keep].astype(np.int64)
    steps = len(x_all) // args.batch
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.lr, epochs=args.epochs, steps_per_epoch=steps, pct_start=0.25)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    start = time.monotonic()
    for epoch in range(args.epochs):
        net.train()
        total = 0.0
        order = rng.permutation(len(x_all))
        for step in range(steps):
            pick = order[step * args.batch:(step + 1) * args.batch]
            x = fashion.preprocess(augment(x_all[pick], recipe.shift, rng), recipe.pad)
            x = torch.from_numpy(x).to(memory_format=torch.channels_last)
            loss = loss_of(net(x), torch.from_numpy(y_all[pick]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        right = (predict(net, images[held], recipe.pad) == labels[held]).mean()
        print(f"epoch {epoch + 1}/{args.epochs} loss {total / steps:.4f} "
              f"held-out {100 * right:.2f} % of {HELD_OUT} "
              f"{time.monotonic() - start:.0f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, choices=sorted(nets.RECIPES))
    parser.add_argument("--out", required=True, help="the .onnx; its .json goes beside it")
    parser.add_argument("--data", default=fashion.DEFAULT_DIR, help="folder of the idx.gz files")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    recipe = nets.RECIPES[args.model]
    args.epochs = args.epochs or recipe.epochs
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    net = recipe.build().to(memory_format=torch.channels_last)  # a third faster here
    images, labels = fashion.load("train", args.data)
    train(net, recipe, images, labels, args)

    test_images, test_labels = fashion.load("t10k", args.data)
    correct = int((predict(net, test_images, recipe.pad) == test_labels).sum())
    print(f"test: {correct} of {len(test_labels)} right")
    export.write(args.model, net, recipe.pad, args.out, correct, len(test_labels))


if __name__ == "__main__":
    main()
