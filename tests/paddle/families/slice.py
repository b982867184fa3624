"""Taking and replacing parts by ranges."""

import paddle

from case import Case, bools, f32, given, i32, i64
from raw import raw

CASES = []


def add(name, call, inputs, **more):
    CASES.append(Case(name, call, inputs, tolerance="exact", **more))


def sliced(name, axes, starts, ends, x="n 5 6"):
    add(f"slice_{name}", lambda x: paddle.slice(x, axes, starts, ends), [f32(x)])


sliced("one", [1], [1], [3])
sliced("two", [1, 2], [0, 2], [2, 5])
sliced("negative", [1, 2], [-3, -4], [-1, -2])
sliced("past_the_end", [1], [2], [100])
sliced("to_the_end", [1], [2], [2**31 - 1])
sliced("before_the_start", [1], [-100], [3])
sliced("free_axis", [0], [1], [3])
sliced("free_axis_negative", [0], [-2], [2**31 - 1])
sliced("negative_axis", [-1], [1], [4])
sliced("rank1", [0], [1], [4], "n")
add("slice_nothing", lambda x: paddle.slice(x, [1], [2], [2]), [f32("n 5")])
add("slice_int64", lambda x: paddle.slice(x, [1], [1], [3]), [i64("n 5")])
add("slice_bool", lambda x: paddle.slice(x, [1], [1], [3]), [bools("n 5")])
add("slice_by_tensors", lambda x, s, e: paddle.slice(x, [1], s, e), [f32("n 5 6"), given([1], "int32"), given([4], "int32")])
add("slice_listed", lambda x, y: paddle.slice(x, [0, 1], [0, 1], [paddle.shape(y)[0], 4]), [f32("5 6"), f32("n 2")])
add("slice_to_shape", lambda x, y: paddle.slice(x, [2, 3], [0, 0], paddle.shape(y)[2:]), [f32("n 2 9 12"), f32("n 1 h w")], sizes={"h": (7, 8), "w": (9, 6)})

INDICES = [
    ("item", lambda x: x[1]),
    ("last_item", lambda x: x[-1]),
    ("item_of_axis_1", lambda x: x[:, 0]),
    ("item_of_last", lambda x: x[..., -1]),
    ("items", lambda x: x[1, 2]),
    ("range", lambda x: x[:, 1:3]),
    ("range_from", lambda x: x[:, 2:]),
    ("range_to", lambda x: x[:, :-1]),
    ("range_and_item", lambda x: x[:, 1:4, 2]),
    ("step", lambda x: x[:, ::2]),
    ("step_from", lambda x: x[:, 1::3, 1:6:2]),
    ("reversed", lambda x: x[:, ::-1]),
    ("reversed_part", lambda x: x[:, 4:1:-2]),
    ("none", lambda x: x[:, None]),
    ("none_at_end", lambda x: x[..., None]),
    ("ellipsis", lambda x: x[..., 1:3]),
    ("all_items", lambda x: x[1, 2, 3]),
]
CASES += [Case(f"index_{name}", function, [f32("n 5 6")], tolerance="exact") for name, function in INDICES]
add("index_by_list", lambda x: x[:, [0, 2, 1]], [f32("n 5 6")])
add("index_by_tensor", lambda x, i: x[i], [f32("6 3"), i64("n", 0, 6)])
add("index_by_mask", lambda x: x[x > 0], [f32("n 5")])
add("index_by_shape", lambda x: x[:, : paddle.shape(x)[0]], [f32("n 5")])

for name, axes, starts, ends, strides in (
    ("step", [1], [0], [5], [2]),
    ("negative_step", [1], [4], [0], [-1]),
    ("negative_step_2", [1], [-1], [-5], [-2]),
    ("two", [1, 2], [1, 0], [5, 6], [2, 3]),
    ("free_axis", [0, 1], [0, 1], [2**31 - 1, 5], [2, 1]),
):
    attributes = (axes, starts, ends, strides)
    add(f"strided_slice_{name}", lambda x, attributes=attributes: paddle.strided_slice(x, *attributes), [f32("n 5 6")])
add("strided_slice_to_the_start", lambda x: paddle.strided_slice(x, [1], [4], [-100], [-2]), [f32("n 5 6")], formats=("json",), missing="Paddle 2.6 leaves out the first element, unlike those before and after")
add("strided_slice_tensors", lambda x, s, e: paddle.strided_slice(x, [1], s, e, [2]), [f32("n 5"), given([1], "int32"), given([5], "int32")])
add("crop", lambda x: paddle.crop(x, [2, 3, 3], [0, 1, 2]), [f32("2 5 6")])
add("crop_rest", lambda x: paddle.crop(x, [-1, 3, 3], [0, 1, 2]), [f32("n 5 6")])

OLD = {"formats": ("pdmodel",), "missing": "indexing has it in the new format"}


def old_slice(name, attributes, x="n 5 6"):
    add(f"old_slice_{name}", lambda x: raw("slice", {"Input": x}, {"Out": "float32"}, {"infer_flags": [1] * 3, **attributes}), [f32(x)], **OLD)


old_slice("decrease", {"axes": [1], "starts": [2], "ends": [3], "decrease_axis": [1]})
old_slice("decrease_two", {"axes": [0, 2], "starts": [1, 2], "ends": [2, 3], "decrease_axis": [0, 2]})
old_slice("decrease_all", {"axes": [0], "starts": [1], "ends": [2], "decrease_axis": [0]}, "5")
old_slice("decrease_last", {"axes": [1], "starts": [-1], "ends": [2**31 - 1], "decrease_axis": [1]})


def set_value(name, change, inputs=None):
    def build(x, *rest):
        y = x + 0.0 if x.dtype in (paddle.float32,) else x
        return change(y, *rest)

    add(f"set_value_{name}", build, inputs or [f32("n 5 6")])
    CASES[-1].tolerance = "elementwise"


setitem = paddle.static.setitem
set_value("number", lambda x: setitem(x, (slice(None), 1), 7.0))
set_value("range", lambda x: setitem(x, (slice(None), slice(1, 4)), -1.0))
set_value("step", lambda x: setitem(x, (slice(None), slice(None, None, 2)), 2.5))
set_value("negative", lambda x: setitem(x, (slice(None), slice(-2, None), slice(0, -1)), 2.5))
set_value("all", lambda x: setitem(x, slice(None), 3.0))
set_value("first", lambda x: setitem(x, 0, 3.0))
set_value("negative_step", lambda x, v: setitem(x, (slice(None), slice(None, None, -1)), v), [f32("n 5 6"), f32("5 6")])
set_value("tensor", lambda x, v: setitem(x, (slice(None), slice(1, 3)), v), [f32("n 5 6"), f32("n 2 6")])
set_value("tensor_broadcast", lambda x, v: setitem(x, (slice(None), slice(1, 3)), v), [f32("n 5 6"), f32("6")])
set_value("tensor_at_item", lambda x, v: setitem(x, (slice(None), 1), v), [f32("n 5 6"), f32("n 6")])
set_value("tensor_last", lambda x, v: setitem(x, (Ellipsis, 2), v), [f32("n 5 6"), f32("n 5")])
set_value("several_axes", lambda x, v: setitem(x, (slice(0, 1), slice(1, 3), 4), v), [f32("n 5 6"), f32("2")])
set_value("values", lambda x: setitem(x, (slice(None), 0, slice(0, 2)), paddle.assign([1.0, 2.0])))
