//! Embedding tables, shared by events, candidates and the other features.

use dien_cells::Real;
use dien_tensor::{ParamId, Tape, Var, ops};
use ndarray::Axis;

use super::{EventRows, HeadInput, HeadInputs, HeadLayout};
use crate::config::ModelConfig;
use crate::init::Builder;
use crate::{Batch, EmbeddingFeature, Features, OOV, TouchedRows};

/// The tables of [`Features`] as parameters `embedding.<table>`.
#[derive(Clone, Debug)]
pub struct Embedding {
    features: Features,
    tables: Vec<ParamId>,
    /// Whether padding is pooled, which is out of vocabulary.
    pools_padding: bool,
}

impl Embedding {
    /// Adds the tables.
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, features: &Features, config: &ModelConfig) -> Self {
        let std = config.init.embedding;
        let add = |t: &crate::Table| {
            builder.table(&format!("embedding.{}", t.name), t.num_embeddings, t.embedding_dim, std)
        };
        let tables = features.tables.iter().map(add).collect();
        Embedding { features: features.clone(), tables, pools_padding: config.pool_padding }
    }

    /// The features that are embedded.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The width of an event: its embeddings side by side.
    pub fn event_width(&self) -> usize {
        self.features.event_width()
    }

    /// The parameters that hold the tables of [`features`](Self::features), in their order.
    pub fn tables(&self) -> &[ParamId] {
        &self.tables
    }

    /// What the batch's events and candidates are looked up in.
    pub fn event_rows<'t, T: Real>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> EventRows<'t, T> {
        let (mut rows, mut bags) = (tape.var_list(), batch.bags.iter());
        for l in &self.features.behaviours {
            let table = tape.param(self.tables[l.table]);
            rows.push(match l.is_bag {
                true => {
                    let bags = bags.next().expect("a valid batch has the lists of every bag");
                    ops::gather_mean(table, &bags.offsets, &bags.ids)
                }
                false => table,
            });
        }
        EventRows::new(rows)
    }

    /// So many candidates of which nothing is known: `[n, event width]`.
    pub fn unknown<'t, T: Real>(&self, tape: &'t Tape<'_, T>, n: usize) -> Var<'t, T> {
        let ids = vec![OOV; n];
        let mut parts = tape.var_list();
        for l in &self.features.behaviours {
            let table = tape.param(self.tables[l.table]);
            parts.push(match l.is_bag {
                true => tape.constant(tape.pool().zeros(&[n, table.shape()[1]])),
                false => ops::gather(table, &ids),
            });
        }
        ops::concat(parts.iter())
    }

    /// All that is neither behaviour nor candidate, `[targets, context width]`: sparse features, multi-hot
    /// ones (the mean of their embeddings, zero if there are none), dense ones. `None` if the model has no
    /// such features.
    pub fn context<'t, T: Real>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Option<Var<'t, T>> {
        let (f, t) = (&self.features, &batch.targets);
        let mut parts = tape.var_list();
        for (l, ids) in f.sparse.iter().zip(&t.sparse) {
            parts.push(ops::gather(tape.param(self.tables[l.table]), ids));
        }
        for (l, lists) in f.multi_hot.iter().zip(&t.multi_hot) {
            parts.push(ops::gather_mean(tape.param(self.tables[l.table]), &lists.offsets, &lists.ids));
        }
        if !f.dense.is_empty() {
            let mut value = tape.pool().stale(&[t.len(), f.dense.len()]);
            for (mut column, numbers) in value.axis_iter_mut(Axis(1)).zip(&t.dense) {
                column.iter_mut().zip(numbers).for_each(|(to, &x)| *to = T::of(x.into()));
            }
            parts.push(tape.constant(value));
        }
        if parts.is_empty() { None } else { Some(ops::concat(parts.iter())) }
    }

    /// What a [layout](HeadLayout::new) begins with, [`context`](Self::context) and the candidates; and these
    /// alone.
    pub fn head_inputs<'a, 't, T: Real>(
        &self,
        layout: &'a HeadLayout,
        tape: &'t Tape<'_, T>,
        rows: &EventRows<'t, T>,
        batch: &Batch,
    ) -> (HeadInputs<'a, 't, T>, Var<'t, T>) {
        let candidates = rows.candidates(batch);
        let mut inputs = layout.inputs(tape);
        if let Some(context) = self.context(tape, batch) {
            inputs.push_several(&HeadInput::CONTEXT, context);
        }
        inputs.push(HeadInput::Candidate, candidates);
        (inputs, candidates)
    }

    /// Sets `touched` to the rows of each table that a forward pass over `batch` reads.
    pub fn touch(&self, batch: &Batch, negatives: bool, touched: &mut TouchedRows) {
        let tables = self.tables.iter().enumerate();
        touched.set(tables.map(|(table, &id)| (id, self.ids_of(table, batch, negatives))));
    }

    /// Every id of a table that a forward pass reads.
    fn ids_of<'a>(
        &'a self,
        table: usize,
        batch: &'a Batch,
        negatives: bool,
    ) -> impl Iterator<Item = u32> + 'a {
        let (f, t) = (&self.features, &batch.targets);
        let behaviours = f.behaviours.iter().enumerate().filter(move |(_, l)| l.table == table && !l.is_bag);
        let bags = f.bags().zip(&batch.bags).filter(move |(l, _)| l.table == table);
        let candidates = behaviours.clone().flat_map(|(i, _)| &t.candidate[i]);
        let of_sequences = batch.sequences().flat_map(move |sequence| {
            let h = sequence.histories;
            let events = behaviours.clone().flat_map(|(i, _)| &h.ids[i]);
            let k = if negatives { h.negatives_per_event } else { 0 };
            let negatives = behaviours.clone().filter(move |_| k > 0).flat_map(move |(i, _)| {
                // The first event's negatives are never read.
                let used = move |w: &[u32]| (w[0] + 1).min(w[1]) as usize * k..w[1] as usize * k;
                h.offsets.windows(2).flat_map(move |w| &h.negatives[i][used(w)])
            });
            events.chain(negatives)
        });
        let of_table = move |l: &EmbeddingFeature| l.table == table;
        let sparse = f.sparse.iter().zip(&t.sparse).filter(move |(l, _)| of_table(l));
        let multi_hot = f.multi_hot.iter().zip(&t.multi_hot).filter(move |(l, _)| of_table(l));
        let context = sparse.flat_map(|(_, ids)| ids).chain(multi_hot.flat_map(|(_, lists)| &lists.ids));
        let bags = bags.flat_map(|(_, bags)| &bags.ids);
        let is_padded = |l: &EmbeddingFeature| !l.is_bag && of_table(l);
        let padding = self.pools_padding.then_some(OOV).filter(|_| f.behaviours.iter().any(is_padded));
        of_sequences.chain(candidates).chain(bags).chain(context).copied().chain(padding)
    }
}
