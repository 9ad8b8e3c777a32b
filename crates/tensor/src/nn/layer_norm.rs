//! Layer normalisation with its parameters.

use crate::init::{Builder, Init};
use crate::{ParamId, Real, Var, ops};

/// Normalises the last axis; see [`ops::layer_norm`](crate::ops::layer_norm()).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNorm {
    /// γ, `[width]`; starts at 1.
    pub weight: ParamId,
    /// β, `[width]`; starts at 0.
    pub bias: ParamId,
    /// ε, added to the variance; 1e-5 as in PyTorch.
    pub epsilon: f64,
}

impl LayerNorm {
    /// Adds `name.weight` and `name.bias`.
    ///
    /// # Panics
    /// If a name is taken.
    #[track_caller]
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, name: &str, width: usize) -> Self {
        LayerNorm {
            weight: builder.add(&format!("{name}.weight"), &[width], Init::Ones),
            bias: builder.add(&format!("{name}.bias"), &[width], Init::Zeros),
            epsilon: 1e-5,
        }
    }

    /// `x` `[.., width]` to the same shape.
    ///
    /// # Panics
    /// If `x` has another shape.
    #[track_caller]
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>) -> Var<'t, T> {
        let tape = x.tape();
        ops::layer_norm(x, tape.param(self.weight), tape.param(self.bias), self.epsilon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mode, ParamStore, Pool, Tape};
    use ndarray::array;

    #[test]
    fn begins_as_the_plain_normalisation() {
        let mut params = ParamStore::<f64>::new();
        let norm = LayerNorm::new(&mut Builder::new(&mut params, 1), "norm", 2);
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let y = norm.forward(tape.constant(array![[1.0, 3.0]].into_dyn()));
        let one = 1.0 / (1.0 + 1e-5f64).sqrt();
        approx::assert_abs_diff_eq!(y.view(), array![[-one, one]].into_dyn(), epsilon = 1e-15);
    }
}
