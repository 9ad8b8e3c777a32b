"""Mutation testing of the engine: a seeded sample of its mutants, of which the tests should catch nearly all.

    cargo install --locked cargo-mutants@27.1.0
    git worktree add ../mutants && cd ../mutants      # mutants are made in the working tree
    python tests/mutants.py --minutes 60              # goes on where it stopped

A mutant is a place of the source that `cargo-mutants` changes: an operator, a value that is returned. Each
crate's mutants have a fixed order, by a hash of the seed and of what the mutant is (its line does not count),
and the crates take turns by their numbers of mutants, so that any beginning of the campaign is a sample that
is stratified by crate; `--package` runs ahead in one, and the last line of the report leaves out what is
ahead. A mutant is caught if the tests of its own crate fail, or of one that builds on it.

`tests/mutants.tsv` keeps what came of each: `caught`, `missed`, `timeout` (caught, too: a test ran on
without end) or `unviable` (it does not compile, and does not count); `equivalent` and `tested` are written by
hand for what was missed: no test could tell it, or one does since.
"""

import argparse
import collections
import hashlib
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTCOMES = ROOT / "tests" / "mutants.tsv"

# Whose tests are run on a crate's mutants, until some fail; each with arguments of `cargo test`.
STAGES = {
    "dien-kernels": [
        ("dien-kernels", ["--lib"]),
        ("dien-tensor", ["--lib", "--test", "levels"]),
        ("dien-cells", ["--lib", "--test", "levels", "--test", "serving"]),
    ],
    "dien-tensor": [("dien-tensor", []), ("dien-optim", []), ("dien-model", [])],
    "dien-cells": [
        ("dien-cells", ["--lib", "--test", "levels", "--test", "auxiliary", "--test", "attention"]),
        ("dien-cells", []),
        ("dien-model", []),
    ],
    "dien-optim": [("dien-optim", [])],
}


def mutants():
    """Every mutant, as (package, key, name, which of the package's): the key is what outcomes are kept by."""
    packages = [argument for package in STAGES for argument in ("-p", package)]
    listed = subprocess.run(
        ["cargo", "mutants", "--list", "--json", *packages], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    seen, place = collections.Counter(), collections.Counter()
    for mutant in json.loads(listed.stdout):
        # Without the line, which changes above it would move, but with a number among those that are alike.
        what = re.sub(r":\d+:\d+: ", ": ", mutant["name"])
        seen[what] += 1
        yield mutant["package"], f"{what} #{seen[what]}", mutant["name"], place[mutant["package"]]
        place[mutant["package"]] += 1


def in_order(seed):
    """All mutants; the first n are a sample of n, stratified by crate."""
    by_package = collections.defaultdict(list)
    for package, key, name, place in mutants():
        rank = hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()
        by_package[package].append((rank, package, key, name, place))
    turns = []
    for listed in by_package.values():
        listed.sort()
        n = len(listed)
        for i, (_, package, key, name, place) in enumerate(listed):
            turns.append(((i + 0.5) / n, package, key, name, f"{place}/{n}"))
    return [turn[1:] for turn in sorted(turns)]


def outcomes():
    if not OUTCOMES.exists():
        return {}
    lines = OUTCOMES.read_text().splitlines()
    return dict(line.split("\t")[:2] for line in lines if not line.startswith("#"))


def outcome(package, name, shard, timeout):
    """Makes the mutant, runs the tests, and takes it back."""
    for tests, arguments in STAGES[package]:
        folder = tempfile.mkdtemp()
        command = ["cargo", "mutants", "--in-place", "--baseline", "skip", "--timeout", str(timeout)]
        command += ["--build-timeout", "3600", "--colors", "never", "-p", package, "--test-package", tests]
        # A regular expression would take all mutants of some kinds with it (cargo-mutants 27.1).
        command += ["--no-shuffle", "--sharding", "slice", "--shard", shard, "-o", folder, "--", *arguments]
        environment = dict(os.environ, CARGO_INCREMENTAL="0", PROPTEST_DISABLE_FAILURE_PERSISTENCE="1")
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        results = pathlib.Path(folder) / "mutants.out"
        of = {kind: (results / f"{kind}.txt") for kind in ("caught", "timeout", "unviable", "missed")}
        found = [kind for kind, file in of.items() if file.exists() and file.read_text().strip()]
        made = [mutant["name"] for mutant in json.loads((results / "mutants.json").read_text())]
        shutil.rmtree(folder)
        if len(found) != 1 or made != [name]:
            sys.exit(f"{name}: cargo-mutants made {made} and gave {found}:\n{run.stdout}{run.stderr}")
        if found[0] != "missed":
            return found[0]
    return "missed"


def wilson(hits, n, z=1.96):
    """Wilson's interval of a share, at 95 %."""
    if n == 0:
        return 0.0, 1.0
    p, square = hits / n, z * z / n
    middle, half = p + square / 2, z * math.sqrt(p * (1 - p) / n + square / (4 * n))
    return (middle - half) / (1 + square), (middle + half) / (1 + square)


def done(sample, known):
    """The beginning of the sample of which all is known, which is stratified."""
    for n, (_, key, *_) in enumerate(sample):
        if key not in known:
            return sample[:n]
    return sample


def report(sample, known):
    heads = ("crate", "sampled", "caught", "missed", "timeout", "unviable", "caught, of 95 %")
    print("{:14} {:>7} {:>7} {:>7} {:>7} {:>8}  {}".format(*heads))
    rows = [(package, collections.Counter()) for package in STAGES]
    for package, key, *_ in sample:
        if key in known:
            dict(rows)[package][known[key]] += 1
    whole = collections.Counter(known[key] for _, key, *_ in done(sample, known))
    for name, of in [*rows, ("stratified", whole)]:
        caught = of["caught"] + of["timeout"] + of["tested"]
        missed = of["missed"]
        low, high = wilson(caught, caught + missed)
        share = f"{caught / max(caught + missed, 1):.1%} ({low:.1%} to {high:.1%})"
        counts = (sum(of.values()), of["caught"] + of["tested"], missed, of["timeout"], of["unviable"])
        print("{:14} {:7} {:7} {:7} {:7} {:8}  {}".format(name, *counts, share))
    equivalent = sum(of["equivalent"] for _, of in rows)
    print(f"equivalent, and not counted: {equivalent}")
    for _, key, name, _ in sample:
        if known.get(key) == "missed":
            print(f"missed: {name}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--seed", type=int, default=16)
    options.add_argument("--sample", type=int, default=600, help="mutants of the sample, all crates together")
    options.add_argument("--package", action="append", help="mutants of this crate alone, of the same sample")
    options.add_argument("--minutes", type=float, default=math.inf, help="begins no other mutant after these")
    options.add_argument("--timeout", type=int, default=600, help="seconds that tests may take")
    options.add_argument("--report", action="store_true", help="only says what came of it so far")
    chosen = options.parse_args()
    sample, known = in_order(chosen.seed)[: chosen.sample], outcomes()
    end = time.monotonic() + 60 * chosen.minutes
    for number, (package, key, name, shard) in enumerate(sample, 1):
        if chosen.report or time.monotonic() > end:
            break
        if key in known or package not in (chosen.package or STAGES):
            continue
        known[key] = outcome(package, name, shard, chosen.timeout)
        with OUTCOMES.open("a") as file:
            file.write(f"{key}\t{known[key]}\n")
        print(f"{number} of {len(sample)}: {known[key]}: {name}", flush=True)
    report(sample, known)


if __name__ == "__main__":
    main()
