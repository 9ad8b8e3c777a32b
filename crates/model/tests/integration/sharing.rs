//! What depends on a history alone is computed once, and changes nothing.

use dien_model::config::{AttentionKind, HeadActivation, ModelKind};
use dien_model::{Batch, CellKind, Features, Histories, ModelConfig, build};
use dien_tensor::check::{Tolerance, assert_close};
use dien_tensor::{Mode, ParamStore, Pool, Tape};
use ndarray::ArrayD;

/// The same targets, each with a history of its own: what its target sees and all that came before.
fn separate(batch: &Batch, features: &Features) -> Batch {
    let (h, t) = (&batch.histories, &batch.targets);
    let mut own = Histories::new(vec![0], vec![vec![]; h.ids.len()]);
    for i in 0..t.len() {
        let from = h.offsets[t.history[i] as usize];
        let events = from as usize..(from + t.end[i]) as usize;
        own.ids.iter_mut().zip(&h.ids).for_each(|(own, ids)| own.extend_from_slice(&ids[events.clone()]));
        own.offsets.push(own.ids[0].len() as u32);
    }
    let mut targets = t.clone();
    targets.history = (0..t.len() as u32).collect();
    let batch = Batch::new(own, targets);
    batch.validate(features).unwrap();
    batch
}

fn config(kind: ModelKind) -> ModelConfig {
    ModelConfig::new(kind)
        .with_hidden(5)
        .with_dropout(0.0)
        .with_auxiliary_weight(0.0)
        .with_head_layers([8, 4])
}

/// Logits, and the gradient of every parameter, through the shared batch and through its separate samples.
fn assert_shared_is_separate(config: &ModelConfig, lengths: &[u32]) {
    let features = crate::common::features();
    let shared = crate::common::batch(&features, lengths, 6, 2);
    let apart = separate(&shared, &features);
    let what = format!("{:?}, {:?}, {:?}", config.kind, config.attention, config.cell);
    let mut params = ParamStore::<f64>::new();
    let model = build(config, &features, &mut params, 3).unwrap();
    let pool = Pool::new();
    let mut found = Vec::new();
    for batch in [&shared, &apart] {
        let tape = Tape::new(&params, &pool, Mode::Train { seed: 1 });
        let output = model.forward(&tape, batch);
        let losses = model.losses(&tape, batch, output);
        let grads = tape.backward(losses.target);
        let dense: Vec<_> =
            params.ids().map(|id| grads.get(id).map(|g| g.to_dense(params.shape(id)))).collect();
        found.push((output.logits.view().to_owned(), dense));
    }
    let near = |a: &ArrayD<f64>, b: &ArrayD<f64>, name: &str| {
        assert_eq!(a.shape(), b.shape(), "{what}: {name}");
        let [a, b] = [a, b].map(|x| x.as_slice().expect("standard layout"));
        assert_close(a, b, Tolerance::OfScale(1e-12, 1.0), format_args!("{what}: {name}"));
    };
    near(&found[0].0, &found[1].0, "logits");
    for (id, (a, b)) in params.ids().zip(found[0].1.iter().zip(&found[1].1)) {
        let (Some(a), Some(b)) = (a, b) else {
            assert_eq!(a.is_some(), b.is_some(), "{what}: {}", params.name(id));
            continue;
        };
        near(a, b, params.name(id));
    }
}

#[test]
fn shared_histories_score_and_learn_as_separate_samples() {
    // More than one chunk of histories, too.
    let many: Vec<u32> = (0..45).map(|i| (i * i + 3 * i) % 13).collect();
    for lengths in [&[5, 0, 9, 1, 7, 40, 3][..], &many] {
        ModelKind::ALL.iter().copied().for_each(|kind| assert_shared_is_separate(&config(kind), lengths));
        for attention in [AttentionKind::Unit, AttentionKind::Bilinear].map(Some) {
            for cell in [CellKind::Gru, CellKind::Aigru, CellKind::Agru, CellKind::Augru] {
                assert_shared_is_separate(
                    &config(ModelKind::Dien).with_attention(attention).with_cell(cell),
                    lengths,
                );
            }
        }
    }
}

/// Changes every event from `position` on, and the negatives, of each history.
fn with_another_future(batch: &Batch, features: &Features, position: u32) -> Batch {
    let mut changed = batch.clone();
    for (lookup, ids) in features.behaviours.iter().zip(&mut changed.histories.ids) {
        let rows = features.tables[lookup.table].num_embeddings as u32;
        for bounds in batch.histories.offsets.windows(2) {
            for event in (bounds[0] + position).min(bounds[1])..bounds[1] {
                ids[event as usize] = (ids[event as usize] + 1) % rows;
            }
        }
    }
    let k = batch.histories.negatives_per_event;
    for (lookup, ids) in features.behaviours.iter().zip(&mut changed.histories.negatives) {
        let rows = features.tables[lookup.table].num_embeddings as u32;
        for bounds in batch.histories.offsets.windows(2) {
            let from = (bounds[0] + position).min(bounds[1]) as usize * k;
            ids[from..bounds[1] as usize * k].iter_mut().for_each(|id| *id = (*id + 1) % rows);
        }
    }
    changed
}

