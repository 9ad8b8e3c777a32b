"""The GRU family: states and gradients, the GRU by PyTorch's own `nn.GRU`, the others by a literal loop."""

import torch

from store import integers, save

LENGTHS = [3, 0, 7, 1, 4, 2, 5]
INPUT, HIDDEN = 5, 6
WEIGHTS = ("w", "u", "b", "b_hc")


def step(kind, x, a, h, w, u, b, b_hc):
    """One step for one sequence: x [I], a scalar, h [H]; gate order r, u, c; reset after."""
    if kind == "aigru":
        x = a * x
    from_x, from_h = w @ x + b, u @ h
    r_x, u_x, c_x = from_x.chunk(3)
    r_h, u_h, c_h = from_h.chunk(3)
    r = torch.sigmoid(r_x + r_h)
    gate = torch.sigmoid(u_x + u_h)
    c = torch.tanh(c_x + r * (c_h + b_hc))
    if kind == "agru":
        gate = a
    elif kind == "augru":
        gate = a * gate
    elif kind == "augru_official":
        gate = 1 - (1 - a) * gate
    return (1 - gate) * h + gate * c


def run(kind, x, a, h0, weights, lengths):
    """States of jagged sequences [N, H] and final states [B, H]; an empty sequence keeps its h0."""
    states, finals, at = [], [], 0
    for row, length in enumerate(lengths):
        h = h0[row]
        for t in range(at, at + length):
            h = step(kind, x[t], None if a is None else a[t], h, *weights)
            states.append(h)
        finals.append(h)
        at += length
    states = torch.stack(states) if states else x.new_zeros(0, h0.shape[1])
    return states, torch.stack(finals)


def offsets(lengths):
    return integers([0] + torch.tensor(lengths).cumsum(0).tolist())


def draw(scale, *shape):
    return (scale * torch.randn(*shape)).requires_grad_()


def case(kind):
    events, batch = sum(LENGTHS), len(LENGTHS)
    x, h0 = draw(1.0, events, INPUT), draw(0.5, batch, HIDDEN)
    weights = [
        draw(0.5, 3 * HIDDEN, INPUT),
        draw(0.5, 3 * HIDDEN, HIDDEN),
        draw(0.5, 3 * HIDDEN),
        draw(0.5, HIDDEN),
    ]
    a = torch.rand(events)
    a[4], a[9] = 0.0, 1.0
    a = None if kind == "gru" else a.requires_grad_()
    states, final = run(kind, x, a, h0, weights, LENGTHS)
    loss_states, loss_final = torch.randn_like(states), torch.randn_like(final)
    ((states * loss_states).sum() + (final * loss_final).sum()).backward()
    inputs = dict(zip(("x", "h0", *WEIGHTS), (x, h0, *weights)))
    if a is not None:
        inputs["a"] = a
    results = {"states": states, "final": final, "loss_states": loss_states, "loss_final": loss_final}
    grads = {
        f"grad.{name}": v.grad if v.grad is not None else torch.zeros_like(v) for name, v in inputs.items()
    }
    return inputs | results | grads | {"offsets": offsets(LENGTHS)}


def by_pytorch(ours):
    """The same GRU by `nn.GRU` on a packed sequence, its values and gradients brought to our conventions.

    PyTorch's gates are r, z, n with h' = (1 - z) n + z h, so u = 1 - z: its z block is negated. It adds two
    biases to r and to z: their sum is our one.
    """
    gru = torch.nn.GRU(INPUT, HIDDEN, batch_first=True)
    sign = torch.ones(3 * HIDDEN)
    sign[HIDDEN : 2 * HIDDEN] = -1
    share = torch.rand(2 * HIDDEN)
    with torch.no_grad():
        bias = sign * ours["b"]
        gru.weight_ih_l0.copy_(sign[:, None] * ours["w"])
        gru.weight_hh_l0.copy_(sign[:, None] * ours["u"])
        gru.bias_ih_l0.copy_(torch.cat([share * bias[: 2 * HIDDEN], bias[2 * HIDDEN :]]))
        gru.bias_hh_l0.copy_(torch.cat([(1 - share) * bias[: 2 * HIDDEN], ours["b_hc"]]))
    full = [row for row, length in enumerate(LENGTHS) if length > 0]
    x, h0 = (ours[name].detach().clone().requires_grad_() for name in ("x", "h0"))
    parts = x.split(LENGTHS)
    packed = torch.nn.utils.rnn.pack_sequence([parts[row] for row in full], enforce_sorted=False)
    padded, last = gru(packed, h0[full][None])
    states = torch.cat(torch.nn.utils.rnn.unpack_sequence(padded))
    final = h0.index_put((torch.tensor(full),), last[0])
    ((states * ours["loss_states"]).sum() + (final * ours["loss_final"]).sum()).backward()
    return {
        "states": states,
        "final": final,
        "grad.x": x.grad,
        "grad.h0": h0.grad,
        "grad.w": sign[:, None] * gru.weight_ih_l0.grad,
        "grad.u": sign[:, None] * gru.weight_hh_l0.grad,
        "grad.b": sign * gru.bias_ih_l0.grad,
        "grad.b_hc": gru.bias_hh_l0.grad[2 * HIDDEN :],
    }


def make():
    for kind in ("gru", "aigru", "agru", "augru", "augru_official"):
        torch.manual_seed(1)
        tensors = case(kind)
        if kind == "gru":
            reference = by_pytorch(tensors)
            for name, value in reference.items():
                torch.testing.assert_close(value, tensors[name], rtol=1e-12, atol=1e-13)
            tensors |= reference
        save(kind, tensors)
