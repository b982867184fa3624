"""Runs all contenders in turn, prints how ours compares and writes the report.

    python compare.py ROOT [KEY=VALUE]...

ROOT has the programs and models of scripts/bench-peers.sh, where the keys MODELS, THREADS, SECONDS, ROUNDS and REPORT are
described.
"""

import statistics
import sys
from pathlib import Path

import contenders
import report
from contenders import BF16, OURS, OURS_BF16, OURS_OPENVINO, PEERS, PEERS_BF16, Failed, difference, run

DEFAULTS = {
    "MODELS": "mobilenet_v1 mobilenet_v3_small resnet50 encoder",
    "THREADS": "1 2 4",
    "SECONDS": "2",
    "ROUNDS": "5",
    "REPORT": str(contenders.REPOSITORY / "benches/PEERS.md"),
}
FLOAT32 = (OURS, OURS_OPENVINO, *PEERS)
BF16_THREADS = 2
MEMORY_MODEL, MEMORY_PREDICTORS = "resnet50", 8


class Figures:
    """What the rounds of one model and thread count gave, by contender."""

    def __init__(self):
        self.rounds = {}
        self.differences = {}
        self.failures = {}

    def add(self, contender, figures, far):
        self.rounds.setdefault(contender, []).append(figures)
        self.differences[contender] = max(far, self.differences.get(contender, 0.0))

    def failed(self, contender, reason):
        self.rounds.setdefault(contender, []).append(None)
        self.failures[contender] = reason

    def median(self, contender, key):
        values = [figures[key] for figures in self.rounds.get(contender, []) if figures]
        return statistics.median(values) if values else None

    def ratio(self, ours, peer, key):
        """The median of the rounds' ratios: what slows a round down slows both."""
        pairs = zip(self.rounds.get(ours, []), self.rounds.get(peer, []))
        ratios = [mine[key] / theirs[key] for mine, theirs in pairs if mine and theirs]
        return statistics.median(ratios) if ratios else None


class Comparison:
    def __init__(self, root, seconds, rounds):
        self.root, self.seconds, self.rounds = root, seconds, rounds
        self.references = {}

    def reference(self, model):
        """ONNX Runtime's outputs, which all others are compared with."""
        if model not in self.references:
            self.references[model] = run(PEERS[0], self.root, model, 1, 0)[1][0]
        return self.references[model]

    def measure(self, model, threads, who):
        figures = Figures()
        reference = self.reference(model)
        for number in range(self.rounds):
            # Every second round backwards, so that nobody always follows the same one.
            for contender in who if number % 2 == 0 else reversed(who):
                try:
                    line, outputs, _ = run(contender, self.root, model, threads, self.seconds)
                    figures.add(contender, line, difference(outputs, reference))
                except Failed as reason:
                    figures.failed(contender, str(reason))
                    print(f"  {contender.name}: {reason}", flush=True)
        for contender in who:
            throughput = figures.median(contender, "throughput")
            shown = "failed" if throughput is None else f"{throughput:.1f} runs/s"
            print(f"  {model}, {threads} threads, {contender.name}: {shown}", flush=True)
        return figures

    def agreement(self, model):
        """How many inputs there are, how many classes float32 finds, and on how many inputs each finds float32's."""

        def classes(contender):
            outputs = run(contender, self.root, model, 1, 0, "many.bin")[1][0]
            return [int(output.argmax()) for output in outputs]

        right = classes(OURS)
        counts = []
        for contender in (OURS_BF16, *PEERS_BF16):
            counts.append(sum(one == other for one, other in zip(right, classes(contender))))
        return len(right), len(set(right)), counts


def cpu_has_bf16():
    words = Path("/proc/cpuinfo").read_text().split()
    return "avx512_bf16" in words


def settings(pairs):
    given = dict(pair.partition("=")[::2] for pair in pairs)
    unknown = set(given) - set(DEFAULTS)
    if unknown:
        raise SystemExit(f"compare.py: unknown {', '.join(unknown)}; expected {', '.join(DEFAULTS)}")
    return DEFAULTS | given


def main(root, *pairs):
    root = Path(root)
    chosen = settings(pairs)
    models = chosen["MODELS"].split()
    threads = [int(count) for count in chosen["THREADS"].split()]
    seconds, rounds = float(chosen["SECONDS"]), int(chosen["ROUNDS"])

    comparison = Comparison(root, seconds, rounds)
    results = report.Results(models, threads, seconds, rounds)
    for model in models:
        results.placement[model] = contenders.placement(root, model)
        for count in threads:
            results.float32[model, count] = comparison.measure(model, count, FLOAT32)
    if MEMORY_MODEL in models:
        who = (OURS, OURS_OPENVINO, *PEERS)
        results.memory = comparison.measure(MEMORY_MODEL, MEMORY_PREDICTORS, who)
        results.memory_of = (MEMORY_MODEL, MEMORY_PREDICTORS)
    if cpu_has_bf16():
        for model in models:
            results.placement_bf16[model] = contenders.placement(root, model, BF16)
            results.bf16[model] = comparison.measure(model, BF16_THREADS, (OURS, OURS_OPENVINO, OURS_BF16, *PEERS_BF16))
            if (root / "models" / model / "many.bin").exists():
                results.agreement[model] = comparison.agreement(model)

    text = report.write(results)
    print(text)
    Path(chosen["REPORT"]).write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
