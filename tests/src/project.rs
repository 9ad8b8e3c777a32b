//! A scalar to differentiate: a given linear function of some values.

use dien_cells::Real;
use dien_tensor::{Backward, OpGrads, Var};
use ndarray::{ArrayD, ArrayViewD};

struct Project<T> {
    weights: Vec<ArrayD<T>>,
}

/// Σ value ∘ weights over all pairs, so that each value's gradient is its weights.
///
/// # Panics
/// If there is no pair, or a value's shape is not its weights'.
#[track_caller]
pub fn project<'t, T: Real>(pairs: &[(Var<'t, T>, ArrayD<T>)]) -> Var<'t, T> {
    let mut sum = T::zero();
    for (value, weights) in pairs {
        assert_eq!(value.shape(), weights.shape(), "project: value and weights");
        sum += value.data().iter().zip(weights).map(|(&x, &w)| x * w).sum();
    }
    let (values, weights): (Vec<_>, Vec<_>) = pairs.iter().cloned().unzip();
    values[0].tape().record(&values, ndarray::arr0(sum).into_dyn(), Project { weights })
}

impl<T: Real> Backward<T> for Project<T> {
    fn name(&self) -> &'static str {
        "project"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let dy = dy.into_iter().copied().next().expect("a scalar");
        for (input, weights) in self.weights.iter().enumerate() {
            io.add(input, weights.mapv(|w| w * dy));
        }
    }
}
