#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""Networks exported by PyTorch at opset 13: does edyno load them unedited, and agree with float64?

  check_torch.py build/edyno [NET ...]

Small networks with random weights of the kinds that today's backbones and heads are made of, each
exported with a symbolic batch, run at batch 1 and 3 on every backend, and compared with PyTorch's own
double-precision run: the largest error, relative to the largest output, is at most 2e-5. Exit code 0: they
agree; 1: not; 2: nothing to compare (usage, no PyTorch, a run that failed).
"""

import argparse
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

try:
    import torch
    from torch import nn
    from torch.nn import functional as fn
except ImportError:
    print("check_torch.py: PyTorch is not installed", file=sys.stderr)
    sys.exit(2)

BOUND = 2e-5


class SqueezeExcite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)

    def forward(self, x):
        gate = fn.adaptive_avg_pool2d(x, 1)
        return x * fn.hardsigmoid(self.up(fn.relu(self.down(gate))))


class MobileNetV3(nn.Module):
    """Hard swish, squeeze and excite, depthwise, a residual."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.Hardswish())
        self.block = nn.Sequential(
            nn.Conv2d(8, 24, 1, bias=False), nn.BatchNorm2d(24), nn.Hardswish(),
            nn.Conv2d(24, 24, 5, 1, 2, groups=24, bias=False), nn.BatchNorm2d(24), nn.Hardswish(),
            SqueezeExcite(24), nn.Conv2d(24, 8, 1, bias=False), nn.BatchNorm2d(8))
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        x = self.stem(x)
        x = x + self.block(x)
        return self.head(x.mean([2, 3]))


class EfficientNet(nn.Module):
    """SiLU, and a gate by Sigmoid."""

    def __init__(self):
        super().__init__()
        self.stem, self.gate, self.last = nn.Conv2d(3, 12, 3, 2, 1), nn.Conv2d(12, 12, 1), nn.Conv2d(12, 6, 1)

    def forward(self, x):
        x = fn.silu(self.stem(x))
        x = x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))
        return torch.flatten(fn.adaptive_avg_pool2d(fn.silu(self.last(x)), 1), 1)


class DenseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(3 + 4 * i), nn.ReLU(), nn.Conv2d(3 + 4 * i, 4, 3, 1, 1)) for i in range(4))
        self.norm = nn.BatchNorm2d(19)

    def forward(self, x):
        features = [x]
        for layer in self.layers:
            features.append(layer(torch.cat(features, 1)))
        x = fn.relu(self.norm(torch.cat(features, 1)))
        return fn.log_softmax(fn.adaptive_max_pool2d(x, 1).flatten(1), dim=1)


class ShuffleNet(nn.Module):
    """Split, and the channel shuffle by Reshape and Transpose over sizes taken from the tensor."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 1, 1)
        self.branch = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 3, 1, 1, groups=4), nn.ReLU())

    def forward(self, x):
        x = self.stem(x)
        left, right = x.chunk(2, dim=1)
        x = torch.cat((left, self.branch(right)), dim=1)
        batch, channels, height, width = x.size()
        x = x.view(batch, 2, channels // 2, height, width).transpose(1, 2).contiguous()
        return x.view(batch, -1, height, width)


class YoloHead(nn.Module):
    """Upsampling, a strided Slice (focus), boxes from a grid, classes by Sigmoid."""

    def __init__(self):
        super().__init__()
        self.stem, self.deep = nn.Conv2d(12, 8, 3, 1, 1), nn.Conv2d(8, 8, 3, 2, 1)
        self.out = nn.Conv2d(16, 14, 1)
        ys, xs = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
        self.register_buffer("grid", torch.stack((xs, ys), 2).float().view(1, 1, 8, 8, 2))

    def forward(self, x):
        x = torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)
        x = fn.leaky_relu(self.stem(x), 0.1)
        up = fn.interpolate(fn.leaky_relu(self.deep(x), 0.1), scale_factor=2, mode="nearest")
        y = self.out(torch.cat([x, up], 1))
        batch, _, height, width = y.shape
        y = y.view(batch, 2, 7, height, width).permute(0, 1, 3, 4, 2).contiguous().sigmoid()
        xy, wh, rest = y.split((2, 2, 3), 4)
        y = torch.cat(((xy * 2 - 0.5 + self.grid) * 8, (wh * 2) ** 2, rest), 4)
        return y.view(batch, -1, 7)


class LayerNorm(nn.Module):
    """By its parts at opset 13, over channels last; GELU by Erf."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 12, 4, 4), nn.LayerNorm(12)
        self.up, self.down = nn.Linear(12, 24), nn.Linear(24, 12)
        self.gamma = nn.Parameter(torch.randn(12))

    def forward(self, x):
        x = self.stem(x)
        y = self.down(fn.gelu(self.up(self.norm(x.permute(0, 2, 3, 1)))))
        return (x + (self.gamma * y).permute(0, 3, 1, 2)).amax((2, 3))


