"""The text of benches/PEERS.md, from the figures of compare.py."""

import datetime
import importlib.metadata
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from contenders import OURS, OURS_BF16, OURS_OPENVINO, PEERS, PEERS_BF16, REPOSITORY

FLOAT32_LIMIT = 1e-3
FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")


@dataclass
class Results:
    models: list
    threads: list
    seconds: float
    rounds: int
    float32: dict = field(default_factory=dict)  # (model, threads) -> figures
    bf16: dict = field(default_factory=dict)  # model -> figures
    memory: object = None
    memory_of: tuple = ()
    placement: dict = field(default_factory=dict)
    placement_bf16: dict = field(default_factory=dict)
    agreement: dict = field(default_factory=dict)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def scaled(value):
    """With three digits at least."""
    return number(value, 0 if value is not None and value >= 100 else 1)


def winner(figures):
    """Ours on the provider with the higher throughput; None if neither ran."""
    ran = [ours for ours in (OURS, OURS_OPENVINO) if figures.median(ours, "throughput") is not None]
    return max(ran, key=lambda ours: figures.median(ours, "throughput"), default=None)


def best(figures, peers):
    ran = [peer for peer in peers if figures.median(peer, "throughput") is not None]
    return max(ran, key=lambda peer: figures.median(peer, "throughput"), default=None)


def summary(results):
    rows = []
    for (model, threads), figures in results.float32.items():
        ours, peer = winner(figures), best(figures, PEERS)
        if ours is None or peer is None:
            rows.append([model, threads, "-", "-", "-"])
            continue
        mine = f"{scaled(figures.median(ours, 'throughput'))} ({ours.name.split(', ')[1]})"
        theirs = f"{scaled(figures.median(peer, 'throughput'))} ({peer.name})"
        rows.append([model, threads, mine, theirs, number(figures.ratio(ours, peer, "throughput"))])
    return table(["model", "threads", "ours, runs/s", "best peer, runs/s", "ratio"], rows)


def ratios(results, key, digits):
    rows = []
    for (model, threads), figures in results.float32.items():
        row = [model, threads, *(number(figures.median(ours, key), digits) for ours in (OURS, OURS_OPENVINO))]
        for peer in PEERS:
            row.append(" / ".join(number(figures.ratio(ours, peer, key)) for ours in (OURS, OURS_OPENVINO)))
        rows.append(row)
    return table(["model", "threads", OURS.name, OURS_OPENVINO.name, *(peer.name for peer in PEERS)], rows)


def bf16(results):
    rows = []
    for model, figures in results.bf16.items():
        same = results.agreement.get(model)
        rows.append(
            [
                model,
                scaled(figures.median(OURS_BF16, "throughput")),
                *(number(figures.ratio(OURS_BF16, other, "throughput")) for other in (OURS, OURS_OPENVINO)),
                *(number(figures.ratio(OURS_BF16, peer, "throughput")) for peer in PEERS_BF16),
                f"{' / '.join(map(str, same[2]))} of {same[0]} ({same[1]} classes)" if same else "-",
                f"{figures.differences.get(OURS_BF16, float('nan')):.3f}",
            ]
        )
    others = [OURS.name, OURS_OPENVINO.name, *(peer.name for peer in PEERS_BF16)]
    head = ["model", "runs/s", *(f"over {name}" for name in others), "class as in float32", "largest difference"]
    return table(head, rows)


def memory(results):
    figures = results.memory
    keys = ("resident_loaded", "resident_ran", "anonymous_ran")
    rows = []
    for contender in (OURS, OURS_OPENVINO, *PEERS):
        row = [contender.name, *(number(figures.median(contender, key), 0) for key in keys)]
        rows.append([*row, *(number(figures.ratio(ours, contender, keys[1])) for ours in (OURS, OURS_OPENVINO))])
    head = [
        "",
        "resident, loaded",
        "resident, after runs",
        "anonymous, after runs",
        "ours, cpu / it",
        "ours, OpenVINO / it",
    ]
    return table(head, rows)


def outputs(results):
    contenders = (OURS, OURS_OPENVINO, *PEERS)
    rows = []
    for model in results.models:
        row = [model]
        for contender in contenders:
            found = [
                figures.differences[contender]
                for (name, _), figures in results.float32.items()
                if name == model and contender in figures.differences
            ]
            far = max(found, default=None)
            row.append("-" if far is None else f"{far:.0e}" + (" **disagrees**" if far > FLOAT32_LIMIT else ""))
        rows.append(row)
    return table(["model", *(contender.name for contender in contenders)], rows)


