//! A value on a tape.

use ndarray::{ArrayView1, ArrayView2, ArrayView3, ArrayViewD};

use super::Tape;
use crate::{Grads, Real};

/// A value on a [`Tape`]; small and `Copy`.
pub struct Var<'t, T: Real> {
    tape: &'t Tape<'t, T>,
    index: usize,
}

impl<T: Real> Clone for Var<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Real> Copy for Var<'_, T> {}

/// The name, the shape and the first numbers, row-major: `linear [2, 80] = 0.5, -1.25, 3.0, 0.0, 1.0, … 155
/// more`.
impl<T: Real> std::fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 5;
        write!(f, "{} {:?} = ", self.name(), self.shape())?;
        for (i, x) in self.data().iter().take(SHOWN).enumerate() {
            write!(f, "{}{x:?}", if i > 0 { ", " } else { "" })?;
        }
        match self.len() {
            0 => f.write_str("nothing"),
            n if n > SHOWN => write!(f, ", … {} more", n - SHOWN),
            _ => Ok(()),
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    pub(crate) fn new(tape: &'t Tape<'_, T>, index: usize) -> Self {
        Var { tape, index }
    }

    /// The tape that holds the value.
    pub fn tape(self) -> &'t Tape<'t, T> {
        self.tape
    }

    pub(crate) fn index(self) -> usize {
        self.index
    }

    /// The parameter's name, or else the name of the op that computed the value.
    pub fn name(self) -> &'t str {
        self.tape.values.label(self.index)
    }

    /// The shape.
    pub fn shape(self) -> &'t [usize] {
        self.tape.values.shape(self.index)
    }

    /// The number of elements.
    pub fn len(self) -> usize {
        self.data().len()
    }

    /// Whether there are no elements.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value.
    pub fn view(self) -> ArrayViewD<'t, T> {
        self.tape.values.value(self.index)
    }

    /// The elements, row-major.
    pub fn data(self) -> &'t [T] {
        self.tape.values.data(self.index)
    }

    /// The value of a scalar.
    ///
    /// # Panics
    /// If there is not exactly one element.
    #[track_caller]
    pub fn scalar(self) -> T {
        assert_eq!(self.len(), 1, "scalar: the shape is {:?}", self.shape());
        self.data()[0]
    }

    /// The value as a vector.
    ///
    /// # Panics
    /// If it has another number of dimensions.
    #[track_caller]
    pub fn view1(self) -> ArrayView1<'t, T> {
        let Ok(view) = self.view().into_dimensionality() else {
            panic!("expected [n], found {:?}", self.shape())
        };
        view
    }

    /// The value as a matrix.
    ///
    /// # Panics
    /// If it has another number of dimensions.
    #[track_caller]
    pub fn view2(self) -> ArrayView2<'t, T> {
        let Ok(view) = self.view().into_dimensionality() else {
            panic!("expected [n, m], found {:?}", self.shape())
        };
        view
    }

    /// The value as an array of three dimensions.
    ///
    /// # Panics
    /// If it has another number of dimensions.
    #[track_caller]
    pub fn view3(self) -> ArrayView3<'t, T> {
        let Ok(view) = self.view().into_dimensionality() else {
            panic!("expected [n, m, k], found {:?}", self.shape())
        };
        view
    }
}

impl<T: Real> Grads<T> {
    /// The gradient of a [`Tape::variable`](crate::Tape::variable), or `None` if the loss does not depend on
    /// it.
    ///
    /// # Panics
    /// If it is of another tape than the loss.
    #[track_caller]
    pub fn wrt(&self, variable: Var<'_, T>) -> Option<ArrayViewD<'_, T>> {
        let own = self.tape.is_none_or(|tape| tape == variable.tape().id());
        assert!(own, "gradients: {} is of another tape than the loss", variable.name());
        self.leaves.iter().find(|(node, _)| *node == variable.index()).map(|(_, g)| g.view())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Mode, ParamKind, ParamStore, Pool, Tape, ops};
    use ndarray::{Array2, array};

    #[test]
    fn prints_name_shape_and_the_first_numbers() {
        let mut params = ParamStore::<f32>::new();
        let id = params.add("head.bias", ParamKind::Dense, array![0.5, -1.25].into_dyn());
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let b = tape.param(id);
        assert_eq!(format!("{b:?}"), "head.bias [2] = 0.5, -1.25");
        assert_eq!(format!("{:?}", ops::sum(b)), "sum [] = -0.75");
        let x = tape.constant(Array2::ones((2, 4)).into_dyn());
        assert_eq!(format!("{x:?}"), "constant [2, 4] = 1.0, 1.0, 1.0, 1.0, 1.0, … 3 more");
        assert_eq!(format!("{:?}", ops::slice_rows(x, 1..1)), "slice_rows [0, 4] = nothing");
    }
}
