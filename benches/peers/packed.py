"""Packed sequences and the cells, by hand: sorted by length, time-major, the batch shrinking as sequences
end.
"""

import torch


class Pack:
    """Where each event of jagged histories of `lengths` (each 1 or more) stands: by step, longest first."""

    def __init__(self, lengths):
        self.order = torch.argsort(lengths, descending=True, stable=True)
        sorted_lengths = lengths[self.order]
        first = (lengths.cumsum(0) - lengths)[self.order]
        step = torch.arange(int(sorted_lengths[0]))[:, None]
        alive = step < sorted_lengths
        sizes = alive.sum(1)
        starts = sizes.cumsum(0) - sizes
        self.batch = len(lengths)
        self.sizes = sizes.tolist()
        self.rows = (first + step)[alive]  # the event in the jagged batch
        self.slot = alive.flatten().nonzero()[:, 0]  # its place in a padded [steps, batch]
        self.sample = self.slot % self.batch
        self.last = starts[sorted_lengths - 1] + torch.arange(self.batch)
        self.events = len(self.rows)
        # Of the events from the second step on, the event before.
        tail = torch.arange(self.sizes[0], self.events)
        self.prev = tail - torch.repeat_interleave(sizes[:-1], sizes[1:])

    def collect(self, x):
        """The sum over each sequence of x [events, F]: [batch, F]."""
        total = x.new_zeros(self.batch, x.shape[1])
        for n, block in zip(self.sizes, x.split(self.sizes)):
            total[:n].add_(block)
        return total


class Spread(torch.autograd.Function):
    """A row of each sequence [batch, F] to all its events [events, F]."""

    @staticmethod
    def forward(ctx, x, pack):
        ctx.pack = pack
        return x.index_select(0, pack.sample)

    @staticmethod
    def backward(ctx, dy):
        return ctx.pack.collect(dy), None


class Collect(torch.autograd.Function):
    """The sum over each sequence: Spread's adjoint."""

    @staticmethod
    def forward(ctx, x, pack):
        ctx.pack = pack
        return pack.collect(x)

    @staticmethod
    def backward(ctx, dy):
        return dy.index_select(0, ctx.pack.sample), None


class Softmax(torch.autograd.Function):
    """Softmax of scores [events] over each sequence."""

    @staticmethod
    def forward(ctx, scores, pack):
        padded = scores.new_full((len(pack.sizes) * pack.batch,), -torch.inf)
        padded[pack.slot] = scores
        a = padded.view(-1, pack.batch).softmax(0).flatten()[pack.slot]
        ctx.pack = pack
        ctx.save_for_backward(a)
        return a

    @staticmethod
    def backward(ctx, da):
        (a,), pack = ctx.saved_tensors, ctx.pack
        weighted = a * da
        return weighted - a * pack.collect(weighted[:, None])[:, 0][pack.sample], None


def fold(w, u, b, b_hc):
    """Weights with which a cell needs σ alone: tanh x = 2σ(2x) − 1, and g = (h + 1)/2 is kept instead of h.

    r, u = σ(W x + U h + b); c = tanh(W_c x + b_c + r ∘ (U_c h + b_hc)) becomes s = (c + 1)/2; g' = (1 − u) g
    + u s. Returns the input's (W, b) for [r, u] and s, and the state's (Uᵀ) for [r, u] and (Uᵀ, b_hc) for s.
    """
    n = u.shape[1]
    ones = u.sum(1)
    gates = w[: 2 * n].t(), b[: 2 * n] - ones[: 2 * n]
    candidate = 2 * w[2 * n :].t(), 2 * b[2 * n :]
    return gates, candidate, 2 * u[: 2 * n].t(), (4 * u[2 * n :].t(), 2 * (b_hc - ones[2 * n :]))


def recur(ru, s, hc, g, a, u_gates, u_candidate, b_candidate, sizes):
    """The loop over steps: ru [N, 2H] and s [N, H] hold the input products and become the gates and
    candidates.
    """
    h = s.shape[1]
    state = g.new_full((sizes[0], h), 0.5)
    r, u = (part.split(sizes) for part in ru.split(h, 1))
    update = u if a is None else torch.empty_like(s).split(sizes)
    a = [None] * len(sizes) if a is None else a[:, None].split(sizes)
    for n, ru_t, r_t, u_t, w_t, a_t, s_t, hc_t, g_t in zip(
        sizes, ru.split(sizes), r, u, update, a, s.split(sizes), hc.split(sizes), g.split(sizes)
    ):
        state = state[:n]
        ru_t.addmm_(state, u_gates).sigmoid_()
        torch.addmm(b_candidate, state, u_candidate, out=hc_t)
        s_t.addcmul_(r_t, hc_t).sigmoid_()
        if a_t is not None:
            torch.mul(u_t, a_t, out=w_t)
        state = torch.lerp(state, s_t, w_t, out=g_t)


