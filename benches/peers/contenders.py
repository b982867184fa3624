"""Who takes part in the peers' comparison, and how one run of each is made."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SOURCES = Path(__file__).resolve().parent
REPOSITORY = SOURCES.parents[1]
# A Paddle predictor may hang; the longest run is that of many inputs.
LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Contender:
    name: str
    program: str
    model: str  # in the model's folder
    options: tuple = ()
    runtime: str = "current"  # the build of ONNX Runtime that the library gets

    def command(self, root):
        if self.program.endswith(".py"):
            return [sys.executable, "-B", str(SOURCES / self.program)]
        return [str(root / "programs" / self.program)]


OURS = Contender("ours, cpu", "ours", "model.onnx")
OURS_OPENVINO = Contender("ours, OpenVINO", "ours", "model.onnx", ("provider=openvino",), "openvino")
PEERS = (
    Contender("ONNX Runtime, C", "onnxruntime", "model.onnx"),
    Contender("ONNX Runtime, Python", "onnxruntime_python.py", "model.onnx"),
    Contender("OpenVINO", "openvino", "model.onnx"),
    Contender("Paddle, .pdmodel", "paddle", "pdmodel/model"),
    Contender("Paddle, .json", "paddle", "json/model"),
)
BF16 = ("precision=bf16",)
OURS_BF16 = Contender("ours, OpenVINO, bf16", "ours", "model.onnx", ("provider=openvino", *BF16), "openvino")
PEERS_BF16 = (
    Contender("OpenVINO, bf16", "openvino", "model.onnx", BF16),
    Contender("Paddle, .pdmodel, bf16", "paddle", "pdmodel/model", BF16),
)


class Failed(Exception):
    """A contender that printed no figures; the text says why."""


def run(contender, root, model, threads, seconds, inputs="inputs.bin", options=()):
    """One process: its figures, one list of outputs per thread, and what it wrote to stderr."""
    folder = root / "models" / model
    outputs = root / "outputs.bin"
    outputs.unlink(missing_ok=True)
    runtime = REPOSITORY / "target/onnxruntime" / contender.runtime
    command = [
        *contender.command(root),
        *(folder / contender.model, folder / inputs, outputs),
        *(str(threads), str(seconds)),
        *contender.options,
        *options,
    ]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            text=True,
            timeout=LIMIT_SECONDS,
            env={**os.environ, "PREDICTOR_POOL_ORT_LIB": str(runtime)},
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"no end within {LIMIT_SECONDS} s") from None
    # Libraries print as well; the figures are the last line that looks like them.
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"runs"')]
    if done.returncode != 0 or not lines:
        said = done.stderr.strip().splitlines() or ["nothing on stderr"]
        raise Failed(f"exit status {done.returncode}: {said[-1]}")
    return json.loads(lines[-1]), read_outputs(outputs, threads), done.stderr


def read_outputs(path, threads):
    data = path.read_bytes()
    found = []
    position = 0
    while position < len(data):
        count = int(np.frombuffer(data, np.int64, 1, position)[0])
        found.append(np.frombuffer(data, np.float32, count, position + 8))
        position += 8 + 4 * count
    each = len(found) // threads
    return [found[thread * each : (thread + 1) * each] for thread in range(threads)]


def difference(outputs, reference):
    """The largest difference of any thread's outputs, relative to the largest value of the right one."""
    worst = 0.0
    for thread in outputs:
        if len(thread) != len(reference):
            return float("inf")
        for got, right in zip(thread, reference):
            if got.shape != right.shape or not np.isfinite(got).all():
                return float("inf")
            worst = max(worst, float(np.abs(got - right).max() / np.abs(right).max()))
    return worst


def placement(root, model, options=()):
    """How many nodes ONNX Runtime placed on which provider, for a load of ours on OpenVINO."""
    said = run(OURS_OPENVINO, root, model, 1, 0, options=("placement=1", *options))[2]
    placed = re.findall(r"placed on \[(\w+)\](?:\. Number of nodes: (\d+))?", said)
    counts = {}
    for provider, number in placed:
        counts[provider] = counts.get(provider, 0) + int(number or 1)
    return counts
