//! Wide & Deep (Cheng et al., DLRS 2016): a linear model beside the head.

use dien_cells::Real;
use dien_tensor::nn::Linear;
use dien_tensor::ops;

use super::common::{Common, Pass, ZooModel};
use crate::Features;
use crate::config::ModelConfig;
use crate::init::Builder;
use crate::model::Output;
use crate::parts::{Embedding, Head, HeadInput, HeadLayout};

/// Wide & Deep as the DIEN authors compare it: the deep part is [`Base`](super::Base)'s head; the wide one is
/// linear in the candidate, each sequence's pooled history and their product, and the logits are added.
#[derive(Clone, Debug)]
pub struct WideDeep {
    /// The head is the deep part.
    common: Common,
    /// `wide`
    wide: Linear,
}

impl WideDeep {
    /// Adds the model's parameters.
    pub fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let embedding = Embedding::new(builder, features, config);
        let (sequences, width) = (1 + features.extra_sequences.len(), embedding.event_width());
        let mut layout = HeadLayout::new(features);
        for index in 0..sequences {
            layout.add(HeadInput::History(index), width);
        }
        let head = Head::new(builder, config, layout);
        let wide = Linear::new(builder, "wide", (1 + 2 * sequences) * width, 1);
        WideDeep { common: Common { config: config.clone(), embedding, head }, wide }
    }
}

impl ZooModel for WideDeep {
    fn common(&self) -> &Common {
        &self.common
    }

    fn run<'t, T: Real>(&self, Pass { tape, batch, rows, .. }: Pass<'_, 't, '_, T>) -> Output<'t, T> {
        let (mut deep, sequences, candidates) = self.common.inputs(tape, rows, batch);
        let mut wide = tape.var_list();
        wide.push(candidates);
        for input in sequences {
            let [history, product] = self.common.history_and_product(&input);
            deep.push(HeadInput::History(input.index), history);
            wide.extend([history, product]);
        }
        let wide = self.wide.forward(ops::concat(wide.iter()));
        Output::new(self.common.output(tape, deep).logits + wide)
    }
}
