"""The training step, scoring and ranking: PyTorch at its best (dien.py), and DeepCTR-Torch."""

import torch

import plain
from batch import Batch, items
from dien import Dien
from rank import Ranker
from timing import arguments, measure, parse, peak_mb, report

NAMES = ["train_step", "score_1024", "rank_1", "rank_200", "memory"]
SEEDS = range(4)


def events(batches):
    return round(sum(len(b.events) for b in batches) / len(batches))


def flops(batches):
    return 273e3 * events(batches) + 291e3 * len(batches[0].lengths)


def pytorch(args):
    model = Dien()
    plain.check(Batch.draw(128, "ragged", 99))
    for kind in ("ragged", "full"):
        batches = [Batch.draw(128, kind, seed) for seed in SEEDS]
        if "train_step" in args.only:
            times = measure([lambda b=b: model.step(b) for b in batches], args.seconds)
            shape = [128, 100, 36]
            report(
                "pytorch",
                "train_step",
                shape,
                kind,
                args.threads,
                times,
                flops(batches),
                events=events(batches),
            )
    if "score_1024" in args.only:
        batches = [Batch.draw(1024, "ragged", seed) for seed in SEEDS]
        times = measure([lambda b=b: model.scores(b) for b in batches], args.seconds)
        score_report("pytorch", args, times, batches)
    rank(args, model)


def score_report(who, args, times, batches):
    rate = round(1024e3 / times[0])
    report(
        who,
        "score_1024",
        [1024, 100, 36],
        "ragged",
        args.threads,
        times,
        events=events(batches),
        per_second=rate,
    )


def rank(args, model):
    ranker, g = Ranker(model), torch.Generator().manual_seed(0)
    history, user = items(100, g), torch.tensor(7)
    check_rank(model, ranker, history, user, items(20, g))
    for n in (1, 200):
        if f"rank_{n}" in args.only:
            candidates = items(n, g)
            times = measure([lambda: ranker.rank(history, user, candidates)], args.seconds)
            report("pytorch", f"rank_{n}", [n, 100, 36], "full", args.threads, times)


def check_rank(model, ranker, history, user, candidates):
    """Sharing the user's half changes no score."""
    n = len(candidates)
    repeated = history.repeat(n, 1)
    batch = Batch(
        torch.full((n,), len(history)), repeated, repeated, candidates, user.expand(n), torch.zeros(n)
    )
    torch.testing.assert_close(
        ranker.rank(history, user, candidates), model.scores(batch), rtol=1e-4, atol=1e-6
    )


def deepctr(args):
    from deepctr import DeepCtr

    model = DeepCtr()
    for kind in ("ragged", "full"):
        batches = [Batch.draw(128, kind, seed) for seed in SEEDS]
        inputs = [model.inputs(b) for b in batches]
        if "train_step" in args.only:
            times = measure([lambda x=x: model.step(x) for x in inputs], args.seconds, warm=1)
            shape = [128, 100, 36]
            report("deepctr-torch", "train_step", shape, kind, args.threads, times, events=events(batches))
    if "score_1024" in args.only:
        batches = [Batch.draw(1024, "ragged", seed) for seed in SEEDS]
        inputs = [model.inputs(b) for b in batches]
        times = measure([lambda x=x: model.scores(x) for x in inputs], args.seconds, warm=1)
        score_report("deepctr-torch", args, times, batches)
    if "rank_200" in args.only:
        g = torch.Generator().manual_seed(0)
        history = items(100, g).repeat(200, 1)
        batch = Batch(
            torch.full((200,), 100), history, history, items(200, g), torch.full((200,), 7), torch.zeros(200)
        )
        inputs = model.inputs(batch)
        times = measure([lambda: model.scores(inputs)], args.seconds)
        report("deepctr-torch", "rank_200", [200, 100, 36], "full", args.threads, times)


def memory(who, threads):
    """Peak memory of ten steps on full batches above what importing everything took, compiler included."""
    import json

    warm = torch.compile(lambda x: (x * x).sum(), dynamic=True)
    warm(torch.ones(3, requires_grad=True)).backward()
    if who == "deepctr-torch":
        from deepctr import DeepCtr
    before = peak_mb()
    model = DeepCtr() if who == "deepctr-torch" else Dien()
    for seed in range(10):
        batch = Batch.draw(128, "full", seed)
        model.step(model.inputs(batch) if who == "deepctr-torch" else batch)
    line = {"who": who, "name": "memory", "lengths": "full", "threads": threads}
    print(json.dumps(line | {"peak_mb": round(peak_mb() - before, 1)}))


def main():
    parser = arguments(__doc__, NAMES)
    parser.add_argument("--who", choices=["pytorch", "deepctr-torch"], default="pytorch")
    args = parse(parser)
    if args.only == ["memory"]:
        memory(args.who, args.threads)
    else:
        {"pytorch": pytorch, "deepctr-torch": deepctr}[args.who](args)


if __name__ == "__main__":
    main()
