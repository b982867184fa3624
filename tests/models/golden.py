"""The cases of golden.json: inputs by hand, outputs from ONNX Runtime on one thread."""

import json

import numpy as np
import onnxruntime as ort
from ml_dtypes import bfloat16

# Sums of rounded products come out differently on another instruction set.
ROUNDED = 1e-5

IDENTITY_VALUES = {
    "float32": np.array([0, -0.0, 1.5, -2.25, 0.1, 3.4028235e38, 1e-45], np.float32),
    "uint8": np.array([0, 1, 127, 255], np.uint8),
    "int8": np.array([0, 1, -1, 127, -128], np.int8),
    "uint16": np.array([0, 1, 65535], np.uint16),
    "int16": np.array([0, -1, 32767, -32768], np.int16),
    "int32": np.array([0, -1, 2**31 - 1, -(2**31)], np.int32),
    "int64": np.array([0, -1, 2**53 - 1, -(2**53) + 1], np.int64),
    "string": np.array(["", "a", "hello world", "жаба", "日本語", "🐸", "", "long " * 50], object),
    "bool": np.array([True, False, False, True, True], np.bool_),
    # 1.0, -2.0, largest, smallest subnormal, -0.0, infinity, a NaN with a payload
    "float16": np.array([0x3C00, 0xC000, 0x7BFF, 0x0001, 0x8000, 0x7C00, 0x7E01], np.uint16).view(np.float16),
    "float64": np.array([0, -0.0, 0.1, -1e300, 5e-324], np.float64),
    "uint32": np.array([0, 1, 2**32 - 1], np.uint32),
    "uint64": np.array([0, 1, 2**53 - 1], np.uint64),
    "bfloat16": np.array([0x3F80, 0xC000, 0x7F7F, 0x0001, 0x8000, 0x7F80, 0x7FC1], np.uint16).view(bfloat16),
}


def f32(values, *shape):
    array = np.array(values, np.float32)
    return array.reshape(shape) if shape else array


def i64(*values):
    return np.array(values, np.int64)


def strings(*values):
    return np.array(values, object)


def eighths(seed, *shape):
    """Numbers that look random and are short to write down."""
    return np.random.default_rng(seed).integers(-16, 17, shape).astype(np.float32) / 8


def spread_boxes(count):
    return f32([[0, 2 * i, 1, 2 * i + 1] for i in range(count)], 1, count, 4)


