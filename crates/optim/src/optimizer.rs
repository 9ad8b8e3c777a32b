//! What a trainer asks of an optimiser.

use dien_tensor::{Grads, ParamId, ParamStore, Real};

use crate::{OptimizerState, StateError};

/// Changes parameters by their gradients.
///
/// An optimiser may leave the rows of a [`ParamKind::Rows`](dien_tensor::ParamKind) table behind while they
/// have no gradient. So the order of a training step is: [`prepare`](Self::prepare) the rows that are about
/// to be read, forward, backward, [`step`](Self::step); and [`flush`](Self::flush) before anything else reads
/// the parameters.
pub trait Optimizer<T: Real> {
    /// Makes one step.
    ///
    /// # Errors
    /// If a gradient has a NaN, an infinity or, once clipped, a number whose square is infinite. The
    /// parameters and the optimiser are then as before.
    ///
    /// # Panics
    /// If a gradient does not fit its parameter, or `params` is not the store that the optimiser was made
    /// for.
    fn step(&mut self, params: &mut ParamStore<T>, grads: &Grads<T>)
    -> Result<StepReport, NonFiniteGradient>;

    /// Brings rows up to date that the coming forward pass reads. Ids may be in any order and repeat.
    ///
    /// # Panics
    /// If a table lacks a row.
    fn prepare(&mut self, params: &mut ParamStore<T>, touched: &[(ParamId, &[u32])]);

    /// Brings all rows up to date: before evaluation, and before saving.
    fn flush(&mut self, params: &mut ParamStore<T>);

    /// The number of steps made.
    fn steps(&self) -> u64;

    /// All that is needed to go on later as if nothing had happened, bit for bit: the moments are not copied.
    fn state<'a>(&'a self, params: &ParamStore<T>) -> OptimizerState<'a>;

    /// Takes up a [`state`](Self::state).
    ///
    /// # Errors
    /// If the state is not one of these parameters and options. The optimiser is then as before.
    fn restore(&mut self, params: &ParamStore<T>, state: OptimizerState<'_>) -> Result<(), StateError>;
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepReport {
    /// The learning rate that the schedule gave.
    pub rate: f64,
    /// The Euclidean norm over all gradients, before clipping.
    pub grad_norm: f64,
    /// What every gradient was multiplied with to clip it; 1 if it was not.
    pub clip_scale: f64,
}

/// A gradient that no step can be made with: a number of it, or its square, is not finite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("step {step}: the gradient of {parameter} has {}", self.found())]
#[non_exhaustive]
pub struct NonFiniteGradient {
    /// The parameter's name.
    pub parameter: String,
    /// Which step failed, counted from 1.
    pub step: u64,
    /// Whether the gradient is finite, and only the square of one of its numbers is not (above 1.3e19 in
    /// `f32`, after clipping). An average of squares would stay infinite for good, and the parameter stand
    /// still.
    pub square: bool,
}

impl NonFiniteGradient {
    fn found(&self) -> &'static str {
        if self.square {
            "a number whose square is infinite, expected smaller ones; a `clip_norm` scales them down"
        } else {
            "a NaN or an infinity, expected finite numbers"
        }
    }
}
