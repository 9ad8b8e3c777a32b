"""Metrics: AUC and log loss by scikit-learn, the order of candidates by trec_eval."""

import numpy as np
import pytrec_eval
from sklearn.metrics import log_loss, roc_auc_score

from store import save

K = 5


def gauc(scores, labels, groups, weights):
    """Each group's AUC, by the sum of its weights."""
    parts = []
    for group in np.unique(groups):
        of = groups == group
        positive = labels[of] * weights[of]
        negative = (1 - labels[of]) * weights[of]
        if positive.sum() > 0 and negative.sum() > 0:
            auc = roc_auc_score(labels[of], scores[of], sample_weight=weights[of])
            parts.append((auc, weights[of].sum()))
    return np.average([auc for auc, _ in parts], weights=[weight for _, weight in parts])


def ranking(scores, labels, groups):
    """Means over the groups that have a click."""
    qrels, run = {}, {}
    for score, label, group in zip(scores, labels, groups):
        document = f"d{len(run.get(str(group), {}))}"
        qrels.setdefault(str(group), {})[document] = int(label)
        run.setdefault(str(group), {})[document] = float(score)
    qrels = {group: of for group, of in qrels.items() if any(of.values())}
    measures = {f"success_{K}", f"recall_{K}", f"ndcg_cut_{K}", "recip_rank"}
    found = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run).values()
    mean = lambda of: float(np.mean([of(group) for group in found]))
    # Beyond the first K a click counts nothing: 1 / rank is at least 1 / K.
    cut = lambda x: x if x > 1 / K - 1e-9 else 0.0
    return {
        "hr": mean(lambda g: g[f"success_{K}"]),
        "recall": mean(lambda g: g[f"recall_{K}"]),
        "ndcg": mean(lambda g: g[f"ndcg_cut_{K}"]),
        "mrr": mean(lambda g: cut(g["recip_rank"])),
    }


def make():
    draw = np.random.default_rng(11)
    n = 600
    # All scores differ: trec_eval orders equal ones by name.
    logits = draw.permutation(np.linspace(-4, 4, n)).astype(np.float32).astype(np.float64)
    labels = (draw.random(n) < 0.2 + 0.05 * logits).astype(np.float64)
    groups = draw.integers(0, 45, n)
    weights = draw.integers(0, 5, n) / 2
    ones = np.ones(n)
    probabilities = 1 / (1 + np.exp(-logits))
    tensors = {
        "logits": logits,
        "labels": labels,
        "groups": groups,
        "weights": weights,
        "k": np.array([K]),
    }
    for name, w in (("plain", ones), ("weighted", weights)):
        tensors[f"{name}.auc"] = np.array([roc_auc_score(labels, logits, sample_weight=w)])
        tensors[f"{name}.gauc"] = np.array([gauc(logits, labels, groups, w)])
        tensors[f"{name}.logloss"] = np.array([log_loss(labels, probabilities, sample_weight=w)])
    for name, value in ranking(logits, labels, groups).items():
        tensors[f"ranking.{name}"] = np.array([value])
    save("metrics", tensors)
