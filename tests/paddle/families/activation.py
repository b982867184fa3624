"""One input, one output of the same shape, element by element."""

import paddle
import paddle.nn.functional as F

from case import Case, f32, f64, i64

# Name, function, range of inputs. The ranges cross the places where a function changes its form.
FUNCTIONS = [
    ("relu", F.relu, -2, 2),
    ("relu6", F.relu6, -3, 9),
    ("hardswish", F.hardswish, -5, 5),
    ("hardsigmoid", F.hardsigmoid, -5, 5),
    ("hardsigmoid_slope_offset", lambda x: F.hardsigmoid(x, slope=0.2, offset=0.4), -4, 5),
    ("hardtanh", lambda x: F.hardtanh(x, min=-0.5, max=1.5), -3, 3),
    ("swish", F.swish, -4, 4),
    ("silu", F.silu, -4, 4),
    ("sigmoid", F.sigmoid, -4, 4),
    ("leaky_relu", F.leaky_relu, -4, 4),
    ("leaky_relu_slope", lambda x: F.leaky_relu(x, 0.3), -4, 4),
    ("gelu", F.gelu, -4, 4),
    ("gelu_tanh", lambda x: F.gelu(x, approximate=True), -4, 4),
    ("tanh", paddle.tanh, -3, 3),
    ("exp", paddle.exp, -3, 3),
    ("sqrt", paddle.sqrt, 0.1, 9),
    ("rsqrt", paddle.rsqrt, 0.1, 9),
    ("square", paddle.square, -3, 3),
    ("log", paddle.log, 0.1, 9),
    ("log2", paddle.log2, 0.1, 9),
    ("log10", paddle.log10, 0.1, 9),
    ("log1p", paddle.log1p, -0.5, 5),
    ("erf", paddle.erf, -3, 3),
    ("abs", paddle.abs, -3, 3),
    ("reciprocal", paddle.reciprocal, 0.2, 4),
    ("floor", paddle.floor, -3.3, 3.3),
    ("ceil", paddle.ceil, -3.3, 3.3),
    ("round", paddle.round, -3.3, 3.3),
    ("sign", paddle.sign, -2, 2),
    ("sin", paddle.sin, -3, 3),
    ("cos", paddle.cos, -3, 3),
    ("elu", F.elu, -3, 3),
    ("elu_alpha", lambda x: F.elu(x, 0.4), -3, 3),
    ("selu", F.selu, -3, 3),
    ("celu", lambda x: F.celu(x, 0.7), -3, 3),
    ("softsign", F.softsign, -3, 3),
    ("tanhshrink", F.tanhshrink, -3, 3),
    ("hardshrink", lambda x: F.hardshrink(x, 0.6), -2, 2),
    ("softshrink", lambda x: F.softshrink(x, 0.6), -2, 2),
    ("thresholded_relu", lambda x: F.thresholded_relu(x, 0.8), -2, 2),
    ("logsigmoid", F.log_sigmoid, -4, 4),
    ("mish", F.mish, -4, 4),
    ("mish_past_its_threshold", F.mish, 15, 30),
    ("softplus", F.softplus, -4, 4),
    ("softplus_beta_threshold", lambda x: F.softplus(x, beta=2.0, threshold=3.0), -4, 4),
    ("pow_2", lambda x: paddle.pow(x, 2), -3, 3),
    ("pow_half", lambda x: paddle.pow(x, 0.5), 0.1, 4),
    ("pow_minus_1", lambda x: paddle.pow(x, -1.0), 0.3, 4),
    ("clip", lambda x: paddle.clip(x, -0.5, 1.0), -2, 2),
    ("clip_only_min", lambda x: paddle.clip(x, min=-0.5), -2, 2),
    ("clip_only_max", lambda x: paddle.clip(x, max=0.5), -2, 2),
]

CASES = [
    Case(f"{name}_{shape_name}", function, [f32(shape, low, high)])
    for name, function, low, high in FUNCTIONS
    for shape_name, shape in (("rank4", "n 3 h w"), ("rank0", ""), ("rank2", "3 5"))
]
CASES += [
    Case(f"{name}_float64", function, [f64("n 4", low, high)])
    for name, function, low, high in FUNCTIONS
    if name in ("relu", "sigmoid", "tanh", "exp", "sqrt", "gelu", "pow_2", "clip", "leaky_relu", "hardswish", "erf")
]
CASES += [
    Case("relu_rank1", F.relu, [f32("n")]),
    Case("relu_rank5", F.relu, [f32("2 3 n 2 4")]),
    Case("gelu_of_nothing", F.gelu, [f32("n 3")], sizes={"n": (0, 2)}),
    Case("pow_of_integers", lambda x: paddle.pow(x, 2), [i64("n 4")], tolerance="exact"),
    Case("abs_of_integers", paddle.abs, [i64("n 4")], tolerance="exact"),
]
