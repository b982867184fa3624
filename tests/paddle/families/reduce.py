"""Sums, means, extremes and norms over axes; running sums."""

import paddle

from case import Case, distinct, f32, f64, i32, i64, nonzero
from raw import raw

CASES = []


def add(name, call, inputs, tolerance="accumulate", **more):
    CASES.append(Case(name, call, inputs, tolerance=tolerance, **more))


AXES = [
    ("all", {}),
    ("0", {"axis": 0}),
    ("1", {"axis": 1}),
    ("last", {"axis": -1}),
    ("last_kept", {"axis": -1, "keepdim": True}),
    ("two", {"axis": [2, 3]}),
    ("two_kept", {"axis": [2, 3], "keepdim": True}),
    ("two_negative", {"axis": [-2, -1]}),
    ("two_apart", {"axis": [0, 2]}),
    ("all_kept", {"keepdim": True}),
    ("all_listed", {"axis": [0, 1, 2, 3]}),
]
for name in ("mean", "sum", "max", "min", "prod", "amax", "amin"):
    function = getattr(paddle, name)
    make = nonzero if name == "prod" else f32
    for axes, attributes in AXES:
        if name in ("amax", "amin") and axes not in ("all", "two", "last_kept"):
            continue
        shape = "n 2 2 w" if name == "prod" else "n 3 h w"
        sizes = {"w": (3, 2)} if name == "prod" else {}
        add(f"{name}_{axes}", lambda x, function=function, attributes=attributes: function(x, **attributes), [make(shape)], sizes=sizes)
    add(f"{name}_rank1", function, [make("n")])
    add(f"{name}_rank0", function, [make("")])
    add(f"{name}_rank5", lambda x, function=function: function(x, axis=[1, 3]), [make("n 2 3 2 2")])
    add(f"{name}_float64", lambda x, function=function: function(x, axis=1), [make("n 4", dtype="float64")])
    if name != "mean":
        ints = (lambda shape, dtype: i64(shape, 1, 5, dtype)) if name == "prod" else (lambda shape, dtype: i64(shape, -9, 10, dtype))
        add(f"{name}_int64", lambda x, function=function: function(x, axis=1), [ints("n 4", "int64")], "exact")
        add(f"{name}_int32", lambda x, function=function: function(x, axis=1), [ints("n 4", "int32")], "exact")
        add(f"{name}_all_int64", function, [ints("n 4", "int64")], "exact")

add("sum_of_bools", lambda x: paddle.sum(x, axis=1), [i64("n 4", 0, 2, "bool")], "exact")
add("sum_to_float64", lambda x: paddle.sum(x, axis=1, dtype="float64"), [f32("n 4")])
add("sum_to_int64", lambda x: paddle.sum(x, axis=1, dtype="int64"), [i32("n 4")], "exact")
add("logsumexp", lambda x: paddle.logsumexp(x, axis=1), [f32("n 4 5")])
add("logsumexp_all", paddle.logsumexp, [f32("n 4 5")])
add("logsumexp_kept", lambda x: paddle.logsumexp(x, axis=[1, 2], keepdim=True), [f32("n 4 5")])
add("var", lambda x: paddle.var(x, axis=1), [f32("n 4")])
add("std_biased", lambda x: paddle.std(x, axis=-1, unbiased=False, keepdim=True), [f32("n 4")])

for order in (1, 2, 3, 0.5):
    name = str(order).replace(".", "_")
    add(f"norm_{name}", lambda x, order=order: paddle.norm(x, p=order, axis=1), [nonzero("n 3 4")])
    add(f"norm_{name}_last_kept", lambda x, order=order: paddle.norm(x, p=order, axis=-1, keepdim=True), [nonzero("n 3 4")])
add("norm_inf", lambda x: paddle.norm(x, p=float("inf"), axis=1), [f32("n 3 4")])
add("norm_minus_inf", lambda x: paddle.norm(x, p=float("-inf"), axis=1), [f32("n 3 4")])
add("norm_0", lambda x: paddle.norm(x, p=0, axis=1), [i64("n 3 4", -1, 2, "float32")])
add("norm_all", lambda x: paddle.norm(x, p=2), [f32("n 3 4")])
add("norm_frobenius", lambda x: paddle.norm(x, p="fro", axis=[1, 2]), [f32("n 3 4")])
add("norm_frobenius_all", lambda x: paddle.norm(x, p="fro"), [f32("n 3 4")])

for axis in (0, 1, -1):
    add(f"cumsum_{axis}", lambda x, axis=axis: paddle.cumsum(x, axis=axis), [f32("n 3 4")])
add("cumsum_flat", paddle.cumsum, [f32("n 3")])
add("cumsum_int64", lambda x: paddle.cumsum(x, axis=1), [i64("n 4")], "exact")
add("cumsum_int32", lambda x: paddle.cumsum(x, axis=0), [i32("n 4")], "exact", apart="sums of int32 are int64 since Paddle 3")
add("cumsum_cast", lambda x: paddle.cumsum(x, axis=1, dtype="float64"), [f32("n 4")])
add("cumsum_rank1", lambda x: paddle.cumsum(x, axis=0), [f32("n")])
OLD = {"formats": ("pdmodel",), "missing": "no function writes these attributes"}
for exclusive, reverse in ((True, False), (False, True), (True, True)):
    attributes = {"axis": 1, "exclusive": exclusive, "reverse": reverse, "flatten": False}
    add(f"cumsum_exclusive_{exclusive}_reverse_{reverse}", lambda x, attributes=attributes: raw("cumsum", {"X": x}, {"Out": "float32"}, attributes), [f32("n 4")], **OLD)
add("old_reduce_sum_all", lambda x: raw("reduce_sum", {"X": x}, {"Out": "float32"}, {"reduce_all": True, "dim": [0], "keep_dim": False}), [f32("n 3 4")], **OLD)
add("old_reduce_mean_all_kept", lambda x: raw("reduce_mean", {"X": x}, {"Out": "float32"}, {"reduce_all": True, "dim": [1], "keep_dim": True}), [f32("n 3 4")], **OLD)
add("old_mean", lambda x: raw("mean", {"X": x}, {"Out": "float32"}), [f32("n 3 4")], **OLD)
add("old_squared_l2_norm", lambda x: raw("squared_l2_norm", {"X": x}, {"Out": "float32"}), [f32("n 3 4")], **OLD)
