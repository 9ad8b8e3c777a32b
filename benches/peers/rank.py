"""One user, many candidates: what the user alone decides is computed once, then the candidates share it."""

import torch
import torch.nn.functional as F

from dien import EVENT, HIDDEN, attention_query, cell, head, query_weights
from packed import fold, recur


@torch.compile(dynamic=True)
def scores(states, of_key, query, w_p, w1, b1, w2):
    """Scores [T, n] of every state [T, H] and key half [T, 80] against every candidate's query and half [n, H
    + 80].
    """
    pair = (states[:, None] * query[:, : states.shape[1]]).flatten(0, 1)
    first = (
        torch.mm(pair, w_p.t()).view(len(states), len(query), -1)
        + of_key[:, None]
        + query[:, states.shape[1] :]
    )
    second = torch.sigmoid(F.linear(torch.sigmoid(first), w1, b1))
    return (second * w2).sum(2)


class Ranker:
    """A trained model, its weights folded once."""

    def __init__(self, model):
        self.model, p = model, {name: v.detach() for name, v in model.params.items()}
        self.p = p
        self.extractor, self.evolution = fold(*cell(p, "extractor")), fold(*cell(p, "evolution"))
        _, w_k, w_d, self.w_p = (part.contiguous() for part in p["attention.0.weight"].chunk(4, 1))
        self.w_key = (w_k - w_d).t().contiguous()

    def user_state(self, history, user):
        """What depends on the user alone, of a history [T, 2] and an id."""
        table, shift = self.model.table, torch.tensor([0, self.model.rows[0]])
        events = table[history + shift].flatten(1)
        gates, candidate, u_gates, (u_candidate, b_candidate) = self.extractor
        ru, s = torch.addmm(gates[1], events, gates[0]), torch.addmm(candidate[1], events, candidate[0])
        g = torch.empty_like(s)
        recur(ru, s, torch.empty_like(s), g, None, u_gates, u_candidate, b_candidate, [1] * len(events))
        states = 2 * g - 1
        gates, candidate = self.evolution[:2]
        inputs = torch.addmm(gates[1], states, gates[0]), torch.addmm(candidate[1], states, candidate[0])
        return states, states @ self.w_key, *inputs, events.mean(0), table[user + sum(self.model.rows[:2])]

    def score(self, state, candidates):
        """Probabilities [n] of candidates [n, 2]."""
        states, of_key, ru_x, s_x, pooled, user = state
        n, p = len(candidates), self.p
        candidates = self.model.table[candidates + torch.tensor([0, self.model.rows[0]])].view(n, EVENT)
        query = attention_query(candidates, *query_weights(p))
        mlp = [p[name] for name in ("attention.1.weight", "attention.1.bias", "attention.2.weight")]
        weights = scores(states, of_key, query, self.w_p, *mlp).softmax(0)[..., None]
        _, _, u_gates, (u_candidate, b_candidate) = self.evolution
        g, s, hc, w = (states.new_full((n, HIDDEN), 0.5) for _ in range(4))
        ru = states.new_empty(n, 2 * HIDDEN)
        r, u = ru.chunk(2, 1)
        for ru_t, s_t, a_t in zip(ru_x.unbind(0), s_x.unbind(0), weights.unbind(0)):
            torch.addmm(ru_t, g, u_gates, out=ru).sigmoid_()
            torch.addmm(b_candidate, g, u_candidate, out=hc)
            torch.addcmul(s_t, r, hc, out=s).sigmoid_()
            g.lerp_(s, torch.mul(u, a_t, out=w))
        wide = lambda x: x.expand(n, -1)
        return head(p, self.model.buffers, wide(user), candidates, wide(pooled), 2 * g - 1, False).sigmoid()

    @torch.no_grad()
    def rank(self, history, user, candidates):
        return self.score(self.user_state(history, user), candidates)
