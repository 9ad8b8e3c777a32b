"""DIEN on packed events, as fast as PyTorch lets it be: true events only, first layers split between those
who share them, cells by hand (packed.py), what is elementwise compiled, embedding gradients by row.
"""

import torch
import torch.nn.functional as F

from batch import CATEGORIES, ITEMS, USERS
from packed import Cell, Collect, Pack, Softmax, Spread, fold

WIDTH, HIDDEN = 18, 36
EVENT = 2 * WIDTH
HEAD = WIDTH + 3 * EVENT + HIDDEN
MOMENTUM, BN_EPS, DICE_EPS = 0.1, 1e-5, 1e-8


def parameters(seed=0, rows=(ITEMS + 1, CATEGORIES + 1, USERS + 1)):
    """Dense parameters and buffers by name, and one table [Σ rows, 18] for items, categories and users."""
    g = torch.Generator().manual_seed(seed)
    draw = lambda bound, *shape: bound * (2 * torch.rand(shape, generator=g) - 1)
    p = {}

    def linear(name, outputs, inputs, bias=True):
        p[f"{name}.weight"] = draw(inputs**-0.5, outputs, inputs)
        if bias:
            p[f"{name}.bias"] = torch.zeros(outputs)

    for name, inputs in (("extractor", EVENT), ("evolution", HIDDEN)):
        for part, *shape in (
            ("w", 3 * HIDDEN, inputs),
            ("u", 3 * HIDDEN, HIDDEN),
            ("b", 3 * HIDDEN),
            ("b_hc", HIDDEN),
        ):
            p[f"{name}.{part}"] = draw(HIDDEN**-0.5, *shape)
    linear("query", HIDDEN, EVENT)
    p["query.alpha"] = torch.full((1,), 0.25)
    linear("attention.0", 80, 4 * HIDDEN)
    linear("attention.1", 40, 80)
    linear("attention.2", 1, 40, bias=False)
    for i, (n, m) in enumerate(((HIDDEN + EVENT, 100), (100, 50), (50, 1))):
        linear(f"auxiliary.{i}", m, n)
    p["norm.weight"], p["norm.bias"] = torch.ones(HEAD), torch.zeros(HEAD)
    for i, (n, m) in enumerate(((HEAD, 200), (200, 80), (80, 1))):
        linear(f"head.{i}", m, n)
    p["dice.0"], p["dice.1"] = torch.zeros(200), torch.zeros(80)
    buffers = {}
    for name, n in (("norm", HEAD), ("dice.0", 200), ("dice.1", 80)):
        buffers[f"{name}.mean"], buffers[f"{name}.var"] = torch.zeros(n), torch.ones(n)
    table = 0.05 * torch.randn(sum(rows), WIDTH, generator=g)
    return {name: torch.nn.Parameter(v) for name, v in p.items()}, buffers, table


def packed_ids(batch, pack, training, rows=(ITEMS + 1, CATEGORIES + 1)):
    """All rows of the table that a step reads, and how many for events, negatives, candidates and users."""
    shift = torch.tensor([0, rows[0]])
    order, first = pack.order, pack.sizes[0]
    parts = [batch.events[pack.rows] + shift, batch.candidates[order] + shift]
    if training:
        parts.append(batch.negatives[pack.rows[first:]] + shift)
    parts = [part.flatten() for part in parts] + [batch.users[order] + sum(rows)]
    return torch.cat(parts), [len(part) for part in parts]


@torch.compile(dynamic=True)
def auxiliary_loss(h, clicked, sampled, w0, b0, w1, b1, w2, b2):
    """Mean over pairs of −log σ(f(h, e)) − log σ(−f(h, ê)); the state's half of the first layer once for
    both.
    """
    n = h.shape[1]
    of_state = torch.addmm(b0, h, w0[:, :n].t())
    of_items = torch.mm(torch.cat([clicked, sampled]), w0[:, n:].t())
    first = torch.sigmoid(torch.cat([of_state + of_items[: len(h)], of_state + of_items[len(h) :]]))
    second = torch.sigmoid(F.linear(first, w1, b1))
    score = (second * w2).sum(1) + b2
    return (F.softplus(-score[: len(h)]) + F.softplus(score[len(h) :])).mean()


@torch.compile(dynamic=True)
def attention_query(candidates, weight, bias, alpha, w0, b0):
    """Once a candidate: the query, and its share of the first layer, side by side."""
    query = F.prelu(F.linear(candidates, weight, bias), alpha)
    w_q, _, w_d, _ = w0.chunk(4, 1)
    return torch.cat([query, F.linear(query, w_q + w_d, b0)], 1)


@torch.compile(dynamic=True)
def attention_scores(h, query, w0, w1, b1, w2):
    """One score for each event of its state and its sequence's query."""
    n = h.shape[1]
    _, w_k, w_d, w_p = w0.chunk(4, 1)
    first = torch.mm(h, (w_k - w_d).t()) + torch.mm(query[:, :n] * h, w_p.t()) + query[:, n:]
    second = torch.sigmoid(F.linear(torch.sigmoid(first), w1, b1))
    return (second * w2).sum(1)


def dice(x, alpha, mean, var, training):
    gate = torch.sigmoid(F.batch_norm(x, mean, var, training=training, momentum=MOMENTUM, eps=DICE_EPS))
    return gate * x + (1 - gate) * alpha * x


