//! Batch normalisation with its parameters.

use crate::Real;
use crate::init::{Builder, Init};
use crate::ops::BatchNorm;

impl BatchNorm {
    /// Adds `name.weight` (1), `name.bias` (0) and the buffers `name.mean` (0) and `name.var` (1), each
    /// `[width]`.
    ///
    /// # Panics
    /// If a name is taken.
    #[track_caller]
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, name: &str, width: usize) -> Self {
        BatchNorm {
            weight: builder.add(&format!("{name}.weight"), &[width], Init::Ones),
            bias: builder.add(&format!("{name}.bias"), &[width], Init::Zeros),
            mean: builder.buffer(&format!("{name}.mean"), width, 0.0),
            var: builder.buffer(&format!("{name}.var"), width, 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mode, ParamKind, ParamStore, Pool, Tape};
    use ndarray::array;

    #[test]
    fn running_statistics_are_buffers_that_begin_as_the_identity() {
        let mut params = ParamStore::<f64>::new();
        let norm = BatchNorm::new(&mut Builder::new(&mut params, 1), "norm", 2);
        assert_eq!([norm.mean, norm.var].map(|id| params.kind(id)), [ParamKind::Buffer; 2]);
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let x = array![[1.0, -3.0]].into_dyn();
        let y = norm.forward(tape.constant(x.clone())).view().to_owned();
        approx::assert_abs_diff_eq!(y, x, epsilon = 2e-5);
    }
}
