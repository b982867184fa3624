"""Trains a small convolutional network on scikit-learn's handwritten digits and exports it.

Writes digits.onnx, digits_images.bin and digits_labels.bin next to this file. Only numpy does the
training, so that the pinned versions give the same files again.
"""

import os

# The order of additions depends on these two, and on it the last bits of the weights.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OPENBLAS_CORETYPE"] = "Haswell"

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 7
EPOCHS = 60
BATCH = 32
LEARNING_RATE = 2e-3
MINIMUM_ACCURACY = 0.97
HERE = Path(__file__).resolve().parent


class Conv:
    """3x3 convolution with a border of one zero pixel: the image keeps its size."""

    def __init__(self, random, inputs, outputs):
        scale = np.sqrt(2 / (inputs * 9))
        self.weight = (random.standard_normal((outputs, inputs, 3, 3)) * scale).astype(np.float32)
        self.bias = np.zeros(outputs, np.float32)

    def forward(self, x):
        batch, channels, height, width = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        self.shape = x.shape
        self.columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, channels * 9)
        y = self.columns @ self.weight.reshape(len(self.weight), -1).T + self.bias
        return y.reshape(batch, height, width, -1).transpose(0, 3, 1, 2)

    def backward(self, gradient):
        batch, channels, height, width = self.shape
        rows = gradient.transpose(0, 2, 3, 1).reshape(-1, len(self.weight))
        flat = self.weight.reshape(len(self.weight), -1)
        self.weight_gradient = (rows.T @ self.columns).reshape(self.weight.shape)
        self.bias_gradient = rows.sum(axis=0)
        windows = (rows @ flat).reshape(batch, height, width, channels, 3, 3)
        padded = np.zeros((batch, channels, height + 2, width + 2), np.float32)
        for i in range(3):
            for j in range(3):
                padded[:, :, i : i + height, j : j + width] += windows[..., i, j].transpose(0, 3, 1, 2)
        return padded[:, :, 1:-1, 1:-1]


class Dense:
    def __init__(self, random, inputs, outputs):
        scale = np.sqrt(2 / inputs)
        self.weight = (random.standard_normal((inputs, outputs)) * scale).astype(np.float32)
        self.bias = np.zeros(outputs, np.float32)

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, gradient):
        self.weight_gradient = self.x.T @ gradient
        self.bias_gradient = gradient.sum(axis=0)
        return gradient @ self.weight.T


class Relu:
    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, gradient):
        return gradient * self.positive


