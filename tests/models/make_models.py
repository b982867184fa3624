"""Writes the test models beside this file, and ../golden.json.

    pip install -r requirements.txt && python make_models.py

Two runs give the same bytes: fixed seeds, fixed order, pinned versions.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, external_data_helper, helper, numpy_helper

import golden

HERE = Path(__file__).resolve().parent

OPSET, IR_VERSION = 17, 8
FLOAT, INT64, BOOL, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING
FLOAT8 = TensorProto.FLOAT8E4M3FN

IDENTITY_TYPES = {
    "float32": TensorProto.FLOAT,
    "uint8": TensorProto.UINT8,
    "int8": TensorProto.INT8,
    "uint16": TensorProto.UINT16,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "string": TensorProto.STRING,
    "bool": TensorProto.BOOL,
    "float16": TensorProto.FLOAT16,
    "float64": TensorProto.DOUBLE,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "bfloat16": TensorProto.BFLOAT16,
}

node = helper.make_node
value = helper.make_tensor_value_info


def initializer(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def floats(name, array):
    return initializer(name, np.asarray(array, np.float32))


def model(nodes, inputs, outputs, initializers=(), opset=OPSET, ir_version=IR_VERSION, domains=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, v) for d, v in domains]
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=ir_version, producer_name="predictor_pool tests"
    )


def he(rng, *shape):
    """Weights that keep the variance of activations through a ReLU."""
    fan_in = int(np.prod(shape[1:]))
    return rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / fan_in))


# --- plain arithmetic ---


def add(shape_in, shape_out, x="x", y="y"):
    return model([node("Add", [x, x], [y])], [value(x, FLOAT, shape_in)], [value(y, FLOAT, shape_out)])


def identity(element_type):
    return model(
        [node("Identity", ["x"], ["y"])],
        [value("x", element_type, ["n"])],
        [value("y", element_type, ["n"])],
    )


def scalar():
    return model(
        [node("Mul", ["x", "two"], ["y"])],
        [value("x", FLOAT, [])],
        [value("y", FLOAT, [])],
        [floats("two", 2)],
    )


def sum_two():
    shape = ["batch", 3]
    return model(
        [node("Add", ["a", "b"], ["total"]), node("Sub", ["a", "b"], ["difference"])],
        [value("a", FLOAT, shape), value("b", FLOAT, shape)],
        [value("total", FLOAT, shape), value("difference", FLOAT, shape)],
    )


def mixed():
    return model(
        [node("Cast", ["ids"], ["as_float"], to=FLOAT), node("Mul", ["as_float", "scale"], ["y"])],
        [value("ids", INT64, ["n"]), value("scale", FLOAT, [1])],
        [value("y", FLOAT, ["n"])],
    )


def with_default():
    # An initializer that is also a graph input is that input's default.
    return model(
        [node("Add", ["x", "bias"], ["y"])],
        [value("x", FLOAT, ["n"]), value("bias", FLOAT, [1])],
        [value("y", FLOAT, ["n"])],
        [floats("bias", [0.5])],
    )


def constant():
    return model(
        [node("Constant", [], ["y"], value=floats("", [1.5, -2, 3.25]))], [], [value("y", FLOAT, [3])]
    )


def initializer_output():
    return model(
        [node("Add", ["x", "x"], ["y"])],
        [value("x", FLOAT, [1])],
        [value("y", FLOAT, [1]), value("w", FLOAT, [3])],
        [floats("w", [10, 20, 30])],
    )


def pass_through():
    return model(
        [node("Add", ["x", "x"], ["y"])],
        [value("x", FLOAT, ["n"])],
        [value("y", FLOAT, ["n"]), value("x", FLOAT, ["n"])],
    )


# --- output shapes that depend on the data ---


def nonzero():
    return model(
        [node("NonZero", ["x"], ["y"])], [value("x", FLOAT, ["n"])], [value("y", INT64, [1, "count"])]
    )


def nms():
    return model(
        [node("NonMaxSuppression", ["boxes", "scores", "max_boxes", "iou", "threshold"], ["selected"])],
        [value("boxes", FLOAT, [1, "n", 4]), value("scores", FLOAT, [1, 1, "n"])],
        [value("selected", INT64, ["k", 3])],
        [
            initializer("max_boxes", np.array([10], np.int64)),
            floats("iou", [0.5]),
            floats("threshold", [0.1]),
        ],
    )


def lying_shape():
    # The length of y is the number of positive elements; nothing at load time can disprove the [4].
    return model(
        [
            node("Greater", ["x", "zero"], ["positive"]),
            node("Compress", ["x", "positive"], ["y"], axis=0),
        ],
        [value("x", FLOAT, ["n"])],
        [value("y", FLOAT, [4])],
        [floats("zero", 0)],
    )


def string_upper():
    # Locale "C" is there on every machine, en_US.UTF-8 (the default) is not.
    return model(
        [
            node(
                "StringNormalizer",
                ["x"],
                ["y"],
                case_change_action="UPPER",
                is_case_sensitive=1,
                locale="C",
                stopwords=["drop"],
            )
        ],
        [value("x", STRING, ["n"])],
        [value("y", STRING, ["m"])],
    )


# --- types that a tensor handle cannot carry ---


def sequence_of_floats(name):
    return helper.make_tensor_sequence_value_info(name, FLOAT, ["n"])


def sequence_input():
    return model(
        [node("SequenceAt", ["items", "first"], ["y"])],
        [sequence_of_floats("items")],
        [value("y", FLOAT, ["n"])],
        [initializer("first", np.array(0, np.int64))],
    )


def sequence_output():
    return model(
        [node("Add", ["x", "x"], ["y"]), node("SequenceConstruct", ["x", "x"], ["items"])],
        [value("x", FLOAT, ["n"])],
        [value("y", FLOAT, ["n"]), sequence_of_floats("items")],
    )


def optional_input():
    optional = helper.make_optional_type_proto(helper.make_tensor_type_proto(FLOAT, ["n"]))
    return model(
        [node("OptionalGetElement", ["maybe"], ["y"])],
        [helper.make_value_info("maybe", optional)],
        [value("y", FLOAT, ["n"])],
        opset=18,
    )


def map_input():
    words = helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(FLOAT, []))
    return model(
        [
            node(
                "DictVectorizer",
                ["words"],
                ["y"],
                domain="ai.onnx.ml",
                string_vocabulary=["one", "two", "three"],
            )
        ],
        [helper.make_value_info("words", words)],
        [value("y", FLOAT, [1, 3])],
        domains=[("ai.onnx.ml", 3)],
    )


def float8_output():
    return model(
        [node("Add", ["x", "x"], ["y"]), node("Cast", ["x"], ["z"], to=FLOAT8)],
        [value("x", FLOAT, ["n"])],
        [value("y", FLOAT, ["n"]), value("z", FLOAT8, ["n"])],
        opset=19,
        ir_version=9,
    )


def float8_input():
    return model(
        [node("Cast", ["z"], ["y"], to=FLOAT)],
        [value("z", FLOAT8, ["n"])],
        [value("y", FLOAT, ["n"])],
        opset=19,
        ir_version=9,
    )


# --- failure and time ---


def failing():
    return model(
        [node("Gather", ["data", "index"], ["y"])],
        [value("index", INT64, ["n"])],
        [value("y", FLOAT, ["n"])],
        [floats("data", [0, 10, 20, 30, 40])],
    )


def slow():
    # A Hadamard matrix / 8 is orthogonal and exact in binary, so any number of steps stays finite; the
    # rolled columns keep two steps from being the identity.
    hadamard = np.array([[1]], np.float32)
    for _ in range(6):
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    matrix = np.roll(hadamard, 1, axis=1) / 8
    shape = [64, 64]
    body = helper.make_graph(
        [
            node("Identity", ["keep_going"], ["keep_going_out"]),
            node("MatMul", ["state", "matrix"], ["state_out"]),
        ],
        "step",
        [value("step", INT64, []), value("keep_going", BOOL, []), value("state", FLOAT, shape)],
        [value("keep_going_out", BOOL, []), value("state_out", FLOAT, shape)],
    )
    return model(
        [node("Loop", ["steps", "", "x"], ["y"], body=body)],
        [value("steps", INT64, []), value("x", FLOAT, shape)],
        [value("y", FLOAT, shape)],
        [floats("matrix", matrix)],
    )


# --- small real networks ---


def convolution():
    rng = np.random.default_rng(1)
    nodes, weights, last = [], [], "x"
    for i, (channels_in, channels_out) in enumerate([(3, 8), (8, 16), (16, 16)], 1):
        weights += [
            floats(f"conv{i}.weight", he(rng, channels_out, channels_in, 3, 3)),
            floats(f"conv{i}.bias", rng.standard_normal(channels_out) / 8),
        ]
        nodes += [
            node("Conv", [last, f"conv{i}.weight", f"conv{i}.bias"], [f"conv{i}"], pads=[1, 1, 1, 1]),
            node("Relu", [f"conv{i}"], [f"relu{i}"]),
        ]
        last = f"relu{i}"
    weights += [
        floats("dense.weight", he(rng, 10, 16)),
        floats("dense.bias", rng.standard_normal(10) / 8),
    ]
    nodes += [
        node("GlobalAveragePool", [last], ["pooled"]),
        node("Flatten", ["pooled"], ["flat"]),
        node("Gemm", ["flat", "dense.weight", "dense.bias"], ["y"], transB=1),
    ]
    return model(
        nodes,
        [value("x", FLOAT, ["batch", 3, "height", "width"])],
        [value("y", FLOAT, ["batch", 10])],
        weights,
    )


def dense_layers(seed, sizes):
    """Gemm layers with a ReLU between them; the weights are called w1, b1, w2, ..."""
    rng = np.random.default_rng(seed)
    nodes, weights, last = [], [], "x"
    for i, (size_in, size_out) in enumerate(zip(sizes, sizes[1:]), 1):
        final = i == len(sizes) - 1
        weights += [
            floats(f"w{i}", he(rng, size_out, size_in)),
            floats(f"b{i}", rng.standard_normal(size_out) / 8),
        ]
        out = "y" if final else f"dense{i}"
        nodes.append(node("Gemm", [last, f"w{i}", f"b{i}"], [out], transB=1))
        if not final:
            nodes.append(node("Relu", [out], [f"relu{i}"]))
            last = f"relu{i}"
    return model(
        nodes,
        [value("x", FLOAT, ["batch", sizes[0]])],
        [value("y", FLOAT, ["batch", sizes[-1]])],
        weights,
    )


def externalise(proto, files):
    """Moves each named initializer into its own file beside the model."""
    for tensor in proto.graph.initializer:
        if tensor.name in files:
            (HERE / files[tensor.name]).write_bytes(tensor.raw_data)
            external_data_helper.set_external_data(tensor, files[tensor.name], 0, len(tensor.raw_data))
            tensor.ClearField("raw_data")
    return proto


def unknown_op():
    return model(
        [node("Nonexistent", ["x"], ["y"], domain="example.nowhere")],
        [value("x", FLOAT, [4])],
        [value("y", FLOAT, [4])],
        domains=[("example.nowhere", 1)],
    )


def good_models():
    models = {f"identity_{name}": identity(element_type) for name, element_type in IDENTITY_TYPES.items()}
    models |= {
        "add": add([1, 4], [1, 4]),
        "add_batch": add(["batch", 4], ["batch", 4]),
        "add_unnamed": add([None, 4], [None, 4]),
        "add_two_free": add(["batch", "width"], ["batch", "width"]),
        "unicode_names": add(["n"], ["n"], "données", "результат"),
        "scalar": scalar(),
        "sum_two": sum_two(),
        "mixed": mixed(),
        "with_default": with_default(),
        "constant": constant(),
        "initializer_output": initializer_output(),
        "pass_through": pass_through(),
        "nonzero": nonzero(),
        "nms": nms(),
        "lying_shape": lying_shape(),
        "string_upper": string_upper(),
        "sequence_input": sequence_input(),
        "sequence_output": sequence_output(),
        "optional_input": optional_input(),
        "map_input": map_input(),
        "float8_output": float8_output(),
        "float8_input": float8_input(),
        "failing": failing(),
        "slow": slow(),
        "convolution": convolution(),
        "mlp": dense_layers(2, [64, 256, 256, 10]),
        "external_data": externalise(dense_layers(3, [8, 4]), {"w1": "external_data.bin"}),
        "external_data_two": externalise(
            dense_layers(4, [8, 16, 4]),
            {"w1": "external_data_two_a.bin", "w2": "external_data_two_b.bin"},
        ),
    }
    return models


def encode(proto):
    return proto.SerializeToString(deterministic=True)


def main():
    for name, proto in sorted(good_models().items()):
        path = HERE / f"{name}.onnx"
        path.write_bytes(encode(proto))
        # By path, so that relative external data is found.
        checker.check_model(str(path))

    conv = (HERE / "convolution.onnx").read_bytes()
    wrong_ir = add([1, 4], [1, 4])
    wrong_ir.ir_version = 999
    broken = {
        "not_a_model.bin": b"this is not a model",
        "empty.onnx": b"",
        "truncated.onnx": conv[: len(conv) // 2],
        "unknown_op.onnx": encode(unknown_op()),
        "wrong_ir.onnx": encode(wrong_ir),
    }
    for name, content in broken.items():
        (HERE / name).write_bytes(content)

    golden.write(HERE, HERE.parent / "golden.json")


if __name__ == "__main__":
    main()
