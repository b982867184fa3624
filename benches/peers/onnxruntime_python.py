"""ONNX Runtime through its Python API: the load of load.hpp with the same arguments, files and line of JSON.

python onnxruntime_python.py MODEL INPUTS OUTPUTS THREADS SECONDS
"""

import json
import re
import struct
import sys
import threading
import time
from pathlib import Path

import numpy as np
import onnxruntime

TYPES = {1: np.float32, 7: np.int64}


def read_samples(path):
    data = Path(path).read_bytes()
    position = 0

    def numbers(count):
        nonlocal position
        found = struct.unpack_from(f"<{count}q", data, position)
        position += 8 * count
        return found

    samples = []
    for _ in range(numbers(1)[0]):
        number, rank = numbers(2)
        dims = numbers(rank)
        x = np.frombuffer(data, TYPES[number], int(np.prod(dims)), position).reshape(dims)
        position += x.nbytes
        samples.append(x)
    return samples


def memory():
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return [int(re.search(rf"^{key}: +(\d+)", rollup, re.MULTILINE)[1]) / 1024 for key in ("Rss", "Anonymous")]


def main(model, inputs, outputs, threads, seconds):
    count, limit = int(threads), float(seconds)
    samples = read_samples(inputs)
    started = time.perf_counter()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    load = (time.perf_counter() - started) * 1000
    loaded = memory()

    name = session.get_inputs()[0].name
    latencies = [[] for _ in range(count)]
    elapsed = [0.0] * count
    results = [[] for _ in range(count)]
    together = threading.Barrier(count + 1)

    def work(number):
        # Copies in and out, as the other contenders make.
        buffers = [np.empty_like(x) for x in samples]

        def run(index):
            np.copyto(buffers[index], samples[index])
            return session.run(None, {name: buffers[index]})[0].copy()

        if limit > 0:
            for i in range(2 * len(samples)):
                run(i % len(samples))
        together.wait()
        start = time.perf_counter()
        i = number
        while elapsed[number] < limit:
            before = time.perf_counter()
            run(i % len(samples))
            after = time.perf_counter()
            latencies[number].append((after - before) * 1000)
            elapsed[number] = after - start
            i += 1
        together.wait()
        together.wait()  # while the memory is read
        results[number] = [run(index) for index in range(len(samples))]

    workers = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for worker in workers:
        worker.start()
    together.wait()
    together.wait()
    ran = memory()
    together.wait()
    for worker in workers:
        worker.join()

    with open(outputs, "wb") as file:
        for y in (y for result in results for y in result):
            file.write(struct.pack("<q", y.size))
            file.write(y.astype(np.float32).tobytes())
    every = sorted(latency for thread in latencies for latency in thread) or [0.0]
    line = {
        "runs": sum(map(len, latencies)),
        "seconds": max(elapsed),
        "throughput": sum(len(own) / time for own, time in zip(latencies, elapsed) if time > 0),
        "p50": every[int(0.5 * (len(every) - 1))],
        "p99": every[int(0.99 * (len(every) - 1))],
        "load": load,
    }
    for (resident, anonymous), when in ((loaded, "loaded"), (ran, "ran")):
        line[f"resident_{when}"], line[f"anonymous_{when}"] = resident, anonymous
    print(json.dumps(line))


if __name__ == "__main__":
    main(*sys.argv[1:])
