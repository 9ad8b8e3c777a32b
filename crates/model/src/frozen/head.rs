//! The head, its first layer split by who knows the input: the user, the candidate, or the pair.

use dien_cells::LANES;
use dien_cells::serving::{Dice, Tiles, add_columns, add_product, fill, prelu};

use super::matrix::{slice_columns, transpose};
use crate::parts::{HeadInput, HeadLayout};

/// A [head](crate::parts::Head), ready to serve: batch normalisation is folded into its first layer.
#[derive(Debug)]
pub struct FrozenHead {
    /// The first layer's bias `[units]`.
    bias: Vec<f32>,
    /// Columns of sparse and dense features, by column: `[inputs, units]`.
    of_context: Vec<f32>,
    /// What batch normalisation subtracts from sparse and dense features: numbers such as a year are far from
    /// 0.
    context_mean: Vec<f32>,
    /// Columns of the candidate and of its lists, `[units, inputs]`.
    of_candidate: Tiles<f32>,
    of_lists: Tiles<f32>,
    /// By sequence of behaviours.
    sequences: Vec<OfSequence>,
    /// The first layer's activation, then the further layers; the last one is the logit.
    activations: Vec<FrozenActivation>,
    layers: Vec<FrozenLayer>,
}

/// Columns of what comes from one sequence of behaviours.
#[derive(Debug)]
struct OfSequence {
    /// Of the pooled history, by column.
    history: Vec<f32>,
    /// Of its product with the candidate, `[units, event width]`.
    product: Tiles<f32>,
    /// Of the interest, `[units, hidden]`.
    interest: Tiles<f32>,
    /// The column of the auxiliary product, if the model has it, once for each of its terms: `[units, event
    /// width]`.
    auxiliary: Option<Tiles<f32>>,
}

/// A layer after the first.
#[derive(Debug)]
pub(crate) struct FrozenLayer {
    /// `[outputs, inputs]`
    pub weight: Tiles<f32>,
    pub bias: Vec<f32>,
}

/// An activation with all that it needs.
#[derive(Debug)]
pub(crate) enum FrozenActivation {
    Dice(Dice<f32>),
    Prelu(Vec<f32>),
}

/// Batch normalisation by running statistics, one number an input each.
pub(crate) struct Norm<'a> {
    pub gamma: &'a [f32],
    pub beta: &'a [f32],
    pub mean: &'a [f32],
    pub var: &'a [f32],
}

impl FrozenHead {
    /// From the first layer's weight `[units, inputs]` and bias, the normalisation before it, and what
    /// follows it. `None` if the layout has an input that is none of the user's, the candidate's, or a
    /// product of these.
    pub(crate) fn new(
        layout: &HeadLayout,
        norm: Option<Norm<'_>>,
        mut weight: Vec<f32>,
        mut bias: Vec<f32>,
        activations: Vec<FrozenActivation>,
        layers: Vec<FrozenLayer>,
    ) -> Option<Self> {
        if layout.iter().any(|(input, _)| matches!(input, HeadInput::FieldProducts | HeadInput::Other)) {
            return None;
        }
        let (inputs, units) = (layout.width(), bias.len());
        let (sparse, dense) = (layout.columns(HeadInput::Sparse), layout.columns(HeadInput::Dense));
        let context_mean = match norm {
            Some(norm) => {
                let keeps = |i: usize| sparse.contains(&i) || dense.contains(&i);
                norm.fold(keeps, &mut weight, &mut bias)
            }
            None => vec![0.0; sparse.len() + dense.len()],
        };
        let columns = |input| {
            let which = layout.columns(input);
            (slice_columns(&weight, inputs, which.clone()), which.len())
        };
        let by_column = |input| {
            let (columns, width) = columns(input);
            transpose(&columns, width, units)
        };
        let tiles = |input| {
            let (columns, width) = columns(input);
            Tiles::new(&columns, width)
        };
        let e = layout.columns(HeadInput::Candidate).len();
        let sequence = |s: usize| {
            let (mut product, _) = columns(HeadInput::HistoryProduct(s));
            product.resize(units * e, 0.0);
            let (auxiliary, has_auxiliary) = columns(HeadInput::AuxiliaryScore(s));
            let terms: Vec<f32> = auxiliary.iter().flat_map(|&w| std::iter::repeat_n(w, e)).collect();
            OfSequence {
                history: by_column(HeadInput::History(s)),
                product: Tiles::new(&product, e),
                interest: tiles(HeadInput::Interest(s)),
                auxiliary: (has_auxiliary > 0).then(|| Tiles::new(&terms, e)),
            }
        };
        let sequences = layout.iter().filter(|(input, _)| matches!(input, HeadInput::History(_))).count();
        let sequences = (0..sequences).map(sequence).collect();
        let of_context = [by_column(HeadInput::Sparse), by_column(HeadInput::Dense)].concat();
        let (of_candidate, of_lists) = (tiles(HeadInput::Candidate), tiles(HeadInput::MultiHot));
        Some(FrozenHead {
            bias,
            of_context,
            context_mean,
            of_candidate,
            of_lists,
            sequences,
            activations,
            layers,
        })
    }

