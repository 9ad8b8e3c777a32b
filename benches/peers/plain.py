"""The same DIEN, literally: padded, masked, differentiated by autograd. What dien.py is checked against."""

import torch
import torch.nn.functional as F

from dien import BN_EPS, DICE_EPS, HIDDEN, MOMENTUM, Dien, cell


def recurrent(x, a, mask, w, u, b, b_hc):
    """States [B, T, H] of a GRU, or an AUGRU with attention a [B, T]; a finished sequence keeps its state."""
    h, states = x.new_zeros(len(x), u.shape[1]), []
    for t in range(x.shape[1]):
        r_x, u_x, c_x = F.linear(x[:, t], w, b).chunk(3, 1)
        r_h, u_h, c_h = F.linear(h, u).chunk(3, 1)
        gate = torch.sigmoid(u_x + u_h)
        c = torch.tanh(c_x + torch.sigmoid(r_x + r_h) * (c_h + b_hc))
        if a is not None:
            gate = a[:, t, None] * gate
        h = torch.where(mask[:, t, None], (1 - gate) * h + gate * c, h)
        states.append(h)
    return torch.stack(states, 1)


def mlp(p, name, x):
    x = torch.sigmoid(F.linear(x, p[f"{name}.0.weight"], p[f"{name}.0.bias"]))
    x = torch.sigmoid(F.linear(x, p[f"{name}.1.weight"], p[f"{name}.1.bias"]))
    return F.linear(x, p[f"{name}.2.weight"], p.get(f"{name}.2.bias"))[..., 0]


def pad(values, lengths):
    return torch.nn.utils.rnn.pad_sequence(values.split(lengths.tolist()), batch_first=True)


def loss(p, buffers, table, batch, rows, training=True):
    """Total loss and logits; `rows`: how many items and categories the table starts with."""
    shift = torch.tensor([0, rows[0]])
    embed = lambda ids: F.embedding(ids, table).flatten(-2)
    lengths = batch.lengths
    mask = torch.arange(int(lengths.max())) < lengths[:, None]
    events, sampled = (embed(pad(ids, lengths) + shift) for ids in (batch.events, batch.negatives))
    candidates, users = embed(batch.candidates + shift), F.embedding(batch.users + sum(rows), table)
    states = recurrent(events, None, mask, *cell(p, "extractor"))

    pair = mask[:, 1:]
    score = lambda items: mlp(p, "auxiliary", torch.cat([states[:, :-1], items[:, 1:]], 2))[pair]
    auxiliary = (F.softplus(-score(events)) + F.softplus(score(sampled))).mean()

    query = F.prelu(F.linear(candidates, p["query.weight"], p["query.bias"]), p["query.alpha"])
    query = query[:, None].expand(-1, states.shape[1], HIDDEN)
    scores = mlp(p, "attention", torch.cat([query, states, query - states, query * states], 2))
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), 1)
    interest = recurrent(states, weights, mask, *cell(p, "evolution"))[:, -1]

    pooled = (events * mask[..., None]).sum(1) / lengths[:, None]
    x = torch.cat([users, candidates, pooled, candidates * pooled, interest], 1)
    statistics = lambda name: (buffers[f"{name}.mean"], buffers[f"{name}.var"])
    x = F.batch_norm(x, *statistics("norm"), p["norm.weight"], p["norm.bias"], training, MOMENTUM, BN_EPS)
    for i in range(2):
        x = F.linear(x, p[f"head.{i}.weight"], p[f"head.{i}.bias"])
        gate = torch.sigmoid(
            F.batch_norm(x, *statistics(f"dice.{i}"), None, None, training, MOMENTUM, DICE_EPS)
        )
        x = gate * x + (1 - gate) * p[f"dice.{i}"] * x
    logits = F.linear(x, p["head.2.weight"], p["head.2.bias"])[:, 0]
    return F.binary_cross_entropy_with_logits(logits, batch.labels) + auxiliary, logits


def check(batch, tolerance=1e-3):
    """Fails unless dien.py's loss, scores and every gradient agree with this file's, and a step with
    SparseAdam's.
    """
    model = Dien(seed=3)
    model.table *= 20  # with the small initial embeddings the attention hardly learns
    dense = {name: v.detach().clone().requires_grad_() for name, v in model.params.items()}
    table = model.table.clone().requires_grad_()
    with torch.no_grad():
        _, logits = loss(dense, model.buffers, table, batch, model.rows[:2], training=False)
    compare("scores", model.scores(batch), logits.sigmoid(), tolerance)
    buffers = {name: v.clone() for name, v in model.buffers.items()}
    expected, _ = loss(dense, buffers, table, batch, model.rows[:2])
    expected.backward()
    found, ids, rows = model.gradients(batch)
    compare("loss", found, expected.detach(), tolerance)
    for name, p in dense.items():
        compare(f"gradient of {name}", model.params[name].grad, p.grad, tolerance)
    compare("gradient of the table", torch.zeros_like(table).index_copy_(0, ids, rows), table.grad, tolerance)
    for name, v in buffers.items():
        compare(name, 1 + model.buffers[name], 1 + v, tolerance)  # some means are 0 but for rounding

    sparse = torch.nn.Parameter(table.detach().clone())
    sparse.grad = torch.sparse_coo_tensor(
        ids[None], rows, table.shape, is_coalesced=True, check_invariants=False
    )
    torch.optim.SparseAdam([sparse], lr=model.lr).step()
    model.step(batch)
    compare("rows after a step", model.table, sparse.detach(), tolerance)


def compare(name, found, expected, tolerance):
    difference = (found - expected).abs().max() / expected.abs().max().clamp_min(1e-6)
    assert difference <= tolerance, f"{name}: differs by {difference:.1e} of its largest entry"
