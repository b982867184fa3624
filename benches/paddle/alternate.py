"""alternate.py ROUNDS SECONDS THREADS OURS THEIRS MODEL PARAMS DIM...: runs the two programs in turns on one model and prints
the medians and the ratios; a ratio above 1 is in our favour."""

import json
import statistics
import subprocess
import sys

rounds, seconds, threads = int(sys.argv[1]), sys.argv[2], sys.argv[3]
programs = {"predictor_pool": sys.argv[4], "paddle": sys.argv[5]}
model, params, dims = sys.argv[6], sys.argv[7], sys.argv[8:]

results = {name: [] for name in programs}
for _ in range(rounds):
    for name, program in programs.items():
        line = subprocess.run(
            [program, model, params, threads, seconds, *dims], check=True, capture_output=True, text=True
        ).stdout
        results[name].append(json.loads(line.splitlines()[-1]))

median = {
    name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in results.items()
}
ours, theirs = median["predictor_pool"], median["paddle"]
if abs(ours["sum"] - theirs["sum"]) > 1e-3 * max(1, abs(theirs["sum"])):
    sys.exit(f"the outputs differ: {ours['sum']} and {theirs['sum']}")
print(f"{model}, {threads} threads")
for name, row in median.items():
    print(
        f"  {name:15} {row['runs_per_s']:12.1f} runs/s {row['cycle_ns']:12.0f} ns {row['run_mb']:8.1f} MB"
        f" {row['ready_ms']:8.1f} ms until ready"
    )
print(
    f"  ratio           {ours['runs_per_s'] / theirs['runs_per_s']:12.2f} x      {theirs['cycle_ns'] / ours['cycle_ns']:12.2f} x"
    f"  {theirs['run_mb'] / ours['run_mb']:8.2f} x {theirs['ready_ms'] / ours['ready_ms']:8.2f} x"
)
