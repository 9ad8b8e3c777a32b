//! From all that is known of a target to its logit.

use dien_cells::Real;
use dien_cells::serving::Tiles;
use dien_tensor::nn::Linear;
use dien_tensor::ops::{self, BatchNorm, Dice};
use dien_tensor::{ParamId, ParamStore, Tape, Var};

use super::{HeadLayout, bias};
use crate::config::{HeadActivation, ModelConfig};
use crate::frozen::{FrozenActivation, FrozenHead, FrozenLayer, Norm};
use crate::init::Builder;

#[derive(Clone, Debug)]
enum Activation {
    Dice(Dice),
    Prelu(ParamId),
}

/// Batch normalisation, dropout, and an MLP: `head.norm`, `head.0`, `head.1`, …
#[derive(Clone, Debug)]
pub struct Head {
    layout: HeadLayout,
    norm: Option<BatchNorm>,
    dropout: f64,
    hidden: Vec<(Linear, Activation)>,
    logit: Linear,
}

impl Head {
    /// Adds the parameters for inputs of this layout, or of a width.
    pub fn new<T: Real>(
        builder: &mut Builder<'_, T>,
        config: &ModelConfig,
        layout: impl Into<HeadLayout>,
    ) -> Self {
        let layout = layout.into();
        let inputs = layout.width();
        let norm = config.head_norm.then(|| BatchNorm {
            weight: builder.vector("head.norm.weight", inputs, 1.0),
            bias: builder.vector("head.norm.bias", inputs, 0.0),
            mean: builder.buffer("head.norm.mean", inputs, 0.0),
            var: builder.buffer("head.norm.var", inputs, 1.0),
        });
        let mut width = inputs;
        let mut hidden = Vec::new();
        for (i, &units) in config.head_layers.iter().enumerate() {
            let linear = Linear::new(builder, &format!("head.{i}"), width, units);
            let activation = match config.head_activation {
                HeadActivation::Dice => Activation::Dice(Dice {
                    alpha: builder.vector(&format!("head.{i}.dice.alpha"), units, config.init.dice),
                    mean: builder.buffer(&format!("head.{i}.dice.mean"), units, 0.0),
                    var: builder.buffer(&format!("head.{i}.dice.var"), units, 1.0),
                }),
                HeadActivation::Prelu => Activation::Prelu(builder.vector(
                    &format!("head.{i}.prelu.alpha"),
                    units,
                    config.init.prelu,
                )),
            };
            hidden.push((linear, activation));
            width = units;
        }
        let logit = Linear::new(builder, &format!("head.{}", hidden.len()), width, 1);
        Head { layout, norm, dropout: config.dropout, hidden, logit }
    }

    /// Its inputs and their order.
    pub fn layout(&self) -> &HeadLayout {
        &self.layout
    }

    /// The logits `[targets, 1]` of inputs `[targets, inputs]`.
    pub fn forward<'t, T: Real>(&self, tape: &'t Tape<'_, T>, inputs: Var<'t, T>) -> Var<'t, T> {
        let mut x = match &self.norm {
            Some(norm) => norm.forward(inputs),
            None => inputs,
        };
        x = ops::dropout(x, self.dropout);
        for (linear, activation) in &self.hidden {
            x = linear.forward(x);
            x = match activation {
                Activation::Dice(dice) => dice.forward(x),
                Activation::Prelu(alpha) => ops::prelu(x, tape.param(*alpha)),
            };
        }
        self.logit.forward(x)
    }

    /// Its serving form. `None` if its [layout](Self::layout) has an input that cannot be split between user
    /// and candidate.
    pub fn freeze(&self, params: &ParamStore<f32>) -> Option<FrozenHead> {
        let norm = self.norm.map(|norm| Norm {
            gamma: params.data(norm.weight),
            beta: params.data(norm.bias),
            mean: params.data(norm.mean),
            var: params.data(norm.var),
        });
        let mut linears = self.hidden.iter().map(|(linear, _)| linear).chain([&self.logit]);
        let first = linears.next().expect("at least the logit");
        let layers = linears.map(|linear| FrozenLayer {
            weight: Tiles::new(params.data(linear.weight), params.shape(linear.weight)[1]),
            bias: params.data(bias(linear)).to_vec(),
        });
        let activations = self.hidden.iter().map(|(_, activation)| match activation {
            Activation::Prelu(alpha) => FrozenActivation::Prelu(params.data(*alpha).to_vec()),
            Activation::Dice(dice) => {
                FrozenActivation::dice(params.data(dice.mean), params.data(dice.var), params.data(dice.alpha))
            }
        });
        FrozenHead::new(
            &self.layout,
            norm,
            params.data(first.weight).to_vec(),
            params.data(bias(first)).to_vec(),
            activations.collect(),
            layers.collect(),
        )
    }
}
