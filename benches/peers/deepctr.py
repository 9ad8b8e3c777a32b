"""DeepCTR-Torch's DIEN in the same configuration, as far as it goes: its auxiliary net and attention are its
own, it computes on padded ids that travel as floats, and its optimiser is dense.
"""

import sys
import types

import torch
import torch.nn.functional as F

# On import the library asks for its newest version over the network, by a package that it does not name as
# needed.
sys.modules["requests"] = types.ModuleType("requests")
from deepctr_torch.inputs import SparseFeat, VarLenSparseFeat
from deepctr_torch.models import DIEN

from batch import CATEGORIES, ITEMS, STEPS, USERS


class DeepCtr:
    """The model, and the step that its `fit` takes for each batch."""

    def __init__(self):
        names = {"item": ITEMS + 1, "category": CATEGORIES + 1}
        columns = [SparseFeat(name, rows, 18) for name, rows in {"user": USERS + 1, **names}.items()]
        for prefix in ("hist_", "neg_hist_"):
            for name, rows in names.items():
                feature = SparseFeat(prefix + name, rows, 18, embedding_name=name)
                columns.append(VarLenSparseFeat(feature, STEPS, length_name="length"))
        self.model = DIEN(
            columns,
            list(names),
            gru_type="AUGRU",
            use_negsampling=True,
            use_bn=True,
            dnn_hidden_units=(200, 80),
            dnn_activation="prelu",  # its Dice refuses a batch of rows
            att_hidden_units=(80, 40),
            att_activation="sigmoid",
            l2_reg_embedding=0,
        )
        self.model.compile("adam", "binary_crossentropy")

    def inputs(self, batch):
        """The library's one matrix of floats; labels [B, 1]. Made once, outside what is timed."""
        x = torch.zeros(len(batch.lengths), max(end for _, end in self.model.feature_index.values()))

        def put(name, values):
            first, last = self.model.feature_index[name]
            x[:, first:last] = values.float().view(len(x), last - first)

        put("user", batch.users)
        put("length", batch.lengths)
        for i, name in enumerate(("item", "category")):
            put(name, batch.candidates[:, i])
            for prefix, ids in (("hist_", batch.events), ("neg_hist_", batch.negatives)):
                padded = torch.nn.utils.rnn.pad_sequence(
                    ids[:, i].split(batch.lengths.tolist()), batch_first=True
                )
                put(prefix + name, F.pad(padded, (0, STEPS - padded.shape[1])))
        return x, batch.labels[:, None]

    def step(self, inputs):
        x, y = inputs
        model = self.model.train()
        predicted = model(x)
        model.optim.zero_grad()
        loss = model.loss_func(predicted, y, reduction="sum")
        (loss + model.get_regularization_loss() + model.aux_loss).backward()
        model.optim.step()

    @torch.no_grad()
    def scores(self, inputs):
        return self.model.eval()(inputs[0])
