"""Tensors that come from numbers, ranges and shapes."""

import numpy as np
import paddle

from case import Case, bools, f32, f64, given, i32, i64
from raw import raw

CASES = []


def add(name, call, inputs, **more):
    more.setdefault("tolerance", "exact")
    CASES.append(Case(name, call, inputs, **more))


# A model needs an input, and Paddle exports none that is not used: each of these is beside the result of one.
def beside(build):
    return lambda x: [build(), paddle.abs(x)]


X = [f32("n 3")]
for dtype, value in (("float32", 1.5), ("float64", -0.25), ("int32", 7), ("int64", -3), ("bool", True), ("float32", float("inf"))):
    name = f"{dtype}_{str(value).replace('.', '_').replace('-', 'minus_')}"
    add(f"full_{name}", beside(lambda dtype=dtype, value=value: paddle.full([2, 3], value, dtype)), X)
add("full_rank0", beside(lambda: paddle.full([], 2.5)), X)
add("full_rank1", beside(lambda: paddle.full([1], 2.5)), X)
add("full_nothing", beside(lambda: paddle.full([0, 3], 2.5)), X)
add("zeros", beside(lambda: paddle.zeros([2, 3])), X)
add("ones_int64", beside(lambda: paddle.ones([2, 3], "int64")), X)
add("full_of_shape", lambda x: paddle.full(paddle.shape(x), 4.0), X)
add("full_listed", lambda x: paddle.full([paddle.shape(x)[0], 2], 4.0), X)
add("full_of_batch", lambda x: paddle.zeros([paddle.shape(x)[0], 1, 4], "int64"), X)
add("full_like", lambda x: paddle.full_like(x, 2.5), X)
add("full_like_int64", lambda x: paddle.full_like(x, 2), [i64("n 3")])
add("full_like_other_type", lambda x: paddle.full_like(x, 2, "int32"), X)
add("full_like_bool", lambda x: paddle.full_like(x, True, "bool"), X)
add("zeros_like", paddle.zeros_like, X)
add("ones_like", paddle.ones_like, [i64("n 3")])
add("zeros_like_rank0", paddle.zeros_like, [f32("")])
OLD = {"formats": ("pdmodel",), "missing": "an operator of the old format alone"}
add("fill_constant_batch_size_like", lambda x: raw("fill_constant_batch_size_like", {"Input": x}, {"Out": "float32"}, {"shape": [1, 4], "value": 1.5, "dtype": 5, "input_dim_idx": 0, "output_dim_idx": 0}), X, **OLD)
add("fill_zeros_like", lambda x: raw("fill_zeros_like", {"X": x}, {"Out": "float32"}), X, **OLD)

for name, arguments in (
    ("stop", (5,)),
    ("start_stop", (2, 9)),
    ("step", (1, 10, 3)),
    ("negative_step", (9, 0, -2)),
    ("nothing", (3, 3)),
):
    add(f"arange_{name}", beside(lambda arguments=arguments: paddle.arange(*arguments)), X)
    add(f"arange_{name}_float32", beside(lambda arguments=arguments: paddle.arange(*arguments, dtype="float32")), X)
add("arange_fractions", beside(lambda: paddle.arange(0.5, 3.0, 0.5, "float32")), X)
add("arange_int32", beside(lambda: paddle.arange(0, 6, 2, "int32")), X)
add("arange_of_shape", lambda x: paddle.arange(0, paddle.shape(x)[1]), [f32("n l")])
add("arange_of_shape_int64", lambda x: paddle.arange(paddle.shape(x)[1].astype("int64")), [f32("n l")])
add("arange_of_shape_float32", lambda x: paddle.arange(paddle.shape(x)[1], dtype="float32"), [f32("n l")])
add("arange_of_inputs", lambda a, b, c: paddle.arange(a, b, c), [given(2, "int64"), given(11, "int64"), given(4, "int64")])

for name, arguments in (("5", (0.0, 1.0, 5)), ("down", (3.0, -1.0, 7)), ("one", (2.0, 5.0, 1)), ("many", (-1.0, 1.0, 16))):
    add(f"linspace_{name}", beside(lambda arguments=arguments: paddle.linspace(*arguments)), X, tolerance="elementwise")
add("linspace_float64", beside(lambda: paddle.linspace(0, 1, 4, "float64")), X, tolerance="elementwise")
add("linspace_int32", beside(lambda: paddle.linspace(0, 9, 4, "int32")), X)
add("linspace_of_inputs", lambda a, b: paddle.linspace(a, b, 5), [f32("1"), f32("1")], tolerance="elementwise")

for dtype in ("float32", "int32", "int64", "bool"):
    values = np.array([[1, 0, 3], [0, 5, 6]], dtype)
    add(f"assign_value_{dtype}", beside(lambda values=values: paddle.assign(values)), X)
ROUNDED = "Paddle 2 makes values of float64 float32"
add("assign_value_float64", beside(lambda: paddle.assign(np.array([[1.5, -2.5]], "float64"))), X, apart=ROUNDED)
add("assign_value_added", lambda x: x + paddle.assign(np.array([1.0, 2.0, 3.0], "float32")), X, tolerance="elementwise")
add("to_tensor", beside(lambda: paddle.assign([1.0, 2.0])), X, apart=ROUNDED)
add("eye", beside(lambda: paddle.eye(3, 4)), X)
add("diag", lambda x: paddle.diag(x), [f32("n")])
add("increment", lambda x: paddle.abs(paddle.increment(paddle.abs(x), 2.0)), [f32("1")], tolerance="elementwise", formats=("pdmodel",), missing="Paddle 3's predictor loses it")

add("one_hot", lambda x: paddle.nn.functional.one_hot(x, 5), [i64("n", 0, 5)])
add("one_hot_rank2", lambda x: paddle.nn.functional.one_hot(x, 5), [i64("n 3", 0, 5)])
add("one_hot_int32", lambda x: paddle.nn.functional.one_hot(x, 4), [i32("n 3", 0, 4)])
add("one_hot_rank0", lambda x: paddle.nn.functional.one_hot(x, 5), [i64("", 0, 5)])
