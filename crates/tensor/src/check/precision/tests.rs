//! What the comparison finds, and what it lets pass.

use super::*;
use crate::ops::{self, BatchNorm};
use crate::{Backward, OpGrads};
use ndarray::{ArrayViewD, array};

fn store() -> ParamStore<f64> {
    let mut params = ParamStore::new();
    params.add("x", ParamKind::Dense, array![[1.0, -2.0], [0.5, 0.1]].into_dyn());
    params.add("table", ParamKind::Rows, array![[0.1], [0.2], [0.3]].into_dyn());
    params
}

fn get<'t, T: Real>(tape: &'t Tape<'t, T>, name: &str) -> Var<'t, T> {
    tape.param(tape.params().id(name).expect("a parameter"))
}

/// x², and in `f32` with errors of its own.
struct Square {
    value: f64,
    derivative: f64,
}

impl Square {
    fn of<T: Real>(self, x: Var<'_, T>) -> Var<'_, T> {
        let scale = T::of(self.value);
        x.tape().record([x], x.view().mapv(|x| scale * x * x), self)
    }
}

impl<T: Real> Backward<T> for Square {
    fn name(&self) -> &'static str {
        "square"
    }
    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dx = io.input(0).mapv(|x| T::of(2.0 * self.derivative) * x) * dy;
        io.add(0, dx);
    }
}

fn square<'t, T: Real>(tape: &'t Tape<'t, T>, value: f64, derivative: f64) -> Var<'t, T> {
    Square { value, derivative }.of(get(tape, "x"))
}

fn wrong(result: Result<Vec<Comparison>, Imprecision>) -> Vec<String> {
    let mut names: Vec<String> =
        result.expect_err("a difference").wrong.into_iter().map(|c| c.name).collect();
    names.dedup();
    names
}

#[test]
fn what_f32_has_wrong_is_named() {
    let params = store();
    let run = |value, derivative| {
        Precision::default().run(&params, |t| square(t, value, derivative), |t| square(t, 1.0, 1.0))
    };
    let right = run(1.0, 1.0).expect("the same");
    let levels = Level::available::<f32>().count();
    assert_eq!(right.len(), 2 * levels);
    assert!(right.iter().all(|c| c.error < 1e-6), "{right:?}");
    assert_eq!(wrong(run(1.0 + 2e-5, 1.0)), ["value"]);
    let gradient = run(1.0, 1.0 + 2e-5).expect_err("another gradient");
    assert!(gradient.wrong.iter().all(|c| c.name == "gradient of x"));
    let text = gradient.to_string();
    assert!(
        text.starts_with("f32 differs from f64 by more than 1e-5:\n  Portable: gradient of x, by 2.0e-5")
    );
    for bad in [f64::NAN, f64::INFINITY] {
        assert!(run(bad, 1.0).is_err() && run(1.0, bad).is_err());
    }
}

#[test]
fn a_gradient_that_is_there_or_has_rows_on_one_side_alone_is_wrong() {
    let params = store();
    let lost = |tape: &Tape<'_, f32>| tape.param(tape.params().id("x").expect("x")).view().to_owned();
    let forgets = Precision::default().run(&params, |t| t.constant(lost(t)), |t| get(t, "x"));
    assert!(wrong(forgets).contains(&"gradient of x".to_owned()));
    let rows = |first: u32, second: u32| {
        Precision::default().run(
            &params,
            move |t| ops::gather(get(t, "table"), &[first]),
            move |t| ops::gather(get(t, "table"), &[second]),
        )
    };
    assert!(rows(1, 1).is_ok());
    assert!(wrong(rows(1, 2)).contains(&"gradient of table".to_owned()));
}

#[test]
fn sums_that_cancel_are_compared_with_a_scale() {
    fn nothing<'t, T: Real>(tape: &'t Tape<'t, T>, rest: f64) -> Var<'t, T> {
        ops::affine(get(tape, "x"), T::of(rest), T::zero())
    }
    let params = store();
    let check = Precision::default().at_least("value", 1.0).at_least("gradient of x", 1.0);
    let run = |check: &Precision| check.run(&params, |t| nothing(t, 3e-6), |t| nothing(t, 1e-6));
    assert!(run(&check).is_ok());
    assert!(run(&Precision::default()).is_err());
    let far = check.run(&params, |t| nothing(t, 3e-5), |t| nothing(t, 1e-6));
    assert_eq!(far.expect_err("too far").wrong.len() % 2, 0);
}

#[test]
fn buffers_are_compared_and_evaluations_have_no_gradient() {
    let mut params = store();
    let [weight, bias] =
        ["w", "b"].map(|name| params.add(name, ParamKind::Dense, array![1.0, 2.0].into_dyn()));
    let [mean, var] = ["m", "v"].map(|name| params.add(name, ParamKind::Buffer, array![1.0, 2.0].into_dyn()));
    let norm = BatchNorm { weight, bias, mean, var };
    let other = BatchNorm { mean: var, ..norm };
    // Of two rows, what normalises takes all of the gradient away.
    let check = Precision::default().at_least("gradient of x", 1.0);
    let run = |check: &Precision, f32: BatchNorm| {
        check.run(&params, move |t| f32.forward(get(t, "x")), move |t| norm.forward(get(t, "x")))
    };
    let found = run(&check, norm).expect("the same");
    assert_eq!(found.iter().filter(|c| c.name.starts_with("update of ")).count() % 2, 0);
    assert!(found.iter().any(|c| c.name == "update of m"));
    assert!(wrong(run(&check, other)).contains(&"update of m".to_owned()));
    let values = run(&check.mode(Mode::Eval), norm).expect("the same");
    assert!(values.iter().all(|c| c.name == "value"));
}
