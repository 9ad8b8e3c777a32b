"""A whole small DIEN: logits, losses, every gradient, running statistics, and ten steps of Adam."""

from types import SimpleNamespace

import torch
import torch.nn.functional as F

import cells
import layers
from cells import draw, offsets
from store import floats, integers, save

TABLES = {"item": (12, 4), "category": (5, 3), "user": (6, 3), "tag": (7, 2)}
EVENT, HIDDEN = 7, 6
AUXILIARY, HEAD = (6, 4), (8, 5)
REST = TABLES["user"][1] + TABLES["tag"][1] + 1
LENGTHS = [4, 0, 1, 6, 3]
NEGATIVES = 2
# History, start, end: several targets of one history, whole and cut windows, empty windows of three sorts.
TARGETS = [
    *[(0, 0, 4), (0, 0, 4), (3, 0, 6), (1, 0, 0), (0, 1, 3), (2, 0, 1), (3, 2, 6)],
    *[(4, 0, 3), (3, 3, 3), (3, 0, 5), (4, 1, 2), (2, 0, 0), (3, 5, 6)],
]
STEPS, LR = 10, 1e-2


def ids(count, rows):
    return torch.randint(0, rows, (count,))


def make_batch():
    events, targets = sum(LENGTHS), len(TARGETS)
    history, start, end = (integers(column) for column in zip(*TARGETS))
    tag_lengths = [2, 0, 1, 3, 1, 2, 0, 1, 1, 4, 0, 2, 1]
    batch = {
        "histories.offsets": offsets(LENGTHS),
        "targets.history": history,
        "targets.start": start,
        "targets.end": end,
        "targets.sparse.user": ids(targets, TABLES["user"][0]),
        "targets.pooled.tag.offsets": offsets(tag_lengths),
        "targets.pooled.tag.ids": ids(sum(tag_lengths), TABLES["tag"][0]),
        # A batch holds f32.
        "targets.dense.price": torch.randn(targets).float().double(),
        "targets.label": torch.rand(targets).round(),
    }
    for name in ("item", "category"):
        rows = TABLES[name][0]
        batch[f"histories.ids.{name}"] = ids(events, rows)
        batch[f"histories.negatives.{name}"] = ids(events * NEGATIVES, rows)
        batch[f"targets.candidate.{name}"] = ids(targets, rows)
    batch["histories.ids.item"][2] = 0
    return batch


def make_params(inner):
    """Trained parameters and buffers, by our names."""
    p = {f"embedding.{name}": draw(0.7, *shape) for name, shape in TABLES.items()}
    p |= cell_params("extractor.gru", EVENT) | cell_params("evolution", HIDDEN)
    attention = (
        layers.bilinear_params(EVENT, HIDDEN) if inner else layers.unit_params(EVENT, HIDDEN, scale=1.2)
    )
    p |= {f"attention.{k}": v for k, v in attention.items()}
    if inner:
        p["auxiliary.project.weight"] = draw(0.5, EVENT, HIDDEN)
    else:
        widths = (HIDDEN + EVENT, *AUXILIARY, 1)
        for i, (n, m) in enumerate(zip(widths, widths[1:])):
            p[f"auxiliary.{i}.weight"], p[f"auxiliary.{i}.bias"] = draw(1.2, m, n), draw(0.3, m)
    of_head, buffers = head_params(REST + 3 * EVENT + HIDDEN + int(inner))
    return p | of_head, buffers


def cell_params(name, inputs):
    return {
        f"{name}.w": draw(0.7, 3 * HIDDEN, inputs),
        f"{name}.u": draw(0.7, 3 * HIDDEN, HIDDEN),
        f"{name}.b": draw(0.3, 3 * HIDDEN),
        f"{name}.b_hc": draw(0.3, HIDDEN),
    }