def cases():
    """(name, model, inputs, tolerance)"""
    for data_type, values in IDENTITY_VALUES.items():
        yield f"identity_{data_type}", f"identity_{data_type}", {"x": values}, 0
        yield f"identity_{data_type}_one", f"identity_{data_type}", {"x": values[1:2]}, 0
        yield f"identity_{data_type}_empty", f"identity_{data_type}", {"x": values[:0]}, 0

    yield "add", "add", {"x": f32([[1, -2, 0.5, 0.1]])}, 0
    for batch in (1, 3, 16, 0):
        yield f"add_batch_{batch}", "add_batch", {"x": eighths(batch, batch, 4)}, 0
    for batch in (2, 5, 0):
        yield f"add_unnamed_{batch}", "add_unnamed", {"x": eighths(batch, batch, 4)}, 0
    for batch, width in ((1, 1), (3, 5), (5, 3), (2, 0), (0, 2), (0, 0)):
        yield f"add_two_free_{batch}x{width}", "add_two_free", {"x": eighths(7, batch, width)}, 0
    yield "unicode_names", "unicode_names", {"données": f32([1, 2, 3])}, 0

    yield "scalar", "scalar", {"x": f32(21)}, 0
    yield "scalar_negative", "scalar", {"x": f32(-0.1)}, 0
    for batch in (1, 4, 0):
        a, b = eighths(11, batch, 3), eighths(12, batch, 3)
        yield f"sum_two_{batch}", "sum_two", {"a": a, "b": b}, 0
    yield "mixed", "mixed", {"ids": i64(0, -3, 1000000), "scale": f32([0.5])}, 0
    yield "mixed_empty", "mixed", {"ids": i64(), "scale": f32([2])}, 0
    yield "with_default_not_given", "with_default", {"x": f32([1, 2])}, 0
    yield "with_default_given", "with_default", {"x": f32([1, 2]), "bias": f32([-4])}, 0
    yield "constant", "constant", {}, 0
    yield "initializer_output", "initializer_output", {"x": f32([4])}, 0
    yield "pass_through", "pass_through", {"x": f32([1, 2, 3])}, 0
    yield "pass_through_other_data", "pass_through", {"x": f32([7, 8, 9])}, 0
    yield "pass_through_other_length", "pass_through", {"x": f32([-1])}, 0

    yield "nonzero_none", "nonzero", {"x": f32([0, 0, 0])}, 0
    yield "nonzero_some", "nonzero", {"x": f32([0, 1, 0, -2, 0])}, 0
    yield "nonzero_all", "nonzero", {"x": f32([1, 2, 3, 4])}, 0
    yield "nonzero_empty", "nonzero", {"x": f32([])}, 0
    overlapping = f32([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 10, 1, 11]], 1, 3, 4)
    yield "nms_overlap", "nms", {"boxes": overlapping, "scores": f32([0.5, 0.75, 0.25], 1, 1, 3)}, 0
    yield "nms_none", "nms", {"boxes": overlapping, "scores": f32([0, 0, 0.05], 1, 1, 3)}, 0
    falling = f32([1 - i / 16 for i in range(12)], 1, 1, 12)
    yield "nms_at_most_ten", "nms", {"boxes": spread_boxes(12), "scores": falling}, 0
    yield "nms_empty", "nms", {"boxes": f32([], 1, 0, 4), "scores": f32([], 1, 1, 0)}, 0
    yield "lying_shape_truth", "lying_shape", {"x": f32([1, -1, 2, 3, 4])}, 0
    yield "lying_shape_shorter", "lying_shape", {"x": f32([1, -1, 2])}, 0
    yield "lying_shape_longer", "lying_shape", {"x": f32([1, 2, 3, 4, 5, 6])}, 0
    yield "lying_shape_empty", "lying_shape", {"x": f32([-1, 0])}, 0
    yield "string_upper", "string_upper", {"x": strings("hello", "", "MiXed 123", "wörld", "жаба")}, 0
    yield "string_upper_dropped", "string_upper", {"x": strings("a", "drop", "bc", "drop", "Drop")}, 0
    yield "string_upper_all_dropped", "string_upper", {"x": strings("drop", "drop")}, 0

    yield "failing_good_index", "failing", {"index": i64(4, 0, 0, 2)}, 0
    yield "failing_negative_index", "failing", {"index": i64(-5, -1)}, 0
    yield "failing_empty_index", "failing", {"index": i64()}, 0
    # Few bits in, three exact steps: nothing is rounded on any machine.
    corner = np.zeros((64, 64), np.float32)
    corner[:3, :5] = eighths(13, 3, 5)
    yield "slow_0", "slow", {"steps": np.array(0, np.int64), "x": corner}, 0
    yield "slow_3", "slow", {"steps": np.array(3, np.int64), "x": corner}, 0

    for batch, height, width in ((1, 8, 8), (2, 5, 7), (3, 1, 9), (1, 1, 1)):
        x = eighths(14, batch, 3, height, width)
        yield f"convolution_{batch}x{height}x{width}", "convolution", {"x": x}, ROUNDED
    for batch in (1, 2, 7, 0):
        yield f"mlp_{batch}", "mlp", {"x": eighths(15, batch, 64)}, ROUNDED
    for model in ("external_data", "external_data_two"):
        for batch in (1, 3):
            yield f"{model}_{batch}", model, {"x": eighths(16, batch, 8)}, ROUNDED


def data_type(array):
    return "string" if array.dtype == object else array.dtype.name


def json_data(array):
    flat = array.reshape(-1)
    kind = data_type(array)
    if kind in ("float16", "bfloat16"):
        flat = flat.view(np.uint16)
    elif kind == "bool":
        flat = flat.astype(np.uint8)
    return flat.tolist()


def slot(name, array):
    return {
        "name": name,
        "data_type": data_type(array),
        "shape": list(array.shape),
        "data": json_data(array),
    }


def run(session, inputs):
    if any(array.dtype == bfloat16 for array in inputs.values()):
        # NumPy cannot carry it into ONNX Runtime; the only such model is Identity.
        (array,) = inputs.values()
        return [array]
    return session.run(None, inputs)


def write(models, path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # lying_shape.onnx is warned about at each run

    lines = []
    for name, model, inputs, tolerance in cases():
        file = f"{model}.onnx"
        session = ort.InferenceSession(models / file, options, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        case = {
            "name": name,
            "model": file,
            "tolerance": tolerance,
            "inputs": [slot(n, a) for n, a in inputs.items()],
            "outputs": [slot(n, a) for n, a in zip(names, run(session, inputs), strict=True)],
        }
        # Not every language's reader knows NaN.
        lines.append(json.dumps(case, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
    path.write_text('{"schema":1,"cases":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
