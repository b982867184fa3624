"""Quantised models: values that are rounded to integers and back."""

import numpy as np
import paddle
import paddle.nn.functional as F

from case import Case, f32, given
from raw import raw

CASES = []


def linear(operator, x, scale, zero, axis):
    """quantize_linear or dequantize_linear as Paddle's quantisation tools write them."""
    attributes = {"quant_axis": axis, "bit_length": 8, "qmin": -128, "qmax": 127, "round_type": 0, "is_test": True, "only_observer": False}
    if paddle.__version__.startswith("2."):
        return raw(operator, {"X": x, "Scale": scale, "ZeroPoint": zero}, {"Y": "float32"}, attributes)
    values = [attributes[key] for key in ("quant_axis", "bit_length", "qmin", "qmax", "round_type", "is_test", "only_observer")]
    # What training keeps, which a model that only predicts does not read.
    accumulated, state = paddle.create_parameter([1], "float32"), paddle.create_parameter([1], "float32")
    return getattr(paddle._C_ops, operator)(x, scale, zero, accumulated, state, *values)[0]


# On CPUs Paddle 3.3.1 computes dequantize_linear by the kernel of quantize_linear, so what counts is Paddle 2.
def add(name, call, inputs, right="pdmodel", **weights):
    CASES.append(Case(name, call, inputs, weights, right=right))


ONE = {"s": given([1.7], "float32"), "z": given([0.0], "float32")}
add("quantize", lambda x, s, z: linear("quantize_linear", x, s, z, -1), [f32("n 3 h w")], right="", **ONE)
add("dequantize", lambda x, s, z: linear("dequantize_linear", x, s, z, -1), [given([[-128, -3, 0, 5, 127]], "float32")], **ONE)
add("both", lambda x, s, z: linear("dequantize_linear", linear("quantize_linear", x, s, z, -1), s, z, -1), [f32("n 3 h w")], **ONE)
CHANNELS = {"s": given([1.7, 0.4, 2.6], "float32"), "z": given([0.0, 0.0, 0.0], "float32")}
add("both_by_channel", lambda x, s, z: linear("dequantize_linear", linear("quantize_linear", x, s, z, 1), s, z, 1), [f32("n 3 h w")], **CHANNELS)
add("both_by_first_axis", lambda x, s, z: linear("dequantize_linear", linear("quantize_linear", x, s, z, 0), s, z, 0), [f32("3 4")], **CHANNELS)


def convolution(x, w, sx, zx, sw, zw):
    x = linear("dequantize_linear", linear("quantize_linear", x, sx, zx, -1), sx, zx, -1)
    return F.conv2d(x, linear("dequantize_linear", w, sw, zw, 0), padding=1)


WEIGHTS = np.random.default_rng(5).integers(-127, 128, (3, 2, 3, 3))
for dtype in ("int8", "float32"):
    add(
        f"convolution_{dtype}",
        convolution,
        [f32("n 2 h w")],
        w=given(WEIGHTS, dtype),
        sx=given([1.9], "float32"),
        zx=given([0.0], "float32"),
        sw=given([0.5, 0.8, 0.2], "float32"),
        zw=given([0.0, 0.0, 0.0], "float32"),
    )
    CASES[-1].tolerance = "accumulate"
    if dtype == "int8":
        CASES[-1].formats, CASES[-1].missing = ("pdmodel",), "the new operators take floats alone"
