"""Joining and taking apart."""

import paddle

from case import Case, bools, f32, i32, i64

CASES = []


def add(name, call, inputs, **more):
    CASES.append(Case(name, call, inputs, tolerance="exact", **more))


for axis in (0, 1, -1, 2, -2):
    add(f"concat_axis_{axis}", lambda x, y, axis=axis: paddle.concat([x, y], axis), [f32("n 3 4"), f32("n 3 4")])
add("concat_channels", lambda x, y, z: paddle.concat([x, y, z], 1), [f32("n 1 h w"), f32("n 2 h w"), f32("n 3 h w")])
add("concat_free", lambda x, y: paddle.concat([x, y], 1), [f32("n l 4"), f32("n m 4")])
add("concat_one", lambda x: paddle.concat([x], 0), [f32("n 3")])
add("concat_itself", lambda x: paddle.concat([x, x], 1), [f32("n 3")])
add("concat_int64", lambda x, y: paddle.concat([x, y], 0), [i64("n 3"), i64("2 3")])
add("concat_bool", lambda x, y: paddle.concat([x, y], 0), [bools("n 3"), bools("2 3")])
add("concat_rank1", lambda x, y: paddle.concat([x, y]), [f32("n"), f32("3")])
add("concat_axis_tensor", lambda x, y: paddle.concat([x, y], paddle.full([1], 1, "int32")), [f32("n 3"), f32("n 2")])
add("concat_nothing", lambda x, y: paddle.concat([x, y], 0), [f32("n 3"), f32("2 3")], sizes={"n": (0, 2)})
add("concat_weight", lambda x, w: paddle.concat([paddle.expand(w, [paddle.shape(x)[0], 1, 4]), x], 1), [f32("n l 4")], weights={"w": f32("1 1 4")})

for name, x, count, axis in (
    ("2", "n 4", 2, 1),
    ("3_last", "n 2 6", 3, -1),
    ("axis_0", "4 n", 2, 0),
    ("sections", "n 6", [1, 2, 3], 1),
    ("sections_minus_1", "n 6", [2, -1, 1], 1),
    ("sections_free", "n l", [2, -1], 1),
    ("sections_first_minus_1", "n l", [-1, 3], 1),
    ("one", "n 4", 1, 1),
    ("channels", "n 6 h w", 3, 1),
    ("negative_axis", "n 6 h w", [2, 4], -3),
):
    add(f"split_{name}", lambda x, count=count, axis=axis: paddle.split(x, count, axis), [f32(x)])
add("split_used_partly", lambda x: paddle.split(x, 3, 1)[1], [f32("n 6")])
add("split_int64", lambda x: paddle.split(x, 2, 1), [i64("n 4")])
add("split_axis_tensor", lambda x: paddle.split(x, 2, paddle.full([1], 1, "int32")), [f32("4 6")])
add("chunk", lambda x: paddle.chunk(x, 2, 1), [f32("n 4")])
add("split_and_join", lambda x: (lambda a, b: paddle.concat([b, a], 1))(*paddle.split(x, 2, 1)), [f32("n 4 h w")])
add("channel_shuffle", lambda x: paddle.reshape(paddle.transpose(paddle.reshape(x, [0, 2, 3, 4, 4]), [0, 2, 1, 3, 4]), [0, 6, 4, 4]), [f32("n 6 4 4")])

for axis in (0, 1, -1, 2):
    add(f"stack_{axis}", lambda x, y, axis=axis: paddle.stack([x, y], axis), [f32("n 3"), f32("n 3")])
add("stack_rank0", lambda x, y: paddle.stack([x, y]), [f32(""), f32("")])
add("stack_one", lambda x: paddle.stack([x], 1), [f32("n 3")])
add("stack_int64", lambda x, y: paddle.stack([x, y], 1), [i64("n 3"), i64("n 3")])
for axis in (0, 1, -1):
    add(f"unstack_{axis}", lambda x, axis=axis: paddle.unstack(x, axis), [f32("3 2 4")])
    add(f"unbind_{axis}", lambda x, axis=axis: paddle.unbind(x, axis), [f32("3 2 4")])
