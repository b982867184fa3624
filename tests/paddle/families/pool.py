"""Pooling: maximum and average, global and adaptive, over one, two and three dims."""

import paddle
import paddle.nn.functional as F

from case import Case, distinct, f32
from raw import raw

CASES = []


def pool2d(name, x="n 3 h w", sizes=None, **attributes):
    average = {key: value for key, value in attributes.items() if key != "return_mask"}
    largest = {key: value for key, value in attributes.items() if key not in ("exclusive", "divisor_override")}
    if largest == attributes or attributes.get("exclusive"):
        CASES.append(Case(f"max_pool2d_{name}", lambda x: F.max_pool2d(x, **largest), [f32(x)], {}, sizes or {}))
    CASES.append(Case(f"avg_pool2d_{name}", lambda x: F.avg_pool2d(x, **average), [f32(x)], {}, sizes or {}))


pool2d("2", kernel_size=2)
pool2d("static", "2 3 8 7", kernel_size=2)
pool2d("3_stride_2", kernel_size=3, stride=2)
pool2d("3_stride_2_padding", kernel_size=3, stride=2, padding=1)
pool2d("3_stride_1_padding", kernel_size=3, stride=1, padding=1)
pool2d("3x2", kernel_size=[3, 2], stride=[1, 2])
pool2d("padding_pair", kernel_size=3, stride=2, padding=[1, 0])
pool2d("padding_four", kernel_size=3, stride=2, padding=[1, 0, 0, 1])
pool2d("ceil", kernel_size=2, stride=2, ceil_mode=True)
pool2d("ceil_3_stride_2", kernel_size=3, stride=2, ceil_mode=True)
pool2d("ceil_padding", kernel_size=3, stride=2, padding=1, ceil_mode=True)
pool2d("ceil_stride_3", sizes={"w": (7, 10)}, kernel_size=2, stride=3, ceil_mode=True)
pool2d("same", kernel_size=3, stride=2, padding="SAME")
pool2d("same_stride_1", kernel_size=2, stride=1, padding="SAME")
pool2d("valid", kernel_size=3, stride=2, padding="VALID")
pool2d("inclusive", kernel_size=3, stride=2, padding=1, exclusive=False)
pool2d("inclusive_ceil", kernel_size=3, stride=2, padding=1, ceil_mode=True, exclusive=False)
pool2d("inclusive_ceil_no_padding", kernel_size=3, stride=2, ceil_mode=True, exclusive=False)
pool2d("divisor", kernel_size=3, stride=2, padding=1, divisor_override=5)
pool2d("nhwc", "n h w 3", kernel_size=3, stride=2, padding=1, data_format="NHWC")
pool2d("nhwc_ceil", "n h w 3", kernel_size=2, stride=2, ceil_mode=True, data_format="NHWC")
pool2d("whole_image", "n 3 7 5", kernel_size=[7, 5])

ADAPTIVE = [("1", 1, "n 3 h w"), ("2x3", [2, 3], "n 3 h w"), ("divisible", [2, 3], "n 3 6 9"), ("not_divisible", [3, 4], "n 3 7 10"), ("none", [None, 2], "n 3 6 10"), ("same_size", 7, "n 3 7 7"), ("larger", [9, 8], "n 3 6 5")]
for name, size, x in ADAPTIVE:
    CASES += [
        Case(f"adaptive_avg_pool2d_{name}", lambda x, size=size: F.adaptive_avg_pool2d(x, size), [f32(x)]),
        Case(f"adaptive_max_pool2d_{name}", lambda x, size=size: F.adaptive_max_pool2d(x, size), [f32(x)]),
    ]
CASES += [
    Case("adaptive_avg_pool2d_nhwc", lambda x: F.adaptive_avg_pool2d(x, [2, 3], data_format="NHWC"), [f32("n 6 9 3")]),
    Case("adaptive_avg_pool2d_size_one_free_channels", lambda x: F.adaptive_avg_pool2d(x, 1), [f32("n c h w")]),
    Case("global_by_static_mean", lambda x: paddle.mean(x, axis=[2, 3], keepdim=True), [f32("n 3 h w")], tolerance="accumulate"),
]