    /// The units of the first layer.
    pub(crate) fn units(&self) -> usize {
        self.bias.len()
    }

    /// Scratch of [`logits`](Self::logits): two layers side by side.
    pub(crate) fn widest(&self) -> usize {
        self.layers.iter().map(|l| l.bias.len()).fold(self.units(), usize::max)
    }

    /// The user's part of the first layer, `[units]`, from their sparse and dense features and pooled
    /// histories.
    pub(crate) fn of_user<'a>(
        &self,
        context: &[f32],
        histories: impl Iterator<Item = &'a [f32]>,
    ) -> Vec<f32> {
        let mut part = self.bias.clone();
        let context: Vec<f32> = context.iter().zip(&self.context_mean).map(|(x, mean)| x - mean).collect();
        add_columns(&self.of_context, &context, &mut part);
        for (sequence, history) in self.sequences.iter().zip(histories) {
            add_columns(&sequence.history, history, &mut part);
        }
        part
    }

    /// What the first layer makes of a candidate of this user, `[units, event width]`: every input that is a
    /// product with the candidate is linear in it. `sequences` have a pooled history and, where there is an
    /// auxiliary product, a projected interest.
    pub(crate) fn for_candidate<'a>(&self, sequences: impl Iterator<Item = [&'a [f32]; 2]>) -> Tiles<f32> {
        let mut weight = self.of_candidate.clone();
        for (sequence, [history, projected]) in self.sequences.iter().zip(sequences) {
            weight.add_scaled(&sequence.product, history);
            if let Some(of_auxiliary) = &sequence.auxiliary {
                weight.add_scaled(of_auxiliary, projected);
            }
        }
        weight
    }

    /// Logits `[LANES]` of candidates in lanes: `of_user` and `for_candidate` are the user's, `e` `[event
    /// width, LANES]`, `lists` `[list width, LANES]` and `interests` `[sequences, hidden, LANES]` the
    /// candidates'. `x` and `y` are scratch.
    pub(crate) fn logits(
        &self,
        of_user: &[f32],
        for_candidate: &Tiles<f32>,
        [e, lists, interests]: [&[f32]; 3],
        width: usize,
        [mut x, mut y]: [&mut [f32]; 2],
    ) -> [f32; LANES] {
        let first = &mut x[..self.units() * LANES];
        fill(of_user, first);
        add_product(for_candidate, e, first, width);
        add_product(&self.of_lists, lists, first, width);
        let each = interests.len() / self.sequences.len();
        for (sequence, interest) in self.sequences.iter().zip(interests.chunks_exact(each.max(1))) {
            add_product(&sequence.interest, interest, first, width);
        }
        let mut units = self.units();
        for (activation, layer) in self.activations.iter().zip(&self.layers) {
            activation.run(&mut x[..units * LANES], width);
            let next = &mut y[..layer.bias.len() * LANES];
            fill(&layer.bias, next);
            add_product(&layer.weight, x, next, width);
            units = layer.bias.len();
            std::mem::swap(&mut x, &mut y);
        }
        x[..LANES].try_into().expect("LANES elements")
    }
}

impl Norm<'_> {
    /// W BN(x) + b as W' (x − m) + b'; m is 0 but for the inputs that `keeps` its mean: it is returned.
    fn fold(&self, keeps: impl Fn(usize) -> bool, weight: &mut [f32], bias: &mut [f32]) -> Vec<f32> {
        let inputs = self.mean.len();
        for (row, bias) in weight.chunks_exact_mut(inputs).zip(bias) {
            let mut sum = f64::from(*bias);
            for (i, w) in row.iter_mut().enumerate() {
                // The ε of `dien_tensor::ops::BatchNorm`.
                let scale = f64::from(self.gamma[i]) / (f64::from(self.var[i]) + 1e-5).sqrt();
                let mean = if keeps(i) { 0.0 } else { f64::from(self.mean[i]) };
                sum += f64::from(*w) * (f64::from(self.beta[i]) - mean * scale);
                *w = (f64::from(*w) * scale) as f32;
            }
            *bias = sum as f32;
        }
        (0..inputs).filter(|&i| keeps(i)).map(|i| self.mean[i]).collect()
    }
}

impl FrozenActivation {
    /// Dice from its running statistics and slopes, one a unit.
    pub(crate) fn dice(mean: &[f32], var: &[f32], alpha: &[f32]) -> Self {
        // The ε of `dien_tensor::ops::Dice`.
        let scale = var.iter().map(|v| (v + 1e-8).sqrt().recip()).collect();
        FrozenActivation::Dice(Dice { mean: mean.to_vec(), scale, alpha: alpha.to_vec() })
    }

    fn run(&self, x: &mut [f32], width: usize) {
        match self {
            FrozenActivation::Dice(dice) => dice.run(x, width),
            FrozenActivation::Prelu(alpha) => prelu(alpha, x),
        }
    }
}