add("unstack_free", lambda x: paddle.unstack(x, 1), [f32("n 3 h")])
add("unbind_free", lambda x: paddle.unbind(x, 1), [f32("n 3 h")])
add("unbind_one", lambda x: paddle.unbind(x, 1), [f32("n 1 h")])
add("unstack_used_partly", lambda x: paddle.unstack(x, 0)[2], [f32("3 n 8")])

add("meshgrid", lambda x, y: paddle.meshgrid(x, y), [f32("n"), f32("m")])
add("meshgrid_three", lambda x, y, z: paddle.meshgrid(x, y, z), [f32("2"), f32("n"), f32("4")])
add("meshgrid_int64", lambda x, y: paddle.meshgrid([x, y]), [i64("n"), i64("m")])
add("flip", lambda x: paddle.flip(x, 1), [f32("n 3 4")])
add("flip_two", lambda x: paddle.flip(x, [0, -1]), [f32("n 3 4")])
add("flip_int32", lambda x: paddle.flip(x, [0]), [i32("n 3")])
add("rot90", lambda x: paddle.rot90(x), [f32("n 4")])
for name, shifts, axis in (("axis", 2, 1), ("negative", -1, 0), ("two", [1, -2], [1, 2]), ("over", 7, 2), ("flat", 5, None), ("zero", 0, 1)):
    add(f"roll_{name}", lambda x, shifts=shifts, axis=axis: paddle.roll(x, shifts, axis), [f32("n 3 4")])
add("roll_free", lambda x: paddle.roll(x, [-2, 1], [1, 2]), [f32("n h w 2")])
add("repeat_interleave", lambda x: paddle.repeat_interleave(x, 2, 1), [f32("n 3")])
for name, x, factor, layout in (("2", "n 8 3 4", 2, "NCHW"), ("3", "n 9 2 2", 3, "NCHW"), ("nhwc", "n 3 4 8", 2, "NHWC"), ("free", "n 8 h w", 2, "NCHW")):
    add(f"pixel_shuffle_{name}", lambda x, factor=factor, layout=layout: paddle.nn.functional.pixel_shuffle(x, factor, layout), [f32(x)])
add("pixel_unshuffle", lambda x: paddle.nn.functional.pixel_unshuffle(x, 2), [f32("n 2 4 6")])
add("channel_shuffle_function", lambda x: paddle.nn.functional.channel_shuffle(x, 3), [f32("n 6 h w")])
add("space_to_depth", lambda x: paddle.nn.functional.pixel_unshuffle(x, 2, "NHWC"), [f32("n 4 6 2")])
add("temporal_shift", lambda x: paddle.nn.functional.temporal_shift(x, 2, 0.25), [f32("4 4 3 2")])
for name, kernel, more in (("2", 2, {}), ("3_stride", 3, {"strides": 2}), ("padding", 3, {"paddings": 1}), ("dilation", 2, {"dilations": 2}), ("all", [2, 3], {"strides": [1, 2], "paddings": [1, 0], "dilations": [2, 1]}), ("padding_four", 2, {"paddings": [1, 0, 2, 1]})):
    add(f"unfold_{name}", lambda x, kernel=kernel, more=more: paddle.nn.functional.unfold(x, kernel, **more), [f32("n 3 6 7")])
add("unfold_free", lambda x: paddle.nn.functional.unfold(x, 3, 1, 1), [f32("n 3 h w")])
add("tril", lambda x: paddle.tril(x), [f32("n 4 5")])
add("tril_1", lambda x: paddle.tril(x, 1), [f32("n 4 5")])
add("triu_minus_1", lambda x: paddle.triu(x, -1), [f32("n 4 5")])
add("triu_int64", lambda x: paddle.triu(x), [i64("4 4")])
add("tril_free", lambda x: paddle.tril(x), [f32("h w")])
