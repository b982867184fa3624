"""Products of matrices."""

import paddle
import paddle.nn.functional as F

from case import Case, f32, f64
from raw import raw

CASES = []


def add(name, call, inputs, weights=None, **more):
    CASES.append(Case(name, call, inputs, weights or {}, tolerance="accumulate", **more))


SHAPES = {
    "rank2": ("n 4", "4 5"),
    "rank3": ("n 3 4", "n 4 5"),
    "rank4": ("n 2 3 4", "n 2 4 5"),
    "rank5": ("2 1 n 3 4", "2 3 n 4 2"),
    "matrix_right": ("n l 4", "4 5"),
    "matrix_left": ("3 4", "n 4 5"),
    "broadcast": ("n 1 3 4", "2 4 5"),
    "vectors": ("4", "4"),
    "vector_left": ("4", "n 4 5"),
    "vector_right": ("n 3 4", "4"),
    "vector_and_matrix": ("4", "4 5"),
    "matrix_and_vector": ("n 4", "4"),
}
for name, (left, right) in SHAPES.items():
    add(f"matmul_{name}", paddle.matmul, [f32(left), f32(right)])
add("matmul_transpose_x", lambda x, y: paddle.matmul(x, y, transpose_x=True), [f32("n 4 3"), f32("n 4 5")])
add("matmul_transpose_y", lambda x, y: paddle.matmul(x, y, transpose_y=True), [f32("n 3 4"), f32("n 5 4")])
add("matmul_transpose_both", lambda x, y: paddle.matmul(x, y, True, True), [f32("n 2 4 3"), f32("n 2 5 4")])
add("matmul_transpose_vector", lambda x, y: paddle.matmul(x, y, True, False), [f32("4"), f32("4 5")])
add("matmul_transpose_y_vector", lambda x, y: paddle.matmul(x, y, False, True), [f32("n 4"), f32("4")])
add("matmul_weight", lambda x, w: paddle.matmul(x, w), [f32("n 4")], {"w": f32("4 5")})
add("matmul_weight_transposed", lambda x, w: paddle.matmul(x, w, transpose_y=True), [f32("n l 4")], {"w": f32("5 4")})
add("matmul_float64", paddle.matmul, [f64("n 4"), f64("4 5")])
add("linear", lambda x, w, b: F.linear(x, w, b), [f32("n 4")], {"w": f32("4 5"), "b": f32("5")})
add("linear_rank3", lambda x, w, b: F.linear(x, w, b), [f32("n l 4")], {"w": f32("4 5"), "b": f32("5")})
add("linear_no_bias", lambda x, w: F.linear(x, w), [f32("n 4")], {"w": f32("4 5")})
add("linear_relu", lambda x, w, b: F.relu(F.linear(x, w, b)), [f32("n 4")], {"w": f32("4 5"), "b": f32("5")})
add("fully_connected", lambda x: paddle.static.nn.fc(x, 5), [f32("n 4")])
add("fully_connected_flat", lambda x: paddle.static.nn.fc(x, 5, activation="relu"), [f32("n 3 2 2")])
add("fully_connected_last", lambda x: paddle.static.nn.fc(x, 5, num_flatten_dims=2), [f32("n 3 4")])
add("bmm", paddle.bmm, [f32("n 3 4"), f32("n 4 5")])
add("bmm_static", paddle.bmm, [f32("2 3 4"), f32("2 4 1")])
add("mv", paddle.mv, [f32("n 4"), f32("4")])
add("dot", paddle.dot, [f32("n 4"), f32("n 4")])
add("addmm", lambda x, y, z: paddle.addmm(z, x, y, beta=0.5, alpha=2.0), [f32("n 4"), f32("4 5"), f32("5")])

OLD = {"formats": ("pdmodel",), "missing": "an operator of the old format alone"}


def mul(rows, columns):
    return lambda x, y: raw("mul", {"X": x, "Y": y}, {"Out": "float32"}, {"x_num_col_dims": rows, "y_num_col_dims": columns})


add("mul", mul(1, 1), [f32("n 4"), f32("4 5")], **OLD)
add("mul_flat_left", mul(1, 1), [f32("n 2 3 2"), f32("12 5")], **OLD)
add("mul_two_rows", mul(2, 1), [f32("n l 4"), f32("4 5")], **OLD)
add("mul_flat_right", mul(1, 2), [f32("n 12"), f32("3 4 5")], **OLD)


def old_matmul(**attributes):
    attributes = {"transpose_X": False, "transpose_Y": False, "alpha": 1.0, **attributes}
    return lambda x, y: raw("matmul", {"X": x, "Y": y}, {"Out": "float32"}, attributes)


add("old_matmul", old_matmul(), [f32("n 3 4"), f32("n 4 5")], **OLD)
add("old_matmul_alpha", old_matmul(alpha=0.125, transpose_Y=True), [f32("n 3 4"), f32("n 5 4")], **OLD)
add("old_matmul_transpose_x", old_matmul(transpose_X=True), [f32("n 4 3"), f32("n 4 5")], **OLD)
add("old_matmul_matrix", old_matmul(), [f32("n 3 4"), f32("4 5")], **OLD)
add("old_matmul_vectors", old_matmul(), [f32("4"), f32("4")], **OLD)
