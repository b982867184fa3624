"""What changes dims and order but no number."""

import paddle
import paddle.nn.functional as F

from case import Case, bools, f32, f64, given, i32, i64
from raw import raw

CASES = []


def add(name, call, inputs, **more):
    CASES.append(Case(name, call, inputs, tolerance="exact", **more))


def reshape(name, x, shape):
    add(f"reshape_{name}", lambda x: paddle.reshape(x, shape), [f32(x)])


reshape("static", "2 3 4", [4, 6])
reshape("minus_1", "n 3 4", [-1, 6])
reshape("zero", "n 3 4", [0, 12])
reshape("zero_and_minus_1", "n l 4", [0, -1, 2])
reshape("zeros", "n l 4", [0, 0, 2, 2])
reshape("zero_in_the_middle", "n 3 4", [-1, 3, 2, 2])
reshape("flat", "n 3 h", [-1])
reshape("to_rank0", "1 1", [])
reshape("from_rank0", "", [1, 1])
reshape("to_rank5", "n 12", [-1, 1, 2, 3, 2])
add("reshape_int64", lambda x: paddle.reshape(x, [-1, 2]), [i64("n 4")])
add("reshape_bool", lambda x: paddle.reshape(x, [-1, 2]), [bools("n 4")])
add("reshape_like", lambda x, y: paddle.reshape(x, paddle.shape(y)), [f32("n 6"), f32("n 2 3")])
add("reshape_listed_shape", lambda x: paddle.reshape(x, [paddle.shape(x)[0], 3, -1]), [f32("n 6 h")])
add("reshape_two_listed", lambda x: paddle.reshape(x, [paddle.shape(x)[0], paddle.shape(x)[1], 2, 2]), [f32("n l 4")])
add("reshape_computed", lambda x: paddle.reshape(x, [paddle.shape(x)[0] * paddle.shape(x)[1], 4]), [f32("n l 4")])
add("reshape_by_input", lambda x, s: paddle.reshape(x, s), [f32("n 6"), given([3, -1], "int32")], sizes={"n": (2, 4)})
add("view_of_heads", lambda x: paddle.transpose(paddle.reshape(x, [0, 0, 2, 4]), [0, 2, 1, 3]), [f32("n l 8")])

for start, stop in ((0, -1), (1, -1), (0, 1), (1, 2), (2, 3), (-2, -1), (1, 1)):
    add(f"flatten_{start}_{stop}", lambda x, start=start, stop=stop: paddle.flatten(x, start, stop), [f32("n 3 h 2")])
add("flatten_rank0", lambda x: paddle.flatten(x), [f32("")])
add("flatten_rank1", lambda x: paddle.flatten(x), [f32("n")])
add("flatten_after_pool", lambda x: paddle.flatten(F.adaptive_avg_pool2d(x, 1), 1), [f32("n 3 4 4")])
CASES[-1].tolerance = "accumulate"

for name, x, perm in (
    ("matrix", "n 4", [1, 0]),
    ("nhwc", "n 3 h w", [0, 2, 3, 1]),
    ("nchw", "n h w 3", [0, 3, 1, 2]),
    ("heads", "n l 2 4", [0, 2, 1, 3]),
    ("rank5", "n 2 3 h 2", [4, 0, 3, 1, 2]),
    ("same", "n 3 4", [0, 1, 2]),
    ("negative", "n 3 4", [0, -1, 1]),
    ("rank1", "n", [0]),
    ("rank0", "", []),
):
    add(f"transpose_{name}", lambda x, perm=perm: paddle.transpose(x, perm), [f32(x)])
add("transpose_int64", lambda x: paddle.transpose(x, [1, 0]), [i64("n 4")])
add("matrix_t", lambda x: paddle.t(x), [f32("n 4")])

for name, x, axis in (
    ("all", "1 3 1 4", None),
    ("0", "1 n 4", 0),
    ("negative", "n 3 1", -1),
    ("two", "n 1 4 1", [1, 3]),
    ("two_negative", "n 1 4 1", [-1, -3]),
    ("not_one", "n 3 1", [1, 2]),
    ("to_rank0", "1 1", [0, 1]),
):
    add(f"squeeze_{name}", lambda x, axis=axis: paddle.squeeze(x, axis), [f32(x)])
add("squeeze_after_pool", lambda x: paddle.squeeze(F.adaptive_avg_pool2d(x, 1), axis=[2, 3]), [f32("n 3 4 4")])
CASES[-1].tolerance = "accumulate"
for name, x, axis in (
    ("0", "n 4", 0),
    ("1", "n 4", 1),
    ("last", "n 4", -1),
    ("before_last", "n 4", -2),
    ("two", "n 4", [1, 2]),
    ("two_apart", "n 4", [0, 3]),
    ("negatives", "n 4", [-1, -3]),
    ("rank0", "", 0),
    ("rank0_twice", "", [0, 1]),
):
    add(f"unsqueeze_{name}", lambda x, axis=axis: paddle.unsqueeze(x, axis), [f32(x)])
add("unsqueeze_by_tensor", lambda x: paddle.unsqueeze(x, paddle.full([1], 1, "int64")), [f32("n 4")])
add("squeeze_by_tensor", lambda x: paddle.squeeze(x, paddle.full([1], 1, "int32")), [f32("n 1 4")])

