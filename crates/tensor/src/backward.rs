//! The trait behind every op.

use ndarray::{ArrayD, ArrayView2, ArrayViewD, ArrayViewMutD};

use crate::tape::Tape;
use crate::{Grad, Pool, Real};

/// An op's way back. The implementing struct is what the op saved on its way forward.
pub trait Backward<T: Real> {
    /// The op's name, for graphs and messages.
    fn name(&self) -> &'static str;

    /// Adds to each input's gradient what it receives from `dy`, the gradient of the op's value.
    ///
    /// `dy` has the value's shape and standard layout.
    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>);
}

/// What an op may read and write in its backward pass.
pub struct OpGrads<'a, T: Real> {
    pub(crate) tape: &'a Tape<'a, T>,
    pub(crate) node: usize,
    pub(crate) inputs: &'a [u32],
    pub(crate) slots: &'a mut [Option<Grad<T>>],
}

impl<'a, T: Real> OpGrads<'a, T> {
    /// Buffers for intermediate results.
    pub fn pool(&self) -> &'a Pool<T> {
        self.tape.pool()
    }

    /// The number of inputs.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Whether the op has no inputs.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// The value of an input.
    pub fn input(&self, input: usize) -> ArrayViewD<'a, T> {
        self.tape.value(self.inputs[input] as usize)
    }

    /// The elements of an input, row-major.
    pub fn input_data(&self, input: usize) -> &'a [T] {
        self.tape.data(self.inputs[input] as usize)
    }

    /// The op's own value.
    pub fn output(&self) -> ArrayViewD<'a, T> {
        self.tape.value(self.node)
    }

    /// The elements of the op's own value, row-major.
    pub fn output_data(&self) -> &'a [T] {
        self.tape.data(self.node)
    }

    /// Whether anybody wants the input's gradient.
    pub fn wants(&self, input: usize) -> bool {
        self.tape.needs_grad(self.inputs[input] as usize)
    }

    /// The input's gradient as it stands (zeros at first), to add to; `None` if nobody wants it.
    ///
    /// For a table of [`ParamKind::Rows`](crate::ParamKind) this makes the gradient dense: use [`Self::add_rows`].
    pub fn grad(&mut self, input: usize) -> Option<ArrayViewMutD<'_, T>> {
        let node = self.inputs[input] as usize;
        if !self.tape.needs_grad(node) {
            return None;
        }
        let tape = self.tape;
        let slot =
            self.slots[node].get_or_insert_with(|| Grad::Dense(tape.pool().zeros(tape.value(node).shape())));
        if let Grad::Rows { .. } = slot {
            *slot = Grad::Dense(slot.to_dense(tape.value(node).shape()));
        }
        match slot {
            Grad::Dense(g) => Some(g.view_mut()),
            Grad::Rows { .. } => unreachable!("made dense above"),
        }
    }

    /// The elements of [`Self::grad`], row-major.
    pub fn grad_data(&mut self, input: usize) -> Option<&mut [T]> {
        Some(self.grad(input)?.into_slice().expect("gradients have standard layout"))
    }

    /// Adds a whole array to the input's gradient; the first to arrive becomes the gradient, without a copy.
    ///
    /// # Panics
    /// If the shape is not the input's.
    #[track_caller]
    pub fn add(&mut self, input: usize, g: ArrayD<T>) {
        let node = self.inputs[input] as usize;
        let shape = self.tape.value(node).shape().to_vec();
        assert_eq!(g.shape(), shape, "{}: gradient of input {input}", self.tape.op_name(self.node));
        if !self.tape.needs_grad(node) {
            return self.pool().give_array(g);
        }
        match &mut self.slots[node] {
            empty @ None => *empty = Some(Grad::Dense(g)),
            Some(sum) => {
                sum.add_dense(g.view());
                self.tape.pool().give_array(g);
            }
        }
    }

    /// Adds rows to the gradient of an input `[rows, width]`; `ids` ascend, each once.
    pub fn add_rows(&mut self, input: usize, ids: &[u32], rows: ArrayView2<'_, T>) {
        debug_assert!(ids.is_sorted_by(|a, b| a < b), "row ids ascend, each once");
        let node = self.inputs[input] as usize;
        if !self.tape.needs_grad(node) {
            return;
        }
        if !self.tape.is_row_table(node) {
            let mut dense = self.grad(input).expect("the gradient is wanted");
            for (&id, row) in ids.iter().zip(rows.rows()) {
                let mut target = dense.index_axis_mut(ndarray::Axis(0), id as usize);
                target += &row;
            }
            return;
        }
        match &mut self.slots[node] {
            empty @ None => {
                let mut copy = self.tape.pool().take_stale(rows.len());
                copy.clear();
                copy.extend(rows.iter());
                let rows = ndarray::Array2::from_shape_vec(rows.dim(), copy).expect("the rows' own shape");
                *empty = Some(Grad::Rows { ids: ids.to_vec(), rows });
            }
            Some(sum) => sum.add_rows(ids, rows, self.tape.pool()),
        }
    }
}
