//! Small random batches with everything in them.

use dien_model::{Batch, Behaviours, EmbeddingFeature, Features, Histories, Jagged, Table, Targets};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Item, category and brand per event; a user and an hour; genres; two numbers.
pub fn features() -> Features {
    let table = |name: &str, rows, width| Table::new(name, rows, width);
    let lookup = |name: &str, table| EmbeddingFeature::new(name, table);
    Features::new(
        vec![
            table("item", 12, 3),
            table("category", 5, 2),
            table("user", 4, 2),
            table("hour", 3, 1),
            table("genre", 4, 2),
        ],
        vec![lookup("item", 0), lookup("category", 1), lookup("previous item", 0)],
    )
    .with_sparse(vec![lookup("user", 2), lookup("hour", 3)])
    .with_multi_hot(vec![lookup("genres", 4)])
    .with_dense(vec!["price".into(), "age".into()])
}

/// A valid batch of histories of these lengths, each with `per_history` targets that see different windows.
pub fn batch(features: &Features, lengths: &[u32], per_history: usize, seed: u64) -> Batch {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut offsets = vec![0];
    lengths.iter().for_each(|n| offsets.push(offsets.last().unwrap() + n));
    let events = *offsets.last().unwrap() as usize;
    let mut draw = |lookup: &EmbeddingFeature, n: usize| -> Vec<u32> {
        let rows = if lookup.is_bag { BAGS } else { features.tables[lookup.table].num_embeddings as u32 };
        (0..n).map(|_| rng.random_range(0..rows)).collect()
    };
    let n = lengths.len() * per_history;
    let ids = features.behaviours.iter().map(|l| draw(l, events)).collect();
    let negatives = features.behaviours.iter().map(|l| draw(l, 2 * events)).collect();
    let candidate = features.behaviours.iter().map(|l| draw(l, n)).collect();
    let sparse = features.sparse.iter().map(|l| draw(l, n)).collect();
    let multi_hot = features.multi_hot.iter().map(|l| {
        let offsets: Vec<u32> = (0..=n as u32).map(|i| i * (i + 1) / 2 % 7 + 2 * i).collect();
        let offsets: Vec<u32> = offsets.iter().map(|o| o - offsets[0]).collect();
        let mut sorted = offsets.clone();
        sorted.sort_unstable();
        Jagged { ids: draw(l, sorted[n] as usize), offsets: sorted }
    });
    let multi_hot = multi_hot.collect();
    let mut targets =
        Targets::new(vec![], vec![], vec![], candidate).with_sparse(sparse).with_multi_hot(multi_hot);
    for (h, &length) in lengths.iter().enumerate() {
        for i in 0..per_history as u32 {
            let end = length - (i * 2).min(length);
            targets.history.push(h as u32);
            targets.start.push(end.saturating_sub(4).min(i));
            targets.end.push(end);
            targets.label.push(((h as u32 + i) % 2) as f32);
            targets.group_id.push(h as u32);
        }
    }
    targets.dense =
        features.dense.iter().map(|_| (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()).collect();
    let histories = Histories::new(offsets, ids).with_negatives(negatives, 2);
    let n = targets.len();
    let extra = (0..features.extra_sequences.len()).map(|g| extra(features, n, seed + 1 + g as u64));
    let bags = features.bags().map(|l| bags(features.tables[l.table].num_embeddings as u32, seed)).collect();
    let batch = Batch::new(histories, targets).with_extra_sequences(extra.collect()).with_bags(bags);
    batch.validate(features).expect("the batch is valid");
    batch
}

/// How many lists of each bag a batch has.
const BAGS: u32 = 6;

/// [`BAGS`] lists of ids below `rows`: the first is empty, the second of one id, another has one twice.
pub fn bags(rows: u32, seed: u64) -> Jagged {
    let mut rng = ChaCha8Rng::seed_from_u64(seed + 77);
    let mut bags = Jagged::empty(1);
    for n in [1, 2, 5, 3] {
        bags.push((0..n).map(|_| rng.random_range(0..rows)));
    }
    bags.push([rows - 1, 0, rows - 1]);
    bags
}

/// [`features_in_sequences`], where an event has any number of categories, and of previous items.
pub fn features_with_bags() -> Features {
    let mut features = features_in_sequences();
    features.behaviours[1].is_bag = true;
    features.behaviours[2].is_bag = true;
    features
}

/// Two extra sequences.
pub fn features_in_sequences() -> Features {
    features().with_extra_sequences(vec!["bought".into(), "searched".into()])
}

/// Histories of an extra sequence, which targets share in another way than the first's.
fn extra(features: &Features, targets: usize, seed: u64) -> Behaviours {
    let lengths = [3, 0, 5, 1];
    let mut of = batch(&features.clone().with_extra_sequences(vec![]), &lengths, 1, seed);
    let history: Vec<u32> = (0..targets as u32).map(|i| (i * 3 + 1) % 4).collect();
    let end = history.iter().map(|&h| lengths[h as usize]).collect();
    of.histories.negatives_per_event = 1;
    let events = of.histories.events();
    of.histories.negatives.iter_mut().for_each(|ids| ids.truncate(events));
    Behaviours::new(of.histories, history, vec![0; targets], end)
}