for name, x, shape in (
    ("row", "1 4", [3, 4]),
    ("more_dims", "4", [2, 3, 4]),
    ("minus_1", "n 1 4", [-1, 3, -1]),
    ("minus_1_more", "n 1", [2, -1, 3]),
    ("rank0", "", [2, 3]),
    ("same", "n 4", [-1, 4]),
):
    add(f"expand_{name}", lambda x, shape=shape: paddle.expand(x, shape), [f32(x)])
add("expand_int64", lambda x: paddle.expand(x, [3, 4]), [i64("1 4")])
add("expand_listed", lambda x, y: paddle.expand(x, [paddle.shape(y)[0], 4]), [f32("1 4"), f32("n 2")])
add("expand_by_shape", lambda x, y: paddle.expand(x, paddle.shape(y)), [f32("1 4"), f32("n 4")])
add("expand_as", lambda x, y: paddle.expand_as(x, y), [f32("1 4"), f32("n 4")])
add("expand_as_more_dims", lambda x, y: paddle.expand_as(x, y), [f32("4"), f32("n 2 4")])
add("broadcast_to", lambda x: paddle.broadcast_to(x, [3, 4]), [f32("1 4")])
for name, x, times in (("row", "n 3", [1, 2]), ("all", "n 3", [2, 3]), ("more_dims", "n 3", [2, 1, 2]), ("fewer_dims", "n 2 3", [2]), ("rank0", "", [3]), ("ones", "n 3", [1, 1])):
    add(f"tile_{name}", lambda x, times=times: paddle.tile(x, times), [f32(x)])
add("tile_listed", lambda x, y: paddle.tile(x, [paddle.shape(y)[0], 1]), [f32("1 4"), f32("n 2")])
add("tile_by_tensor", lambda x, y: paddle.tile(x, paddle.shape(y)), [f32("1 4"), f32("n 2")])
add("tile_int64", lambda x: paddle.tile(x, [2, 2]), [i64("n 3")])

INT64 = "sizes are int32 in Paddle 2 and int64 in Paddle 3"
add("shape", paddle.shape, [f32("n 3 h w")], apart=INT64)
add("shape_static", paddle.shape, [f32("2 3 4")], apart=INT64)
add("shape_rank0", paddle.shape, [f32("")], apart=INT64)
add("shape_item", lambda x: paddle.shape(x)[2], [f32("n 3 h w")], apart=INT64)
add("shape_part", lambda x: paddle.shape(x)[1:3], [f32("n 3 h w")], apart=INT64)
add("shape_last", lambda x: paddle.shape(x)[-2:], [f32("n 3 h w")], apart=INT64)
add("numel", lambda x: paddle.numel(x), [f32("n 3 h w")])
add("size_old", lambda x: raw("size", {"Input": x}, {"Out": "int64"}), [f32("n 3")], formats=("pdmodel",), missing="numel has it")

NUMBERS = ["float32", "float64", "int32", "int64", "bool", "uint8", "int8", "float16"]
for source in ("float32", "float64", "int32", "int64", "bool", "uint8"):
    for target in NUMBERS:
        make = i64("n 4", 0, 2, source) if source == "bool" else i64("n 4", 0, 100, source)
        add(f"cast_{source}_to_{target}", lambda x, target=target: paddle.cast(x, target), [make])
add("cast_fractions_to_int32", lambda x: paddle.cast(x, "int32"), [given([-2.7, -0.4, 0.4, 0.6, 2.7], "float32")])
add("cast_fractions_to_bool", lambda x: paddle.cast(x, "bool"), [given([-2.7, 0.0, 0.4, -0.0, 2.7], "float32")])
add("cast_rank0", lambda x: paddle.cast(x, "int64"), [i64("", 0, 5, "float32")])
add("cast_of_nothing", lambda x: paddle.cast(x, "int64"), [f32("n 3")], sizes={"n": (0, 2)})

add("assign", lambda x: paddle.assign(x), [f32("n 4")])
add("assign_int64", lambda x: paddle.assign(x), [i64("n 4")])
add("dropout", lambda x: F.dropout(x, 0.3, training=False), [f32("n 4")])
CASES[-1].tolerance = "elementwise"
add("dropout_downscale", lambda x: F.dropout(x, 0.3, training=False, mode="downscale_in_infer"), [f32("n 4")])
CASES[-1].tolerance = "elementwise"
ENDS = {"formats": ("pdmodel",), "missing": "Paddle 3's predictor fails if two outputs, or an input and an output, are one value"}
add("dropout_2d", lambda x: F.dropout2d(paddle.abs(x), 0.3, training=False), [f32("n 3 h w")])
add("alpha_dropout", lambda x: F.alpha_dropout(paddle.abs(x), 0.3, training=False), [f32("n 4")])
add("input_as_output", lambda x: [x, paddle.abs(x)], [f32("n 4")], **ENDS)
add("same_output_twice", lambda x: (lambda y: [y, y])(paddle.abs(x)), [f32("n 4")], **ENDS)
add("output_used_again", lambda x: (lambda y: [y, paddle.floor(y)])(paddle.abs(x)), [f32("n 4")])
add("stop_gradient", lambda x: paddle.abs(x).detach(), [f32("n 4")])
