"""Comparisons, logical and bitwise operators, and choosing by a condition."""

import paddle

from case import Case, bools, f32, f64, given, i32, i64

COMPARE = ["equal", "not_equal", "less_than", "less_equal", "greater_than", "greater_equal"]
SHAPES = {"same": ("n 3 4", "n 3 4"), "row": ("n 3 4", "4"), "rank0": ("", ""), "tensor_and_rank0": ("n 3", ""), "both": ("n 1 3", "4 1")}

CASES = []
for name in COMPARE:
    function = getattr(paddle, name)
    for shapes, (left, right) in SHAPES.items():
        CASES.append(Case(f"{name}_{shapes}", function, [i64(left, 0, 3, "float32"), i64(right, 0, 3, "float32")], tolerance="exact"))
    CASES += [
        Case(f"{name}_int64", function, [i64("n 4", 0, 3), i64("n 4", 0, 3)], tolerance="exact"),
        Case(f"{name}_int32", function, [i32("n 4", 0, 3), i32("n 4", 0, 3)], tolerance="exact"),
        Case(f"{name}_float64", function, [i64("n 4", 0, 3, "float64"), i64("n 4", 0, 3, "float64")], tolerance="exact"),
        Case(f"{name}_number", lambda x, function=function: function(x, paddle.full([1], 1.0)), [i64("n 4", 0, 3, "float32")], tolerance="exact"),
    ]
CASES += [
    Case(f"{name}_bool", getattr(paddle, name), [bools("n 4"), bools("n 4")], tolerance="exact")
    for name in ("equal", "not_equal")
]

for name in ("logical_and", "logical_or", "logical_xor"):
    function = getattr(paddle, name)
    CASES += [
        Case(f"{name}_{shapes}", function, [bools(left), bools(right)], tolerance="exact")
        for shapes, (left, right) in SHAPES.items()
    ]
    CASES += [
        Case(f"{name}_float32", function, [i64("n 4", 0, 2, "float32"), i64("n 4", 0, 2, "float32")], tolerance="exact"),
        Case(f"{name}_int64", function, [i64("n 4", 0, 3), i64("4", 0, 3)], tolerance="exact"),
    ]
CASES += [
    Case("logical_not", paddle.logical_not, [bools("n 4")], tolerance="exact"),
    Case("logical_not_rank0", paddle.logical_not, [bools("")], tolerance="exact"),
    Case("logical_not_int64", paddle.logical_not, [i64("n 4", 0, 3)], tolerance="exact"),
    Case("logical_not_float32", paddle.logical_not, [i64("n 4", 0, 3, "float32")], tolerance="exact"),
]

for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    function = getattr(paddle, name)
    CASES += [
        Case(f"{name}_int64", function, [i64("n 4", -20, 20), i64("4", -20, 20)], tolerance="exact"),
        Case(f"{name}_int32", function, [i32("n 4", -20, 20), i32("n 4", -20, 20)], tolerance="exact"),
        Case(f"{name}_bool", function, [bools("n 4"), bools("n 4")], tolerance="exact"),
    ]
CASES += [
    Case("bitwise_not_int64", paddle.bitwise_not, [i64("n 4", -20, 20)], tolerance="exact"),
    Case("bitwise_not_bool", paddle.bitwise_not, [bools("n 4")], tolerance="exact"),
]

CASES += [
    Case("where_same", paddle.where, [bools("n 3 4"), f32("n 3 4"), f32("n 3 4")], tolerance="exact"),
    Case("where_broadcast", paddle.where, [bools("n 1 4"), f32("n 3 4"), f32("3 1")], tolerance="exact"),
    Case("where_rank0", paddle.where, [bools(""), f32(""), f32("")], tolerance="exact"),
    Case("where_int64", paddle.where, [bools("n 4"), i64("n 4"), i64("n 4")], tolerance="exact"),
    Case("where_numbers", lambda c, x: paddle.where(c, x, paddle.zeros_like(x)), [bools("n 4"), f32("n 4")], tolerance="exact"),
    Case("where_compared", lambda x, y: paddle.where(x > y, x, y * 2), [f32("n 4"), f32("n 4")]),
    Case("isnan", paddle.isnan, [given([1.0, float("nan"), float("inf"), -2.0], "float32")], tolerance="exact"),
    Case("isinf", paddle.isinf, [given([1.0, float("nan"), float("inf"), -float("inf")], "float32")], tolerance="exact"),
    Case("isfinite", paddle.isfinite, [given([1.0, float("nan"), float("inf"), -2.0], "float32")], tolerance="exact"),
    Case("all", lambda x: paddle.all(x, axis=1), [bools("n 4")], tolerance="exact"),
    Case("all_of_all", paddle.all, [bools("n 4")], tolerance="exact"),
    Case("any", lambda x: paddle.any(x, axis=-1, keepdim=True), [bools("n 3 4")], tolerance="exact"),
    Case("any_two_axes", lambda x: paddle.any(x, axis=[0, 2]), [bools("n 3 4")], tolerance="exact"),
]