# With the places of the maxima.
CASES += [
    Case("max_pool2d_mask", lambda x: F.max_pool2d(x, 2, return_mask=True), [distinct("n 3 6 8")], tolerance="exact"),
    Case("max_pool2d_mask_padding", lambda x: F.max_pool2d(x, 3, 2, 1, return_mask=True), [distinct("n 3 7 9")], tolerance="exact"),
    Case("max_pool2d_mask_free", lambda x: F.max_pool2d(x, 3, 2, 1, return_mask=True), [distinct("n 3 h w")], tolerance="exact"),
    Case("max_pool2d_mask_ceil", lambda x: F.max_pool2d(x, 2, 2, ceil_mode=True, return_mask=True), [distinct("n 3 7 9")], tolerance="exact", apart="the old operator has no ceil_mode"),
    Case("adaptive_max_pool2d_mask", lambda x: F.adaptive_max_pool2d(x, [2, 3], return_mask=True), [distinct("n 3 6 9")], tolerance="exact"),
    Case("adaptive_max_pool2d_mask_not_divisible", lambda x: F.adaptive_max_pool2d(x, [3, 4], return_mask=True), [distinct("n 3 7 9")], tolerance="exact"),
    Case("max_pool2d_mask_unused", lambda x: F.max_pool2d(x, 2, return_mask=True)[0], [distinct("n 3 6 8")], tolerance="exact"),
]

ONE = [("2", {"kernel_size": 2}), ("3_stride_2_padding", {"kernel_size": 3, "stride": 2, "padding": 1}), ("ceil", {"kernel_size": 2, "stride": 2, "ceil_mode": True}), ("same", {"kernel_size": 3, "stride": 2, "padding": "SAME"}), ("padding_two", {"kernel_size": 3, "stride": 1, "padding": [1, 0]})]
for name, attributes in ONE:
    CASES += [
        Case(f"max_pool1d_{name}", lambda x, attributes=attributes: F.max_pool1d(x, **attributes), [f32("n 3 l")]),
        Case(f"avg_pool1d_{name}", lambda x, attributes=attributes: F.avg_pool1d(x, **attributes), [f32("n 3 l")]),
    ]
CASES += [
    Case("avg_pool1d_inclusive", lambda x: F.avg_pool1d(x, 3, 2, 1, exclusive=False), [f32("n 3 l")]),
    Case("adaptive_avg_pool1d", lambda x: F.adaptive_avg_pool1d(x, 3), [f32("n 3 8")]),
    Case("adaptive_max_pool1d", lambda x: F.adaptive_max_pool1d(x, 4), [f32("n 3 8")]),
]

THREE = [("2", {"kernel_size": 2}), ("3_stride_2_padding", {"kernel_size": 3, "stride": 2, "padding": 1}), ("ceil", {"kernel_size": 2, "stride": 2, "ceil_mode": True}), ("kernels", {"kernel_size": [1, 2, 3], "stride": [1, 2, 1], "padding": [0, 1, 1]}), ("same", {"kernel_size": 3, "stride": 2, "padding": "SAME"})]
for name, attributes in THREE:
    sizes = {"n": (1, 2), "d": (4, 5), "h": (5, 4), "w": (4, 6)}
    CASES += [
        Case(f"max_pool3d_{name}", lambda x, attributes=attributes: F.max_pool3d(x, **attributes), [f32("n 2 d h w")], {}, sizes),
        Case(f"avg_pool3d_{name}", lambda x, attributes=attributes: F.avg_pool3d(x, **attributes), [f32("n 2 d h w")], {}, sizes),
    ]
CASES += [
    Case("avg_pool3d_inclusive", lambda x: F.avg_pool3d(x, 3, 2, 1, exclusive=False), [f32("n 2 5 4 6")]),
    Case("max_pool3d_ndhwc", lambda x: F.max_pool3d(x, 2, data_format="NDHWC"), [f32("n 4 4 6 2")]),
    Case("adaptive_avg_pool3d_1", lambda x: F.adaptive_avg_pool3d(x, 1), [f32("n 2 4 5 3")]),
    Case("adaptive_avg_pool3d", lambda x: F.adaptive_avg_pool3d(x, [2, 3, 2]), [f32("n 2 4 6 4")]),
    Case("adaptive_max_pool3d_not_divisible", lambda x: F.adaptive_max_pool3d(x, [2, 3, 2]), [f32("n 2 5 4 3")]),
]


def old_pool(name, x="n 3 h w", **attributes):
    attributes = {"pooling_type": "max", "ksize": [2, 2], "strides": [2, 2], "paddings": [0, 0], "exclusive": True, **attributes}
    call = lambda x: raw("pool2d", {"X": x}, {"Out": "float32"}, attributes)
    reason = "the new format writes these forms through adaptive pooling"
    CASES.append(Case(f"old_{name}", call, [f32(x)], formats=("pdmodel",), missing=reason))


old_pool("global_max", global_pooling=True)
old_pool("global_avg", global_pooling=True, pooling_type="avg")
old_pool("global_avg_ignores_the_rest", global_pooling=True, pooling_type="avg", paddings=[1, 1], strides=[3, 3])
old_pool("defaults")
old_pool("adaptive_max", adaptive=True, ksize=[2, 3])
