//! A linear layer.

use crate::init::{Builder, Init};
use crate::{ParamId, Real, Var, ops};

/// y = x Wᵀ + b; see [`ops::linear`](crate::ops::linear()).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear {
    /// W, `[outputs, inputs]`.
    pub weight: ParamId,
    /// b, `[outputs]`.
    pub bias: Option<ParamId>,
}

impl Linear {
    /// Adds `name.weight`, uniform within ±1/√`inputs`, and `name.bias`, which begins at 0 (PyTorch draws it
    /// like the weight).
    ///
    /// # Panics
    /// If a name is taken.
    #[track_caller]
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, name: &str, inputs: usize, outputs: usize) -> Self {
        let layer = Self::without_bias(builder, name, inputs, outputs);
        Linear { bias: Some(builder.vector(&format!("{name}.bias"), outputs, 0.0)), ..layer }
    }

    /// [`new`](Self::new) without the bias.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn without_bias<T: Real>(
        builder: &mut Builder<'_, T>,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Self {
        let weight = builder.add(&format!("{name}.weight"), &[outputs, inputs], Init::FanIn);
        Linear { weight, bias: None }
    }

    /// `x` `[n, inputs]` to `[n, outputs]`.
    ///
    /// # Panics
    /// If `x` has another shape.
    #[track_caller]
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>) -> Var<'t, T> {
        let tape = x.tape();
        ops::linear(x, tape.param(self.weight), self.bias.map(|bias| tape.param(bias)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{assert_gradients, mix};
    use crate::{ParamKind, ParamStore};
    use ndarray::array;

    #[test]
    fn adds_its_parameters_and_applies_them() {
        let mut params = ParamStore::<f64>::new();
        let x = params.add("x", ParamKind::Dense, array![[0.3, -0.7, 1.1]].into_dyn());
        let mut builder = Builder::new(&mut params, 1);
        let layer = Linear::new(&mut builder, "head", 3, 2);
        let plain = Linear::without_bias(&mut builder, "plain", 2, 1);
        let names: Vec<_> = params.ids().map(|id| (params.name(id).to_owned(), params.shape(id))).collect();
        let expected: [(&str, &[usize]); 4] =
            [("x", &[1, 3]), ("head.weight", &[2, 3]), ("head.bias", &[2]), ("plain.weight", &[1, 2])];
        assert_eq!(names, expected.map(|(name, shape)| (name.to_owned(), shape)));
        assert_gradients(&params, |tape| mix(plain.forward(layer.forward(tape.param(x)))));
    }
}
