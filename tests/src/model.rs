//! The models of the golden files: their features, batch, parameters, and what one step of them gives.

use dien_cells::Real;
use dien_model::{
    Batch, EmbeddingFeature, Features, Histories, Jagged, Model, ModelConfig, Table, Targets, build,
};
use dien_tensor::{Mode, ParamStore, Pool, Tape};

use crate::golden::Golden;

/// The features of the golden models.
pub fn features() -> Features {
    let table = |(name, rows, width): (&str, _, _)| Table::new(name, rows, width);
    let lookup = |name: &str, table| EmbeddingFeature::new(name, table);
    Features::new(
        [("item", 12, 4), ("category", 5, 3), ("user", 6, 3), ("tag", 7, 2)].map(table).into(),
        vec![lookup("item", 0), lookup("category", 1)],
    )
    .with_sparse(vec![lookup("user", 2)])
    .with_multi_hot(vec![lookup("tag", 3)])
    .with_dense(vec!["price".into()])
}

/// The batch in a golden file, which may hold no negatives.
fn batch(golden: &Golden) -> Batch {
    let events = |what: &str| ["item", "category"].map(|name| golden.ids(&format!("{what}.{name}"))).into();
    let numbers = |name: &str| golden.array::<f32>(name).into_raw_vec_and_offset().0;
    let mut histories = Histories::new(golden.ids("histories.offsets"), events("histories.ids"))
        .with_negatives(vec![vec![]; 2], 0);
    if golden.has_ids("histories.negatives_per_event") {
        histories.negatives = events("histories.negatives");
        histories.negatives_per_event = golden.ids("histories.negatives_per_event")[0] as usize;
    }
    let label = numbers("targets.label");
    let batch = Batch::new(
        histories,
        Targets::new(
            golden.ids("targets.history"),
            golden.ids("targets.start"),
            golden.ids("targets.end"),
            events("targets.candidate"),
        )
        .with_sparse(vec![golden.ids("targets.sparse.user")])
        .with_multi_hot(vec![Jagged {
            offsets: golden.ids("targets.pooled.tag.offsets"),
            ids: golden.ids("targets.pooled.tag.ids"),
        }])
        .with_dense(vec![numbers("targets.dense.price")])
        .with_label(label),
    );
    batch.validate(&features()).unwrap();
    batch
}

/// A model with the golden file's parameters.
pub struct Case<T: Real> {
    /// What PyTorch computed.
    pub golden: Golden,
    /// The batch.
    pub batch: Batch,
    /// The model.
    pub model: Box<dyn Model<T> + Send + Sync>,
    /// Its parameters.
    pub params: ParamStore<T>,
    /// Memory.
    pub pool: Pool<T>,
}

impl<T: Real> Case<T> {
    /// The model that `config` asks for, in the golden files' sizes.
    ///
    /// # Panics
    /// If its parameters are not those of the file.
    #[track_caller]
    pub fn new(file: &str, config: ModelConfig) -> Self {
        let golden = Golden::load(file);
        let config = config
            .with_hidden(6)
            .with_dropout(0.0)
            .with_attention_layers([8, 4])
            .with_auxiliary_layers([6, 4])
            .with_head_layers([8, 5]);
        let mut params = ParamStore::new();
        let model = build(&config, &features(), &mut params, 0).unwrap();
        golden.fill(&mut params, "param.", "");
        Case { batch: batch(&golden), golden, model, params, pool: Pool::new() }
    }

    /// Compares the logits of an evaluation tape with the numbers called `name`.
    ///
    /// # Panics
    /// If one is off.
    #[track_caller]
    pub fn check_evaluation(&self, name: &str) {
        let tape = Tape::new(&self.params, &self.pool, Mode::Eval);
        self.golden.check(name, self.model.forward(&tape, &self.batch).logits.view());
    }

    /// Compares logits, losses, gradients and running statistics of the first step.
    ///
    /// # Panics
    /// If one is off, or there is an auxiliary loss here or there only.
    #[track_caller]
    pub fn check_training(&self) {
        let tape = Tape::new(&self.params, &self.pool, Mode::Train { seed: 0 });
        let output = self.model.forward(&tape, &self.batch);
        let losses = self.model.losses(&tape, &self.batch, output);
        self.golden.check("logits", output.logits.view());
        self.golden.check("loss.target", losses.target.view());
        let negatives = self.batch.histories.negatives_per_event;
        assert_eq!(losses.auxiliary.is_some(), negatives > 0, "auxiliary loss with {negatives} negatives");
        if let Some(auxiliary) = losses.auxiliary {
            self.golden.check("loss.auxiliary", auxiliary.view());
        }
        self.golden.check("loss.total", losses.total.view());
        self.golden.check_grads(&self.params, &tape.backward(losses.total));
        let updates = tape.take_updates();
        assert_eq!(updates.len(), 6, "mean and variance of one norm and two Dice");
        for (id, value) in updates {
            self.golden.check(&format!("updated.{}", self.params.name(id)), value.view());
        }
    }
}
