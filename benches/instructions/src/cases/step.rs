//! A whole training step.

use dien_benches::{popular_ids, ragged_lengths, rng};
use dien_model::config::{AttentionKind, AuxiliaryKind};
use dien_model::{
    Batch, EmbeddingFeature, Features, Histories, ModelConfig, Table, Targets, TouchedRows, build,
};
use dien_optim::{Adam, AdamConfig, Optimizer, SparseMode};
use dien_tensor::{Mode, ParamStore, Pool, Tape};

use super::Run;

const ITEMS: usize = 3_001;
const USERS: usize = 101;
const BATCH: usize = 32;
const LONGEST: u32 = 12;

/// Which options a model has.
#[derive(Clone, Copy)]
pub enum Configuration {
    /// The defaults: bilinear attention, the inner product as the auxiliary loss.
    Default,
    /// The official code's: activation unit 80-40-1, auxiliary MLP 100-50-1.
    Official,
}

impl Configuration {
    pub fn config(self) -> ModelConfig {
        let config = ModelConfig::default().with_dropout(0.0);
        match self {
            Configuration::Default => config,
            Configuration::Official => {
                config.with_attention(AttentionKind::Unit).with_auxiliary(AuxiliaryKind::Mlp)
            }
        }
    }
}

/// Item, category and user, 18 wide each.
pub fn features() -> Features {
    let mut features = Features::item_category(ITEMS, 101, 18);
    features.tables.push(Table::new("user", USERS, 18));
    features.sparse.push(EmbeddingFeature::new("user", 2));
    features
}

/// Items and their categories.
pub fn pairs(n: usize) -> Vec<Vec<u32>> {
    let items = popular_ids(n, ITEMS, &mut rng());
    let categories = items.iter().map(|i| 1 + i % 100).collect();
    vec![items, categories]
}

fn batch() -> Batch {
    let lengths = ragged_lengths(BATCH, LONGEST);
    let events = lengths.iter().sum::<u32>() as usize;
    let mut offsets = vec![0];
    offsets.extend(lengths.iter().scan(0, |sum, &n| {
        *sum += n;
        Some(*sum)
    }));
    let n = BATCH as u32;
    let mut negatives = pairs(events);
    negatives.iter_mut().for_each(|ids| ids.reverse());
    Batch::new(
        Histories::new(offsets, pairs(events)).with_negatives(negatives, 1),
        Targets::new((0..n).collect(), vec![0; BATCH], lengths, pairs(BATCH))
            .with_sparse(vec![(0..n).map(|i| 1 + i % (USERS as u32 - 1)).collect()])
            .with_label((0..n).map(|i| (i % 2) as f32).collect())
            .with_group_id((0..n).collect()),
    )
}

/// From ids in memory to updated parameters, by Adam whose rows catch up.
pub fn step(configuration: Configuration) -> Run {
    let (features, batch, pool) = (features(), batch(), Pool::<f32>::new());
    batch.validate(&features).expect("the batch is valid");
    let mut params = ParamStore::new();
    let model = build(&configuration.config(), &features, &mut params, 1).expect("possible options");
    let exact = AdamConfig::default().with_sparse(SparseMode::DenseExact);
    let mut adam = Adam::new(&params, exact).expect("possible options");
    let mut touched = TouchedRows::default();
    Box::new(move || {
        model.touch(&batch, &mut touched);
        for table in touched.iter() {
            adam.prepare(&mut params, &[table]);
        }
        let tape = Tape::new(&params, &pool, Mode::Train { seed: 1 });
        let output = model.forward(&tape, &batch);
        let losses = model.losses(&tape, &batch, output);
        let grads = tape.backward(losses.total);
        let updates = tape.take_updates();
        drop(tape);
        params.apply(updates);
        adam.step(&mut params, &grads).expect("finite gradients");
    })
}