class Attention(nn.Module):
    """MatMul of two computed operands, Softmax, tokens and a position embedding."""

    def __init__(self):
        super().__init__()
        self.stem, self.qkv, self.out = nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 24), nn.Linear(8, 5)
        self.token, self.position = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 17, 8))

    def forward(self, x):
        x = self.stem(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.token.expand(x.shape[0], -1, -1), x), 1) + self.position
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, 2, width // 2).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) * 0.5).softmax(-1)
        x = (weights @ v).transpose(1, 2).reshape(batch, tokens, width)
        return self.out(x[:, 0])


class Activations(nn.Module):
    """Every activation that there is, and clamps, minima, powers and quotients."""

    def __init__(self):
        super().__init__()
        self.stem, self.slope = nn.Conv2d(3, 6, 3), nn.PReLU(6)

    def forward(self, x):
        x = self.slope(self.stem(x))
        y = [fn.elu(x, 0.7), fn.selu(x), fn.softplus(x), fn.softsign(x), torch.tanh(x), torch.erf(x), fn.celu(x, 0.5),
             fn.hardtanh(x, -0.5, 0.5), fn.mish(x), torch.exp(-x.abs()), torch.log(x * x + 1), torch.sqrt(x.abs() + 1),
             torch.minimum(x, x.flip(3)), torch.maximum(x, -x), x / (x * x + 2), torch.where(x > 0, x, x * 0.1),
             x.clamp(min=-1), (x.abs() + 0.5) ** 1.5, x - x.mean(1, keepdim=True), x.norm(dim=1, keepdim=True) * x]
        return torch.cat(y, 1)


class SuperResolution(nn.Module):
    """PixelShuffle, bilinear, transposed convolution."""

    def __init__(self):
        super().__init__()
        self.stem, self.wide = nn.Conv2d(3, 8, 3, 1, 1), nn.Conv2d(8, 12, 3, 1, 1)
        self.up = nn.ConvTranspose2d(8, 3, 4, 2, 1)

    def forward(self, x):
        y = fn.relu(self.stem(x))
        base = fn.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        return fn.pixel_shuffle(self.wide(y), 2) + base + self.up(y)


NETS = [MobileNetV3, EfficientNet, DenseNet, ShuffleNet, YoloHead, LayerNorm, Attention, Activations,
        SuperResolution]


def randomize(net, generator):
    """Statistics of batch norms as if trained."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=generator) * 0.1)
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=generator) + 0.5)


def export(net, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, torch.zeros(1, 3, 16, 16), str(path), opset_version=13, input_names=["x"],
                          output_names=["y"], dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})


def run(edyno, model, images, backend, folder):
    images.astype("<f4").tofile(folder / "in.bin")
    command = [edyno, "infer", str(model), "-i", str(folder / "in.bin"), "-o", str(folder / "out.bin"),
               "--backend", backend, "--batch", str(len(images))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\nexit code {done.returncode}: {done.stderr}")
    return np.fromfile(folder / "out.bin", "<f4")


def check(edyno, kind, folder):
    """Largest error, relative to the largest output, of all backends and batches."""
    generator = torch.Generator().manual_seed(5)
    torch.manual_seed(5)
    net = kind().eval()
    worst = 0.0
    with torch.no_grad():
        randomize(net, generator)
        model = folder / f"{kind.__name__}.onnx"
        export(net, model)
        exact = net.double()
        for batch in (1, 3):
            x = torch.randn(batch, 3, 16, 16, generator=generator)
            want = exact(x.double()).numpy().reshape(-1)
            for backend in ("scalar", "best"):
                got = run(edyno, model, x.numpy(), backend, folder)
                if got.size != want.size:
                    raise SystemExit(f"{kind.__name__}: {got.size} outputs, {want.size} expected")
                worst = max(worst, float(np.max(np.abs(got - want)) / np.max(np.abs(want))))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("edyno")
    parser.add_argument("nets", nargs="*")
    args = parser.parse_args()
    names = {kind.__name__: kind for kind in NETS}
    unknown = [name for name in args.nets if name not in names]
    if unknown:
        print(f"check_torch.py: no net {unknown[0]!r}; there are {', '.join(names)}", file=sys.stderr)
        return 2
    right = 0
    chosen = [names[name] for name in args.nets] or NETS
    with tempfile.TemporaryDirectory() as folder:
        for kind in chosen:
            try:
                worst = check(args.edyno, kind, Path(folder))
            except SystemExit as failed:
                print(f"{kind.__name__:16} {failed}")
                continue
            right += worst <= BOUND
            print(f"{kind.__name__:16} {'agrees' if worst <= BOUND else 'DIFFERS'}, {worst:.2g} of the largest output")
    print(f"{right} of {len(chosen)} networks agree")
    return 0 if right == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
