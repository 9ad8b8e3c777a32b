//! Who watches training, and may stop it.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Epoch;

/// Watches training. `()` watches nothing.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use dien::train::{Observer, Step};
///
/// struct AtMost(u64);
///
/// impl Observer for AtMost {
///     fn step(&mut self, step: &Step) -> ControlFlow<()> {
///         if step.step < self.0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
///     }
/// }
/// ```
pub trait Observer {
    /// A step was made. To break stops training after it; a [`Run`](crate::run::Run) is saved.
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        let _ = step;
        ControlFlow::Continue(())
    }

    /// An epoch has ended.
    fn epoch(&mut self, epoch: &Epoch) {
        let _ = epoch;
    }
}

impl Observer for () {}

/// Watches nothing, and stops training once the flag is set.
#[derive(Clone, Copy, Debug)]
pub struct StopWhen<'a>(pub &'a AtomicBool);

impl Observer for StopWhen<'_> {
    fn step(&mut self, _: &Step) -> ControlFlow<()> {
        if self.0.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// A step of training.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// Which, of the whole training, counted from 1.
    pub step: u64,
    /// Its epoch, counted from 1.
    pub epoch: u64,
    /// How many epochs there are at most.
    pub epochs: u64,
    /// Its batch in the epoch, counted from 1; 0 if it is of none ([`Trainer::step`](super::Trainer::step)).
    pub batch: usize,
    /// How many batches the epoch has.
    pub batches: usize,
    /// Targets in the batch.
    pub samples: usize,
    /// Mean binary cross-entropy of the targets.
    pub target_loss: f64,
    /// The auxiliary loss, unweighted; `None` where the model has none.
    pub auxiliary_loss: Option<f64>,
    /// What was minimised.
    pub total_loss: f64,
    /// The learning rate.
    pub rate: f64,
    /// The norm of all gradients, before clipping.
    pub grad_norm: f64,
}
