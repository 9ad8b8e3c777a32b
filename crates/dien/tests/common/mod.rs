//! What the tests share: a model so small that it trains in a second, on behaviours drawn in a moment.
#![allow(dead_code, missing_docs)]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use dien::prelude::*;
use dien::serving::model_file::{self, Description};
use dien::tensor::ParamStore;

pub const TINY: &str = "
[source.synthetic]
users = 60
categories = 30
places = 4
items_per_place = 2
min_length = 4
max_length = 12

[data]
embedding_width = 4
batch_size = 128
targets_per_history = 2

[model]
hidden = 6
attention_layers = [8, 4]
auxiliary_layers = [8, 4]
head_layers = [12, 6]
dropout = 0.1

[train]
epochs = 3
";

pub fn tiny() -> Config {
    TINY.parse().unwrap()
}

/// Trains a new run in `folder`.
pub fn train(config: &Config, folder: &Path) -> (Report, Trainer) {
    let mut trainer = start(config, folder);
    let report = trainer.train(&mut ()).unwrap();
    (report, trainer)
}

pub fn start(config: &Config, folder: &Path) -> Trainer {
    let (dataset, _) = DataSource::open(config, Encoding::Fit).unwrap();
    Trainer::new(config, dataset).unwrap().save_to(Run::create(folder, config).unwrap()).unwrap()
}

/// Writes a model of `params` as the run's.
pub fn save_model(run: &Run, params: &ParamStore<f32>, trainer: &Trainer) {
    let (data, items) = (trainer.dataset(), trainer.dataset().item_table());
    let max_history = data.max_history();
    let description =
        Description::new(&trainer.config().model, data.features(), &max_history, data.vocabularies())
            .with_numbers(data.numbers())
            .with_items(items.as_ref());
    let path = run.folder().join("model.safetensors");
    model_file::stage(&path, params, 1, &description).unwrap().commit().unwrap();
}

/// Stops after some steps.
pub struct StopAfter(pub u64);

impl Observer for StopAfter {
    fn step(&mut self, _: &Step) -> ControlFlow<()> {
        self.0 -= 1;
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// All files of two runs whose bits must not differ.
#[track_caller]
pub fn assert_same_bits(a: &Path, b: &Path) {
    for name in ["model.safetensors", "last.safetensors", "optimizer.safetensors", "vocab/item.txt"] {
        let [a, b] = [a, b].map(|run| fs::read(run.join(name)).unwrap());
        assert!(a == b, "{name} differs");
    }
}
