//! A table of rows by id.

use crate::init::{Builder, Init};
use crate::{ParamId, ParamKind, Real, Tape, Var, ops};

/// A table `[rows, width]` whose gradient is the touched rows: a step's cost does not grow with the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedding {
    /// The table, of [`ParamKind::Rows`].
    pub weight: ParamId,
}

impl Embedding {
    /// Adds `name.weight`, normal with mean 0 and deviation 1.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn new<T: Real>(builder: &mut Builder<'_, T>, name: &str, rows: usize, width: usize) -> Self {
        Self::with_init(builder, name, rows, width, Init::Normal { mean: 0.0, std: 1.0 })
    }

    /// Adds `name.weight` with other initial values.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn with_init<T: Real>(
        builder: &mut Builder<'_, T>,
        name: &str,
        rows: usize,
        width: usize,
        init: Init,
    ) -> Self {
        let name = format!("{name}.weight");
        Embedding { weight: builder.add_kind(&name, ParamKind::Rows, &[rows, width], init) }
    }

    /// The rows of `ids`: `[ids.len(), width]`.
    ///
    /// # Panics
    /// If an id is not below the number of rows.
    #[track_caller]
    pub fn forward<'t, T: Real>(&self, tape: &'t Tape<'t, T>, ids: &[u32]) -> Var<'t, T> {
        ops::gather(tape.param(self.weight), ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{assert_gradients, mix};
    use crate::{Grad, Mode, ParamStore, Pool};

    #[test]
    fn the_gradient_is_the_touched_rows() {
        let mut params = ParamStore::<f64>::new();
        let table = Embedding::new(&mut Builder::new(&mut params, 1), "item", 5, 2);
        assert_gradients(&params, |tape| mix(table.forward(tape, &[4, 1, 4])));
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::EvalWithGrad);
        let grads = tape.backward(ops::sum(table.forward(&tape, &[4, 1, 4])));
        assert!(matches!(grads.get(table.weight), Some(Grad::Rows { ids, .. }) if *ids == [1, 4]));
    }
}