@torch.compile(dynamic=True)
def slopes(ru, s, hc, g, g_prev, a):
    """What dh of each event is multiplied with: gates' derivatives [N, 3, H] (r, u, U_c h), and how much is
    kept.
    """
    r, u = ru.chunk(2, 1)
    c, step = 2 * s - 1, 2 * (s - g_prev)
    w = u if a is None else u * a[:, None]
    d_c = w * (1 - c * c)
    d_u = step * w * (1 - u)
    gates = torch.stack([0.5 * d_c * hc * r * (1 - r), d_u, d_c * r], 1)
    return gates, 1 - w, d_c


@torch.compile(dynamic=True)
def candidate_slopes(dh, slope_c, ru, s, g_prev, a):
    """Gradients of the candidates' input product [N, H] and of the attention [N]."""
    da = None if a is None else (2 * dh * (s - g_prev) * ru.chunk(2, 1)[1]).sum(1)
    return dh * slope_c, da


class Cell(torch.autograd.Function):
    """States [N, H] of a GRU, or with attention a [N] of an AUGRU (h' = (1 − a u) h + a u c), over packed x
    [N, I].

    Weights in gate order r, u, c: w [3H, I], u [3H, H], b [3H], b_hc [H].
    """

    @staticmethod
    def forward(ctx, x, a, w, u, b, b_hc, pack):
        gates, candidate, u_gates, (u_candidate, b_candidate) = fold(w, u, b, b_hc)
        ru = torch.addmm(gates[1], x, gates[0])
        s = torch.addmm(candidate[1], x, candidate[0])
        hc, g = torch.empty_like(s), torch.empty_like(s)
        recur(ru, s, hc, g, a, u_gates, u_candidate, b_candidate, pack.sizes)
        ctx.pack = pack
        ctx.save_for_backward(x, a, w, u, ru, s, hc, g)
        return 2 * g - 1

    @staticmethod
    def backward(ctx, dh):
        (x, a, w, u, ru, s, hc, g), pack = ctx.saved_tensors, ctx.pack
        h, sizes = s.shape[1], pack.sizes
        g_prev = torch.cat([g.new_full((sizes[0], h), 0.5), g.index_select(0, pack.prev)])
        slope, keep, slope_c = slopes(ru, s, hc, g, g_prev, a)
        dh = dh.clone()
        gates = torch.empty_like(slope)
        flat = gates.view(-1, 3 * h)
        steps = list(
            zip(dh.split(sizes), slope.split(sizes), keep.split(sizes), gates.split(sizes), flat.split(sizes))
        )
        for t in range(len(sizes) - 1, -1, -1):
            dh_t, slope_t, keep_t, gates_t, flat_t = steps[t]
            torch.mul(dh_t.unsqueeze(1), slope_t, out=gates_t)
            if t > 0:
                before = steps[t - 1][0][: sizes[t]]
                before.addmm_(flat_t, u).addcmul_(dh_t, keep_t)
        dc, da = candidate_slopes(dh, slope_c, ru, s, g_prev, a)
        ru_grad = flat[:, : 2 * h]
        dx = torch.mm(ru_grad, w[: 2 * h]).addmm_(dc, w[2 * h :])
        dw = torch.cat([ru_grad.t() @ x, dc.t() @ x])
        ones = dc.new_ones(len(dc))  # a product with ones is faster than sum(0)
        sums = flat.t() @ ones
        db = torch.cat([sums[: 2 * h], dc.t() @ ones])
        # h = 2 g − 1.
        du = 2 * (flat.t() @ g_prev) - sums[:, None]
        return dx, da, dw, du, db, sums[2 * h :], None


def infer(x, a, w, u, b, b_hc, pack):
    """The last states [batch, H] of `Cell`, nothing kept for a way back."""
    h, sizes = u.shape[1], pack.sizes
    gates, candidate, u_gates, (u_candidate, b_candidate) = fold(w, u, b, b_hc)
    ru = torch.addmm(gates[1], x, gates[0])
    s = torch.addmm(candidate[1], x, candidate[0])
    update = ru[:, h:] if a is None else torch.empty_like(s)
    a = [None] * len(sizes) if a is None else a[:, None].split(sizes)
    g, hc = x.new_full((sizes[0], h), 0.5), x.new_empty(sizes[0], h)
    r, u = (part.split(sizes) for part in ru.split(h, 1))
    for n, ru_t, r_t, u_t, w_t, a_t, s_t in zip(
        sizes, ru.split(sizes), r, u, update.split(sizes), a, s.split(sizes)
    ):
        state = g[:n]
        ru_t.addmm_(state, u_gates).sigmoid_()
        hc_t = torch.addmm(b_candidate, state, u_candidate, out=hc[:n])
        s_t.addcmul_(r_t, hc_t).sigmoid_()
        state.lerp_(s_t, w_t if a_t is None else torch.mul(u_t, a_t, out=w_t))
    return 2 * g - 1
