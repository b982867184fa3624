"""make_models.py OUT: writes the small networks of these tests in the format of the installed Paddle.

Paddle 3 writes NAME.json and NAME.pdiparams, Paddle 2 NAME.pdmodel and NAME.pdiparams. The weights' values are the same
in both. What lies in models/ was written by Paddle 3.3.1 and 2.6.2.
"""

import os
import sys

os.environ.setdefault("GLOG_minloglevel", "2")

import numpy as np
import paddle

OUT = sys.argv[1]
random = np.random.RandomState(7)


def weight(name, shape):
    array = (6 * (random.rand(*shape) - 0.5)).astype("float32") / np.sqrt(np.prod(shape[1:]))
    return paddle.create_parameter(
        list(shape), "float32", name=name, default_initializer=paddle.nn.initializer.Assign(array)
    )


def conv(x, name, out, kernel, stride=1):
    x = paddle.nn.functional.conv2d(x, weight(name, (out, x.shape[1], kernel, kernel)), stride=stride, padding=kernel // 2)
    return paddle.nn.functional.relu(x)


def add():
    x = paddle.static.data("x", [1, 4], "float32")
    return [x], [x + x]


def resnet():
    """A network of residual blocks, as ResNet50 is."""
    image = paddle.static.data("inputs", [-1, 3, 32, 32], "float32")
    x = conv(image, "stem", 8, 3, stride=2)
    for block in range(2):
        x = paddle.nn.functional.relu(x + conv(conv(x, f"a{block}", 8, 3), f"b{block}", 8, 3))
    x = paddle.nn.functional.adaptive_avg_pool2d(x, 1)
    x = paddle.matmul(paddle.flatten(x, 1), weight("head", (8, 10)))
    return [image], [paddle.nn.functional.softmax(x)]


def detector():
    """The inputs and outputs of PaddleDetection's YOLOv3: boxes in pixels, and how many there are."""
    im_shape = paddle.static.data("im_shape", [-1, 2], "float32")
    image = paddle.static.data("image", [-1, 3, 16, 16], "float32")
    scale_factor = paddle.static.data("scale_factor", [-1, 2], "float32")
    features = conv(conv(image, "backbone", 8, 3, stride=2), "neck", 4, 3, stride=4)
    boxes = paddle.transpose(paddle.reshape(features, [-1, 4, 4]), [0, 2, 1])
    size = paddle.reshape(paddle.concat([im_shape / scale_factor] * 2, axis=1), [-1, 1, 4])
    boxes = boxes * size
    count = paddle.matmul(paddle.reshape(boxes, [-1, 16]), paddle.full([16, 1], 1.0))
    return [im_shape, image, scale_factor], [boxes, paddle.cast(paddle.reshape(count, [-1]), "int32")]


def words():
    """Integers, one row for each word: what sequences with offsets are fed as."""
    ids = paddle.static.data("ids", [-1, 1], "int64")
    return [ids], [paddle.matmul(paddle.cast(ids, "float32"), weight("vector", (1, 6)))]


def main():
    paddle.enable_static()
    for build in (add, resnet, detector, words):
        program, startup = paddle.static.Program(), paddle.static.Program()
        with paddle.static.program_guard(program, startup):
            inputs, outputs = build()
        executor = paddle.static.Executor(paddle.CPUPlace())
        executor.run(startup)
        paddle.static.save_inference_model(os.path.join(OUT, build.__name__), inputs, outputs, executor, program=program)


main()
