"""Writes mobilenet_v1.onnx (17 MB) and resnet50.onnx (102 MB) for benchmarks and memory tests.

    python make_large.py OUTDIR

The shapes are the published ones, batch normalisation folded into the convolutions; the weights are
random (fixed seeds), so the outputs are finite and mean nothing.
"""

import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto

from make_models import encode, floats, he, model, node, value


class Network:
    """Appends layers one after another; each method returns the name of the tensor it made."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes = []
        self.weights = []

    def add(self, op, inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(node(op, inputs, [name], **attributes))
        return name

    def parameters(self, weight, channels):
        name = f"layer{len(self.weights) // 2}"
        bias = self.rng.standard_normal(channels, np.float32) / 16
        self.weights += [floats(f"{name}.weight", weight), floats(f"{name}.bias", bias)]
        return [f"{name}.weight", f"{name}.bias"]

    def conv(self, x, channels_in, channels_out, kernel, stride=1, group=1, scale=1.0):
        weight = he(self.rng, channels_out, channels_in // group, kernel, kernel) * np.float32(scale)
        return self.add(
            "Conv",
            [x, *self.parameters(weight, channels_out)],
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[kernel // 2] * 4,
            group=group,
        )

    def relu(self, x):
        return self.add("Relu", [x])

    def classifier(self, x, channels):
        x = self.add("Flatten", [self.add("GlobalAveragePool", [x])])
        self.add("Gemm", [x, *self.parameters(he(self.rng, 1000, channels), 1000)], transB=1)
        self.nodes[-1].output[0] = "y"

    def model(self):
        return model(
            self.nodes,
            [value("x", TensorProto.FLOAT, ["batch", 3, 224, 224])],
            [value("y", TensorProto.FLOAT, ["batch", 1000])],
            self.weights,
        )


def mobilenet_v1():
    net = Network(224)
    x = net.relu(net.conv("x", 3, 32, 3, stride=2))
    channels = 32
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    blocks += [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
    for channels_out, stride in blocks:
        x = net.relu(net.conv(x, channels, channels, 3, stride, group=channels))
        x = net.relu(net.conv(x, channels, channels_out, 1))
        channels = channels_out
    net.classifier(x, channels)
    return net.model()


def resnet50():
    """Version 1.5: a block's stride is in its 3x3 convolution."""
    net = Network(50)
    x = net.relu(net.conv("x", 3, 64, 7, stride=2))
    x = net.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for blocks, width, first_stride in [(3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2)]:
        for i in range(blocks):
            stride = first_stride if i == 0 else 1
            y = net.relu(net.conv(x, channels, width, 1))
            y = net.relu(net.conv(y, width, width, 3, stride))
            # Halved, or the sums over sixteen blocks would grow without bound.
            y = net.conv(y, width, 4 * width, 1, scale=0.5)
            shortcut = x if i else net.conv(x, channels, 4 * width, 1, stride)
            x = net.relu(net.add("Add", [y, shortcut]))
            channels = 4 * width
    net.classifier(x, channels)
    return net.model()


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: python make_large.py OUTDIR")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in [("mobilenet_v1", mobilenet_v1), ("resnet50", resnet50)]:
        (folder / f"{name}.onnx").write_bytes(encode(build()))


if __name__ == "__main__":
    main()
