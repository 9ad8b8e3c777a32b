"""Ten steps of Adam, AdamW and SparseAdam on given gradients."""

import torch

from store import floats, integers, save

STEPS = 10
LR, BETAS, EPS, DECAY = 1e-2, (0.9, 0.999), 1e-8, 0.05


def dense(optimizer, starts, gradients, **options):
    """The parameters after each step, each stacked to [STEPS, ...]."""
    params = [torch.nn.Parameter(start.clone()) for start in starts]
    opt = optimizer(params, lr=LR, betas=BETAS, eps=EPS, **options)
    history = [[] for _ in params]
    for step in range(STEPS):
        for param, gradient in zip(params, gradients):
            param.grad = gradient[step].clone()
        opt.step()
        for kept, param in zip(history, params):
            kept.append(param.detach().clone())
    return [torch.stack(kept) for kept in history]


def make():
    torch.manual_seed(6)
    shapes = {"matrix": (5, 7), "vector": (11,), "scalar": (1,)}
    starts = [torch.randn(shape) for shape in shapes.values()]
    # The vector's gradients are as small as ε, where its place in the formula shows.
    scales = [1.0, 1e-8, 1e3]
    gradients = [scale * torch.randn(STEPS, *shape) for scale, shape in zip(scales, shapes.values())]
    adam = dense(torch.optim.Adam, starts, gradients)
    (adamw,) = dense(torch.optim.AdamW, starts[:1], gradients[:1], weight_decay=DECAY)
    tensors = {"lr": floats(LR), "betas": floats(*BETAS), "eps": floats(EPS), "weight_decay": floats(DECAY)}
    tensors["matrix.adamw"] = adamw
    for i, name in enumerate(shapes):
        tensors |= {f"{name}.start": starts[i], f"{name}.grad": gradients[i], f"{name}.adam": adam[i]}
    save("adam", tensors | table())


def table():
    """A table of which each step touches some rows: SparseAdam (only those move) and the dense optimisers.

    SparseAdam adds ε to √v before the bias is corrected, Adam after. Row 0's gradients are as small as ε,
    where it shows.
    """
    rows, width = 9, 4
    touched = [[0, 3, 4], [3], [1, 3, 8], [0], [2, 3], [0, 1, 2, 3, 4, 6, 7, 8], [4], [4, 8], [0, 3], [1]]
    start = torch.randn(rows, width)
    gradients = torch.zeros(STEPS, rows, width)
    for step, ids in enumerate(touched):
        gradients[step, ids] = torch.randn(len(ids), width)
    gradients[:, 0] *= 1e-7
    param = torch.nn.Parameter(start.clone())
    sparse = torch.optim.SparseAdam([param], lr=LR, betas=BETAS, eps=EPS)
    lazy = []
    for step, ids in enumerate(touched):
        values = gradients[step, ids]
        param.grad = torch.sparse_coo_tensor(
            torch.tensor([ids]), values, (rows, width), check_invariants=True
        )
        sparse.step()
        lazy.append(param.detach().clone())
    (adam,) = dense(torch.optim.Adam, [start], [gradients])
    (adamw,) = dense(torch.optim.AdamW, [start], [gradients], weight_decay=DECAY)
    return {
        "table.start": start,
        "table.grad": gradients,
        "table.touched": integers([[int(row in ids) for row in range(rows)] for ids in touched]),
        "table.lazy": torch.stack(lazy),
        "table.adam": adam,
        "table.adamw": adamw,
    }
