"""Padding by every mode over one, two and three dims."""

import paddle
import paddle.nn.functional as F

from case import Case, f32, given, i64

CASES = []


def add(name, call, inputs, **more):
    CASES.append(Case(name, call, inputs, tolerance="exact", **more))


LAYOUTS = [
    ("ncl", "n 2 l", [1, 2], "NCL"),
    ("nchw", "n 2 h w", [1, 2, 3, 0], "NCHW"),
    ("ncdhw", "n 2 3 4 h", [1, 0, 2, 1, 0, 1], "NCDHW"),
    ("nlc", "n l 2", [1, 2], "NLC"),
    ("nhwc", "n h w 2", [1, 2, 3, 0], "NHWC"),
    ("ndhwc", "n 3 4 h 2", [1, 0, 2, 1, 0, 1], "NDHWC"),
]
for mode in ("constant", "reflect", "replicate", "circular"):
    for name, x, amounts, layout in LAYOUTS:
        add(f"{mode}_{name}", lambda x, mode=mode, amounts=amounts, layout=layout: F.pad(x, amounts, mode, 0.0, layout), [f32(x)])
add("constant_value", lambda x: F.pad(x, [1, 1, 2, 2], value=-1.5), [f32("n 3 h w")])
add("constant_int64", lambda x: F.pad(x, [1, 1, 0, 2], value=7), [i64("n 3 4 5")])
add("constant_one_side", lambda x: F.pad(x, [0, 1, 0, 1]), [f32("n 3 4 5")])
add("constant_static", lambda x: F.pad(x, [1, 2, 3, 4]), [f32("2 3 4 5")])
add("negative", lambda x: F.pad(x, [-1, 0, 0, -1]), [f32("n 3 4 5")])
add("every_axis", lambda x: F.pad(x, [0, 0, 1, 2, 0, 1, 3, 0]), [f32("n 3 4 5")])
add("every_axis_rank2", lambda x: F.pad(x, [1, 0, 0, 2], value=0.5), [f32("n 3")])
add("every_axis_rank3", lambda x: F.pad(x, [0, 1, 2, 0, 1, 1]), [f32("n 3 4")])
add("by_tensor", lambda x, p: F.pad(x, p), [f32("n 3 4 5"), given([1, 0, 2, 1], "int32")])
add("listed_of_shape", lambda x, y: F.pad(x, paddle.concat([paddle.zeros([1], "int32"), paddle.shape(y)[:1].astype("int32"), paddle.zeros([2], "int32")])), [f32("n 3 4 5"), f32("m 2")])
add("zeropad2d", lambda x: F.zeropad2d(x, [1, 2, 0, 3]), [f32("n 3 h w")])
add("constant_layer", lambda x: paddle.nn.Pad2D([1, 0, 2, 1], value=3.0)(x), [f32("n 3 h w")])
