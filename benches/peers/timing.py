"""How a figure is measured and printed: one JSON line each, as `dien bench --json` prints its results."""

import argparse
import json
import resource
import time

import torch


def arguments(description, names):
    """Common arguments: `--threads N`, `--only NAME,…`, `--seconds S` for each figure."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default=",".join(names), help=f"comma-separated, of {', '.join(names)}")
    parser.add_argument("--seconds", type=float, default=2.0, help="at most, for each figure")
    return parser


def parse(parser):
    args = parser.parse_args()
    args.only = args.only.split(",")
    torch.set_num_threads(args.threads)
    return args


def measure(calls, seconds, warm=2):
    """Milliseconds of the calls, each in turn, at least 5 runs after `warm` rounds of all: wall clock
    (median, p10, p90), and the median of the process's CPU time, which other load disturbs less.
    """
    for call in list(calls) * warm:
        call()
    wall, cpu, end = [], [], time.perf_counter() + seconds
    while len(wall) < 5 or time.perf_counter() < end:
        start, busy = time.perf_counter(), time.process_time()
        calls[len(wall) % len(calls)]()
        cpu.append(1e3 * (time.process_time() - busy))
        wall.append(1e3 * (time.perf_counter() - start))
    wall.sort()
    return [wall[int(q * (len(wall) - 1))] for q in (0.5, 0.1, 0.9)] + [sorted(cpu)[len(cpu) // 2]]


def report(who, name, shape, lengths, threads, times, flops=None, **more):
    """Prints one figure; `times` as `measure` gives them, `flops` of one run."""
    median, p10, p90, cpu = (round(t, 4) for t in times)
    line = {"who": who, "name": name, "shape": shape, "lengths": lengths, "threads": threads}
    line |= {"median_ms": median, "p10_ms": p10, "p90_ms": p90, "cpu_ms": cpu}
    line["gflops"] = round(flops / median / 1e6, 2) if flops else None
    print(json.dumps(line | more), flush=True)


def peak_mb():
    """The process's peak resident memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
