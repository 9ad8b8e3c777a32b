"""An epoch over every position of a behaviour log as samples of their own: `epoch.py FOLDER [--threads N]
[--batches 30]`.

Every position from the third of each training user is a target with the (at most 100) behaviours before it as
history, and so is one sampled negative beside it; 256 targets a batch, shuffled. An epoch takes long, so it
is timed over a share of its batches and scaled by the work (273 kflop an event, 291 a target). Making the
batches is in the time.
"""

import argparse
import csv
import gzip
import json
import pathlib
import sys
import time

import torch

from batch import STEPS, Batch
from dien import Dien

BATCH = 256
PER_EVENT, PER_TARGET = 273e3, 291e3


def numbered(values):
    """Ids from 1 for a column's values, and how many there are."""
    ids = {value: i + 1 for i, value in enumerate(dict.fromkeys(values))}
    return torch.tensor([ids[value] for value in values]), len(ids)


class Log:
    """Behaviours [n, 2] (item, category) of the training users, and the place and first behaviour of each
    target.
    """

    def __init__(self, folder):
        read = lambda file: list(csv.reader(file))[1:]
        with gzip.open(folder / "interactions.csv.gz", "rt") as file:
            test = set((folder / "test_users.txt").read_text().split())
            rows = [row[:2] for row in read(file) if row[0] not in test]
        with open(folder / "items.csv") as file:
            category = {row[0]: row[1] for row in read(file)}
        items, self.items = numbered([item for _, item in rows])
        categories, self.categories = numbered([category[item] for _, item in rows])
        self.behaviours = torch.stack([items, categories], 1)
        users, _ = numbered([user for user, _ in rows])
        place = torch.arange(len(users))
        position = place - torch.searchsorted(users, users)  # users are numbered in order
        self.target = place[position >= 2].repeat_interleave(2)  # a positive, then its negative
        self.first = self.target - position[self.target].clamp(max=STEPS)

    def events(self, samples):
        return int((self.target[samples] - self.first[samples]).sum())

    def batch(self, samples, generator):
        """Targets by number: even ones are clicks, odd ones negatives, in proportion to how often an item
        occurs.
        """
        draw = lambda n: torch.randint(len(self.behaviours), (n,), generator=generator)
        first, target = self.first[samples], self.target[samples]
        lengths, label = target - first, 1 - samples % 2
        within = torch.arange(int(lengths.sum())) - (lengths.cumsum(0) - lengths).repeat_interleave(lengths)
        events = first.repeat_interleave(lengths) + within
        candidate = torch.where(label == 1, target, draw(len(samples)))
        rows = lambda places: self.behaviours[places]
        users = torch.zeros_like(lengths)
        return Batch(lengths, rows(events), rows(draw(len(events))), rows(candidate), users, label.float())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batches", type=int, default=30)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if not (args.folder / "interactions.csv.gz").exists():
        print(f"epoch is skipped: no interactions.csv.gz in {args.folder}", file=sys.stderr)
        return
    log, g = Log(args.folder), torch.Generator().manual_seed(0)
    model = Dien(rows=(log.items + 1, log.categories + 1, 1))
    order = torch.randperm(len(log.target), generator=g)
    warm, timed = order[: 3 * BATCH], order[3 * BATCH : (3 + args.batches) * BATCH]
    for samples in warm.split(BATCH):
        model.step(log.batch(samples, g))
    start, busy = time.perf_counter(), time.process_time()
    for samples in timed.split(BATCH):
        loss = model.step(log.batch(samples, g))
    wall, cpu = time.perf_counter() - start, time.process_time() - busy
    assert torch.isfinite(loss)

    work = lambda samples: PER_EVENT * log.events(samples) + PER_TARGET * len(samples)
    scale = work(order) / work(timed)
    line = {"who": "pytorch", "name": "epoch", "shape": [len(order), STEPS, 36], "lengths": "ragged"}
    line |= {"threads": args.threads, "seconds": round(wall * scale, 2), "cpu_seconds": round(cpu * scale, 2)}
    line |= {
        "measured_share": round(1 / scale, 4),
        "events": log.events(order),
        "gflop": round(work(order) / 1e9),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
