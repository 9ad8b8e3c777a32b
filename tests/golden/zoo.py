"""The other models of the paper's comparison, small: logits, loss, every gradient and the running statistics
of one step.
"""

import torch
import torch.nn.functional as F

import layers
from cells import draw
from dien import EVENT, HIDDEN, REST, TABLES, cell_params, each_target, embed, evolve, extract
from dien import head, head_params, make_batch, part
from store import save

# Fields of the product-based models, and their widths.
FIELDS = {name: TABLES[name][1] for name in ("user", "tag", "item", "category")}
FIELDS |= {f"history.{name}": TABLES[name][1] for name in ("item", "category")}
COMMON = FIELDS["item"]
PAIRS = len(FIELDS) * (len(FIELDS) - 1) // 2

# By model: the width of what its head reads beside profile, context and candidate.
MODELS = {
    "base": EVENT,
    "wide-deep": EVENT,
    "ipnn": EVENT + PAIRS,
    "opnn": EVENT + COMMON * COMMON,
    "din": 3 * EVENT,
    "gru-attention": 2 * EVENT + HIDDEN,
    "aigru": 2 * EVENT + HIDDEN,
    "agru": 2 * EVENT + HIDDEN,
    "augru": 2 * EVENT + HIDDEN,
}
EVOLVING = ("aigru", "agru", "augru")


def make_params(kind):
    """Trained parameters and buffers, by our names."""
    p = {f"embedding.{name}": draw(0.7, *shape) for name, shape in TABLES.items()}
    keys = EVENT if kind == "din" else HIDDEN
    if kind in ("din", "gru-attention"):
        p |= {f"attention.{k}": v for k, v in layers.unit_params(EVENT, keys, scale=1.2).items()}
    if kind in EVOLVING:
        p |= {f"attention.{k}": v for k, v in layers.bilinear_params(EVENT, keys, scale=1.2).items()}
    if kind in ("gru-attention", *EVOLVING):
        p |= cell_params("extractor.gru", EVENT)
        p |= cell_params("second.gru" if kind == "gru-attention" else "evolution", HIDDEN)
    if kind == "wide-deep":
        p |= {"wide.weight": draw(0.4, 1, 3 * EVENT), "wide.bias": draw(0.3, 1)}
    if kind in ("ipnn", "opnn"):
        p |= {f"product.{name}.weight": draw(0.6, COMMON, n) for name, n in FIELDS.items() if n != COMMON}
    of_head, buffers = head_params(REST + EVENT + MODELS[kind])
    return p | of_head, buffers


def attended(p, keys, candidate):
    """The sum of the keys weighted by attention."""
    return torch.softmax(layers.unit_scores(part(p, "attention."), keys, candidate), 0) @ keys


def products(p, kind, t):
    """Inner products of every pair of fields, or the outer product of their sum with itself."""
    widths = [TABLES[name][1] for name in ("item", "category")]
    fields = dict(zip(FIELDS, [t.user, t.tags, *t.candidate.split(widths), *t.mean.split(widths)]))
    fields = [x if len(x) == COMMON else p[f"product.{name}.weight"] @ x for name, x in fields.items()]
    if kind == "ipnn":
        return torch.stack([a @ b for i, a in enumerate(fields) for b in fields[i + 1 :]])
    total = torch.stack(fields).sum(0)
    return torch.outer(total, total).flatten()


def forward(p, buffers, batch, kind, training):
    """Logits; updates the buffers when training."""
    events, candidates = embed(p, batch, "histories.ids"), embed(p, batch, "targets.candidate")
    if "extractor.gru.w" in p:
        states = extract(p, "extractor.gru", events)
    if kind == "gru-attention":
        states = extract(p, "second.gru", states)
    rows, wide = [], []
    for t in each_target(p, batch, events, candidates):
        row = [t.user, t.tags, t.price, t.candidate, t.mean]
        product = t.candidate * t.mean
        if kind == "wide-deep":
            wide.append(F.linear(torch.cat([t.candidate, t.mean, product]), p["wide.weight"], p["wide.bias"]))
        elif kind in ("ipnn", "opnn"):
            row.append(products(p, kind, t))
        elif kind == "din":
            row += [product, attended(p, t.events, t.candidate)]
        elif kind == "gru-attention":
            row += [product, attended(p, states[t.window], t.candidate)]
        elif kind in EVOLVING:
            row += [product, evolve(p, kind, layers.bilinear_scores, states[t.window], t.candidate)]
        rows.append(torch.cat(row))
    logits = head(p, buffers, torch.stack(rows), training)
    return logits + torch.cat(wide) if wide else logits


def make_model(kind):
    batch = {k: v for k, v in make_batch().items() if "negatives" not in k}
    p, buffers = make_params(kind)
    tensors = batch | {f"param.{k}": v.detach().clone() for k, v in (p | buffers).items()}
    tensors["eval.logits"] = forward(p, buffers, batch, kind, training=False)
    logits = forward(p, buffers, batch, kind, training=True)
    loss = F.binary_cross_entropy_with_logits(logits, batch["targets.label"])
    loss.backward()
    tensors |= {"logits": logits, "loss.target": loss, "loss.total": loss}
    tensors |= {f"grad.{k}": v.grad for k, v in p.items()} | {f"updated.{k}": v for k, v in buffers.items()}
    save(f"zoo_{kind.replace('-', '_')}", tensors)


def make():
    for kind in MODELS:
        torch.manual_seed(9)
        make_model(kind)
