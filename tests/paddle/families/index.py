"""Reading and writing by indices."""

import paddle
import paddle.nn.functional as F

from case import Case, bools, distinct, f32, given, i32, i64

CASES = []


def add(name, call, inputs, **more):
    more.setdefault("tolerance", "exact")
    CASES.append(Case(name, call, inputs, **more))


add("embedding", lambda ids, w: F.embedding(ids, w), [i64("n l", 0, 9)], weights={"w": f32("9 4")})
add("embedding_rank1", lambda ids, w: F.embedding(ids, w), [i64("n", 0, 9)], weights={"w": f32("9 4")})
add("embedding_rank3", lambda ids, w: F.embedding(ids, w), [i64("n l 2", 0, 9)], weights={"w": f32("9 4")})
add("embedding_int32", lambda ids, w: F.embedding(ids, w), [i32("n l", 0, 9)], weights={"w": f32("9 4")})
add("embedding_padding", lambda ids, w: F.embedding(ids, w, padding_idx=0), [i64("n l", 0, 3)], weights={"w": f32("9 4")})
add("embedding_negative_padding", lambda ids, w: F.embedding(ids, w, padding_idx=-1), [i64("n l", 6, 9)], weights={"w": f32("9 4")})
add("embedding_rank2_of_1", lambda ids, w: F.embedding(ids, w), [i64("n 1", 0, 9)], weights={"w": f32("9 4")})

add("gather", lambda x, i: paddle.gather(x, i), [f32("6 3"), i64("n", 0, 6)])
add("gather_int32", lambda x, i: paddle.gather(x, i), [f32("6 3"), i32("n", 0, 6)])
add("gather_axis_1", lambda x, i: paddle.gather(x, i, axis=1), [f32("n 6 3"), i64("m", 0, 6)])
add("gather_last", lambda x, i: paddle.gather(x, i, axis=-1), [f32("n 2 6"), i64("m", 0, 6)], formats=("json",), missing="Paddle 2 refuses a negative axis")
add("gather_column_index", lambda x, i: paddle.gather(x, i), [f32("6 3"), i64("n 1", 0, 6)])
add("gather_rank0_index", lambda x, i: paddle.gather(x, i, axis=0), [f32("6 3"), i64("", 0, 6)])
add("gather_axis_tensor", lambda x, i: paddle.gather(x, i, axis=paddle.full([1], 1, "int32")), [f32("n 6"), i64("m", 0, 6)])
add("gather_of_int64", lambda x, i: paddle.gather(x, i), [i64("6 3"), i64("n", 0, 6)])
add("gather_weight", lambda i, w: paddle.gather(w, i), [i64("n", 0, 6)], weights={"w": f32("6 3")})

for name, x, index in (("items", "4 5", "n 2"), ("rows", "4 5 2", "n 1"), ("rank3", "4 5 2", "n 3 2"), ("all", "4 5 2", "n 3"), ("rank1_index", "4 5", "2")):
    high = {"rows": 4}.get(name, 2)
    add(f"gather_nd_{name}", lambda x, i: paddle.gather_nd(x, i), [f32(x), i64(index, 0, high)])
add("gather_nd_int32", lambda x, i: paddle.gather_nd(x, i), [f32("4 5"), i32("n 2", 0, 4)])
add("gather_nd_negative", lambda x, i: paddle.gather_nd(x, i), [f32("4 5"), given([[-1, -2], [0, -5]], "int64")], formats=("json",), missing="Paddle 2 refuses negative indices")

for axis in (0, 1, -1):
    add(f"index_select_{axis}", lambda x, i, axis=axis: paddle.index_select(x, i, axis), [f32("3 4 3"), i64("n", 0, 3)])
