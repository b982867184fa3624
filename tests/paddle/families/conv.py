"""Convolutions over one, two and three dims."""

import paddle
import paddle.nn.functional as F

from case import Case, f32

CASES = []


def conv2d(name, x="n 4 h w", w="6 4 3 3", b=None, **attributes):
    weights = {"w": f32(w)} | ({"b": f32(b)} if b else {})
    call = lambda x, w, b=None: F.conv2d(x, w, bias=b, **attributes)
    CASES.append(Case(f"conv2d_{name}", call, [f32(x)], weights, tolerance="accumulate"))


conv2d("plain")
conv2d("static", "2 4 8 7")
conv2d("bias", b="6")
conv2d("1x1", w="6 4 1 1", b="6")
conv2d("5x3", w="6 4 5 3", padding=[2, 1])
conv2d("stride", stride=2, padding=1)
conv2d("strides", stride=[2, 1], padding=1)
conv2d("padding_pair", padding=[2, 0])
conv2d("padding_four", padding=[1, 2, 0, 3])
conv2d("padding_pairs", padding=[[0, 0], [0, 0], [1, 2], [0, 3]])
conv2d("same", padding="SAME", stride=1)
conv2d("same_strided", "2 4 8 7", padding="SAME", stride=2)
conv2d("same_strided_free", padding="SAME", stride=2)
conv2d("same_strided_kernel_5", w="6 4 5 5", padding="SAME", stride=3)
conv2d("same_dilated", "2 4 9 8", padding="SAME", dilation=2)
conv2d("valid", padding="VALID", stride=2)
conv2d("dilation", dilation=2, padding=2)
conv2d("dilations", dilation=[1, 2], padding=[1, 2], stride=[2, 1])
conv2d("groups", w="6 2 3 3", groups=2, padding=1)
conv2d("groups_bias", w="8 1 3 3", b="8", groups=4, padding=1)
conv2d("depthwise", w="4 1 3 3", groups=4, padding=1)
conv2d("depthwise_bias_stride", w="4 1 5 5", b="4", groups=4, padding=2, stride=2)
conv2d("depthwise_dilated", w="4 1 3 3", groups=4, padding=2, dilation=2)
conv2d("nhwc", "n h w 4", b="6", padding=1, data_format="NHWC")
conv2d("nhwc_padding_four", "n h w 4", padding=[1, 2, 0, 3], stride=2, data_format="NHWC")
conv2d("nhwc_same", "2 7 8 4", padding="SAME", stride=2, data_format="NHWC")
conv2d("nhwc_depthwise", "n h w 4", w="4 1 3 3", groups=4, padding=1, data_format="NHWC")

CASES += [
    Case("conv2d_computed_weight", lambda x, w: F.conv2d(x, w, padding=1), [f32("n 4 h w"), f32("6 4 3 3")], tolerance="accumulate"),
    Case("conv2d_scaled_weight", lambda x, w: F.conv2d(x, w * 0.5), [f32("n 4 h w")], {"w": f32("6 4 3 3")}, tolerance="accumulate"),
    Case("conv2d_shared_weight", lambda x, w: F.conv2d(F.conv2d(x, w, padding=1), w), [f32("n 4 h w")], {"w": f32("4 4 3 3")}, tolerance="accumulate"),
    Case("conv2d_layer", lambda x: paddle.static.nn.conv2d(x, 6, 3, padding=1), [f32("n 4 h w")], tolerance="accumulate", formats=("pdmodel",), missing="no function of the new format"),
    Case("conv2d_layer_relu", lambda x: paddle.static.nn.conv2d(x, 6, 3, act="relu"), [f32("n 4 h w")], tolerance="accumulate", formats=("pdmodel",), missing="no function of the new format"),
    Case("conv2d_module", lambda x: paddle.nn.Conv2D(4, 6, 3, padding=1, padding_mode="reflect")(x), [f32("n 4 h w")], tolerance="accumulate"),
    Case("conv2d_module_replicate", lambda x: paddle.nn.Conv2D(4, 6, 3, padding=1, padding_mode="replicate")(x), [f32("n 4 h w")], tolerance="accumulate"),
    Case("conv2d_module_circular", lambda x: paddle.nn.Conv2D(4, 6, 3, padding=1, padding_mode="circular")(x), [f32("n 4 h w")], tolerance="accumulate"),
    Case("conv2d_float64", lambda x, w: F.conv2d(x, w), [f32("n 4 h w", dtype="float64")], {"w": f32("6 4 3 3", dtype="float64")}, tolerance="accumulate"),
]


def conv1d(name, x="n 4 l", w="6 4 3", b=None, **attributes):
    weights = {"w": f32(w)} | ({"b": f32(b)} if b else {})
    call = lambda x, w, b=None: F.conv1d(x, w, bias=b, **attributes)
    CASES.append(Case(f"conv1d_{name}", call, [f32(x)], weights, tolerance="accumulate"))


conv1d("plain")
conv1d("bias_stride", b="6", stride=2, padding=1)
conv1d("dilation", dilation=2, padding=2)
conv1d("padding_two", padding=[1, 2])
conv1d("same", padding="SAME")
conv1d("groups", w="6 2 3", groups=2)
conv1d("depthwise", w="4 1 3", groups=4, padding=1)
conv1d("nlc", "n l 4", b="6", padding=1, data_format="NLC")


def conv3d(name, x="n 2 d h w", w="4 2 3 3 3", b=None, **attributes):
    weights = {"w": f32(w)} | ({"b": f32(b)} if b else {})
    call = lambda x, w, b=None: F.conv3d(x, w, bias=b, **attributes)
    sizes = {"n": (1, 2), "d": (4, 5), "h": (5, 4), "w": (4, 6)}
    CASES.append(Case(f"conv3d_{name}", call, [f32(x)], weights, sizes, tolerance="accumulate"))


conv3d("plain")
conv3d("bias", b="4", padding=1)
conv3d("strides", stride=[1, 2, 2], padding=[0, 1, 1])
conv3d("padding_six", padding=[1, 0, 2, 1, 0, 2])
conv3d("same", padding="SAME", stride=2)
conv3d("dilation", dilation=[1, 2, 1], padding=2)
conv3d("groups", w="4 1 3 3 3", groups=2, padding=1)
conv3d("ndhwc", "n d h w 2", padding=1, data_format="NDHWC")
