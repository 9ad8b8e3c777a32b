//! BaseModel: embedding, pooled history, MLP.

use dien_cells::Real;
use dien_tensor::ParamStore;

use super::common::{Common, Pass, ZooModel};
use crate::Features;
use crate::config::ModelConfig;
use crate::frozen::FrozenModel;
use crate::init::Builder;
use crate::model::Output;
use crate::parts::{Embedding, Head, HeadInput, HeadLayout};

/// The paper's BaseModel: the head alone, over embeddings and pooled history.
#[derive(Clone, Debug)]
pub struct Base {
    common: Common,
}

impl Base {
    /// Adds the model's parameters.
    pub fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let embedding = Embedding::new(builder, features, config);
        let mut layout = HeadLayout::new(features);
        for index in 0..1 + features.extra_sequences.len() {
            layout.add(HeadInput::History(index), embedding.event_width());
        }
        let head = Head::new(builder, config, layout);
        Base { common: Common { config: config.clone(), embedding, head } }
    }
}

impl ZooModel for Base {
    fn common(&self) -> &Common {
        &self.common
    }

    fn run<'t, T: Real>(&self, Pass { tape, batch, rows, .. }: Pass<'_, 't, '_, T>) -> Output<'t, T> {
        let (mut inputs, sequences, _) = self.common.inputs(tape, rows, batch);
        for input in sequences {
            inputs.push(HeadInput::History(input.index), self.common.history(&input));
        }
        self.common.output(tape, inputs)
    }

    fn frozen(&self, params: &ParamStore<f32>) -> Option<FrozenModel> {
        self.common.freeze(params, vec![])
    }
}
