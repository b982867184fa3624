"""export.py FOLDER OUT [FAMILY...]: exports the cases of FOLDER/<family>.py in the format that the installed Paddle writes,
and runs them with its predictor. Each case is a process of its own, so that names do not depend on the cases before.
CASE=TEXT in the environment chooses the cases whose name contains it."""

import importlib
import json
import os
import shutil
import sys
import traceback
import zlib
from collections import Counter
from pathlib import Path

os.environ.setdefault("GLOG_minloglevel", "2")

import numpy as np
import paddle
from paddle import inference
from paddle.static import InputSpec

from case import Case, f32

FORMAT = "json" if int(paddle.__version__.split(".")[0]) >= 3 else "pdmodel"


def families(folder: str) -> list[str]:
    return sorted(path.stem for path in (Path(__file__).parent / folder).glob("[a-z]*.py"))


def cases_of(folder: str, family: str) -> list[Case]:
    cases = [part for case in importlib.import_module(f"{folder}.{family}").CASES for part in case.split()]
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"{family}: several cases are called {sorted(twice)}")
    return cases


def save(case: Case, prefix: Path) -> None:
    """Writes the program of a case, with its weights, to `prefix`.*"""
    if case.is_network:
        save_network(case, prefix)
    else:
        save_program(case, prefix)
    if case.rewrite:
        path = model_path(prefix)
        path.write_bytes(case.rewrite(path.read_bytes()))


def save_network(case: Case, prefix: Path) -> None:
    paddle.disable_static()
    layer = case.build()
    layer.eval()
    for name, tensor in [*layer.named_parameters(), *layer.named_buffers()]:
        tensor.set_value(network_weight(name, list(tensor.shape), str(tensor.dtype).split(".")[-1]))
    named = enumerate(case.inputs)
    specs = [InputSpec([None if dim < 0 else dim for dim in tensor.declared()], tensor.dtype, f"x{index}") for index, tensor in named]
    paddle.jit.save(paddle.jit.to_static(layer, input_spec=specs, full_graph=True), str(prefix))


