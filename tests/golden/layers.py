"""Attention over jagged keys, Dice and batch normalisation: values, gradients, running statistics."""

import torch
import torch.nn.functional as F

from cells import draw, offsets
from store import integers, save

MOMENTUM, BN_EPS, DICE_EPS = 0.1, 1e-5, 1e-8


def unit_scores(p, keys, candidate):
    """DIN's local activation unit: one score for each key of [T, H] against one candidate [E]."""
    q = F.prelu(F.linear(candidate, p["query.weight"], p["query.bias"])[None], p["query.alpha"]).expand(
        len(keys), -1
    )
    z = torch.cat([q, keys, q - keys, q * keys], dim=1)
    z = torch.sigmoid(F.linear(z, p["0.weight"], p["0.bias"]))
    z = torch.sigmoid(F.linear(z, p["1.weight"], p["1.bias"]))
    return F.linear(z, p["2.weight"])[:, 0]


def bilinear_scores(p, keys, candidate):
    """hᵀ W e for each key h of [T, H] and one candidate e [E]."""
    return keys @ (p["bilinear.weight"] @ candidate)


def unit_params(event, hidden, a1=8, a2=4, scale=0.5):
    return {
        "query.weight": draw(scale, hidden, event),
        "query.bias": draw(scale, hidden),
        "query.alpha": torch.full((1,), 0.25, requires_grad=True),
        "0.weight": draw(scale, a1, 4 * hidden),
        "0.bias": draw(scale, a1),
        "1.weight": draw(scale, a2, a1),
        "1.bias": draw(scale, a2),
        "2.weight": draw(2 * scale, 1, a2),
    }


def bilinear_params(event, hidden, scale=0.5):
    return {"bilinear.weight": draw(scale, hidden, event)}


def dice(x, alpha, mean, var, training):
    """p x + (1 - p) α x, p = σ of x normalised without weight and bias. Updates `mean` and `var` when
    training.
    """
    p = torch.sigmoid(F.batch_norm(x, mean, var, training=training, momentum=MOMENTUM, eps=DICE_EPS))
    return p * x + (1 - p) * alpha * x


def batch_norm(x, weight, bias, mean, var, training):
    return F.batch_norm(x, mean, var, weight, bias, training=training, momentum=MOMENTUM, eps=BN_EPS)


def grads(inputs):
    return {f"grad.{name}": v.grad for name, v in inputs.items()}


def softmax(scores):
    return torch.softmax(scores, 0)


def attention(name, scores, params, norm=softmax):
    """Targets look at windows `start..end` of histories, several at one history; windows are normalised."""
    lengths = [3, 0, 6, 1]
    history = [0, 0, 1, 2, 2, 2, 3, 2]
    start = [0, 1, 0, 0, 2, 3, 0, 4]
    end = [3, 3, 0, 6, 5, 3, 1, 6]
    event, hidden = 5, 6
    p = params(event, hidden)
    keys, candidates = draw(0.7, sum(lengths), hidden), draw(1.0, len(history), event)
    first = offsets(lengths)
    parts = []
    for target, (row, a, b) in enumerate(zip(history, start, end)):
        window = keys[first[row] + a : first[row] + b]
        parts.append(scores(p, window, candidates[target]))
    raw = torch.cat(parts)
    weights = torch.cat([norm(part) for part in parts])
    loss = torch.randn_like(weights)
    (weights * loss).sum().backward()
    inputs = {"keys": keys, "candidates": candidates} | {f"attention.{k}": v for k, v in p.items()}
    integer = {"history": history, "start": start, "end": end}
    save(
        name,
        inputs
        | grads(inputs)
        | {k: integers(v) for k, v in integer.items()}
        | {"offsets": first, "scores": raw, "weights": weights, "loss_weights": loss},
    )


def statistics(name, layer, params):
    """One training step and one evaluation of a layer with running statistics."""
    rows, columns = 9, 5
    x = (
        torch.randn(rows, columns) * torch.tensor([0.1, 1.0, 3.0, 1.0, 0.5]) + torch.randn(columns)
    ).requires_grad_()
    p = params(columns)
    before = {"mean": 0.3 * torch.randn(columns), "var": 0.5 + torch.rand(columns)}
    loss = torch.randn(rows, columns)
    tensors = {"x": x, "loss_y": loss} | p | before
    for mode in ("train", "eval"):
        after = {k: v.clone() for k, v in before.items()}
        inputs = {"x": x} | p
        for v in inputs.values():
            v.grad = None
        y = layer(x, *p.values(), after["mean"], after["var"], training=mode == "train")
        (y * loss).sum().backward()
        results = {"y": y} | grads(inputs)
        if mode == "train":
            results |= after
        tensors |= {f"{mode}.{k}": v for k, v in results.items()}
    save(name, tensors)


def make():
    torch.manual_seed(2)
    attention("attention_unit", unit_scores, unit_params)
    torch.manual_seed(3)
    attention("attention_bilinear", bilinear_scores, bilinear_params)
    torch.manual_seed(4)
    statistics("dice", dice, lambda n: {"alpha": draw(0.5, n)})
    torch.manual_seed(5)
    statistics("bn", batch_norm, lambda n: {"weight": draw(1.0, n), "bias": draw(1.0, n)})
    torch.manual_seed(11)
    attention("attention_sigmoid", bilinear_scores, bilinear_params, torch.sigmoid)
