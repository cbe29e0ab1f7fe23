# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
"""The three trained networks. Each `build` returns a torch module; `RECIPES` says how it is trained."""

from torch import nn


def conv_bn(cin, cout, kernel, stride=1, groups=1):
    """Convolution without bias, then batch norm: [N, cin, H, W] -> [N, cout, H/stride, W/stride]."""
    return [nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(cout)]


def simplecnn():
    """28x28. The dropouts act in training only; nothing of them is exported."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.3),
        nn.Linear(32 * 13 * 13, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 10))


class Residual(nn.Module):
    """Two 3x3 convolutions and a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.body = nn.Sequential(*conv_bn(cin, cout, 3, stride), nn.ReLU(),
                                  *conv_bn(cout, cout, 3))
        changes = stride != 1 or cin != cout
        self.shortcut = nn.Conv2d(cin, cout, 1, stride) if changes else nn.Identity()
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))


def resnet8():
    """32x32, after MLPerf Tiny's image classification network, with one input channel."""
    return nn.Sequential(
        *conv_bn(1, 16, 3), nn.ReLU(),
        Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def dscnn():
    """32x32, after MLPerf Tiny's keyword spotting network: depthwise-separable blocks of 64."""
    layers = [*conv_bn(1, 64, 3, 2), nn.ReLU()]
    for _ in range(4):
        layers += [*conv_bn(64, 64, 3, groups=64), nn.ReLU(), *conv_bn(64, 64, 1), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Recipe:
    """How one network is trained. lr is one-cycle's peak; pad and shift are in pixels."""

    def __init__(self, build, pad, epochs, lr, weight_decay, shift):
        self.build, self.pad, self.epochs, self.lr = build, pad, epochs, lr
        self.weight_decay, self.shift = weight_decay, shift


RECIPES = {
    "simplecnn": Recipe(simplecnn, 0, 16, 3e-3, 5e-4, shift=1),
    "resnet8": Recipe(resnet8, 2, 10, 1e-2, 5e-3, shift=1),
    "dscnn": Recipe(dscnn, 2, 10, 1e-2, 5e-3, shift=1),
}