def network_weight(name: str, shape: list[int], dtype: str) -> np.ndarray:
    """Values of about the sizes that training gives, so that signals neither vanish nor grow without end."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith("_variance"):
        values = random.uniform(0.8, 1.2, shape)
    elif name.endswith("_mean"):
        values = random.uniform(-0.1, 0.1, shape)
    elif len(shape) < 2:
        values = random.uniform(0.8, 1.2, shape) if name.endswith("weight") else random.uniform(-0.1, 0.1, shape)
    else:
        inputs = shape[0] if len(shape) == 2 else int(np.prod(shape[1:]))
        values = random.standard_normal(shape, "float32") * np.sqrt(1.4 / inputs)
    return values.astype(dtype)


def save_program(case: Case, prefix: Path) -> None:
    paddle.enable_static()
    paddle.seed(1)
    main, startup = paddle.static.Program(), paddle.static.Program()
    with paddle.static.program_guard(main, startup):
        feeds = [
            paddle.static.data(f"x{index}", tensor.declared(), tensor.dtype) for index, tensor in enumerate(case.inputs)
        ]
        arrays = case.weight_arrays()
        zeros = paddle.nn.initializer.Constant(0)
        weights = {
            name: paddle.create_parameter(list(array.shape), array.dtype.name, name, default_initializer=zeros)
            for name, array in arrays.items()
        }
        outputs = case.build(*feeds, **weights)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        outputs = [output for output in outputs if output is not None]
        executor = paddle.static.Executor(paddle.CPUPlace())
        executor.run(startup)
        for name, array in arrays.items():
            paddle.static.global_scope().find_var(name).get_tensor().set(array, paddle.CPUPlace())
        fill_layers(main, arrays)
        paddle.static.save_inference_model(str(prefix), feeds, outputs, executor, program=main)


def fill_layers(main, weights: dict) -> None:
    """Gives the parameters that layers made themselves values that are the same in every version of Paddle."""
    scope = paddle.static.global_scope()
    made = sorted(parameter.name for parameter in main.global_block().all_parameters() if parameter.name not in weights)
    of_shape = Counter()
    for name in made:
        tensor = scope.find_var(name).get_tensor()
        shape = tuple(tensor.shape())
        array = f32(" ".join(map(str, shape)), -0.5, 0.9).values(f"{shape} {of_shape[shape]}", 0, {})
        of_shape[shape] += 1
        tensor.set(array, paddle.CPUPlace())


class Predictor:
    """Paddle's predictor of the exported files, with the operators exactly as they were written."""

    def __init__(self, prefix: Path):
        params = prefix.with_suffix(".pdiparams")
        config = inference.Config(str(model_path(prefix)), str(params) if params.exists() else "")
        config.disable_glog_info()
        config.disable_gpu()
        config.disable_mkldnn()
        config.switch_ir_optim(False)
        config.set_cpu_math_library_num_threads(1)
        self.predictor = inference.create_predictor(config)
        self.inputs = self.predictor.get_input_names()
        self.outputs = self.predictor.get_output_names()

    def run(self, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
        for name in self.inputs:
            handle = self.predictor.get_input_handle(name)
            handle.reshape(list(arrays[name].shape))
            handle.copy_from_cpu(arrays[name])
        self.predictor.run()
        return [self.predictor.get_output_handle(name).copy_to_cpu() for name in self.outputs]


def model_path(prefix: Path) -> Path:
    return prefix.with_suffix(f".{FORMAT}")


def operators(prefix: Path) -> list[str]:
    """The operators of the exported program, the nested ones included, without feeds and fetches."""
    names = set()
    if FORMAT == "json":

        def visit(region_holder):
            for region in region_holder.get("regions", []):
                for block in region["blocks"]:
                    for operator in block["ops"]:
                        names.add(operator["#"].split(".")[-1])
                        visit(operator)

        visit(json.loads(model_path(prefix).read_text())["program"])
        names -= {"data", "fetch", "p"}
    else:
        paddle.enable_static()
        program = paddle.static.Program.parse_from_string(model_path(prefix).read_bytes())
        names = {operator.type for block in program.blocks for operator in block.ops} - {"feed", "fetch"}
    return sorted(names)


def export(case: Case, folder: Path) -> None:
    """Writes the program, the arrays of its runs and result.json."""
    prefix = folder / FORMAT / "inference"
    prefix.parent.mkdir(parents=True)
    save(case, prefix)
    result = {"operators": operators(prefix)}
    if case.runs_in(FORMAT):
        predictor = Predictor(prefix)
        result |= {"inputs": predictor.inputs, "outputs": predictor.outputs}
    elif case.right:
        result |= {"inputs": [f"x{index}" for index in range(len(case.inputs))], "outputs": ["fetch_name_0"]}
    for run in range(case.runs_in(FORMAT)):
        arrays = {f"x{index}": array for index, array in enumerate(case.arrays(run))}
        outputs = predictor.run(arrays)
        (folder / f"run{run}").mkdir()
        for index in range(len(case.inputs)):
            np.save(folder / f"run{run}" / f"in_{index}.npy", arrays[f"x{index}"])
        for index, array in enumerate(outputs):
            np.save(folder / f"run{run}" / f"out_{index}.npy", array)
    (folder / "result.json").write_text(json.dumps(result))


def export_in_child(case: Case, folder: Path) -> bool:
    """Exports in a forked child, whose crash is a failure of this case alone; failed.txt has the reason."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        log = os.open(folder / "failed.txt", os.O_WRONLY | os.O_CREAT)
        os.dup2(log, 1)
        os.dup2(log, 2)
        try:
            export(case, folder)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0:
        (folder / "failed.txt").unlink()
    return status == 0


def main() -> None:
    folder, out = sys.argv[1], Path(sys.argv[2])
    chosen = sys.argv[3:] or families(folder)
    only = os.environ.get("CASE", "")
    for family in chosen:
        cases = [case for case in cases_of(folder, family) if only in case.name]
        if not only:
            shutil.rmtree(out / FORMAT / family, ignore_errors=True)
        failed = []
        for case in cases:
            path = out / FORMAT / family / case.name
            if FORMAT in case.formats and not export_in_child(case, path):
                text = [line for line in (path / "failed.txt").read_text().splitlines() if line.strip()]
                failed.append((case.name, text[-1] if text else "no output"))
        print(f"{family} ({FORMAT}): {len(cases) - len(failed)} of {len(cases)} exported", flush=True)
        for name, reason in failed:
            print(f"  FAIL {name}: {reason}", flush=True)


if __name__ == "__main__":
    main()
