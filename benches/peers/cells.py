"""GRU and AUGRU by PyTorch, oneDNN and ONNX Runtime: inference, and forward with every gradient."""

import os
import pathlib
import subprocess
import sys

import torch

from batch import lengths
from packed import Cell, Pack, infer
from timing import arguments, measure, parse, report

NAMES = ["sgemm", "gru_infer", "gru_train", "augru_infer", "augru_train"]
SHAPES = [(128, 100, 36), (128, 50, 64), (256, 100, 128)]
INFERENCE = [(1, 100, 36), (200, 100, 36)]
SEED = 1


def cases(only):
    """(name, shape, lengths) of everything asked for."""
    for name in NAMES[1:]:
        if name in only:
            for shape in SHAPES:
                yield from ((name, shape, kind) for kind in ("full", "ragged"))
            if name.endswith("infer"):
                yield from ((name, shape, "full") for shape in INFERENCE)


def drawn(shape, kind):
    """Lengths of a batch, and its flops: 6·events·H·(I + H) forward."""
    batch, steps, width = shape
    n = lengths(batch, kind, torch.Generator().manual_seed(SEED), steps)
    return n, 12 * int(n.sum()) * width**2


def say(args, who, kind, case, times, flops, n):
    name, shape, of = case
    flops *= 3 if name.endswith("train") else 1
    report(who, name, shape, of, args.threads, times, flops, kind=kind, events=int(n.sum()))


def module(case, n):
    """`nn.GRU`, on a packed sequence where lengths differ: what to call."""
    name, (batch, steps, width), kind = case
    gru = torch.nn.GRU(width, width)
    x = torch.randn(steps, batch, width)
    inputs = x
    if kind == "ragged":
        inputs = torch.nn.utils.rnn.pack_padded_sequence(x, n, enforce_sorted=False)
    data = inputs if kind == "full" else inputs.data
    if name.endswith("infer"):
        return torch.no_grad()(lambda: gru(inputs))
    data.requires_grad_()
    upstream = torch.randn_like(data)

    def train():
        gru.zero_grad()
        data.grad = None
        states = gru(inputs)[0]
        (states if kind == "full" else states.data).backward(upstream)

    return train


def by_hand(case, n):
    """The cells of packed.py, written for speed: what to call."""
    name, (_, _, width), _ = case
    pack = Pack(n)
    x = torch.randn(pack.events, width, requires_grad=True)
    a = torch.rand(pack.events, requires_grad=True) if name.startswith("augru") else None
    bound = width**-0.5
    weights = [torch.nn.Parameter(torch.empty(s).uniform_(-bound, bound)) for s in ((3 * width, width),) * 2]
    weights += [torch.nn.Parameter(torch.zeros(n)) for n in (3 * width, width)]
    if name == "augru_infer":
        return torch.no_grad()(lambda: infer(x, a, *weights, pack))
    if name == "gru_infer":
        return torch.no_grad()(lambda: Cell.apply(x, a, *weights, pack))
    upstream = torch.randn_like(x) if a is None else torch.randn(pack.batch, width)
    leaves = [v for v in (x, a, *weights) if v is not None]

    def train():
        for leaf in leaves:
            leaf.grad = None
        states = Cell.apply(x, a, *weights, pack)
        (states if a is None else states[pack.last]).backward(upstream)

    return train


def pytorch(args):
    if "sgemm" in args.only:
        a = torch.randn(1024, 1024)
        times = measure([lambda: a @ a], args.seconds)
        report("pytorch", "sgemm", [1024, 1024, 1024], "full", args.threads, times, 2 * 1024**3)
    for case in cases(args.only):
        n, flops = drawn(*case[1:])
        kinds = (
            {"by hand": by_hand} if case[0].startswith("augru") else {"nn.GRU": module, "by hand": by_hand}
        )
        for kind, make in kinds.items():
            say(args, "pytorch", kind, case, measure([make(case, n)], args.seconds), flops, n)


def onnxruntime(args):
    import onnx
    import onnxruntime as ort
    from onnx import TensorProto, helper, numpy_helper

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = args.threads, 1
    for case in cases(args.only):
        if case[0] != "gru_infer":
            continue
        batch, steps, width = case[1]
        n, flops = drawn(*case[1:])
        weights = {"w": (1, 3 * width, width), "r": (1, 3 * width, width), "b": (1, 6 * width)}
        node = helper.make_node(
            "GRU", ["x", *weights, "lengths"], ["states"], hidden_size=width, linear_before_reset=1
        )
        tensor = lambda name, kind, *shape: helper.make_tensor_value_info(name, kind, shape)
        graph = helper.make_graph(
            [node],
            "gru",
            [
                tensor("x", TensorProto.FLOAT, steps, batch, width),
                tensor("lengths", TensorProto.INT32, batch),
            ],
            [tensor("states", TensorProto.FLOAT, steps, 1, batch, width)],
            [numpy_helper.from_array((0.1 * torch.randn(s)).numpy(), name) for name, s in weights.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
        onnx.checker.check_model(model)
        session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        inputs = {"x": torch.randn(steps, batch, width).numpy(), "lengths": n.int().numpy()}
        say(
            args,
            "onnxruntime",
            "GRU",
            case,
            measure([lambda: session.run(None, inputs)], args.seconds),
            flops,
            n,
        )


def onednn(args):
    """Each build that `setup` could make, each kind of cell. It knows no lengths: a ragged batch costs its
    padding.
    """
    root = pathlib.Path(sys.prefix)
    programs = sorted((root / "bin").glob("peer-onednn*"))
    if not programs:
        raise RuntimeError("no program peer-onednn…: run `setup`")
    for program in programs:
        build, measured = program.name.removeprefix("peer-"), {}
        for case in cases(args.only):
            name, (batch, _, width), _ = case
            n, flops = drawn(*case[1:])
            cell, passes = name.split("_")
            for kind in (cell, f"lbr_{cell}"):
                what = kind, passes, batch, int(n.max()), width
                if what not in measured:
                    done = run([program, *what, args.seconds], root / "opt" / build / "lib", args.threads)
                    if done.returncode:
                        print(
                            f"{build} {kind}: {(done.stderr.splitlines() or ['failed'])[-1]}", file=sys.stderr
                        )
                        break
                    measured[what] = [float(ms) for ms in done.stdout.split()]
                say(args, "onednn", f"{kind} of {build}", case, measured[what], flops, n)


def run(command, libraries, threads):
    """The newer build runs on SYCL's device for processors: it must be told where it is, and how many."""
    more = {"OMP_NUM_THREADS": threads, "LD_LIBRARY_PATH": libraries}
    device = libraries / "libintelocl.so"
    if device.exists():
        more["OCL_ICD_FILENAMES"] = device
        processors = sorted(os.sched_getaffinity(0))[-threads:]
        command = ["taskset", "-c", ",".join(map(str, processors)), *command]
    env = os.environ | {name: str(value) for name, value in more.items()}
    return subprocess.run([str(word) for word in command], env=env, text=True, capture_output=True)


def main():
    peers = {"pytorch": pytorch, "onednn": onednn, "onnxruntime": onnxruntime}
    parser = arguments(__doc__, NAMES)
    parser.add_argument("--who", choices=peers, default="pytorch")
    args = parse(parser)
    peers[args.who](args)


if __name__ == "__main__":
    main()
