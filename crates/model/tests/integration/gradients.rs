//! Whole models against differences, in f64.

use dien_model::config::{
    AttentionKind, AttentionNorm, AuxiliaryKind, AuxiliaryLoss, HeadActivation, ModelKind, PoolingKind,
};
use dien_model::{Batch, CellKind, Features, ModelConfig, build};
use dien_tensor::check::Check;
use dien_tensor::{Mode, ParamKind, ParamStore, Pool, Tape};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

fn small() -> ModelConfig {
    ModelConfig::default()
        .with_hidden(4)
        .with_attention_layers([6, 3])
        .with_auxiliary_layers([5, 3])
        .with_head_layers([7, 4])
        .with_embedding_l2(0.3)
        .with_dropout(0.0)
}

fn check(config: &ModelConfig, mode: Mode) {
    check_with(&crate::common::features(), config, mode);
}

fn check_with(features: &Features, config: &ModelConfig, mode: Mode) {
    let batch = crate::common::batch(features, &[4, 0, 1, 6, 3, 2], 3, 1);
    let mut params = ParamStore::<f64>::new();
    let model = build(config, features, &mut params, 7).unwrap();
    // Larger than at the start of training, so that no derivative drowns; slopes and biases are not at their
    // zeros.
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for id in params.ids().filter(|&id| params.kind(id) != ParamKind::Buffer).collect::<Vec<_>>() {
        params.data_mut(id).iter_mut().for_each(|x| *x = rng.random_range(-0.6..0.6));
    }
    let found = Check::default().mode(mode).step(2e-5).run(&params, |tape| {
        let output = model.forward(tape, &batch);
        model.losses(tape, &batch, output).total
    });
    if let Err(e) = found {
        panic!("{config:?}, {mode:?}: {e}");
    }
}

const TRAIN: Mode = Mode::Train { seed: 1 };

#[test]
fn every_cell() {
    let kinds = [CellKind::Gru, CellKind::Aigru, CellKind::Agru, CellKind::Augru, CellKind::AugruOfficial];
    for cell in kinds {
        check(&small().with_cell(cell), TRAIN);
    }
}

#[test]
fn several_sequences_of_behaviours() {
    let features = crate::common::features_in_sequences();
    for &kind in ModelKind::ALL {
        check_with(&features, &small().with_kind(kind), TRAIN);
    }
}

#[test]
fn bags_of_ids() {
    let features = crate::common::features_with_bags();
    for &kind in ModelKind::ALL {
        check_with(&features, &small().with_kind(kind), TRAIN);
    }
    check_with(&features, &small().with_pool_padding(true), TRAIN);
}

#[test]
fn every_attention_and_auxiliary_score() {
    for attention in [AttentionKind::Unit, AttentionKind::Bilinear].map(Some) {
        let attention_norm = AttentionNorm::Sigmoid;
        check(&small().with_attention(attention).with_attention_norm(attention_norm), TRAIN);
        for auxiliary in [AuxiliaryKind::Mlp, AuxiliaryKind::InnerProduct] {
            check(&small().with_attention(attention).with_auxiliary(auxiliary), TRAIN);
        }
    }
}

#[test]
fn info_nce_of_every_auxiliary_score() {
    for auxiliary in [AuxiliaryKind::Mlp, AuxiliaryKind::InnerProduct] {
        check(&small().with_auxiliary(auxiliary).with_auxiliary_loss(AuxiliaryLoss::InfoNce), TRAIN);
    }
}

#[test]
fn every_head_and_pooling() {
    let prelu = HeadActivation::Prelu;
    check(&small().with_pooling(PoolingKind::Sum).with_dropout(0.4), TRAIN);
    check(&small().with_head_activation(prelu).with_head_norm(false), TRAIN);
    check(&small().with_head_layers(vec![]).with_auxiliary_weight(0.0), TRAIN);
    check(&small(), Mode::EvalWithGrad);
}

#[test]
fn every_model_of_the_zoo() {
    for &kind in ModelKind::ALL {
        let config = small().with_kind(kind);
        check(&config, TRAIN);
        let is_unit = config.attention() == AttentionKind::Unit;
        let attention = if is_unit { AttentionKind::Bilinear } else { AttentionKind::Unit };
        check(&config.with_attention(attention).with_pooling(PoolingKind::Sum).with_head_norm(false), TRAIN);
    }
}

#[test]
fn pooled_padding() {
    for (kind, pooling) in [(ModelKind::Dien, PoolingKind::Sum), (ModelKind::Base, PoolingKind::Mean)] {
        check(&small().with_kind(kind).with_pooling(pooling).with_pool_padding(true), TRAIN);
    }
}

#[test]
fn smoothed_labels() {
    check(&small().with_label_smoothing(0.2), TRAIN);
}

#[test]
fn a_weight_counts_its_target_so_often() {
    let features = crate::common::features();
    let mut batch = crate::common::batch(&features, &[3, 0, 5], 2, 4);
    let mut params = ParamStore::<f64>::new();
    let model = build(&small(), &features, &mut params, 3).unwrap();
    let pool = Pool::new();
    let losses = |batch: &Batch| {
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let output = model.forward(&tape, batch);
        let loss = model.losses(&tape, batch, output).target.scalar();
        let each: Vec<f64> = output
            .logits
            .data()
            .iter()
            .zip(&batch.targets.label)
            .map(|(&z, &y): (&f64, &f32)| (1.0 + z.exp()).ln() - z * f64::from(y))
            .collect();
        (loss, each)
    };
    let (plain, each) = losses(&batch);
    assert!((plain - each.iter().sum::<f64>() / each.len() as f64).abs() < 1e-12);
    let weights: Vec<f32> = (0..each.len()).map(|i| i as f32 * 0.5).collect();
    batch.targets.weight.clone_from(&weights);
    batch.validate(&features).unwrap();
    let total: f64 = weights.iter().map(|&w| f64::from(w)).sum();
    let expected = each.iter().zip(&weights).map(|(l, &w)| l * f64::from(w)).sum::<f64>() / total;
    assert!((losses(&batch).0 - expected).abs() < 1e-12);
}
