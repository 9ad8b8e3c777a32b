//! A training step has the same bits at any number of threads, and whatever the pool's buffers held before.

use dien_model::config::{AttentionKind, AuxiliaryKind};
use dien_model::{Batch, ModelConfig, build};
use dien_tensor::{Mode, ParamStore, Pool, Tape};

/// Every number of a step, by name, as bits.
type Step = Vec<(String, Vec<u32>)>;

fn bits<'a>(data: impl IntoIterator<Item = &'a f32>) -> Vec<u32> {
    data.into_iter().map(|x| x.to_bits()).collect()
}

/// Logits, losses, gradients and new running statistics of one training step.
fn step(config: &ModelConfig, batch: &Batch, pool: &Pool<f32>) -> Step {
    let mut params = ParamStore::new();
    let model = build(config, &crate::common::features(), &mut params, 3).expect("a valid model");
    let tape = Tape::new(&params, pool, Mode::Train { seed: 5 });
    let output = model.forward(&tape, batch);
    let losses = model.losses(&tape, batch, output);
    let auxiliary = losses.auxiliary.expect("an auxiliary loss");
    let values = [("logits", output.logits), ("auxiliary loss", auxiliary), ("loss", losses.total)];
    let mut found: Step = values.iter().map(|(name, x)| ((*name).to_owned(), bits(x.data()))).collect();
    let grads = tape.backward(losses.total);
    for (id, name) in params.ids().map(|id| (id, params.name(id))) {
        found.extend(grads.get(id).map(|g| (format!("gradient of {name}"), bits(g.values()))));
    }
    for (id, value) in tape.take_updates().iter() {
        found.push((format!("update of {}", params.name(*id)), bits(value)));
    }
    assert!(found.iter().any(|(name, _)| name.starts_with("update of")), "batch statistics");
    assert!(found.iter().all(|(_, x)| x.iter().all(|&x| f32::from_bits(x).is_finite())), "finite numbers");
    found
}

fn assert_same(found: &Step, expected: &Step, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found == expected, "{what}: {}", expected.0);
    }
}

/// Both attentions and both auxiliary scores.
fn configs() -> impl Iterator<Item = ModelConfig> {
    (0..4).map(|i| {
        ModelConfig::default()
            .with_attention([AttentionKind::Unit, AttentionKind::Bilinear][i % 2])
            .with_auxiliary([AuxiliaryKind::InnerProduct, AuxiliaryKind::Mlp][i / 2])
            .with_hidden(12)
            .with_attention_layers([20, 10])
            .with_auxiliary_layers([20, 10])
            .with_head_layers([20, 10])
            .with_embedding_l2(0.1)
    })
}

/// 80 histories in three chunks, 240 targets in eight.
fn batch() -> Batch {
    let lengths: Vec<u32> = (0..80).map(|i| (i * i + 5 * i + 3) % 23 % 21).collect();
    let batch = crate::common::batch(&crate::common::features(), &lengths, 3, 1);
    assert_eq!((batch.histories.len(), batch.targets.len()), (80, 240));
    batch
}

#[test]
fn one_two_three_and_eight_threads() {
    let batch = batch();
    for config in configs() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| {
                assert_eq!(rayon::current_num_threads(), threads);
                step(&config, &batch, &Pool::new())
            })
        };
        let one = with(1);
        for threads in [2, 3, 8] {
            let (attention, auxiliary) = (config.attention, config.auxiliary);
            assert_same(&with(threads), &one, &format!("{attention:?}, {auxiliary:?}, {threads} threads"));
        }
    }
}

#[test]
fn buffers_full_of_nan() {
    let batch = batch();
    let pool = Pool::new();
    let mut buffers = Vec::new();
    let mut len = 1;
    while len < 1 << 18 {
        let capacity = pool.take_stale(len).capacity();
        let count = ((1 << 21) / capacity).clamp(16, 128);
        buffers.extend((0..count).map(|_| pool.take_stale(capacity)));
        len = capacity + 1;
    }
    for mut buffer in buffers {
        buffer.fill(f32::NAN);
        pool.give(buffer);
    }
    for config in configs() {
        let expected = step(&config, &batch, &Pool::new());
        let before = pool.free_elements();
        let found = step(&config, &batch, &pool);
        assert_eq!(pool.free_elements(), before, "every buffer was one of the pool's");
        assert_same(&found, &expected, &format!("{:?}, {:?}", config.attention, config.auxiliary));
    }
}
