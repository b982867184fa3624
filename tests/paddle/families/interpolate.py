"""Resizing by every mode and alignment."""

import paddle
import paddle.nn.functional as F

from case import Case, f32
from raw import raw

CASES = []


def add(name, call, inputs, **more):
    CASES.append(Case(name, call, inputs, **more))


SIZES = [
    ("size_up", "n 3 5 6", {"size": [10, 9]}),
    ("size_down", "n 3 7 9", {"size": [4, 5]}),
    ("size_free", "n 3 h w", {"size": [8, 8]}),
    ("factor_2", "n 3 5 6", {"scale_factor": 2}),
    ("factor_2_free", "n 3 h w", {"scale_factor": 2}),
    ("factors", "n 3 4 6", {"scale_factor": [2.0, 1.5]}),
    ("factor_half", "n 3 8 10", {"scale_factor": 0.5}),
    ("factor_uneven", "n 3 5 7", {"scale_factor": 1.7}),
]
MODES = [
    ("nearest", {"mode": "nearest"}),
    ("nearest_aligned", {"mode": "nearest", "align_corners": True}),
    ("bilinear", {"mode": "bilinear"}),
    ("bilinear_mode_1", {"mode": "bilinear", "align_mode": 1}),
    ("bilinear_aligned", {"mode": "bilinear", "align_corners": True}),
    ("bicubic", {"mode": "bicubic"}),
    ("bicubic_aligned", {"mode": "bicubic", "align_corners": True}),
]
for mode_name, mode in MODES:
    for size_name, x, size in SIZES:
        if mode_name == "nearest_aligned":
            continue
        add(f"{mode_name}_{size_name}", lambda x, mode=mode, size=size: F.interpolate(x, **size, **mode), [f32(x)], tolerance="accumulate" if "bi" in mode_name else "exact")
    if mode_name.startswith("bilinear"):
        add(f"{mode_name}_to_one", lambda x, mode=mode: F.interpolate(x, size=[1, 1], **mode), [f32("n 3 5 6")], tolerance="accumulate")
        add(f"{mode_name}_from_one", lambda x, mode=mode: F.interpolate(x, size=[3, 4], **mode), [f32("n 3 1 1")], tolerance="accumulate")

for name, mode in (("nearest", "nearest"), ("bilinear", "bilinear")):
    add(f"{name}_nhwc", lambda x, mode=mode: F.interpolate(x, size=[8, 9], mode=mode, data_format="NHWC"), [f32("n 5 6 3")], tolerance="accumulate")
    add(f"{name}_size_of_shape", lambda x, y, mode=mode: F.interpolate(x, size=paddle.shape(y)[2:], mode=mode), [f32("n 3 4 5"), f32("n 1 h w")], tolerance="accumulate")
    add(f"{name}_size_listed", lambda x, y, mode=mode: F.interpolate(x, size=[paddle.shape(y)[2], paddle.shape(y)[3]], mode=mode), [f32("n 3 4 5"), f32("n 1 h w")], tolerance="accumulate")
    add(f"{name}_size_half_listed", lambda x, y, mode=mode: F.interpolate(x, size=[paddle.shape(y)[2], 9], mode=mode), [f32("n 3 4 5"), f32("n 1 h w")], tolerance="accumulate")
    add(f"{name}_factor_tensor", lambda x, mode=mode: F.interpolate(x, scale_factor=paddle.full([1], 2.0), mode=mode), [f32("n 3 4 5")], tolerance="accumulate")
add("upsample_layer", lambda x: paddle.nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)(x), [f32("n 3 h w")], tolerance="accumulate")

for name, mode in (("aligned", {"align_corners": True}), ("mode_0", {"align_mode": 0}), ("mode_1", {"align_mode": 1})):
    add(f"linear_{name}", lambda x, mode=mode: F.interpolate(x, size=[9], mode="linear", data_format="NCW", **mode), [f32("n 3 5")], tolerance="accumulate")
    add(f"trilinear_{name}", lambda x, mode=mode: F.interpolate(x, size=[4, 6, 5], mode="trilinear", data_format="NCDHW", **mode), [f32("n 2 3 4 3")], tolerance="accumulate")
add("nearest_3d", lambda x: F.interpolate(x, scale_factor=2, mode="nearest", data_format="NCDHW"), [f32("n 2 3 4 3")], tolerance="exact")
add("area", lambda x: F.interpolate(x, size=[2, 3], mode="area"), [f32("n 3 4 6")], tolerance="accumulate")


def old(operator, name, x="n 3 5 6", **attributes):
    attributes = {"data_layout": "NCHW", "interp_method": operator.split("_")[0], "out_h": -1, "out_w": -1, "out_d": -1, "align_corners": False, "align_mode": 1, **attributes}
    call = lambda x: raw(operator, {"X": x}, {"Out": "float32"}, attributes)
    reason = "no function of Paddle 3 writes it"
    add(f"old_{operator}_{name}", call, [f32(x)], tolerance="accumulate", formats=("pdmodel",), missing=reason)


old("nearest_interp_v2", "aligned", out_h=9, out_w=8, align_corners=True)
old("nearest_interp_v2", "scale", scale=[2.0, 2.0])
old("nearest_interp", "scale", scale=2.0)
old("nearest_interp", "size_aligned", out_h=9, out_w=8, align_corners=True)
old("bilinear_interp", "scale", scale=2.0)
old("bilinear_interp", "size", out_h=9, out_w=8)
old("bilinear_interp", "size_mode_0", out_h=9, out_w=8, align_mode=0)
old("bilinear_interp", "aligned", out_h=9, out_w=8, align_corners=True)
