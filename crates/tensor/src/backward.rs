//! The trait behind every op.

use dien_kernels::inline::{each, fill};
use dien_kernels::par::{CHUNK, for_tasks, per_task};
use dien_kernels::reduce::sum_parts;
use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD};

use crate::ops::IdGroups;
use crate::values::Values;
use crate::{Grad, Pool, Real};

/// Positions in a task of [`OpGrads::add_row_sums`], on average.
const TASK: usize = 256;

/// Positions of one row from which on its sum is a sum of parts, and in a part.
const LONG: usize = 4096;

/// An op's backward pass. The implementing struct is what its forward pass saved.
pub trait Backward<T: Real>: Send {
    /// The op's name, for graphs and messages.
    fn name(&self) -> &'static str;

    /// Adds to each input's gradient what it receives from `dy`, the gradient of the op's value.
    ///
    /// `dy` has the value's shape and standard layout.
    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>);
}

/// What an op may read and write in its backward pass.
pub struct OpGrads<'a, T: Real> {
    pub(crate) values: &'a Values<'a, T>,
    pub(crate) pool: &'a Pool<T>,
    pub(crate) node: usize,
    pub(crate) inputs: &'a [u32],
    pub(crate) slots: &'a mut [Option<Grad<T>>],
}

impl<'a, T: Real> OpGrads<'a, T> {
    /// Buffers for intermediate results.
    pub fn pool(&self) -> &'a Pool<T> {
        self.pool
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
        self.values.value(self.inputs[input] as usize)
    }

    /// The elements of an input, row-major.
    pub fn input_data(&self, input: usize) -> &'a [T] {
        self.values.data(self.inputs[input] as usize)
    }

    /// The op's own value.
    pub fn output(&self) -> ArrayViewD<'a, T> {
        self.values.value(self.node)
    }

    /// The elements of the op's own value, row-major.
    pub fn output_data(&self) -> &'a [T] {
        self.values.data(self.node)
    }

    /// Whether anybody wants the input's gradient.
    pub fn wants(&self, input: usize) -> bool {
        self.values.needs_grad(self.inputs[input] as usize)
    }

    /// The input's gradient as it stands (zeros at first), to add to; `None` if nobody wants it.
    ///
    /// For a table of [`ParamKind::Rows`](crate::ParamKind) this makes the gradient dense: use
    /// [`Self::add_rows`].
    pub fn grad(&mut self, input: usize) -> Option<ArrayViewMutD<'_, T>> {
        let DenseSlot { array, add } = self.dense_slot(input)?;
        if !add {
            fill(array.as_slice_mut().expect("gradients have standard layout"), T::zero());
        }
        Some(array.view_mut())
    }

    /// The elements of [`Self::grad`], row-major.
    pub fn grad_data(&mut self, input: usize) -> Option<&mut [T]> {
        let GradSlot { data, add } = self.grad_slot(input)?;
        if !add {
            fill(data, T::zero());
        }
        Some(data)
    }

    /// The input's gradient for an op that either writes or adds, which saves a pass of zeros; `None` if
    /// nobody wants it.
    pub fn grad_slot(&mut self, input: usize) -> Option<GradSlot<'_, T>> {
        let DenseSlot { array, add } = self.dense_slot(input)?;
        Some(GradSlot { data: array.as_slice_mut().expect("gradients have standard layout"), add })
    }

    fn dense_slot(&mut self, input: usize) -> Option<DenseSlot<'_, T>> {
        let node = self.inputs[input] as usize;
        if !self.values.needs_grad(node) {
            return None;
        }
        let (pool, shape) = (self.pool, self.values.shape(node));
        let slot = &mut self.slots[node];
        let add = slot.is_some();
        let grad = slot.get_or_insert_with(|| Grad::Dense(pool.stale(shape)));
        grad.make_dense(shape, pool);
        match grad {
            Grad::Dense(array) => Some(DenseSlot { array, add }),
            Grad::Rows { .. } => unreachable!("made dense above"),
        }
    }

    /// Adds a whole array to the input's gradient; the first to arrive becomes the gradient, without a copy.
    ///
    /// # Panics
    /// If the shape is not the input's.
    #[track_caller]
    pub fn add(&mut self, input: usize, g: ArrayD<T>) {
        let (node, pool) = (self.inputs[input] as usize, self.pool);
        let shape = self.values.shape(node);
        assert_eq!(g.shape(), shape, "{}: gradient of input {input}", self.values.op_name(self.node));
        if !self.values.needs_grad(node) {
            return pool.give_array(g);
        }
        match &mut self.slots[node] {
            empty @ None => *empty = Some(Grad::Dense(g)),
            Some(sum) => {
                sum.add_dense(g.as_slice().expect("standard layout"), shape, pool);
                pool.give_array(g);
            }
        }
    }

    /// Adds rows to the gradient of an input `[rows, width]`: the table's row `ids[i]` receives what `row(i,
    /// sum)` adds to `sum`. Ids ascend, each once. In parallel; `sum` has what earlier uses of the table
    /// gave.
    pub fn add_rows(&mut self, input: usize, ids: &[u32], row: impl Fn(usize, &mut [T]) + Send + Sync) {
        self.add_some_rows(input, ids, CHUNK, &row);
    }

    /// [`add_rows`](Self::add_rows), where a task has so many rows, or fewer if they are long.
    fn add_some_rows(
        &mut self,
        input: usize,
        ids: &[u32],
        at_once: usize,
        row: &(impl Fn(usize, &mut [T]) + Send + Sync),
    ) {
        debug_assert!(ids.is_sorted_by(|a, b| a < b), "row ids ascend, each once");
        let node = self.inputs[input] as usize;
        if !self.values.needs_grad(node) {
            return;
        }
        let width = self.values.shape(node)[1];
        if !self.values.is_row_table(node) {
            self.grad_data(input);
        }
        let at_once = at_once.min(CHUNK / width.max(1)).max(1);
        Grad::add_rows(&mut self.slots[node], ids, width, self.pool, at_once, row);
    }

    /// Adds to the gradient of a table `[rows, width]` the row at each position of a list of ids:
    /// `add(position, sum)` adds it to `sum`. In parallel over the distinct ids, and over the positions of
    /// one that has very many; a row's sum follows the positions, 4,096 at a time.
    pub fn add_row_sums(
        &mut self,
        input: usize,
        order: &IdGroups,
        add: impl Fn(usize, &mut [T]) + Send + Sync,
    ) {
        let pool = self.pool;
        let add_all = |positions: &[u32], sum: &mut [T]| {
            positions.iter().for_each(|&position| add(position as usize, sum));
        };
        // As many rows at once as have a task's positions, on average.
        let at_once = (TASK * order.unique.len()).checked_div(order.positions.len()).unwrap_or(CHUNK);
        self.add_some_rows(input, &order.unique, at_once, &|i, sum| {
            let (positions, width) = (order.positions_of(i), sum.len());
            if positions.len() <= LONG {
                return add_all(positions, sum);
            }
            let n = positions.len().div_ceil(LONG);
            let mut parts = pool.scratch(n * width);
            for_tasks(n, (per_task(positions, LONG), per_task(&mut parts[..], width)), &|_, (some, part)| {
                fill(part, T::zero());
                add_all(some, part);
            });
            sum_parts(&mut parts, width);
            each(sum, [&parts[..width]], |sum, [x]| *sum += x);
        });
    }
}

/// An input's gradient, to write or to add to.
#[derive(Debug)]
pub struct GradSlot<'a, T> {
    /// Its elements, row-major.
    pub data: &'a mut [T],
    /// Whether they are a sum so far, to be added to. If not, they are stale: write all of them (idle lanes
    /// apart).
    pub add: bool,
}

struct DenseSlot<'a, T> {
    array: &'a mut ArrayD<T>,
    add: bool,
}
