"""Runs the ONNX project's backend cases through the C ABI and, beside it, through ONNX Runtime's own Python.

    run.py LIBRARY CASES [--only TEXT] [--spoil]

CASES is the folder onnx/backend/test/data. A case passes if our outputs have the names, types, shapes and bits of
theirs and agree with what the case expects. What theirs cannot do is skipped, must be an error of ours too, and is
listed in skipped.txt, which BLESS=1 rewrites. The cases run in a child process with a journal, so that a crash has a
name; another child goes on with the rest.
"""

import argparse
import collections
import ctypes
import difflib
import faulthandler
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper
from predictor_pool import STRING, Library, PredictorError, Tensor

BFLOAT16 = onnx.TensorProto.BFLOAT16
UINT16 = onnx.TensorProto.UINT16
# The element types of the C ABI, as numpy knows them; numpy has no bfloat16, so that travels as its bits.
NUMPY = {
    number: numpy.dtype("uint16" if number == BFLOAT16 else onnx.helper.tensor_dtype_to_np_dtype(number))
    for number in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16]
}
NUMBER = {dtype: number for number, dtype in NUMPY.items() if number != BFLOAT16}
# What we say to a model or a value that cannot be used.
REFUSALS = {f"PREDICTOR_ERROR_{name}" for name in ["INVALID_MODEL", "UNSUPPORTED", "RUN_FAILED"]}
SKIPPED = Path(__file__).parent / "skipped.txt"
SECONDS = 300  # for one case
WRONG = "ONNX Runtime's own answer is not the expected one"


class Case(NamedTuple):
    name: str
    model: Path
    rtol: float
    atol: float


class Skip(Exception):
    """Why a case says nothing about us."""


class Failure(Exception):
    """What we did wrong."""


def all_cases(data):
    """Like the ONNX package's loader: data.json may loosen the tolerance, or name a model of `light`."""
    cases = {}
    for folder in sorted(path for path in data.glob("*/test_*") if path.is_dir()):
        settings = folder / "data.json"
        settings = json.loads(settings.read_text()) if settings.exists() else {}
        model = folder / "model.onnx"
        name = f"{folder.parent.name}/{folder.name}"
        if not model.exists():
            model = data / "light" / Path(settings["url"]).name
            name = f"light/{folder.name}"
        cases[name] = Case(name, model, settings.get("rtol", 1e-3), settings.get("atol", 1e-7))
    return cases


def tensor_of(path, declared):
    """A .pb file; bfloat16 is stored as uint16 in some."""
    proto = onnx.TensorProto.FromString(path.read_bytes())
    if proto.data_type == STRING:
        return Tensor(STRING, tuple(proto.dims), list(proto.string_data))
    if declared == BFLOAT16 and proto.data_type in (BFLOAT16, UINT16):
        proto.data_type = UINT16
        return from_numpy(numpy_helper.to_array(proto))._replace(data_type=BFLOAT16)
    return from_numpy(numpy_helper.to_array(proto))


def from_numpy(array):
    if array.dtype.kind in "OU":
        return Tensor(STRING, array.shape, [str(text).encode() for text in array.flat])
    return Tensor(NUMBER[array.dtype], array.shape, array.tobytes())


def to_numpy(tensor):
    if tensor.data_type == STRING:
        elements = numpy.array([text.decode() for text in tensor.data], dtype=object)
    else:
        elements = numpy.frombuffer(tensor.data, NUMPY[tensor.data_type])
    return elements.reshape(tensor.shape)


def data_sets(case, graph):
    """(inputs by name, expected outputs in order) of each data set; what has no type of ours is None."""
    defaults = {tensor.name for tensor in graph.initializer}
    needed = [value for value in graph.input if value.name not in defaults]
    if case.name.startswith("light/"):
        inputs = {value.name: ramp(value.type.tensor_type.shape) for value in needed}
        outputs = [case.model.with_name(f"{case.model.stem}_output_{i}.pb") for i in range(len(graph.output))]
        yield inputs, load(outputs, graph.output)
        return
    for folder in sorted(case.model.parent.glob("test_data_set_*")):
        inputs = [folder / f"input_{i}.pb" for i in range(len(list(folder.glob("input_*.pb"))))]
        outputs = [folder / f"output_{i}.pb" for i in range(len(graph.output))]
        # A case feeds all inputs, or those without a default.
        fed = needed if len(inputs) == len(needed) else graph.input
        names = [value.name for value, _ in zip(fed, inputs)]
        yield dict(zip(names, load(inputs, fed))), load(outputs, graph.output)


def ramp(shape):
    """What the ONNX package's runner feeds to the models of `light`."""
    dims = [dim.dim_value or 1 for dim in shape.dim]
    size = math.prod(dims)
    return from_numpy((numpy.arange(size).reshape(dims) / size).astype("float32"))