def head_params(width):
    """Parameters and buffers of a head over inputs of this width."""
    p = {"head.norm.weight": draw(1.0, width), "head.norm.bias": draw(0.3, width)}
    widths = (width, *HEAD, 1)
    for i, (n, m) in enumerate(zip(widths, widths[1:])):
        p[f"head.{i}.weight"], p[f"head.{i}.bias"] = draw(n**-0.5, m, n), draw(0.3, m)
    buffers = {}
    for name, n in (("norm", width), ("0.dice", HEAD[0]), ("1.dice", HEAD[1])):
        if name != "norm":
            p[f"head.{name}.alpha"] = draw(0.3, n)
        buffers[f"head.{name}.mean"], buffers[f"head.{name}.var"] = 0.3 * torch.randn(n), 0.5 + torch.rand(n)
    return p, buffers


def part(p, prefix):
    """The parameters below a prefix, without it."""
    return {name.removeprefix(prefix): v for name, v in p.items() if name.startswith(prefix)}


def cell(p, prefix):
    return [p[f"{prefix}.{name}"] for name in cells.WEIGHTS]


def embed(p, batch, kind):
    """Events: the embeddings of their features side by side."""
    return torch.cat([p[f"embedding.{name}"][batch[f"{kind}.{name}"]] for name in ("item", "category")], 1)


def extract(p, name, x):
    """The states of a GRU over every history."""
    return cells.run("gru", x, None, x.new_zeros(len(LENGTHS), HIDDEN), cell(p, name), LENGTHS)[0]


def auxiliary_score(p, inner, h, e):
    if inner:
        return (F.linear(h, p["auxiliary.project.weight"]) * e).sum(1)
    z = torch.cat([h, e], 1)
    for i in range(2):
        z = torch.sigmoid(F.linear(z, p[f"auxiliary.{i}.weight"], p[f"auxiliary.{i}.bias"]))
    return F.linear(z, p["auxiliary.2.weight"], p["auxiliary.2.bias"])[:, 0]


def auxiliary_loss(p, inner, info_nce, batch, states, events, negatives):
    """State t - 1 against event t and its negatives; the mean over all pairs of all histories."""
    pair = [first + t for first, n in zip(batch["histories.offsets"].tolist(), LENGTHS) for t in range(1, n)]
    if not pair:
        return states.new_zeros(())
    pair = torch.tensor(pair)
    h = states[pair - 1]
    came = auxiliary_score(p, inner, h, events[pair])
    others = [auxiliary_score(p, inner, h, negatives[pair * NEGATIVES + j]) for j in range(NEGATIVES)]
    if info_nce:
        return F.cross_entropy(torch.stack([came, *others], 1), torch.zeros_like(pair))
    loss = F.softplus(-came)
    for other in others:
        loss = loss + F.softplus(other) / NEGATIVES
    return loss.mean()


def each_target(p, batch, events, candidates):
    """For one target at a time: profile and context, candidate, the window, its events and their mean."""
    pooled = batch["targets.pooled.tag.offsets"]
    for target, (history, start, end) in enumerate(TARGETS):
        first = batch["histories.offsets"][history]
        window = slice(first + start, first + end)
        e = events[window]
        user = p["embedding.user"][batch["targets.sparse.user"][target]]
        tags = p["embedding.tag"][batch["targets.pooled.tag.ids"][pooled[target] : pooled[target + 1]]]
        tags = tags.mean(0) if len(tags) else tags.sum(0)
        mean = e.mean(0) if len(e) else e.sum(0)
        price = batch["targets.dense.price"][target : target + 1]
        known = {"user": user, "tags": tags, "price": price, "candidate": candidates[target]}
        yield SimpleNamespace(**known, window=window, events=e, mean=mean)


def evolve(p, kind, scores, h, candidate):
    """The last state of a cell over the interests of a window, driven by attention."""
    a = torch.softmax(scores(part(p, "attention."), h, candidate), 0)
    _, final = cells.run(kind, h, a, h.new_zeros(1, HIDDEN), cell(p, "evolution"), [len(h)])
    return final[0]


