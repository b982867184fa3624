"""Normalisation and softmax."""

import math

import paddle
import paddle.nn.functional as F

from case import Case, f32, f64
from raw import raw

CASES = []


def add(name, call, inputs, weights=None, **more):
    CASES.append(Case(name, call, inputs, weights or {}, tolerance="accumulate", **more))


STATISTICS = {"mean": f32("3"), "variance": f32("3", 0.2, 2), "scale": f32("3"), "bias": f32("3")}


def batch_norm(**attributes):
    return lambda x, mean, variance, scale, bias: F.batch_norm(x, mean, variance, scale, bias, training=False, **attributes)


add("batch_norm_rank4", batch_norm(), [f32("n 3 h w")], STATISTICS)
add("batch_norm_rank3", batch_norm(data_format="NCL"), [f32("n 3 l")], STATISTICS)
add("batch_norm_rank2", batch_norm(data_format="NC"), [f32("n 3")], STATISTICS)
add("batch_norm_rank5", batch_norm(data_format="NCDHW"), [f32("n 3 2 h 4")], STATISTICS)
add("batch_norm_epsilon", batch_norm(epsilon=1e-3), [f32("n 3 h w")], STATISTICS)
add("batch_norm_nhwc", batch_norm(data_format="NHWC"), [f32("n h w 3")], STATISTICS)
add("batch_norm_momentum", batch_norm(momentum=0.5), [f32("n 3 h w")], STATISTICS)
add("batch_norm_global_statistics", batch_norm(use_global_stats=True), [f32("n 3 h w")], STATISTICS)
add("batch_norm_after_conv", lambda x, w, **s: F.batch_norm(F.conv2d(x, w), s["mean"], s["variance"], s["scale"], s["bias"]), [f32("n 2 h w")], {"w": f32("3 2 3 3")} | STATISTICS)

for axis in ("full", "last", "two"):
    shape = {"full": [3, 4, 5], "last": [5], "two": [4, 5]}[axis]
    text = str(math.prod(shape))
    add(f"layer_norm_{axis}", lambda x, s, b, shape=shape: F.layer_norm(x, shape, s, b), [f32("n 3 4 5")], {"s": f32(text), "b": f32(text)})
add("layer_norm_rank3", lambda x, s, b: F.layer_norm(x, [8], s, b, epsilon=1e-12), [f32("n l 8")], {"s": f32("8"), "b": f32("8")})
add("layer_norm_bare", lambda x: F.layer_norm(x, [8]), [f32("n l 8")])
add("layer_norm_no_bias", lambda x, s: F.layer_norm(x, [8], s), [f32("n l 8")], {"s": f32("8")})
add("layer_norm_no_scale", lambda x, b: F.layer_norm(x, [8], None, b), [f32("n l 8")], {"b": f32("8")})
add("layer_norm_epsilon", lambda x: F.layer_norm(x, [8], epsilon=1e-3), [f32("n 8")])

add("instance_norm", lambda x, s, b: F.instance_norm(x, weight=s, bias=b), [f32("n 3 h w")], {"s": f32("3"), "b": f32("3")})
add("instance_norm_epsilon", lambda x, s, b: F.instance_norm(x, weight=s, bias=b, eps=1e-2), [f32("n 3 h w")], {"s": f32("3"), "b": f32("3")})
add("instance_norm_bare", lambda x: F.instance_norm(x), [f32("n 3 h w")])
add("instance_norm_rank3", lambda x, s, b: F.instance_norm(x, weight=s, bias=b), [f32("n 3 l")], {"s": f32("3"), "b": f32("3")})
add("instance_norm_rank5", lambda x: F.instance_norm(x), [f32("n 3 2 3 4")])

add("group_norm", lambda x: paddle.nn.GroupNorm(2, 6)(x), [f32("n 6 h w")])
add("group_norm_of_all", lambda x: paddle.nn.GroupNorm(1, 6)(x), [f32("n 6 h w")])
add("group_norm_of_each", lambda x: paddle.nn.GroupNorm(6, 6, epsilon=1e-2)(x), [f32("n 6 h w")])
add("group_norm_bare", lambda x: F.group_norm(x, 3), [f32("n 6 h w")], formats=("json",), missing="no such function in Paddle 2")
BARE = {"Y": "float32", "Mean": "float32", "Variance": "float32"}
add("old_group_norm_bare", lambda x: raw("group_norm", {"X": x}, BARE, {"groups": 3, "epsilon": 1e-5, "data_layout": "NCHW"}), [f32("n 6 h w")], formats=("pdmodel",), missing="group_norm_bare has it")
add("group_norm_rank3", lambda x: paddle.nn.GroupNorm(2, 6)(x), [f32("n 6 l")])
add("group_norm_rank2", lambda x: paddle.nn.GroupNorm(2, 6)(x), [f32("n 6")])
add("group_norm_nhwc", lambda x: paddle.nn.GroupNorm(2, 6, data_format="NHWC")(x), [f32("n h w 6")])
add("local_response_norm", lambda x: F.local_response_norm(x, 3), [f32("2 6 4 5")])
add("local_response_norm_even", lambda x: F.local_response_norm(x, 4, alpha=0.1, beta=0.5, k=2.0), [f32("2 6 4 5")])
add("normalize", lambda x: F.normalize(x), [f32("n 6")])
add("normalize_p1_axis0", lambda x: F.normalize(x, p=1, axis=0), [f32("n 6")])

for axis in (-1, 0, 1, 2, -2):
    add(f"softmax_axis_{axis}", lambda x, axis=axis: F.softmax(x, axis), [f32("n 3 4")])
    add(f"log_softmax_axis_{axis}", lambda x, axis=axis: F.log_softmax(x, axis), [f32("n 3 4")])
add("softmax_rank4_axis_1", lambda x: F.softmax(x, 1), [f32("n 3 h w")])
add("softmax_rank1", lambda x: F.softmax(x), [f32("n")])
add("softmax_rank0", lambda x: F.softmax(x), [f32("")])
add("softmax_float64", lambda x: F.softmax(x), [f64("n 5")])
add("softmax_cast", lambda x: F.softmax(x, dtype="float64"), [f32("n 5")])
add("softmax_large", lambda x: F.softmax(x), [f32("n 5", 80, 120)])

AFFINE = {"s": f32("3"), "b": f32("3")}
for layout, shape in (("NCHW", "n 3 h w"), ("NHWC", "n h w 3")):
    add(
        f"affine_channel_{layout.lower()}",
        lambda x, s, b, layout=layout: raw("affine_channel", {"X": x, "Scale": s, "Bias": b}, {"Out": "float32"}, {"data_layout": layout}),
        [f32(shape)],
        AFFINE,
        formats=("pdmodel",),
        missing="no function of Paddle 3 writes it",
    )

for mode, w in (("all", "1"), ("channel", "3")):
    add(f"prelu_{mode}", lambda x, w: F.prelu(x, w), [f32("n 3 h w")], {"w": f32(w, 0.1, 0.5)})
add("prelu_channel_nhwc", lambda x, w: F.prelu(x, w, data_format="NHWC"), [f32("n h w 3")], {"w": f32("3", 0.1, 0.5)})
add("prelu_rank2", lambda x, w: F.prelu(x, w), [f32("n 3")], {"w": f32("3", 0.1, 0.5)})
add("prelu_element", lambda x, w: raw("prelu", {"X": x, "Alpha": w}, {"Out": "float32"}, {"mode": "element"}), [f32("n 3 4 5")], {"w": f32("1 3 4 5", 0.1, 0.5)}, formats=("pdmodel",), missing="only static.nn.prelu of the old format")
