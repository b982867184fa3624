"""Programs that must not load: control flow, arrays, sequences, and what nobody knows."""

import paddle

from case import Case, f32, given, i64
from raw import raw

CASES = []
OLD = {"formats": ("pdmodel",), "missing": "an operator of the old format alone"}
NEW = {"formats": ("json",), "missing": "an operator of the new format alone"}


def add(name, call, inputs, refused, **more):
    CASES.append(Case(name, call, inputs, refused=refused, **more))


def loop(x):
    count = paddle.full([1], 0, "int64")
    end = paddle.full([1], 3, "int64")
    step = lambda i, y: [i + 1, y * 2]
    return paddle.static.nn.while_loop(lambda i, y: i < end, step, [count, x])[1]


add("while_loop", loop, [f32("n 3")], "while")
add("while_loop_beside_known_operators", lambda x: paddle.nn.functional.relu(loop(paddle.abs(x))), [f32("n 3")], "while")


def conditional(x):
    return paddle.static.nn.cond(paddle.mean(x) > 0, lambda: x * 2, lambda: x - 1)


add("conditional", conditional, [f32("2 3")], "conditional_block", **OLD)
add("conditional_new", conditional, [f32("2 3")], "if", **NEW)
add("switch_case", lambda x, i: paddle.static.nn.switch_case(i, {0: lambda: x + 1, 1: lambda: x * 2}, lambda: x), [f32("2 3"), i64("1", 0, 2)], "conditional_block", **OLD)


def array(x):
    index = paddle.full([1], 0, "int64")
    items = paddle.tensor.array_write(paddle.abs(x), index)
    paddle.tensor.array_write(x * 2, paddle.full([1], 1, "int64"), items)
    return paddle.tensor.array_read(items, index)


add("array", array, [f32("2 3")], "array")
add("array_length", lambda x: paddle.tensor.array_length(paddle.tensor.array_write(paddle.abs(x), paddle.full([1], 0, "int64"))), [f32("2 3")], "array")

for operator, output in (
    ("sequence_softmax", "Out"),
    ("sequence_reverse", "Y"),
):
    add(
        operator,
        lambda x, operator=operator, output=output: raw(operator, {"X": x}, {output: "float32"}),
        [f32("n 3")],
        operator,
        **OLD,
    )
add("sequence_expand", lambda x, y: raw("sequence_expand", {"X": x, "Y": y}, {"Out": "float32"}, {"ref_level": 0}), [f32("n 3"), f32("n 3")], "sequence_expand", **OLD)

add("unknown_operator", lambda x: paddle.nn.functional.gumbel_softmax(x), [f32("n 3")], "gumbel_softmax")
add("several_unknown_operators", lambda x: paddle.nn.functional.gumbel_softmax(paddle.nn.functional.gumbel_softmax(paddle.linalg.inv(x))), [f32("n 3 3")], "gumbel_softmax (2)")
# The same length, because the old format counts bytes.
add("operator_of_nobody", lambda x: paddle.nn.functional.relu(x), [f32("n 3")], "rela", rewrite=lambda model: model.replace(b"relu", b"rela"))
add("version_of_the_future", lambda x: paddle.nn.functional.relu(x), [f32("n 3")], "99", rewrite=lambda model: model.replace(b'"version":4', b'"version":99'), **NEW)
add("eigenvalues", lambda x: paddle.linalg.eigvalsh(x), [f32("n 3 3")], "eigvalsh")
