"""Orders and places of extremes; no two values are equal."""

import paddle

from case import Case, distinct, f32, given

CASES = []


def add(name, call, inputs, **more):
    CASES.append(Case(name, call, inputs, tolerance="exact", **more))


for name in ("argmax", "argmin"):
    function = getattr(paddle, name)
    for axis in (0, 1, -1, -2):
        add(f"{name}_{axis}", lambda x, function=function, axis=axis: function(x, axis), [distinct("n 3 4")])
    add(f"{name}_kept", lambda x, function=function: function(x, 1, keepdim=True), [distinct("n 3 4")])
    add(f"{name}_flat", function, [distinct("n 3 4")])
    add(f"{name}_flat_kept", lambda x, function=function: function(x, keepdim=True), [distinct("n 3 4")])
    add(f"{name}_int32", lambda x, function=function: function(x, -1, dtype="int32"), [distinct("n 3 4")])
    add(f"{name}_of_int64", lambda x, function=function: function(x, 1), [distinct("n 4", "int64")])
    add(f"{name}_rank0", function, [f32("")])
    add(f"{name}_rank1", function, [distinct("n")])
    add(f"{name}_first_of_equals", lambda x, function=function: function(x, 1), [given([[1, 3, 3, 1], [2, 2, 2, 2]], "float32")])

for axis in (0, 1, -1, -2):
    add(f"argsort_{axis}", lambda x, axis=axis: paddle.argsort(x, axis), [distinct("n 3 4")])
    add(f"sort_{axis}", lambda x, axis=axis: paddle.sort(x, axis), [distinct("n 3 4")])
add("argsort_descending", lambda x: paddle.argsort(x, descending=True), [distinct("n 3 4")])
add("sort_descending", lambda x: paddle.sort(x, 1, descending=True), [distinct("n 3 4")])
add("sort_int64", lambda x: paddle.sort(x), [distinct("n 4", "int64")])
add("sort_rank1", lambda x: paddle.sort(x), [distinct("l")])
add("argsort_free", lambda x: paddle.argsort(x, 1, descending=True), [distinct("n l")])

for name, shape, attributes in (
    ("last", "n 3 6", {}),
    ("axis_1", "n 6 3", {"axis": 1}),
    ("axis_0", "5 n", {"axis": 0}),
    ("negative_axis", "n 6 3", {"axis": -2}),
    ("smallest", "n 6", {"largest": False}),
    ("not_sorted_all", "n 2", {"sorted": True}),
    ("rank1", "l", {}),
    ("free", "n l", {}),
):
    k = 2
    add(f"topk_{name}", lambda x, attributes=attributes: paddle.topk(x, k, **attributes), [distinct(shape)])
add("topk_int64", lambda x: paddle.topk(x, 3), [distinct("n 6", "int64")])
add("topk_values_alone", lambda x: paddle.topk(x, 3)[0], [distinct("n 6")])
add("topk_k_tensor", lambda x: paddle.topk(x, paddle.full([1], 3, "int32")), [distinct("n 6")])
add("topk_k_of_shape", lambda x, y: paddle.topk(x, paddle.shape(y)[0]), [distinct("n 9"), f32("m")])
add("kthvalue", lambda x: paddle.kthvalue(x, 2, 1), [distinct("n 5")])
add("median", lambda x: paddle.median(x, 1), [distinct("n 5")])
add("searchsorted", lambda x, v: paddle.searchsorted(x, v), [given([1.0, 3, 5, 7, 9], "float32"), f32("n", 0, 10)])
add("unique", lambda x: paddle.unique(x), [given([3, 1, 3, 2, 1], "int64")])
