//! A model of your own, trained by the same trainer: a head over candidate, pooled history and their product.
//!
//! `cargo run --release --example own_model`

use dien::cells::Real;
use dien::model::init::Builder;
use dien::model::parts::{Embedding, Head, pooled_history, windows};
use dien::model::{Features, LossWeights, Model, Output, Touched};
use dien::prelude::*;
use dien::tensor::{ParamId, ParamStore, Real, Tape, ops};

/// A head over candidate, pooled history and their product.
struct Own {
    config: ModelConfig,
    embedding: Embedding,
    head: Head,
}

impl Own {
    fn new<T: Real>(config: &ModelConfig, features: &Features, builder: &mut Builder<'_, T>) -> Self {
        let embedding = Embedding::new(builder, features, config);
        let head = Head::new(builder, config, 3 * embedding.event_width());
        Own { config: config.clone(), embedding, head }
    }
}

impl<T: Real> Model<T> for Own {
    fn forward<'t>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> Output<'t, T> {
        let candidates = self.embedding.candidates(tape, batch);
        let group = batch.groups().next().expect("a first group of behaviours");
        let windows = windows(tape, group);
        let events = self.embedding.events(tape, group.histories, windows.histories());
        let [history, product] = pooled_history(&self.embedding, candidates, events, &windows, &self.config);
        let inputs = ops::concat([candidates, history, product]);
        Output { logits: self.head.forward(tape, inputs), auxiliary: None }
    }

    // `model.l2_rows` and `model.label_smoothing`; without this, neither. There is no auxiliary loss.
    fn weights(&self) -> LossWeights {
        LossWeights { auxiliary: 0.0, ..self.config.loss_weights() }
    }

    // Whose rows `model.l2_by_frequency` counts.
    fn tables(&self) -> &[ParamId] {
        self.embedding.tables()
    }

    // The optimiser has to know which rows of the tables a batch reads.
    fn touch(&self, batch: &Batch, touched: &mut Touched) {
        self.embedding.touch(batch, false, touched);
    }
}

fn main() -> Result<()> {
    let config: Config = "
        source.synthetic.users = 2000
        data.batch_size = 256
        train.epochs = 2
    "
    .parse()?;
    let (data, _warnings) = DataSource::open(&config, Encoding::Fit)?;
    let mut params = ParamStore::new();
    let mut builder = Builder::new(&mut params, config.train.seed);
    let model = Own::new(&config.model, data.features(), &mut builder);
    let scorer = Scorer::of(Box::new(model), data.features(), params);
    let mut trainer = Trainer::with_model(&config, data, scorer)?;
    let report = trainer.train(&mut ())?;
    let test = trainer.evaluate(&trainer.dataset().test())?;
    println!("{} steps, test AUC {:.4}", report.steps, test.auc.unwrap_or(f64::NAN));
    Ok(())
}