def failures(results):
    every = [(f"{model}, {threads} threads", figures) for (model, threads), figures in results.float32.items()]
    every += [(f"{model}, bf16", figures) for model, figures in results.bf16.items()]
    if results.memory:
        every.append(("memory", results.memory))
    lines = []
    for where, figures in every:
        for contender, reason in figures.failures.items():
            rounds = figures.rounds[contender]
            lines.append(f"- {contender.name}, {where}: {rounds.count(None)} of {len(rounds)} runs failed: {reason}")
    return "\n".join(lines) if lines else "None."


def placed(counts):
    return ", ".join(f"{provider} {count}" for provider, count in counts.items()) or "nothing logged"


def placements(results):
    rows = [
        [model, placed(results.placement[model]), placed(results.placement_bf16.get(model, {}))]
        for model in results.models
    ]
    return table(["model", "float32", "bf16"], rows)


def machine():
    text = Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*: (.*)", text)
    features = [feature for feature in FEATURES if feature in text.split()]
    cores = len(os.sched_getaffinity(0))
    return f"{name[1] if name else 'unknown CPU'}, {cores} cores, {' '.join(features)}"


def versions():
    packages = ("onnxruntime", "openvino", "paddlepaddle", "paddle2onnx")
    found = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    provider = os.readlink(REPOSITORY / "target/onnxruntime/openvino").split("-")[1]
    ours = re.search(r'^version = "(.*)"', (REPOSITORY / "Cargo.toml").read_text(), re.MULTILINE)[1]
    return f"this library {ours}, {', '.join(found)}; OpenVINO provider of ONNX Runtime {provider}"


METHOD = """Every contender runs the same closed loop (`benches/peers/load.hpp`): copy in, run, copy out, batch 1, one
predictor and one math thread per caller. Models have random weights; the encoder's inputs vary in length. Ours runs the
ONNX model through its C ABI, as clones of one predictor, on the `cpu` provider and on `openvino`, with no further
options. Paddle runs its own files through its C++ `PredictorPool` with oneDNN. Absolute figures move from machine to
machine."""
BF16_METHOD = """`precision` = `bf16` on the OpenVINO provider: throughput over ours in float32 and over the peers in
bfloat16; inputs on which the most likely class is that of float32, for ours / OpenVINO / Paddle (of how many, and how
many classes float32 finds); largest difference of ours, relative to the largest output."""


def origin(results):
    return (
        f"Written by `make bench-peers` on {datetime.date.today()}: {machine()}. {versions()}. Medians of\n"
        f"{results.rounds} alternating runs of {results.seconds:g} s; a ratio is the median of the rounds' ratios, ours "
        "over the peer."
    )


def write(results):
    parts = [
        "# Beside the peers",
        origin(results),
        METHOD,
        "## Throughput against the best peer, float32",
        summary(results),
        "## Throughput, runs per second",
        "Ours, then ours over each peer: `cpu` / `openvino`. Over 1 is better.",
        ratios(results, "throughput", 1),
        "## p50, ms",
        "The same; under 1 is better.",
        ratios(results, "p50", 3),
        "## p99, ms",
        "The same; under 1 is better.",
        ratios(results, "p99", 3),
        "## Resident memory after the runs, MB",
        "The same; under 1 is better. Programs and libraries included.",
        ratios(results, "resident_ran", 0),
    ]
    if results.memory:
        model, predictors = results.memory_of
        parts += [f"## Memory with {predictors} predictors on {model}, MB", memory(results)]
    parts.append("## bfloat16, 2 threads")
    if results.bf16:
        parts += [BF16_METHOD, bf16(results)]
    else:
        parts.append("Skipped: this CPU has no avx512_bf16.")
    parts += [
        "## Outputs",
        "Largest difference from ONNX Runtime's outputs on any thread, relative to the largest output.",
        outputs(results),
        "## Where the nodes went",
        "What ONNX Runtime logs when ours loads a model on OpenVINO; a fused part of the model counts as one node.",
        placements(results),
        "## Runs that failed",
        failures(results),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"