def load(paths, values):
    types = [value.type.tensor_type.elem_type for value in values]
    return [tensor_of(path, number) if number in NUMPY else None for path, number in zip(paths, types)]


def why_outside(graph):
    """A reason if some input or output is nothing that the C ABI carries."""
    for value in [*graph.input, *graph.output]:
        kind = value.type.WhichOneof("value")
        if kind != "tensor_type":
            return f"an input or output is no tensor ({kind.removesuffix('_type')})"
        number = value.type.tensor_type.elem_type
        if number not in NUMPY:
            return f"an element type that is not ours ({onnx.TensorProto.DataType.Name(number).lower()})"
    return None


class Theirs:
    """ONNX Runtime's Python with the settings that we have too."""

    def __init__(self, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(self, inputs):
        names = [output.name for output in self.session.get_outputs()]
        types = [tensor.type for tensor in [*self.session.get_inputs(), *self.session.get_outputs()]]
        if "tensor(bfloat16)" in types:
            feeds = {name: self._value(tensor) for name, tensor in inputs.items()}
            outputs = map(self._tensor, self.session.run_with_ort_values(names, feeds))
        else:
            feeds = {name: to_numpy(tensor) for name, tensor in inputs.items()}
            outputs = map(from_numpy, self.session.run(names, feeds))
        return dict(zip(names, outputs))

    @staticmethod
    def _value(tensor):
        return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(to_numpy(tensor).copy(), tensor.data_type)

    @staticmethod
    def _tensor(value):
        shape = tuple(value.shape())
        size = NUMPY[value.element_type()].itemsize * int(numpy.prod(shape))
        return Tensor(value.element_type(), shape, ctypes.string_at(value.data_ptr(), size))


def difference(got, expected, rtol, atol):
    """What is wrong, or None: floats within the tolerance and NaN equal to NaN, all else exact."""
    if got[:2] != expected[:2]:
        return f"is type {got.data_type} {list(got.shape)}, not type {expected.data_type} {list(expected.shape)}"
    a, b = to_numpy(got), to_numpy(expected)
    if got.data_type == BFLOAT16:
        a, b = ((bits.astype("uint32") << 16).view("float32") for bits in (a, b))
    # errstate: infinities, which are in some of the cases.
    with numpy.errstate(all="ignore"):
        wrong = ~numpy.isclose(a, b, rtol, atol, equal_nan=True) if a.dtype.kind == "f" else a != b
    if not numpy.any(wrong):
        return None
    first = tuple(map(int, numpy.argwhere(wrong)[0]))
    count = f"{numpy.count_nonzero(wrong)} of {a.size}"
    return f"has {count} elements wrong, at {list(first)} {a[first]!r} for {b[first]!r}"


def first_difference(got, expected, case):
    for (name, tensor), wanted in zip(got.items(), expected):
        text = difference(tensor, wanted, case.rtol, case.atol)
        if text:
            return f"output {name!r} {text}"
    return None


def run_theirs(model, sets):
    try:
        theirs = Theirs(model)
        return [theirs.run(inputs) for inputs, _ in sets]
    except Exception as error:  # pylint: disable=broad-except  (ONNX Runtime's exceptions have no common base)
        return error


def spoilt(tensor):
    """One bit, or one letter, changed."""
    if not tensor.data:
        return tensor
    if tensor.data_type == STRING:
        return tensor._replace(data=[tensor.data[0] + b"x", *tensor.data[1:]])
    return tensor._replace(data=bytes([tensor.data[0] ^ 1]) + tensor.data[1:])


def run_ours(library, model, sets, spoil):
    try:
        outputs = [library.run(model, inputs) for inputs, _ in sets]
    except PredictorError as error:
        return error
    finally:
        live = library.c.predictor_live_handles()
        if live:
            raise Failure(f"{live} handles are left")
    if spoil:
        return [{name: spoilt(tensor) for name, tensor in output.items()} for output in outputs]
    return outputs


def refused(ours, reason):
    """What cannot be compared must still end in an error of ours that says so."""
    if not isinstance(ours, PredictorError):
        raise Failure(f"no error, although {reason}")
    if ours.status not in REFUSALS:
        raise Failure(f"{ours}, although {reason}")
    raise Skip(reason)


def judge(case, library, spoil, note):
    """Returns if the case passed; `note` tells the parent which side is at work."""
    path = str(case.model)
    graph = onnx.load(path, load_external_data=False).graph
    sets = list(data_sets(case, graph))
    if not sets:
        raise Failure("no data set")
    reason = why_outside(graph)
    if reason:
        # Setting what has no type of ours is the error to see.
        sets = [({name: tensor or Tensor(0, (), b"") for name, tensor in inputs.items()}, []) for inputs, _ in sets]
        note("predictor_pool")
        refused(run_ours(library, path, sets, spoil), reason)

    note("onnxruntime")
    theirs = run_theirs(path, sets)
    note("predictor_pool")
    ours = run_ours(library, path, sets, spoil)
    if isinstance(theirs, Exception):
        refused(ours, f"ONNX Runtime refuses it ({type(theirs).__name__})")
    if isinstance(ours, Exception):
        raise Failure(str(ours))

    as_expected = True
    for (_, expected), their, our in zip(sets, theirs, ours):
        if len(expected) != len(their):
            raise Failure(f"{len(expected)} outputs are expected, ONNX Runtime has {len(their)}")
        if list(our) != list(their):
            raise Failure(f"outputs {list(our)}, ONNX Runtime's are {list(their)}")
        if our != their:
            text = first_difference(our, their.values(), case)
            raise Failure(f"not ONNX Runtime's bits; {text or 'within the tolerance'}")
        # With the same bits, theirs is as good or bad as ours.
        as_expected = as_expected and not first_difference(our, expected, case)
    if not as_expected:
        raise Skip(WRONG)


def child(arguments, names):
    cases = all_cases(arguments.cases)
    library = Library(arguments.library)
    onnxruntime.set_default_logger_severity(4)
    with open(arguments.journal, "w", encoding="utf-8") as file:

        def write(*line):
            file.write(json.dumps(line) + "\n")
            file.flush()

        if library.runtime_version() != onnxruntime.__version__:
            sys.exit(f"our ONNX Runtime is {library.runtime_version()}, Python's is {onnxruntime.__version__}")
        for name in names:
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            write(name, "began", "reading it")
            try:
                judge(cases[name], library, arguments.spoil, lambda side: write(name, "began", side))
                write(name, "passed", "")
            except Skip as reason:
                write(name, "skipped", str(reason))
            except Failure as text:
                write(name, "failed", str(text))


def run_all(arguments, names):
    """{name: (outcome, text)}"""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        # StringNormalizer asks for this locale, which small systems lack, and does ASCII only.
        Path(folder, "en_US.UTF-8").symlink_to("/usr/lib/locale/C.utf8")
        journal = Path(folder, "journal")
        command = [sys.executable, *sys.argv, "--journal", str(journal)]
        environment = {**os.environ, "LOCPATH": folder}
        while left := [name for name in names if name not in results]:
            journal.write_text("", encoding="utf-8")
            status = subprocess.run(command, input="\n".join(left), text=True, env=environment, check=False).returncode
            lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
            if not lines:
                sys.exit(f"no case began (exit status {status})")
            results.update((name, (outcome, text)) for name, outcome, text in lines)
            name, outcome, side = lines[-1]
            how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
            if outcome == "began":
                results[name] = ("failed", f"crashed in {side}: {how}")
            elif status != 0:
                results["at exit"] = ("failed", f"crashed: {how}")
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("cases", type=Path)
    parser.add_argument("--only", default="", help="cases with this in their names; skipped.txt is left alone")
    parser.add_argument("--spoil", action="store_true", help="change one bit of our outputs: the cases must fail")
    parser.add_argument("--journal", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.journal:
        child(arguments, sys.stdin.read().split("\n"))
        return

    began = time.monotonic()
    names = [name for name in all_cases(arguments.cases) if arguments.only in name]
    results = run_all(arguments, names)
    for name, (outcome, text) in results.items():
        if outcome == "failed":
            print(f"FAIL  {name}: {text}")
    skipped = [f"{len(names)} cases, of which are skipped:"]
    skipped += [f"{name}: {text}" for name, (outcome, text) in sorted(results.items()) if outcome == "skipped"]
    reasons = collections.Counter(text for outcome, text in results.values() if outcome == "skipped")
    outcomes = collections.Counter(outcome for outcome, _ in results.values())

    same = True
    complete = not arguments.only and not arguments.spoil
    if complete and os.environ.get("BLESS") == "1":
        SKIPPED.write_text("".join(line + "\n" for line in skipped), encoding="utf-8")
    elif complete:
        listed = SKIPPED.read_text(encoding="utf-8").splitlines()
        same = listed == skipped
        for line in difflib.unified_diff(listed, skipped, "skipped.txt", "skipped now", lineterm="", n=0):
            print(line)

    print(f"{len(names)} cases, ONNX Runtime {onnxruntime.__version__}, {time.monotonic() - began:.0f} s")
    print(f"{outcomes['passed'] + reasons[WRONG]} have exactly the bits that ONNX Runtime's Python gives; skipped:")
    for reason, count in reasons.most_common():
        print(f"{count:6}  {reason}")
    print(f"{outcomes['passed']} passed, {outcomes['failed']} failed, {outcomes['skipped']} skipped")
    sys.exit(0 if same and outcomes["passed"] and not outcomes["failed"] else 1)


if __name__ == "__main__":
    main()
