//! The head, its first layer split by who knows the input: the user, the candidate, or the pair.

use dien_cells::LANES;
use dien_cells::serving::{Dice, Tiles, add_columns, add_product, fill, prelu};

use super::interests::Interests;
use super::weights::{Weights, slice_columns, transpose};
use crate::Features;
use crate::config::{HeadActivation, ModelConfig};

/// The head with batch normalisation folded into its first layer.
#[derive(Debug)]
pub(super) struct Head {
    /// The first layer's bias `[units]`.
    bias: Vec<f32>,
    /// Columns of sparse and dense features, and of the pooled history, by column: `[inputs, units]`.
    of_rest: Vec<f32>,
    /// What batch normalisation subtracts from sparse and dense features: numbers such as a year are far
    /// from 0.
    rest_mean: Vec<f32>,
    /// Columns of the candidate and of its lists, `[units, inputs]`.
    of_candidate: Tiles<f32>,
    of_lists: Tiles<f32>,
    /// By group of behaviours.
    groups: Vec<OfGroup>,
    /// The first layer's activation, then the further layers; the last one is the logit.
    activations: Vec<Activation>,
    layers: Vec<Layer>,
}

/// Columns of what comes from one group of behaviours.
#[derive(Debug)]
struct OfGroup {
    /// Of the pooled history, by column.
    history: Vec<f32>,
    /// Of its product with the candidate, `[units, event width]`.
    product: Tiles<f32>,
    /// Of the interest, `[units, hidden]`.
    interest: Tiles<f32>,
    /// The column of the auxiliary product, if the model has it, once for each of its terms:
    /// `[units, event width]`.
    auxiliary: Option<Tiles<f32>>,
}

#[derive(Debug)]
struct Layer {
    /// `[outputs, inputs]`
    weight: Tiles<f32>,
    bias: Vec<f32>,
}

#[derive(Debug)]
enum Activation {
    Dice(Dice<f32>),
    Prelu(Vec<f32>),
}

impl Head {
    #[track_caller]
    pub fn new(
        weights: &Weights<'_>,
        config: &ModelConfig,
        features: &Features,
        interests: &[Interests],
    ) -> Self {
        let (e, lists) = (features.event_width(), features.width(&features.pooled));
        let (sparse, dense) = (features.width(&features.sparse), features.dense.len());
        let hidden = interests.first().map_or(0, |i| i.hidden);
        let product = usize::from(interests.first().is_some_and(|i| i.project.is_some()));
        let groups = 1 + features.groups.len();
        // BaseModel's head does not read the product of candidate and history.
        let products = if config.evolves() { e } else { 0 };
        let inputs = sparse + lists + dense + e + groups * (e + products + hidden + product);
        let units = config.head_layers.first().copied().unwrap_or(1);
        let mut weight = weights.get("head.0.weight", &[units, inputs]).to_vec();
        let mut bias = weights.get("head.0.bias", &[units]).to_vec();
        let is_rest = |i: usize| i < sparse || (sparse + lists..sparse + lists + dense).contains(&i);
        let mut rest_mean = vec![0.0; sparse + dense];
        if config.head_norm {
            rest_mean = fold_norm(weights, inputs, is_rest, &mut weight, &mut bias);
        }
        let mut from = 0;
        let mut columns = |width| {
            from += width;
            slice_columns(&weight, inputs, from - width, width)
        };
        // The order in which the model concatenates its head's inputs.
        let (of_sparse, of_lists, of_dense) = (columns(sparse), columns(lists), columns(dense));
        let of_candidate = columns(e);
        let mut group = || {
            let (history, mut of_product) = (columns(e), columns(products));
            of_product.resize(units * e, 0.0);
            let (interest, auxiliary) = (columns(hidden), columns(product));
            let terms: Vec<f32> = auxiliary.iter().flat_map(|&w| std::iter::repeat_n(w, e)).collect();
            OfGroup {
                history: transpose(&history, e, units),
                product: Tiles::new(&of_product, e),
                interest: Tiles::new(&interest, hidden),
                auxiliary: (product > 0).then(|| Tiles::new(&terms, e)),
            }
        };
        let groups = (0..groups).map(|_| group()).collect();
        let mut of_rest = transpose(&of_sparse, sparse, units);
        of_rest.extend(transpose(&of_dense, dense, units));
        let mut widths = config.head_layers.clone();
        widths.push(1);
        let layer = |(i, io): (usize, &[usize])| {
            let weight = weights.get(&format!("head.{}.weight", i + 1), &[io[1], io[0]]);
            let weight = Tiles::new(weight, io[0]);
            Layer { weight, bias: weights.get(&format!("head.{}.bias", i + 1), &[io[1]]).to_vec() }
        };
        let activation = |(i, &units): (usize, &usize)| Activation::new(weights, config, i, units);
        Head {
            bias,
            of_rest,
            rest_mean,
            of_candidate: Tiles::new(&of_candidate, e),
            of_lists: Tiles::new(&of_lists, lists),
            groups,
            activations: config.head_layers.iter().enumerate().map(activation).collect(),
            layers: widths.windows(2).enumerate().map(layer).collect(),
        }
    }

