//! What the ops' tests share.

use ndarray::{Array, ArrayD, Dimension};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::check::{Check, mix};
use crate::{Mode, ParamKind, ParamStore, Pool, Tape, Var};

/// Parameters `0`, `1`, … of these shapes, random and at least 0.1 from zero.
pub(super) fn params(shapes: &[&[usize]]) -> ParamStore<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut params = ParamStore::new();
    for (i, &shape) in shapes.iter().enumerate() {
        let number = || rng.random_range(0.1..1.1) * if rng.random() { 1.0 } else { -1.0 };
        params.add(i.to_string(), ParamKind::Dense, ArrayD::from_shape_simple_fn(shape, number));
    }
    params
}

/// Checks each element of the gradient of `op`'s inputs, in training and in evaluation.
#[track_caller]
pub(super) fn check<const N: usize>(
    shapes: [&[usize]; N],
    op: impl for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
) {
    let params = params(&shapes);
    let ids: Vec<_> = params.ids().collect();
    for mode in [Mode::Train { seed: 3 }, Mode::EvalWithGrad] {
        let check = Check::default().mode(mode).each_element();
        if let Err(mismatch) = check.run(&params, |tape| mix(op(std::array::from_fn(|i| tape.param(ids[i])))))
        {
            panic!("{shapes:?} {mode:?}: {mismatch}");
        }
    }
}

/// The value of `op` for constant inputs, in evaluation.
pub(super) fn value<const N: usize>(
    inputs: [ArrayD<f64>; N],
    op: impl for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
) -> ArrayD<f64> {
    let (params, pool) = (ParamStore::new(), Pool::new());
    let tape = Tape::new(&params, &pool, Mode::Eval);
    op(inputs.map(|x| tape.constant(x))).view().to_owned()
}

/// An array with any number of dimensions.
pub(super) fn of<D: Dimension>(array: Array<f64, D>) -> ArrayD<f64> {
    array.into_dyn()
}