class MaxPool:
    """The largest of each 2x2 square."""

    def forward(self, x):
        batch, channels, height, width = x.shape
        self.shape = x.shape
        squares = x.reshape(batch, channels, height // 2, 2, width // 2, 2)
        squares = squares.transpose(0, 1, 2, 4, 3, 5).reshape(batch, channels, height // 2, width // 2, 4)
        self.largest = squares.argmax(axis=-1)[..., None]
        return np.take_along_axis(squares, self.largest, axis=-1)[..., 0]

    def backward(self, gradient):
        batch, channels, height, width = self.shape
        squares = np.zeros((*gradient.shape, 4), np.float32)
        np.put_along_axis(squares, self.largest, gradient[..., None], axis=-1)
        squares = squares.reshape(batch, channels, height // 2, width // 2, 2, 2)
        return squares.transpose(0, 1, 2, 4, 3, 5).reshape(self.shape)


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, gradient):
        return gradient.reshape(self.shape)


class Adam:
    def __init__(self, layers):
        self.layers = [layer for layer in layers if hasattr(layer, "weight")]
        self.moments = {}
        self.step_count = 0

    def step(self, rate):
        self.step_count += 1
        for index, layer in enumerate(self.layers):
            for name in ("weight", "bias"):
                self.update(index, name, getattr(layer, name), getattr(layer, name + "_gradient"), rate)

    def update(self, index, name, value, gradient, rate):
        zeros = np.zeros_like(value)
        mean, square = self.moments.get((index, name), (zeros, zeros))
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        self.moments[index, name] = mean, square
        mean = mean / (1 - 0.9**self.step_count)
        square = square / (1 - 0.999**self.step_count)
        value -= (rate * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)


def build_network(random):
    return [
        Conv(random, 1, 16),
        Relu(),
        Conv(random, 16, 32),
        Relu(),
        MaxPool(),
        Conv(random, 32, 48),
        Relu(),
        MaxPool(),
        Flatten(),
        Dense(random, 48 * 2 * 2, 64),
        Relu(),
        Dense(random, 64, 10),
    ]


def forward(layers, x):
    for layer in layers:
        x = layer.forward(x)
    return x


def backward(layers, gradient):
    for layer in reversed(layers):
        gradient = layer.backward(gradient)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def shift_some(random, images):
    """Moves about half of the images by one pixel: writers do not centre their digits."""
    shifted = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    result = images.copy()
    for index in np.flatnonzero(random.random(len(images)) < 0.5):
        row, column = random.integers(0, 3, 2)
        result[index] = shifted[index, :, row : row + 8, column : column + 8]
    return result


def train(images, labels):
    random = np.random.default_rng(SEED)
    layers = build_network(random)
    adam = Adam(layers)
    for epoch in range(EPOCHS):
        rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = random.permutation(len(images))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            probabilities = softmax(forward(layers, shift_some(random, images[chosen])))
            gradient = (probabilities - np.eye(10, dtype=np.float32)[labels[chosen]]) / len(chosen)
            backward(layers, gradient)
            adam.step(rate)
    return layers


def export(layers, path):
    nodes, weights = [], []
    current = "image"
    for index, layer in enumerate(layers):
        kind = type(layer).__name__.lower()
        inputs, output = [current], f"{kind}{index}"
        if hasattr(layer, "weight"):
            inputs += [f"{output}.weight", f"{output}.bias"]
            weights.append(numpy_helper.from_array(layer.weight, inputs[1]))
            weights.append(numpy_helper.from_array(layer.bias, inputs[2]))
        nodes.append(make_node(kind, inputs, output))
        current = output
    nodes.append(helper.make_node("Softmax", [current], ["probabilities"], axis=1))

    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        weights,
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="train_digits.py",
    )
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def make_node(kind, inputs, output):
    if kind == "conv":
        return helper.make_node("Conv", inputs, [output], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    if kind == "dense":
        return helper.make_node("Gemm", inputs, [output])
    if kind == "maxpool":
        return helper.make_node("MaxPool", inputs, [output], kernel_shape=[2, 2], strides=[2, 2])
    if kind == "flatten":
        return helper.make_node("Flatten", inputs, [output], axis=1)
    return helper.make_node("Relu", inputs, [output])


def as_input(pixels):
    return (pixels.reshape(-1, 1, 8, 8) / 16).astype(np.float32)


def measure_accuracy(model_path, pixels, labels):
    session = onnxruntime.InferenceSession(str(model_path), providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(["probabilities"], {"image": as_input(pixels)})
    return float((probabilities.argmax(axis=1) == labels).mean())


def main():
    digits = load_digits()
    pixels, labels = digits.images.astype(np.uint8), digits.target.astype(np.uint8)
    train_pixels, test_pixels, train_labels, test_labels = train_test_split(
        pixels, labels, test_size=0.2, random_state=SEED, stratify=labels
    )

    layers = train(as_input(train_pixels), train_labels)
    export(layers, HERE / "digits.onnx")
    (HERE / "digits_images.bin").write_bytes(test_pixels.tobytes())
    (HERE / "digits_labels.bin").write_bytes(test_labels.tobytes())

    accuracy = measure_accuracy(HERE / "digits.onnx", test_pixels, test_labels)
    print(f"held-out images {len(test_labels)}, accuracy {accuracy:.4f}")
    assert accuracy >= MINIMUM_ACCURACY, accuracy


if __name__ == "__main__":
    main()