    /// The units of the first layer.
    pub fn units(&self) -> usize {
        self.bias.len()
    }

    /// Scratch of [`logits`](Self::logits): two layers side by side.
    pub fn widest(&self) -> usize {
        self.layers.iter().map(|l| l.bias.len()).fold(self.units(), usize::max)
    }

    /// The user's part of the first layer, `[units]`, from their sparse and dense features and pooled
    /// histories.
    pub fn of_user<'a>(&self, rest: &[f32], histories: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
        let mut part = self.bias.clone();
        let rest: Vec<f32> = rest.iter().zip(&self.rest_mean).map(|(x, mean)| x - mean).collect();
        add_columns(&self.of_rest, &rest, &mut part);
        for (group, history) in self.groups.iter().zip(histories) {
            add_columns(&group.history, history, &mut part);
        }
        part
    }

    /// What the first layer makes of a candidate of this user, `[units, event width]`: every input that is a
    /// product with the candidate is linear in it. `groups` have a pooled history and, where there is an
    /// auxiliary product, a projected interest.
    pub fn for_candidate<'a>(&self, groups: impl Iterator<Item = [&'a [f32]; 2]>) -> Tiles<f32> {
        let mut weight = self.of_candidate.clone();
        for (group, [history, projected]) in self.groups.iter().zip(groups) {
            weight.add_scaled(&group.product, history);
            if let Some(of_auxiliary) = &group.auxiliary {
                weight.add_scaled(of_auxiliary, projected);
            }
        }
        weight
    }

    /// Logits `[LANES]` of candidates in lanes: `of_user` and `for_candidate` are the user's, `e`
    /// `[event width, LANES]`, `lists` `[list width, LANES]` and `interests` `[groups, hidden, LANES]` the
    /// candidates'. `x` and `y` are scratch.
    pub fn logits(
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
        let each = interests.len() / self.groups.len();
        for (group, interest) in self.groups.iter().zip(interests.chunks_exact(each.max(1))) {
            add_product(&group.interest, interest, first, width);
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

/// W BN(x) + b as W' (x − m) + b' from the running statistics; m is 0 but for the inputs that `keeps` its
/// mean: it is returned.
#[track_caller]
fn fold_norm(
    weights: &Weights<'_>,
    inputs: usize,
    keeps: impl Fn(usize) -> bool,
    weight: &mut [f32],
    bias: &mut [f32],
) -> Vec<f32> {
    let part = |name: &str| weights.get(&format!("head.norm.{name}"), &[inputs]);
    let (gamma, beta, mean, var) = (part("weight"), part("bias"), part("mean"), part("var"));
    for (row, bias) in weight.chunks_exact_mut(inputs).zip(bias) {
        let mut sum = f64::from(*bias);
        for (i, w) in row.iter_mut().enumerate() {
            let scale = f64::from(gamma[i]) / (f64::from(var[i]) + 1e-5).sqrt();
            let mean = if keeps(i) { 0.0 } else { f64::from(mean[i]) };
            sum += f64::from(*w) * (f64::from(beta[i]) - mean * scale);
            *w = (f64::from(*w) * scale) as f32;
        }
        *bias = sum as f32;
    }
    (0..inputs).filter(|&i| keeps(i)).map(|i| mean[i]).collect()
}

impl Activation {
    #[track_caller]
    fn new(weights: &Weights<'_>, config: &ModelConfig, layer: usize, units: usize) -> Self {
        let part = |name: &str| weights.get(&format!("head.{layer}.{name}"), &[units]);
        match config.head_activation {
            HeadActivation::Prelu => Activation::Prelu(part("prelu.alpha").to_vec()),
            HeadActivation::Dice => {
                let (mean, var) = (part("dice.mean"), part("dice.var"));
                let scale = var.iter().map(|v| (v + 1e-8).sqrt().recip()).collect();
                Activation::Dice(Dice { mean: mean.to_vec(), scale, alpha: part("dice.alpha").to_vec() })
            }
        }
    }

    fn run(&self, x: &mut [f32], width: usize) {
        match self {
            Activation::Dice(dice) => dice.run(x, width),
            Activation::Prelu(alpha) => prelu(alpha, x),
        }
    }
}
