//! Whole models against PyTorch: logits, losses, every gradient, running statistics, ten steps of Adam.

use dien_cells::Real;
use dien_model::config::{AttentionKind, AuxiliaryKind, AuxiliaryLoss};
use dien_model::{Histories, ModelConfig};
use dien_optim::{Adam, AdamConfig, Optimizer};
use dien_tensor::{Mode, ParamId, Tape};
use dien_tests::model::{Case, features};
use ndarray::arr1;

/// Ten steps of Adam; the losses of each.
fn train<T: Real + dien_optim::Real>(case: &mut Case<T>) {
    let config = AdamConfig::default().with_lr(case.golden.scalar("lr"));
    let mut adam = Adam::new(&case.params, config).unwrap();
    for step in 0..10 {
        let touched = case.model.touched(&case.batch);
        let rows: Vec<(ParamId, &[u32])> = touched.iter().map(|(id, rows)| (*id, &rows[..])).collect();
        adam.prepare(&mut case.params, &rows);
        let tape = Tape::new(&case.params, &case.pool, Mode::Train { seed: step });
        let output = case.model.forward(&tape, &case.batch);
        let losses = case.model.losses(&tape, &case.batch, output);
        let auxiliary = losses.auxiliary.expect("there are negatives");
        let all = arr1(&[losses.target, auxiliary, losses.total].map(|loss| loss.scalar()));
        case.golden.check_step("steps.losses", step as usize, all.view().into_dyn());
        let (grads, updates) = (tape.backward(losses.total), tape.take_updates());
        drop(tape);
        adam.step(&mut case.params, &grads).unwrap();
        case.params.apply(updates);
    }
    adam.flush(&mut case.params);
}

fn config(attention: AttentionKind, auxiliary: AuxiliaryKind) -> ModelConfig {
    ModelConfig::default().with_attention(attention).with_auxiliary(auxiliary)
}

fn check<T: Real + dien_optim::Real>(file: &str, config: ModelConfig) {
    let mut case = Case::<T>::new(file, config);
    case.check_evaluation("eval.logits");
    case.check_training();
    train(&mut case);
    // Adam divides a gradient by its size, and so blows up the rounding of those that all but vanish.
    if T::NAME == "f64" {
        for id in case.params.ids() {
            case.golden.check(&format!("steps.{}", case.params.name(id)), case.params.value(id));
        }
        case.check_evaluation("steps.eval.logits");
    }
}

#[test]
fn activation_unit_and_auxiliary_mlp() {
    check::<f64>("dien_small", config(AttentionKind::Unit, AuxiliaryKind::Mlp));
    check::<f32>("dien_small", config(AttentionKind::Unit, AuxiliaryKind::Mlp));
}

#[test]
fn bilinear_attention_and_inner_product() {
    check::<f64>("dien_inner", config(AttentionKind::Bilinear, AuxiliaryKind::InnerProduct));
    check::<f32>("dien_inner", config(AttentionKind::Bilinear, AuxiliaryKind::InnerProduct));
}

#[test]
fn info_nce() {
    let config = config(AttentionKind::Bilinear, AuxiliaryKind::InnerProduct)
        .with_auxiliary_loss(AuxiliaryLoss::InfoNce);
    check::<f64>("dien_info_nce", config.clone());
    check::<f32>("dien_info_nce", config);
}

/// A batch of which no history has two events has no auxiliary pair: the loss is exactly 0 and so are its
/// gradients.
#[test]
fn no_pair_no_auxiliary_loss() {
    let mut case = Case::<f64>::new("dien_small", config(AttentionKind::Unit, AuxiliaryKind::Mlp));
    let h = &mut case.batch.histories;
    *h =
        Histories::new(vec![0, 1, 1], vec![vec![3], vec![2]]).with_negatives(vec![vec![1, 2], vec![1, 2]], 2);
    let t = &mut case.batch.targets;
    for (i, history) in t.history.iter_mut().enumerate() {
        *history = i as u32 % 2;
        (t.start[i], t.end[i]) = (0, 1 - *history);
    }
    case.batch.validate(&features()).unwrap();
    let tape = Tape::new(&case.params, &case.pool, Mode::Train { seed: 0 });
    let output = case.model.forward(&tape, &case.batch);
    let losses = case.model.losses(&tape, &case.batch, output);
    assert_eq!(losses.auxiliary.expect("there are negatives").scalar(), 0.0);
    assert_eq!(losses.total.scalar(), losses.target.scalar());
    let grads = tape.backward(losses.total);
    for id in case.params.ids().filter(|&id| case.params.name(id).starts_with("auxiliary.")) {
        let zero = grads.get(id).is_none_or(|g| g.values().iter().all(|&g| g == 0.0));
        assert!(zero, "{}: {:?}", case.params.name(id), grads.get(id));
    }
}
