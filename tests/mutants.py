"""Mutation testing of the engine: a seeded sample of its mutants, of which the tests should catch nearly all.

    cargo install --locked cargo-mutants@27.1.0
    git worktree add ../mutants && cd ../mutants      # mutants are made in the working tree
    python tests/mutants.py --minutes 60              # goes on where it stopped

A mutant is a place of the source that `cargo-mutants` changes: an operator, a value that is returned. Each
crate's mutants have a fixed order, by a hash of the seed and of what the mutant is (its line does not count),
and the crates take turns by their numbers of mutants, so that any beginning of the campaign is a sample that
is stratified by crate; `--package` runs ahead in one. A mutant is caught if the tests of its own crate fail,
or of one that builds on it (doc tests, which take longer to build than all others, are not among them). It is
made here and not by `cargo-mutants`, which builds from nothing to be safe: what is compiled again is the
crate that has it, and the tests that run are few, most often those in the crate itself.

`tests/mutants.tsv` keeps what came of each: `caught`, `missed`, `timeout` (caught, too: a test ran on
without end) or `unviable` (it does not compile, and does not count); `equivalent` and `tested` are written by
hand for what was missed: no test could tell it, or one does since.
"""

import argparse
import collections
import contextlib
import functools
import hashlib
import json
import math
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTCOMES = ROOT / "tests" / "mutants.tsv"

# Whose tests are run on a crate's mutants, one after the other until some fail; each with arguments of
# `cargo test`. The quick ones come first, and nearly all is caught by them.
LEVELS = ["--lib", "--test", "levels"]
STAGES = {
    "dien-kernels": [
        ("dien-kernels", ["--lib"]),
        ("dien-tensor", LEVELS),
        ("dien-cells", [*LEVELS, "--test", "serving"]),
    ],
    "dien-tensor": [
        ("dien-tensor", ["--lib"]),
        ("dien-tensor", ["--tests"]),
        ("dien-optim", ["--tests"]),
        ("dien-cells", ["--lib"]),
        ("dien-model", ["--lib", "--tests"]),
    ],
    "dien-cells": [
        ("dien-cells", ["--lib"]),
        ("dien-cells", [*LEVELS[1:], "--test", "auxiliary", "--test", "attention"]),
        ("dien-cells", ["--tests"]),
        ("dien-model", ["--lib", "--tests"]),
    ],
    "dien-optim": [("dien-optim", ["--lib", "--tests"])],
}

# A build by itself, since nothing but what the mutant changes is compiled again: incremental, without
# debug information, in a folder that no other build touches.
ENVIRONMENT = {
    "CARGO_INCREMENTAL": "1",
    "CARGO_PROFILE_DEV_DEBUG": "none",
    "CARGO_TARGET_DIR": str(ROOT / "target" / "mutants"),
    "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1",
}

# What a test may take of the memory: a loop without end may add to a list.
MEMORY = 8 << 30


def mutants():
    """Every mutant, with the key that outcomes are kept by."""
    packages = [argument for package in STAGES for argument in ("-p", package)]
    listed = subprocess.run(
        ["cargo", "mutants", "--list", "--json", *packages], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    seen = collections.Counter()
    for mutant in json.loads(listed.stdout):
        # Without the line, which changes above it would move, but with a number among those that are alike.
        what = re.sub(r":\d+:\d+: ", ": ", mutant["name"])
        seen[what] += 1
        yield mutant | {"key": f"{what} #{seen[what]}"}


def in_order(seed):
    """All mutants; the first n are a sample of n, stratified by crate."""
    by_package = collections.defaultdict(list)
    for mutant in mutants():
        rank = hashlib.sha256(f"{seed}:{mutant['key']}".encode()).hexdigest()
        by_package[mutant["package"]].append((rank, mutant))
    turns = []
    for listed in by_package.values():
        listed.sort(key=lambda ranked: ranked[0])
        turns += [((i + 0.5) / len(listed), mutant) for i, (_, mutant) in enumerate(listed)]
    return [mutant for _, mutant in sorted(turns, key=lambda turn: (turn[0], turn[1]["package"]))]


def outcomes():
    if not OUTCOMES.exists():
        return {}
    lines = OUTCOMES.read_text().splitlines()
    return dict(line.split("\t")[:2] for line in lines if not line.startswith("#"))


def cargo_test(package, arguments, seconds=None):
    """`True` if it succeeds, `False` if not, `None` if it takes longer; and what it said."""
    command = ["cargo", "test", "--locked", "-q", "-p", package, *arguments]
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    run = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=limit if seconds else None,
    )
    try:
        said = run.communicate(timeout=seconds)[0].decode(errors="replace")
        return run.returncode == 0, said
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        # The tests that it began as well, however this ends.
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()


