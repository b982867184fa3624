"""Two inputs with broadcasting, and a tensor with a number."""

import paddle

from case import Case, f32, f64, given, i32, i64, nonzero
from raw import raw

OPERATORS = [
    ("add", paddle.add, "elementwise_add"),
    ("subtract", paddle.subtract, "elementwise_sub"),
    ("multiply", paddle.multiply, "elementwise_mul"),
    ("divide", paddle.divide, "elementwise_div"),
    ("maximum", paddle.maximum, "elementwise_max"),
    ("minimum", paddle.minimum, "elementwise_min"),
    ("floor_divide", paddle.floor_divide, "elementwise_floordiv"),
    ("mod", paddle.mod, "elementwise_mod"),
]

# Shapes of the two inputs; a case with several free dims has different ones.
SHAPES = {
    "same": ("n 3 h w", "n 3 h w"),
    "channel": ("n 3 h w", "1 3 1 1"),
    "row": ("n 3 5", "5"),
    "both": ("n 1 5", "1 4 1"),
    "rank0": ("", ""),
    "tensor_and_rank0": ("n 3", ""),
    "rank0_and_tensor": ("", "2 3"),
    "smaller_first": ("4", "n 3 4"),
    "rank5": ("n 2 3 1 2", "2 1 4 2"),
    "free_one": ("n 4", "m 4"),
}

CASES = []
for name, function, _ in OPERATORS:
    for shapes, (left, right) in SHAPES.items():
        sizes = {"m": (1, 3)} if shapes == "free_one" else {}
        CASES.append(Case(f"{name}_{shapes}", function, [f32(left, -5, 5), nonzero(right)], sizes=sizes))
    if name == "divide":
        continue
    CASES += [
        Case(f"{name}_int64", function, [i64("n 4", -9, 10), nonzero("4", "int64")], tolerance="exact"),
        Case(f"{name}_int32", function, [i32("n 4", -9, 10), nonzero("n 4", "int32")], tolerance="exact"),
        Case(f"{name}_float64", function, [f64("n 4"), nonzero("n 4", "float64")]),
    ]

CASES += [
    Case("divide_float64", paddle.divide, [f64("n 4"), nonzero("n 4", "float64")]),
    Case("divide_int64", paddle.divide, [i64("n 4", -9, 10), nonzero("n 4", "int64")], apart="integers divide to a float since Paddle 3"),
    Case("pow_same", paddle.pow, [f32("n 4", 0.2, 3), f32("n 4")]),
    Case("pow_channel", paddle.pow, [f32("n 3 h w", 0.2, 3), f32("3 1 1")]),
    Case("pow_rank0", paddle.pow, [f32("n 3", 0.2, 3), f32("")]),
    Case("pow_int64", paddle.pow, [i64("n 4", -3, 4), i64("n 4", 0, 4)], tolerance="exact"),
    Case("add_weight", lambda x, b: x + b, [f32("n 3 4")], {"b": f32("4")}),
    Case("multiply_weight", lambda x, w: x * w, [f32("n 3 4")], {"w": f32("3 1")}),
    Case("weight_minus_tensor", lambda x, w: w - x, [f32("n 4")], {"w": f32("1")}),
    Case("of_nothing", paddle.add, [f32("n 3"), f32("n 3")], sizes={"n": (0, 2)}),
]

# A tensor and a number become `scale` where that is possible.
NUMBERS = [
    ("plus", lambda x: x + 2),
    ("number_plus", lambda x: 2 + x),
    ("minus", lambda x: x - 1.5),
    ("number_minus", lambda x: 1.5 - x),
    ("times", lambda x: x * 3),
    ("divided", lambda x: x / 4),
    ("number_divided", lambda x: 2.0 / x),
    ("negative", lambda x: -x),
    ("power", lambda x: x**2),
    ("floor_divided", lambda x: x // 2),
    ("remainder", lambda x: x % 3),
]
# Paddle 3's predictor drops a last `scale` by 1 even if it adds something, so an addition is the last operator.
CASES += [
    Case(f"{name}_number", lambda x, function=function: function(x) + function(x), [nonzero("n 3 4")])
    for name, function in NUMBERS
]
CASES += [
    Case(f"{name}_number_int64", lambda x, function=function: function(x) + function(x), [nonzero("n 4", "int64")])
    for name, function in NUMBERS
    if name not in ("power", "minus", "number_minus")
]

CASES += [
    Case("scale", lambda x: paddle.scale(x, 2.5, 1.0), [f32("n 3 h w")]),
    Case("scale_bias_first", lambda x: paddle.scale(x, 2.5, 1.0, bias_after_scale=False), [f32("n 3")]),
    Case("scale_rank0", lambda x: paddle.scale(x, -1.0), [f32("")]),
    Case("scale_int64", lambda x: paddle.scale(x, 3, 2), [i64("n 3")], tolerance="exact"),
    Case("scale_int32_bias_first", lambda x: paddle.scale(x, 3, 2, False), [i32("n 3")], tolerance="exact"),
    Case("scale_float64", lambda x: paddle.scale(x, 0.1, 0.7), [f64("n 3")]),
    Case("scale_by_tensor", lambda x, s: paddle.scale(x, s, 1.0), [f32("n 3"), f32("1")]),
    Case("scale_act", lambda x: paddle.scale(x, 2.0, 0.5, act="relu"), [f32("n 3")], formats=("pdmodel",), missing="paddle 3 has no activation in scale"),
    Case("add_n", lambda x, y, z: paddle.add_n([x, y, z]), [f32("n 3"), f32("n 3"), f32("n 3")]),
    Case("add_n_of_one", lambda x: paddle.add_n([x]), [f32("n 3")]),
    Case("add_n_int64", lambda x, y: paddle.add_n([x, y]), [i64("n 3"), i64("n 3")], tolerance="exact"),
]

# `axis` of the old format: where the dims of the second input begin in those of the first.
AXES = [("n 3 h w", "3", 1), ("n 3 4 5", "3 4", 1), ("n 3 4", "n", 0), ("n 3 4", "4", 2), ("n 3 4 5", "4 5", -1), ("2 3 4", "3 1", 1)]
CASES += [
    Case(
        f"{operator}_axis_{axis}_{index}",
        lambda x, y, operator=operator, axis=axis: raw(operator, {"X": x, "Y": y}, {"Out": "float32"}, {"axis": axis}),
        [f32(left, -5, 5), nonzero(right)],
        formats=("pdmodel",),
        missing="the new format has no axis",
    )
    for _, _, operator in OPERATORS
    for index, (left, right, axis) in enumerate(AXES)
    if operator in ("elementwise_add", "elementwise_mul") or index < 2
]
