//! The whole model: a training step, and scoring a batch.

use std::hint::black_box;

use dien_model::{Batch, Model, build};
use dien_optim::{Adam, AdamConfig, Optimizer, SparseMode};
use dien_tensor::{Mode, ParamStore, Pool, Tape};

use super::configuration::Configuration;
use super::inputs::{self, Lengths};

/// Flops of the official configuration's forward pass, an event and a sample, without the auxiliary loss:
/// extractor, evolution and attention; the head.
const SCORE: (f64, f64) = (49e3, 97e3);

/// A model with its optimiser, and batches that are shuffled: no two steps see the same ids.
pub(super) struct Training {
    configuration: Configuration,
    batches: Vec<Batch>,
    params: ParamStore<f32>,
    model: Box<dyn Model<f32> + Send + Sync>,
    adam: Adam<f32>,
    pool: Pool<f32>,
    steps: usize,
}

impl Training {
    /// Batches of `size` samples.
    pub fn new(configuration: Configuration, size: usize, lengths: Lengths) -> Self {
        const BATCHES: u64 = 8;
        Self::of(configuration, size, lengths, BATCHES)
    }

    /// The same batch at every step.
    pub fn one_batch(configuration: Configuration, size: usize, lengths: Lengths) -> Self {
        Self::of(configuration, size, lengths, 1)
    }

    fn of(configuration: Configuration, size: usize, lengths: Lengths, batches: u64) -> Self {
        let batches = (0..batches).map(|seed| inputs::batch(size, lengths, &mut inputs::rng(seed))).collect();
        let mut params = ParamStore::new();
        let model =
            build(&configuration.config(), &inputs::features(), &mut params, 1).expect("possible options");
        let lazy = AdamConfig::default().with_sparse(SparseMode::Lazy);
        let adam = Adam::new(&params, lazy).expect("possible options");
        Training { configuration, batches, params, model, adam, pool: Pool::new(), steps: 0 }
    }

    /// Events a batch, on average.
    pub fn events(&self) -> f64 {
        let events: usize = self.batches.iter().map(|b| b.histories.events()).sum();
        events as f64 / self.batches.len() as f64
    }

    fn flops(&self, (event, sample): (f64, f64)) -> f64 {
        event * self.events() + sample * self.batches[0].targets.len() as f64
    }

    pub fn train_flops(&self) -> f64 {
        self.flops(self.configuration.training_step())
    }

    pub fn score_flops(&self) -> f64 {
        self.flops(SCORE)
    }

    /// From the next batch's ids to updated parameters.
    pub fn step(&mut self) {
        rayon::scope(|_| {
            let batch = &self.batches[self.steps % self.batches.len()];
            self.steps += 1;
            let tape = Tape::new(&self.params, &self.pool, Mode::Train { seed: self.steps as u64 });
            let output = self.model.forward(&tape, batch);
            let losses = self.model.losses(&tape, batch, output);
            let grads = tape.backward(losses.total);
            let updates = tape.take_updates();
            drop(tape);
            self.params.apply(updates);
            self.adam.step(&mut self.params, &grads).expect("finite gradients");
        });
    }

    /// The next batch's logits.
    pub fn score(&mut self) {
        rayon::scope(|_| {
            let batch = &self.batches[self.steps % self.batches.len()];
            self.steps += 1;
            let tape = Tape::new(&self.params, &self.pool, Mode::Eval);
            black_box(self.model.forward(&tape, batch).logits.data());
        });
    }
}
