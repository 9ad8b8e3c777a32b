//! A value on a tape.

use ndarray::{ArrayView1, ArrayView2, ArrayView3, ArrayViewD};

use crate::{Real, Tape};

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

impl<T: Real> std::fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} (node {})", self.tape.op_name(self.index), self.shape(), self.index)
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
        self.tape.label(self.index)
    }

    /// The shape.
    pub fn shape(self) -> &'t [usize] {
        self.tape.shape(self.index)
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
        self.tape.value(self.index)
    }

    /// The elements, row-major.
    pub fn data(self) -> &'t [T] {
        self.tape.data(self.index)
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
        let shape = self.shape();
        self.view().into_dimensionality().unwrap_or_else(|_| panic!("expected [n], found {shape:?}"))
    }

    /// The value as a matrix.
    ///
    /// # Panics
    /// If it has another number of dimensions.
    #[track_caller]
    pub fn view2(self) -> ArrayView2<'t, T> {
        let shape = self.shape();
        self.view().into_dimensionality().unwrap_or_else(|_| panic!("expected [n, m], found {shape:?}"))
    }

    /// The value as an array of three dimensions.
    ///
    /// # Panics
    /// If it has another number of dimensions.
    #[track_caller]
    pub fn view3(self) -> ArrayView3<'t, T> {
        let shape = self.shape();
        self.view().into_dimensionality().unwrap_or_else(|_| panic!("expected [n, m, k], found {shape:?}"))
    }
}