add("index_select_int32", lambda x, i: paddle.index_select(x, i, 1), [f32("n 4"), i32("m", 0, 4)])
add("index_sample", lambda x, i: paddle.index_sample(x, i), [f32("n 6"), i64("n 3", 0, 6)])
add("masked_select", lambda x, m: paddle.masked_select(x, m), [f32("n 4"), bools("n 4")])
add("masked_fill", lambda x, m: paddle.masked_fill(x, m, -9.0), [f32("n 4"), bools("n 4")])
COLUMN = "a tuple of indices has columns in Paddle 2 and rank 1 in Paddle 3"
add("nonzero", lambda x: paddle.nonzero(x), [i64("n 4", -1, 2, "float32")])
add("nonzero_bool", lambda x: paddle.nonzero(x), [bools("n 4")])
add("nonzero_int64_rank1", lambda x: paddle.nonzero(x), [i64("l", -1, 2)])
add("nonzero_tuple", lambda x: paddle.nonzero(x, as_tuple=True), [i64("n 4", -1, 2)], apart=COLUMN)
add("where_index", lambda x: paddle.where(x > 0), [f32("n 4")], apart=COLUMN)

for axis in (0, 1, -1):
    add(f"take_along_axis_{axis}", lambda x, i, axis=axis: paddle.take_along_axis(x, i, axis), [f32("3 3 3"), i64("3 3 3", 0, 3)])
add("take_along_axis_free", lambda x, i: paddle.take_along_axis(x, i, 1), [f32("n 6"), i64("n 3", 0, 6)])
add("take_along_axis_broadcast", lambda x, i: paddle.take_along_axis(x, i, 1), [f32("4 6"), i64("1 3", 0, 6)])
add("take_along_axis_int32", lambda x, i: paddle.take_along_axis(x, i, 1), [f32("n 6"), i32("n 3", 0, 6)])

# Rows that are written twice are added up, or have no defined result when they replace.
ROWS = given([2, 0, 3], "int64")
TWICE = given([2, 0, 2], "int64")
add("scatter", lambda x, i, u: paddle.scatter(x, i, u), [f32("n 4"), ROWS, f32("3 4")], sizes={"n": (4, 6)})
add("scatter_int32", lambda x, i, u: paddle.scatter(x, i, u), [f32("5 4"), given([2, 0, 3], "int32"), f32("3 4")])
add("scatter_rank1", lambda x, i, u: paddle.scatter(x, i, u), [f32("5"), ROWS, f32("3")])
add("scatter_column_index", lambda x, i, u: paddle.scatter(x, i, u), [f32("5 4"), given([[2], [0], [3]], "int64"), f32("3 4")])
add("scatter_add", lambda x, i, u: paddle.scatter(x, i, u, overwrite=False), [f32("5 4"), ROWS, f32("3 4")], tolerance="elementwise")
add("scatter_add_twice", lambda x, i, u: paddle.scatter(x, i, u, overwrite=False), [f32("5 4"), TWICE, f32("3 4")], tolerance="elementwise")
add("scatter_nd_add", lambda x, i, u: paddle.scatter_nd_add(x, i, u), [f32("5 4"), i64("n 1", 0, 5), f32("n 4")], tolerance="elementwise")
add("scatter_nd_add_items", lambda x, i, u: paddle.scatter_nd_add(x, i, u), [f32("5 4"), i64("n 2", 0, 4), f32("n")], tolerance="elementwise")
add("scatter_nd_add_rank3", lambda x, i, u: paddle.scatter_nd_add(x, i, u), [f32("5 4 2"), i64("n 3 2", 0, 4), f32("n 3 2")], tolerance="elementwise")
add("scatter_nd", lambda i, u: paddle.scatter_nd(i, u, [5, 4]), [i64("n 1", 0, 5), f32("n 4")], tolerance="elementwise")
for name, reduce in (("assign", "assign"), ("add", "add"), ("multiply", "multiply")):
    index = given([[0, 2, 1], [1, 0, 2]], "int64")
    add(f"put_along_axis_{name}", lambda x, i, v, reduce=reduce: paddle.put_along_axis(x, i, v, 1, reduce=reduce), [f32("2 4"), index, f32("2 3")], tolerance="elementwise")
add("index_add", lambda x, i, v: paddle.index_add(x, i, 0, v), [f32("5 4"), ROWS, f32("3 4")], tolerance="elementwise")
add("index_put", lambda x, i, v: paddle.index_put(x, [i], v), [f32("5 4"), ROWS, f32("3 4")])
add("multiplex", lambda x, y, i: paddle.multiplex([x, y], i), [f32("n 3"), f32("n 3"), i32("n 1", 0, 2)])
