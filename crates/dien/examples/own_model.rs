//! A model of your own, by the library's whole road: trained, stopped, resumed, evaluated, ranked and
//! explained.
//!
//! The head reads candidate, pooled history and their product; beside it, each item has a bias in a table of
//! the model's own. `cargo run --release --example own_model`

use std::ops::ControlFlow;

use dien::explain::Explainer;
use dien::model::init::Builder;
use dien::model::parts::{Embedding, Head, sequence_inputs};
use dien::model::{ConfigError, LossWeights, Model, ModelBuilder, Output, Registry, TouchedRows};
use dien::prelude::*;
use dien::report::RunReport;
use dien::tensor::{ParamId, Tape, ops};

/// The model: parameters and shapes; the numbers are in the tape's parameters.
struct Biased {
    config: ModelConfig,
    scale: f32,
    embedding: Embedding,
    head: Head,
    /// `bias.item`, `[items, 1]`.
    bias: ParamId,
}

/// What `[model.custom.options]` may say.
#[derive(serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    bias_scale: f32,
}

impl Default for Options {
    fn default() -> Self {
        Options { bias_scale: 1.0 }
    }
}

/// Builds it by the name `biased`, with parameters that are drawn or loaded: this is called for both.
pub struct BiasedBuilder;

impl ModelBuilder for BiasedBuilder {
    fn name(&self) -> &str {
        "biased"
    }

    fn build(
        &self,
        config: &ModelConfig,
        features: &Features,
        params: &mut Builder<'_, f32>,
    ) -> Result<Box<dyn Model<f32> + Send + Sync>, ConfigError> {
        let options = config.custom.as_ref().map(|custom| custom.options.read::<Options>());
        let Options { bias_scale } = options.transpose()?.unwrap_or_default();
        let embedding = Embedding::new(params, features, config);
        let head = Head::new(params, config, 3 * embedding.event_width());
        let items = features.tables[features.behaviours[0].table].num_embeddings;
        let bias = params.table("bias.item", items, 1, 0.01);
        Ok(Box::new(Biased { config: config.clone(), scale: bias_scale, embedding, head, bias }))
    }
}

impl Model<f32> for Biased {
    fn forward<'t>(&self, tape: &'t Tape<'_, f32>, batch: &Batch) -> Output<'t, f32> {
        let rows = self.embedding.event_rows(tape, batch);
        let candidates = rows.candidates(batch);
        let first = sequence_inputs(&rows, batch, candidates).next().expect("a first one");
        let [history, product] = first.history_and_product(&self.embedding, &self.config);
        let logits = self.head.forward(tape, ops::concat([candidates, history, product]));
        let bias = ops::gather(tape.param(self.bias), &batch.targets.candidate[0]);
        Output::new(logits + ops::scale(bias, self.scale))
    }

    // The optimiser has to know which rows of the tables a batch reads.
    fn touch(&self, batch: &Batch, touched: &mut TouchedRows) {
        self.embedding.touch(batch, false, touched);
        touched.add(self.bias, batch.targets.candidate[0].iter().copied());
    }

    // Whose rows `model.l2_by_frequency` counts.
    fn tables(&self) -> &[ParamId] {
        self.embedding.tables()
    }

    // `model.embedding_l2` and `model.label_smoothing`; without this, neither. There is no auxiliary loss.
    fn weights(&self) -> LossWeights {
        self.config.loss_weights().with_auxiliary(0.0)
    }
}

/// Stops training after some steps, as Ctrl-C would.
struct AtMost(u64);

impl Observer for AtMost {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        if step.step < self.0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// The whole road; a test runs it, too.
pub fn main() -> Result<()> {
    let config: Config = r#"
        source.synthetic.users = 1000
        data.batch_size = 128
        train.epochs = 2
        model.head_layers = [32, 16]
        model.l2_by_frequency = 0.1
        model.custom.name = "biased"
        model.custom.options.bias_scale = 0.5
    "#
    .parse()?;
    let registry = Registry::new().with(BiasedBuilder);
    let folder =
        Run::create_fresh(&std::env::temp_dir().join("dien-own-model"), &config)?.folder().to_path_buf();

    let data = || DataSource::open(&config, Encoding::Fit).map(|(data, _warnings)| data);
    let mut trainer = Trainer::new_with(&registry, &config, data()?)?.save_to(Run::open(&folder)?)?;
    let report = trainer.train(&mut AtMost(5))?;
    println!("stopped after {} steps", report.steps);
    drop(trainer);

    let mut trainer = Trainer::resume_with(&registry, Run::open(&folder)?, &config, data()?)?;
    let report = trainer.train(&mut ())?;
    let trained = trainer.evaluate(&trainer.dataset().test())?;
    println!("resumed, {} steps, test AUC {:.4}", report.steps, trained.auc.unwrap_or(f64::NAN));

    let run = Run::open(&folder)?;
    let loaded = Scorer::load_with(&run, &registry)?.evaluate(&trainer.dataset().test())?;
    assert_eq!(loaded, trained, "what was saved is what was trained");

    let report = RunReport::new_with(&run, &registry, &trainer.dataset().test())?;
    println!("`{}` has {} trained numbers", report.model, report.parameters);
    assert_eq!(report.test.expect("test users").metrics, trained);

    let ranker = run.ranker_with(&registry)?;
    let request = r#"{"history": [{"item": "i1"}, {"item": "i5"}, {"item": "i9"}],
                      "candidates": [{"item": "i13"}, {"item": "i29"}]}"#;
    let request = Request::from_json(request)?;
    let answer = ranker.rank(&request)?;
    println!("i13 and i29 after i1, i5, i9: {:.4?}", answer.probabilities());

    let explanation = Explainer::from_run_with(&run, &registry)?.explain(&request)?;
    println!("why i13 has its score, by `{}`:", explanation.model);
    for event in &explanation.sequences[0].events {
        println!("  {} {:+.4}", event.item.name, event.change);
    }
    Ok(std::fs::remove_dir_all(&folder).map_err(dien::FileError::io(folder, "remove"))?)
}