def build(package, arguments):
    """Builds the tests: whether it succeeds, and what it said."""
    built, said = cargo_test(package, [*arguments, "--no-run"])
    if not built and "linking with" in said:
        # No mutant is to blame, but an incremental build that was cut off.
        shutil.rmtree(pathlib.Path(ENVIRONMENT["CARGO_TARGET_DIR"], "debug", "incremental"))
        built, said = cargo_test(package, [*arguments, "--no-run"])
    if not built and ("could not compile" not in said or "linking with" in said):
        sys.exit(said)
    return built, said


@contextlib.contextmanager
def made(mutant):
    """The source has the mutant while this lasts."""
    file = ROOT / mutant["file"]
    source = file.read_text()
    lines = source.splitlines(keepends=True)
    start, end = (
        sum(map(len, lines[: place["line"] - 1])) + place["column"] - 1
        for place in (mutant["span"]["start"], mutant["span"]["end"])
    )
    try:
        file.write_text(source[:start] + mutant["replacement"] + source[end:])
        yield
    finally:
        file.write_text(source)


@functools.cache
def limit(package, arguments, most):
    """How many seconds tests may take: ten times what they take without a mutant, at most `most`. They must
    pass, or all mutants would be caught."""
    begin = time.monotonic()
    passed, said = build(package, arguments)
    middle = time.monotonic()
    if passed:
        passed, said = cargo_test(package, arguments, most)
    if not passed:
        sys.exit(f"without a mutant, the tests of {package} {arguments} fail: {said}")
    tests = time.monotonic() - middle
    took = f"{middle - begin:.0f} s to build, {tests:.0f} s to test"
    print(f"baseline: {package} {' '.join(arguments)}: {took}", flush=True)
    return min(most, 20 + 10 * tests)


def outcome(mutant, most):
    """Makes the mutant, runs the tests, and takes it back."""
    for package, arguments in STAGES[mutant["package"]]:
        seconds = limit(package, tuple(arguments), most)
        with made(mutant):
            if not build(package, arguments)[0]:
                return "unviable"
            passed, _ = cargo_test(package, arguments, seconds)
            if not passed:
                return "timeout" if passed is None else "caught"
    return "missed"


def wilson(hits, n, z=1.96):
    """Wilson's interval of a share, at 95 %."""
    if n == 0:
        return 0.0, 1.0
    p, square = hits / n, z * z / n
    middle, half = p + square / 2, z * math.sqrt(p * (1 - p) / n + square / (4 * n))
    return (middle - half) / (1 + square), (middle + half) / (1 + square)


def report(sample, known):
    heads = ("crate", "tried", "caught", "missed", "timeout", "unviable", "equal", "caught, of 95 %")
    print("{:14} {:>6} {:>7} {:>7} {:>7} {:>8} {:>6}  {}".format(*heads))
    rows = {package: collections.Counter() for package in STAGES}
    for mutant in sample:
        if mutant["key"] in known:
            rows[mutant["package"]][known[mutant["key"]]] += 1
    rows["all"] = sum(rows.values(), collections.Counter())
    for name, of in rows.items():
        caught, missed = of["caught"] + of["timeout"] + of["tested"], of["missed"]
        low, high = wilson(caught, caught + missed)
        share = f"{caught / max(caught + missed, 1):.1%} ({low:.1%} to {high:.1%})"
        counts = (of["caught"] + of["tested"], missed, of["timeout"], of["unviable"], of["equivalent"])
        print("{:14} {:6} {:7} {:7} {:7} {:8} {:6}  {}".format(name, sum(of.values()), *counts, share))
    for mutant in sample:
        if known.get(mutant["key"]) == "missed":
            print(f"missed: {mutant['name']}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--seed", type=int, default=16)
    options.add_argument("--sample", type=int, default=600, help="mutants of the sample, all crates together")
    options.add_argument("--package", action="append", help="mutants of this crate alone, of the same sample")
    options.add_argument("--minutes", type=float, default=math.inf, help="begins no other mutant after these")
    options.add_argument("--timeout", type=int, default=180, help="seconds that tests may take, at most")
    options.add_argument("--report", action="store_true", help="only says what came of it so far")
    chosen = options.parse_args()
    sample, known = in_order(chosen.seed)[: chosen.sample], outcomes()
    packages = chosen.package or list(STAGES)
    end = time.monotonic() + 60 * chosen.minutes
    for number, mutant in enumerate(sample, 1):
        if chosen.report or time.monotonic() > end:
            break
        if mutant["key"] in known or mutant["package"] not in packages:
            continue
        begin = time.monotonic()
        known[mutant["key"]] = what = outcome(mutant, chosen.timeout)
        with OUTCOMES.open("a") as file:
            file.write(f"{mutant['key']}\t{what}\n")
        seconds = time.monotonic() - begin
        print(f"{number} of {len(sample)}: {what} after {seconds:.0f} s: {mutant['name']}", flush=True)
    report(sample, known)


if __name__ == "__main__":
    main()
