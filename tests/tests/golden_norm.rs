//! Batch normalisation and Dice against PyTorch: values, gradients, running statistics.

use dien_cells::Real;
use dien_tensor::ops::{BatchNorm, Dice};
use dien_tensor::{Mode, ParamId, ParamKind, ParamStore, Pool, Tape, Var};
use dien_tests::golden::Golden;
use dien_tests::project::project;

/// `layer` is the layer's way forward, from the ids of `trained` and of mean and variance.
fn check<T: Real>(
    file: &str,
    trained: &[&str],
    layer: impl for<'t> Fn(Var<'t, T>, &[ParamId], [ParamId; 2]) -> Var<'t, T>,
) {
    let golden = Golden::load(file);
    let mut params: ParamStore<T> = golden.params(&[&["x"], trained].concat());
    let running = ["mean", "var"].map(|name| params.add(name, ParamKind::Buffer, golden.array(name)));
    let ids: Vec<ParamId> = params.ids().collect();
    for (name, mode) in [("train", Mode::Train { seed: 0 }), ("eval", Mode::EvalWithGrad)] {
        let tape = Tape::new(&params, &Pool::new(), mode);
        let y = layer(tape.param(ids[0]), &ids[1..], running);
        golden.check(&format!("{name}.y"), y.view());
        let grads = tape.backward(project(&[(y, golden.array("loss_y"))]));
        for &id in &ids[..=trained.len()] {
            let grad = grads.get(id).expect("the loss depends on it").to_dense(params.shape(id));
            golden.check(&format!("{name}.grad.{}", params.name(id)), grad.view());
        }
        let updates = tape.take_updates();
        assert_eq!(updates.len(), if name == "train" { 2 } else { 0 }, "{file}: updates in {name}");
        for (id, value) in updates {
            golden.check(&format!("train.{}", params.name(id)), value.view());
        }
    }
}

fn batch_norm<'t, T: Real>(x: Var<'t, T>, trained: &[ParamId], [mean, var]: [ParamId; 2]) -> Var<'t, T> {
    BatchNorm { weight: trained[0], bias: trained[1], mean, var }.forward(x)
}

fn dice<'t, T: Real>(x: Var<'t, T>, trained: &[ParamId], [mean, var]: [ParamId; 2]) -> Var<'t, T> {
    Dice { alpha: trained[0], mean, var }.forward(x)
}

#[test]
fn batch_normalisation() {
    check::<f64>("bn", &["weight", "bias"], batch_norm);
    check::<f32>("bn", &["weight", "bias"], batch_norm);
}

#[test]
fn dice_activation() {
    check::<f64>("dice", &["alpha"], dice);
    check::<f32>("dice", &["alpha"], dice);
}
