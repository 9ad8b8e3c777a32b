//! The auxiliary loss: an interest must tell the event that came next from events that did not.
//!
//! A mean over the pairs (t, t+1) of a sequence of one [`Loss`] or the other of the scores f(hₜ, eₜ₊₁) and
//! f(hₜ, êⱼ,ₜ₊₁), where f is an [`mlp`] or an [`inner_product`].
//!
//! The weight of each pair in the loss is known beforehand, so one walk over the events computes the loss
//! and, where the tape records, every gradient up to the factor that the way back then brings. What lies
//! between stays in the caches.

mod entropy;
mod info_nce;
mod inner;
mod mlp;
mod op;
mod pair_tile;
mod rows;
mod sigmoid;
mod task;

use std::sync::Arc;

use dien_kernels::concrete;
use dien_tensor::{Real, Var};
use serde::{Deserialize, Serialize};

use self::inner::InnerProduct;
use self::mlp::{Mlp, Widths};
use self::op::{Layout, record};
use super::event_features;
use super::listed::Listed;
use crate::Packed;

/// What is lost on a pair whose events have the logits z₀ (the one that came) and zⱼ (the k negatives).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Loss {
    /// −log σ(z₀) − (1/k) Σⱼ log(1 − σ(zⱼ)): each event is judged alone, as the DIEN paper has it.
    #[default]
    Paper,
    /// −log(exp z₀ / (exp z₀ + Σⱼ exp zⱼ)): the one that came among all (van den Oord et al., 2018).
    InfoNce,
}

/// The loss where f(h, e) = w₃·σ(W₂ σ(W₁ [h, e] + b₁) + b₂) + b₃: a scalar, exactly 0 without a gradient if
/// there is no pair, or for InfoNCE no negative.
///
/// `interests` are hₜ `[blocks, hidden, LANES]`, `events` eₜ and each of the `negatives` êⱼ,ₜ
/// `[blocks, event, LANES]`; `layers` weight and bias of each: `[first, hidden + event]` and `[first]`,
/// `[second, first]` and `[second]`, `[1, second]` and `[1]`. A sequence's last interest and its first event
/// and negatives have no part in the loss.
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn mlp<'t, T: Real + AuxiliaryOps<T>>(
    loss: Loss,
    interests: Var<'t, T>,
    events: Var<'t, T>,
    negatives: impl IntoIterator<Item = Var<'t, T>>,
    layers: [(Var<'t, T>, Var<'t, T>); 3],
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let params = layers.map(|(w, b)| [w, b]);
    let events = [interests, events].into_iter().chain(negatives);
    mlp_loss(loss, &Listed::of(events.chain(params.into_iter().flatten())), packed)
}

/// The loss where f(h, e) = (P h)·e, `project` being P `[event, hidden]`; all else as in [`mlp`].
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn inner_product<'t, T: Real + AuxiliaryOps<T>>(
    loss: Loss,
    interests: Var<'t, T>,
    events: Var<'t, T>,
    negatives: impl IntoIterator<Item = Var<'t, T>>,
    project: Var<'t, T>,
    packed: &Arc<Packed>,
) -> Var<'t, T> {
    let events = [interests, events].into_iter().chain(negatives);
    inner_product_loss(loss, &Listed::of(events.chain([project])), packed)
}

concrete! {
    /// The auxiliary losses on the tape, of interests, events, negatives and the score's parameters.
    pub trait AuxiliaryOps: Real;

    fn mlp_loss<'t>(loss: Loss, inputs: &[Var<'t, T>], packed: &Arc<Packed>) -> Var<'t, T> = record_mlp;

    fn inner_product_loss<'t>(loss: Loss, inputs: &[Var<'t, T>], packed: &Arc<Packed>) -> Var<'t, T>
        = record_inner_product;
}

#[track_caller]
fn record_mlp<'t, T: Real>(loss: Loss, inputs: &[Var<'t, T>], packed: &Arc<Packed>) -> Var<'t, T> {
    let (hidden, event) = widths(inputs[0], inputs[1], packed);
    let &[w1, b1, w2, b2, w3, b3] = inputs.last_chunk().expect("three layers");
    let layers = [(w1, b1), (w2, b2), (w3, b3)];
    let [first, second, _] = layers.map(|(w, _)| w.shape()[0]);
    let shapes = [[first, hidden + event], [second, first], [1, second]];
    for ((w, b), shape) in layers.into_iter().zip(shapes) {
        assert_eq!(w.shape(), shape, "auxiliary loss: weight");
        assert_eq!(b.shape(), [shape[0]], "auxiliary loss: bias");
    }
    let widths = Widths { hidden, event, first, second };
    let (tape, data) = (inputs[0].tape(), layers.map(|(w, b)| (w.data(), b.data())));
    let score = Mlp::new(widths, data, tape.records(), tape.pool());
    record(loss, score, Layout::Mlp(widths), inputs, packed)
}

#[track_caller]
fn record_inner_product<'t, T: Real>(loss: Loss, inputs: &[Var<'t, T>], packed: &Arc<Packed>) -> Var<'t, T> {
    let widths = widths(inputs[0], inputs[1], packed);
    let project = inputs[inputs.len() - 1];
    assert_eq!(project.shape(), [widths.1, widths.0], "auxiliary loss: projection");
    let tape = project.tape();
    let score = InnerProduct::new(widths, project.data(), tape.records(), tape.pool());
    record(loss, score, Layout::InnerProduct(widths.0, widths.1), inputs, packed)
}

/// The features of an interest and of an event.
#[track_caller]
fn widths<T: Real>(interests: Var<'_, T>, events: Var<'_, T>, packed: &Packed) -> (usize, usize) {
    let hidden = event_features("auxiliary loss: interests", interests, packed);
    let event = event_features("auxiliary loss: events", events, packed);
    (hidden, event)
}

/// A slice's first parts, of these sizes.
fn carve<T, const N: usize>(mut data: &[T], sizes: [usize; N]) -> [&[T]; N] {
    sizes.map(|n| data.split_off(..n).expect("as many elements as the sizes' sum"))
}

/// [`carve`], to write.
fn carve_mut<T, const N: usize>(mut data: &mut [T], sizes: [usize; N]) -> [&mut [T]; N] {
    sizes.map(|n| data.split_off_mut(..n).expect("as many elements as the sizes' sum"))
}