def head_input(p, inner, batch, states, events, candidates):
    """One row a target; every part is worked out for one target at a time."""
    scores = layers.bilinear_scores if inner else layers.unit_scores
    rows = []
    for t in each_target(p, batch, events, candidates):
        h, candidate = states[t.window], t.candidate
        interest = evolve(p, "augru", scores, h, candidate)
        row = [t.user, t.tags, t.price, candidate, t.mean, candidate * t.mean, interest]
        if inner:
            last = h[-1] if len(h) else h.new_zeros(HIDDEN)
            row.append((F.linear(last, p["auxiliary.project.weight"]) @ candidate)[None])
        rows.append(torch.cat(row))
    return torch.stack(rows)


def head(p, buffers, x, training):
    def running(name):
        return buffers[f"head.{name}.mean"], buffers[f"head.{name}.var"]

    x = layers.batch_norm(x, p["head.norm.weight"], p["head.norm.bias"], *running("norm"), training)
    for i in range(2):
        x = F.linear(x, p[f"head.{i}.weight"], p[f"head.{i}.bias"])
        x = layers.dice(x, p[f"head.{i}.dice.alpha"], *running(f"{i}.dice"), training)
    return F.linear(x, p["head.2.weight"], p["head.2.bias"])[:, 0]


def forward(p, buffers, batch, inner, info_nce, training):
    """Logits, target and auxiliary loss, and some of what lies between. Updates the buffers when training."""
    events, candidates = embed(p, batch, "histories.ids"), embed(p, batch, "targets.candidate")
    states = extract(p, "extractor.gru", events)
    inputs = head_input(p, inner, batch, states, events, candidates)
    logits = head(p, buffers, inputs, training)
    target = F.binary_cross_entropy_with_logits(logits, batch["targets.label"])
    auxiliary = auxiliary_loss(
        p, inner, info_nce, batch, states, events, embed(p, batch, "histories.negatives")
    )
    return {
        "logits": logits,
        "loss.target": target,
        "loss.auxiliary": auxiliary,
        "states": states,
        "head.input": inputs,
    }


def make_model(name, inner, info_nce=False):
    batch = make_batch()
    p, buffers = make_params(inner)
    tensors = batch | {"histories.negatives_per_event": integers([NEGATIVES]), "lr": floats(LR)}
    tensors |= {f"param.{k}": v.detach().clone() for k, v in (p | buffers).items()}
    tensors["eval.logits"] = forward(p, buffers, batch, inner, info_nce, training=False)["logits"]

    adam = torch.optim.Adam(p.values(), lr=LR)
    losses = []
    for step in range(STEPS):
        out = forward(p, buffers, batch, inner, info_nce, training=True)
        total = out["loss.target"] + out["loss.auxiliary"]
        losses.append(torch.stack([out["loss.target"], out["loss.auxiliary"], total]).detach())
        adam.zero_grad()
        total.backward()
        if step == 0:
            tensors |= {k: v.detach().clone() for k, v in out.items()} | {"loss.total": total.detach()}
            tensors |= {f"grad.{k}": v.grad.clone() for k, v in p.items()}
            tensors |= {f"updated.{k}": v.clone() for k, v in buffers.items()}
        adam.step()
    # Columns: target, auxiliary, total.
    tensors["steps.losses"] = torch.stack(losses)
    tensors["steps.eval.logits"] = forward(p, buffers, batch, inner, info_nce, training=False)["logits"]
    tensors |= {f"steps.{k}": v.detach().clone() for k, v in (p | buffers).items()}
    save(name, tensors)


def make():
    torch.manual_seed(7)
    make_model("dien_small", inner=False)
    torch.manual_seed(8)
    make_model("dien_inner", inner=True)
    torch.manual_seed(10)
    make_model("dien_info_nce", inner=True, info_nce=True)
