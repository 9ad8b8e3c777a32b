//! Product-based neural networks.

use dien_cells::Real;
use dien_tensor::{ParamId, Var, VarList, ops};

use super::common::{Common, Pass, ZooModel};
use crate::config::{ModelConfig, ModelKind};
use crate::init::Builder;
use crate::model::Output;
use crate::parts::{Embedding, Head, HeadInput, HeadLayout, sequence_inputs};
use crate::{EmbeddingFeature, Features};

/// PNN (Qu et al., ICDM 2016): the head reads products of the fields beside the fields themselves.
///
/// A field is the embedding of one feature: of profile and context, of the candidate, of the pooled history.
/// `ipnn`: the inner product of each pair of fields. `opnn`: the outer product of the sum of all fields with
/// itself. A field whose width is not the first behaviour feature's is brought to it by a matrix of its own,
/// `product.<field>.weight`.
#[derive(Clone, Debug)]
pub struct Pnn {
    common: Common,
    /// By field; none where it has the common width already.
    project: Vec<Option<ParamId>>,
}

impl Pnn {
    /// Adds the model's parameters.
    pub fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let b = builder;
        let embedding = Embedding::new(b, features, config);
        let width_of = |lookup: &EmbeddingFeature| features.tables[lookup.table].embedding_dim;
        let common = width_of(&features.behaviours[0]);
        let named = |of: &str, lookups: &[EmbeddingFeature]| -> Vec<(String, usize)> {
            lookups.iter().map(|l| (format!("{of}{}", l.name), width_of(l))).collect()
        };
        let mut fields = [named("", &features.sparse), named("", &features.multi_hot)].concat();
        fields.extend(named("", &features.behaviours));
        fields.extend(named("history.", &features.behaviours));
        for sequence in &features.extra_sequences {
            fields.extend(named(&format!("{sequence}."), &features.behaviours));
        }
        let project: Vec<_> = fields
            .iter()
            .map(|(name, width)| {
                let project = || b.weight(&format!("product.{name}.weight"), common, *width, *width);
                (*width != common).then(project)
            })
            .collect();
        let n = project.len();
        let products = if config.kind == ModelKind::Ipnn { n * (n - 1) / 2 } else { common * common };
        let mut layout = HeadLayout::new(features);
        for index in 0..1 + features.extra_sequences.len() {
            layout.add(HeadInput::History(index), embedding.event_width());
        }
        layout.add(HeadInput::FieldProducts, products);
        let head = Head::new(b, config, layout);
        Pnn { common: Common { config: config.clone(), embedding, head }, project }
    }

    /// Adds each feature's embedding among those side by side in `of`, from column `from` on.
    fn split<'t, T: Real>(
        &self,
        of: Var<'t, T>,
        lookups: &[EmbeddingFeature],
        from: &mut usize,
        fields: &mut VarList<'t, T>,
    ) {
        for lookup in lookups {
            let width = self.common.embedding.features().tables[lookup.table].embedding_dim;
            fields.push(ops::slice_columns(of, *from..*from + width));
            *from += width;
        }
    }
}

impl ZooModel for Pnn {
    fn common(&self) -> &Common {
        &self.common
    }

    fn run<'t, T: Real>(&self, Pass { tape, batch, rows, .. }: Pass<'_, 't, '_, T>) -> Output<'t, T> {
        let Common { config, embedding, head } = &self.common;
        let features = embedding.features();
        let (mut inputs, mut fields) = (head.layout().inputs(tape), tape.var_list());
        if let Some(context) = embedding.context(tape, batch) {
            inputs.push_several(&HeadInput::CONTEXT, context);
            let mut from = 0;
            self.split(context, &features.sparse, &mut from, &mut fields);
            self.split(context, &features.multi_hot, &mut from, &mut fields);
        }
        let candidates = rows.candidates(batch);
        inputs.push(HeadInput::Candidate, candidates);
        self.split(candidates, &features.behaviours, &mut 0, &mut fields);
        for input in sequence_inputs(rows, batch, candidates) {
            let history = self.common.history(&input);
            inputs.push(HeadInput::History(input.index), history);
            self.split(history, &features.behaviours, &mut 0, &mut fields);
        }
        let mut common = tape.var_list();
        for (field, project) in fields.iter().zip(&self.project) {
            common.push(project.map_or(field, |w| ops::linear(field, tape.param(w), None)));
        }
        if config.kind == ModelKind::Ipnn {
            for (i, a) in common.iter().enumerate() {
                for b in common.iter().skip(i + 1) {
                    inputs.push(HeadInput::FieldProducts, ops::dot_rows(a, b));
                }
            }
        } else {
            let sum = common.iter().reduce(|sum, field| sum + field).expect("a candidate has features");
            inputs.push(HeadInput::FieldProducts, ops::outer_rows(sum, sum));
        }
        self.common.output(tape, inputs)
    }
}