#[test]
fn a_target_sees_only_the_events_before_it() {
    let features = crate::common::features();
    let mut batch = crate::common::batch(&features, &[9, 4, 0, 12, 6], 4, 5);
    // Statistics of the batch would let one target see another's events; this model has none.
    let plain = config(ModelKind::Dien).with_head_norm(false).with_head_activation(HeadActivation::Prelu);
    for (config, mode) in [(config(ModelKind::Dien), Mode::Eval), (plain, Mode::Train { seed: 1 })] {
        let mut params = ParamStore::<f64>::new();
        let model = build(&config, &features, &mut params, 3).unwrap();
        let pool = Pool::new();
        let logits = |batch: &Batch| {
            let tape = Tape::new(&params, &pool, mode);
            model.forward(&tape, batch).logits.data().to_vec()
        };
        for position in 0..12 {
            batch.targets.end.iter_mut().zip(&batch.targets.history).for_each(|(end, &h)| {
                let h = h as usize;
                *end = position.min(batch.histories.offsets[h + 1] - batch.histories.offsets[h]);
            });
            batch.targets.start.iter_mut().zip(&batch.targets.end).for_each(|(s, &e)| *s = (*s).min(e));
            let changed = with_another_future(&batch, &features, position);
            assert!(position > 11 || changed != batch);
            assert_eq!(logits(&batch), logits(&changed), "{mode:?}: events from {position} on changed");
        }
    }
}

#[test]
fn the_auxiliary_loss_counts_each_history_once() {
    let features = crate::common::features();
    let one = crate::common::batch(&features, &[5, 8, 1], 1, 4);
    let mut many = crate::common::batch(&features, &[5, 8, 1], 7, 4);
    many.histories = one.histories.clone();
    let mut params = ParamStore::<f64>::new();
    let config = config(ModelKind::Dien).with_auxiliary_weight(1.0);
    let model = build(&config, &features, &mut params, 3).unwrap();
    let pool = Pool::new();
    let auxiliary = |batch: &Batch| {
        let tape = Tape::new(&params, &pool, Mode::Train { seed: 1 });
        model.forward(&tape, batch).auxiliary.unwrap().scalar()
    };
    assert_eq!(auxiliary(&one), auxiliary(&many));
    // No pair of events: exactly nothing, and no gradient.
    let none = crate::common::batch(&features, &[1, 0, 1], 2, 4);
    let tape = Tape::new(&params, &pool, Mode::Train { seed: 1 });
    let loss = model.forward(&tape, &none).auxiliary.unwrap();
    assert_eq!(loss.scalar(), 0.0);
    let grads = tape.backward(loss);
    assert!(grads.iter().all(|(_, g)| g.values().iter().all(|&x| x == 0.0)));
}

#[test]
fn order_and_company_do_not_matter_in_evaluation() {
    let features = crate::common::features();
    let batch = crate::common::batch(&features, &[9, 4, 0, 12, 6], 4, 5);
    let mut params = ParamStore::<f64>::new();
    let model = build(&config(ModelKind::Dien), &features, &mut params, 3).unwrap();
    let pool = Pool::new();
    let logits = |batch: &Batch| {
        let tape = Tape::new(&params, &pool, Mode::Eval);
        model.forward(&tape, batch).logits.data().to_vec()
    };
    let all = logits(&batch);
    for i in 0..batch.targets.len() {
        let mut alone = batch.clone();
        let t = &mut alone.targets;
        let keep = |column: &mut Vec<u32>| *column = vec![column[i]];
        [&mut t.history, &mut t.start, &mut t.end, &mut t.group_id].into_iter().for_each(keep);
        t.candidate.iter_mut().chain(&mut t.sparse).for_each(keep);
        t.label = vec![t.label[i]];
        t.dense.iter_mut().for_each(|column| *column = vec![column[i]]);
        for list in &mut t.multi_hot {
            list.ids = list.ids[list.offsets[i] as usize..list.offsets[i + 1] as usize].to_vec();
            list.offsets = vec![0, list.ids.len() as u32];
        }
        alone.validate(&features).unwrap();
        assert_close(&logits(&alone)[..1], &all[i..=i], 1e-12, format_args!("target {i}"));
    }
}
