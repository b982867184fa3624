"""Transposed convolutions."""

import paddle
import paddle.nn.functional as F

from case import Case, f32, i32

CASES = []


def conv2d_transpose(name, x="n 4 h w", w="4 3 3 3", b=None, **attributes):
    weights = {"w": f32(w)} | ({"b": f32(b)} if b else {})
    call = lambda x, w, b=None: F.conv2d_transpose(x, w, bias=b, **attributes)
    sizes = {"h": (4, 6), "w": (5, 3)}
    CASES.append(Case(f"conv2d_transpose_{name}", call, [f32(x)], weights, sizes, tolerance="accumulate"))


conv2d_transpose("plain")
conv2d_transpose("bias", b="3")
conv2d_transpose("2x2_stride_2", w="4 3 2 2", stride=2, b="3")
conv2d_transpose("4x4_stride_2", w="4 3 4 4", stride=2, padding=1)
conv2d_transpose("strides", stride=[2, 1], padding=[1, 0])
conv2d_transpose("padding_four", stride=2, padding=[1, 0, 2, 1])
conv2d_transpose("padding_pairs", stride=2, padding=[[0, 0], [0, 0], [1, 0], [0, 1]])
conv2d_transpose("same", stride=2, padding="SAME")
conv2d_transpose("same_static", "2 4 5 4", stride=2, padding="SAME")
conv2d_transpose("valid", stride=2, padding="VALID")
conv2d_transpose("output_padding", stride=2, padding=1, output_padding=1)
conv2d_transpose("output_paddings", stride=3, padding=1, output_padding=[2, 1])
conv2d_transpose("output_size", "2 4 5 4", stride=2, padding=1, output_size=[10, 8])
conv2d_transpose("output_size_one", "2 4 5 5", stride=2, padding=1, output_size=10)
conv2d_transpose("dilation", dilation=2, padding=1)
conv2d_transpose("groups", w="4 3 3 3", groups=2, stride=2)
conv2d_transpose("depthwise", w="4 1 3 3", groups=4, stride=2, padding=1)
conv2d_transpose("nhwc", "n h w 4", b="3", stride=2, padding=1, data_format="NHWC")

CASES += [
    Case(
        "conv2d_transpose_output_size_tensor",
        lambda x, y, w: F.conv2d_transpose(x, w, stride=2, padding=1, output_size=paddle.shape(y)[2:]),
        [f32("2 4 5 4"), f32("n c 10 8")],
        {"w": f32("4 3 3 3")},
        tolerance="accumulate",
    ),
    Case("conv2d_transpose_layer", lambda x: paddle.nn.Conv2DTranspose(4, 3, 2, stride=2)(x), [f32("n 4 h w")], tolerance="accumulate"),
    Case("conv1d_transpose", lambda x, w: F.conv1d_transpose(x, w), [f32("n 4 l")], {"w": f32("4 3 3")}, tolerance="accumulate"),
    Case("conv1d_transpose_stride", lambda x, w, b: F.conv1d_transpose(x, w, b, stride=2, padding=1, output_padding=1), [f32("n 4 l")], {"w": f32("4 3 3"), "b": f32("3")}, tolerance="accumulate"),
    Case("conv3d_transpose", lambda x, w: F.conv3d_transpose(x, w, stride=2, padding=1), [f32("n 2 3 4 3")], {"w": f32("2 3 3 3 3")}, tolerance="accumulate"),
    Case("conv3d_transpose_bias", lambda x, w, b: F.conv3d_transpose(x, w, b, output_padding=1, stride=2), [f32("n 2 2 3 2")], {"w": f32("2 3 3 3 3"), "b": f32("3")}, tolerance="accumulate"),
]