@torch.compile(dynamic=True)
def head(p, buffers, users, candidates, pooled, interest, training):
    x = torch.cat([users, candidates, pooled, candidates * pooled, interest], 1)
    mean, var = buffers["norm.mean"], buffers["norm.var"]
    x = F.batch_norm(x, mean, var, p["norm.weight"], p["norm.bias"], training, MOMENTUM, BN_EPS)
    for i in range(2):
        x = F.linear(x, p[f"head.{i}.weight"], p[f"head.{i}.bias"])
        x = dice(x, p[f"dice.{i}"], buffers[f"dice.{i}.mean"], buffers[f"dice.{i}.var"], training)
    return F.linear(x, p["head.2.weight"], p["head.2.bias"])[:, 0]


def cell(p, name):
    return [p[f"{name}.{part}"] for part in ("w", "u", "b", "b_hc")]


def attention_weights(p):
    return [p[f"attention.{name}"] for name in ("0.weight", "1.weight", "1.bias", "2.weight")]


def query_weights(p):
    return [
        p[name]
        for name in ("query.weight", "query.bias", "query.alpha", "attention.0.weight", "attention.0.bias")
    ]


def auxiliary_weights(p):
    return [p[f"auxiliary.{i}.{part}"] for i in range(3) for part in ("weight", "bias")]


def forward(p, buffers, rows, counts, pack, inverse_lengths, training):
    """Logits [B] in the pack's order, and the auxiliary loss if training. `rows`: the table's rows of
    `packed_ids`.
    """
    parts = rows.split(counts)
    events, candidates, users = parts[0].view(-1, EVENT), parts[1].view(-1, EVENT), parts[-1]
    states = Cell.apply(events, None, *cell(p, "extractor"), pack)
    auxiliary = None
    if training:
        clicked, sampled = events[pack.sizes[0] :], parts[2].view(-1, EVENT)
        auxiliary = auxiliary_loss(states[pack.prev], clicked, sampled, *auxiliary_weights(p))
    query = Spread.apply(attention_query(candidates, *query_weights(p)), pack)
    weights = Softmax.apply(attention_scores(states, query, *attention_weights(p)), pack)
    interest = Cell.apply(states, weights, *cell(p, "evolution"), pack)[pack.last]
    pooled = Collect.apply(events, pack) * inverse_lengths
    return head(p, buffers, users, candidates, pooled, interest, training), auxiliary


@torch.compile(dynamic=True)
def adam_rows(table, m, v, ids, grad, rate, correction):
    """SparseAdam on the rows `ids` (each once): `correction` is √(1 − β₂ᵗ), `rate` is lr / (1 − β₁ᵗ) times
    it.
    """
    new_m = torch.lerp(m[ids], grad, 0.1)
    new_v = torch.lerp(v[ids], grad * grad, 0.001)
    table[ids] = table[ids] - rate * new_m / (new_v.sqrt() + 1e-8)
    m[ids], v[ids] = new_m, new_v


class Dien:
    """Parameters, moments and the step."""

    def __init__(self, seed=0, lr=1e-3, rows=(ITEMS + 1, CATEGORIES + 1, USERS + 1)):
        self.rows = rows
        self.params, self.buffers, self.table = parameters(seed, rows)
        self.adam = torch.optim.Adam(self.params.values(), lr=lr, fused=True)
        self.m, self.v = torch.zeros_like(self.table), torch.zeros_like(self.table)
        self.lr, self.steps = lr, 0

    def losses(self, batch):
        """The loss, and what `step` needs besides."""
        pack = Pack(batch.lengths)
        ids, counts = packed_ids(batch, pack, True, self.rows[:2])
        unique, inverse = torch.unique(ids, return_inverse=True)
        rows = self.table.index_select(0, ids).requires_grad_()
        inverse_lengths = 1 / batch.lengths[pack.order][:, None]
        logits, auxiliary = forward(self.params, self.buffers, rows, counts, pack, inverse_lengths, True)
        target = F.binary_cross_entropy_with_logits(logits, batch.labels[pack.order])
        return target + auxiliary, rows, unique, inverse

    def gradients(self, batch):
        """The loss; dense gradients go to the parameters, those of the table come as unique rows."""
        self.adam.zero_grad()
        loss, rows, unique, inverse = self.losses(batch)
        loss.backward()
        return loss.detach(), unique, rows.new_zeros(len(unique), WIDTH).index_add_(0, inverse, rows.grad)

    def step(self, batch):
        """From id arrays in memory to updated parameters."""
        loss, unique, grad = self.gradients(batch)
        self.adam.step()
        self.steps += 1
        correction = (1 - 0.999**self.steps) ** 0.5
        rate = torch.tensor(self.lr * correction / (1 - 0.9**self.steps))
        adam_rows(self.table, self.m, self.v, unique, grad, rate, correction)
        return loss

    @torch.no_grad()
    def scores(self, batch):
        """Probabilities [B] in the batch's order."""
        pack = Pack(batch.lengths)
        ids, counts = packed_ids(batch, pack, False, self.rows[:2])
        inverse_lengths = 1 / batch.lengths[pack.order][:, None]
        rows = self.table.index_select(0, ids)
        logits, _ = forward(self.params, self.buffers, rows, counts, pack, inverse_lengths, False)
        return torch.empty_like(logits).index_copy_(0, pack.order, logits.sigmoid())
