//! The Deep Interest Evolution Network.

use dien_cells::Real;
use dien_tensor::ParamStore;

use super::common::{Common, Pass, ZooModel};
use crate::Features;
use crate::config::ModelConfig;
use crate::frozen::FrozenModel;
use crate::init::Builder;
use crate::model::Output;
use crate::parts::{Embedding, Head, HeadLayout, Interest, add_history, per_sequence, push_history};

/// DIEN (Zhou et al., AAAI 2019): embedding, interest extractor with auxiliary loss, attention, interest
/// evolution, head.
///
/// AIGRU, AGRU and AUGRU are it with that cell and without the auxiliary loss, the paper's BaseModel + GRU +
/// AUGRU and so on.
///
/// Extra sequences of behaviours have an interest network of their own each; the head reads all of them side
/// by side.
#[derive(Clone, Debug)]
pub struct Dien {
    common: Common,
    /// By sequence of behaviours.
    interests: Vec<Interest>,
}

impl Dien {
    /// Adds the model's parameters.
    pub fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let b = builder;
        let embedding = Embedding::new(b, features, config);
        let width = embedding.event_width();
        let interests = per_sequence(b, features, |b| Interest::new(b, config, width));
        let mut layout = HeadLayout::new(features);
        for (index, interest) in interests.iter().enumerate() {
            add_history(&mut layout, index, width);
            interest.add_to(&mut layout, index);
        }
        let head = Head::new(b, config, layout);
        Dien { common: Common { config: config.clone(), embedding, head }, interests }
    }
}

impl ZooModel for Dien {
    const IS_TRACED: bool = true;

    fn common(&self) -> &Common {
        &self.common
    }

    fn run<'t, T: Real>(&self, Pass { tape, batch, rows, mut traces }: Pass<'_, 't, '_, T>) -> Output<'t, T> {
        let mut auxiliary = None;
        let (mut inputs, sequences, _) = self.common.inputs(tape, rows, batch);
        for (interest, input) in self.interests.iter().zip(sequences) {
            push_history(&mut inputs, input.index, self.common.history_and_product(&input));
            let output = interest.forward(tape, &input, &mut inputs);
            if let Some(traces) = &mut traces {
                traces.push(interest.trace(tape, &input, output));
            }
            auxiliary = match (auxiliary, output.auxiliary) {
                (Some(sum), Some(loss)) => Some(sum + loss),
                (sum, loss) => sum.or(loss),
            };
        }
        self.common.output(tape, inputs).with_auxiliary(auxiliary)
    }

    fn reads_negatives(&self) -> bool {
        self.common.config.learns_auxiliary()
    }

    fn frozen(&self, params: &ParamStore<f32>) -> Option<FrozenModel> {
        self.common.freeze(params, self.interests.iter().map(|interest| interest.freeze(params)).collect())
    }
}
