//! Gradients of parameters: dense, or the touched rows of a table.

use ndarray::{Array2, ArrayD, ArrayView2, ArrayViewD, Axis};

use crate::{ParamId, Pool, Real};

/// The gradient of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Grad<T> {
    /// One number per element.
    Dense(ArrayD<T>),
    /// Rows of a table `[rows, width]`; all others are zero.
    Rows {
        /// The touched rows, ascending, each once.
        ids: Vec<u32>,
        /// Their gradients, `[ids.len(), width]`.
        rows: Array2<T>,
    },
}

impl<T: Real> Grad<T> {
    /// The numbers that are stored: all elements, or those of the touched rows.
    pub fn values(&self) -> &[T] {
        match self {
            Grad::Dense(g) => g.as_slice().expect("gradients have standard layout"),
            Grad::Rows { rows, .. } => rows.as_slice().expect("gradients have standard layout"),
        }
    }

    /// The numbers that are stored, to change them.
    pub fn values_mut(&mut self) -> &mut [T] {
        match self {
            Grad::Dense(g) => g.as_slice_mut().expect("gradients have standard layout"),
            Grad::Rows { rows, .. } => rows.as_slice_mut().expect("gradients have standard layout"),
        }
    }

    /// The gradient as an array of the parameter's `shape`; for tests and small tables.
    pub fn to_dense(&self, shape: &[usize]) -> ArrayD<T> {
        match self {
            Grad::Dense(g) => g.clone(),
            Grad::Rows { ids, rows } => {
                let mut dense = ArrayD::zeros(shape);
                for (&id, row) in ids.iter().zip(rows.rows()) {
                    dense.index_axis_mut(Axis(0), id as usize).assign(&row);
                }
                dense
            }
        }
    }

    /// Adds rows (ascending unique ids) to this gradient, whose buffer is of the pool and stays so.
    pub(crate) fn add_rows(&mut self, ids: &[u32], rows: ArrayView2<'_, T>, pool: &Pool<T>) {
        match self {
            Grad::Dense(g) => {
                for (&id, row) in ids.iter().zip(rows.rows()) {
                    let mut target = g.index_axis_mut(Axis(0), id as usize);
                    target += &row;
                }
            }
            Grad::Rows { ids: own, rows: own_rows } => {
                let (merged, sum) = merge((own, own_rows.view()), (ids, rows), pool);
                *own = merged;
                pool.give(std::mem::replace(own_rows, sum).into_raw_vec_and_offset().0);
            }
        }
    }

    /// Adds a dense array to this gradient, which becomes dense.
    pub(crate) fn add_dense(&mut self, other: ArrayViewD<'_, T>) {
        if let Grad::Rows { .. } = self {
            *self = Grad::Dense(self.to_dense(other.shape()));
        }
        if let Grad::Dense(g) = self {
            *g += &other;
        }
    }
}

type Rows<'a, T> = (&'a [u32], ArrayView2<'a, T>);

/// The sum of two row gradients; where both have a row, `a`'s comes first.
fn merge<T: Real>(a: Rows<'_, T>, b: Rows<'_, T>, pool: &Pool<T>) -> (Vec<u32>, Array2<T>) {
    let width = a.1.ncols();
    let mut ids = Vec::with_capacity(a.0.len() + b.0.len());
    let mut rows = pool.take_stale((a.0.len() + b.0.len()) * width);
    rows.clear();
    let (mut i, mut j) = (0, 0);
    while i < a.0.len() || j < b.0.len() {
        let take_a = j == b.0.len() || (i < a.0.len() && a.0[i] <= b.0[j]);
        let take_b = i == a.0.len() || (j < b.0.len() && b.0[j] <= a.0[i]);
        ids.push(if take_a { a.0[i] } else { b.0[j] });
        match (take_a, take_b) {
            (true, true) => rows.extend(a.1.row(i).iter().zip(b.1.row(j)).map(|(&x, &y)| x + y)),
            (true, false) => rows.extend(a.1.row(i)),
            _ => rows.extend(b.1.row(j)),
        }
        i += usize::from(take_a);
        j += usize::from(take_b);
    }
    let rows = Array2::from_shape_vec((ids.len(), width), rows).expect("one row per id");
    (ids, rows)
}

/// What a backward pass found: a gradient for each parameter that the loss depends on.
///
/// Its buffers return to the pool when it is dropped.
#[derive(Debug)]
pub struct Grads<T: Real> {
    pub(crate) params: Vec<Option<Grad<T>>>,
    /// Gradients of [`Tape::variable`](crate::Tape::variable) leaves, by node.
    pub(crate) leaves: Vec<(usize, ArrayD<T>)>,
    pub(crate) pool: Pool<T>,
}

impl<T: Real> Grads<T> {
    /// No gradient for any of `params` parameters.
    pub fn none(params: usize) -> Self {
        Grads { params: vec![None; params], leaves: Vec::new(), pool: Pool::new() }
    }

    /// The parameter's gradient, or `None` if the loss does not depend on it.
    pub fn get(&self, id: ParamId) -> Option<&Grad<T>> {
        self.params.get(id.index())?.as_ref()
    }

    /// The parameter's gradient, to change it.
    pub fn get_mut(&mut self, id: ParamId) -> Option<&mut Grad<T>> {
        self.params.get_mut(id.index())?.as_mut()
    }

    /// Sets the parameter's gradient.
    pub fn set(&mut self, id: ParamId, grad: Grad<T>) {
        self.params[id.index()] = Some(grad);
    }

    /// Every gradient there is, in the parameters' order, by the parameter's place in its store.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Grad<T>)> {
        self.params.iter().enumerate().filter_map(|(i, g)| Some((i, g.as_ref()?)))
    }

    /// Every gradient there is, to change it.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut Grad<T>)> {
        self.params.iter_mut().enumerate().filter_map(|(i, g)| Some((i, g.as_mut()?)))
    }

    /// The gradient of a [`Tape::variable`](crate::Tape::variable), or `None` if the loss does not depend on it.
    pub fn wrt(&self, variable: crate::Var<'_, T>) -> Option<ArrayViewD<'_, T>> {
        self.leaves.iter().find(|(node, _)| *node == variable.index()).map(|(_, g)| g.view())
    }
}

impl<T: Real> Drop for Grads<T> {
    fn drop(&mut self) {
        for grad in self.params.drain(..).flatten() {
            match grad {
                Grad::Dense(g) => self.pool.give_array(g),
                Grad::Rows { rows, .. } => self.pool.give(rows.into_raw_vec_and_offset().0),
            }
        }
        for (_, g) in self.leaves.drain(..) {
            self.pool.give_array(g);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn rows_merge_in_order() {
        let mut g = Grad::Rows { ids: vec![1, 4], rows: array![[1.0], [4.0]] };
        g.add_rows(&[0, 4, 7], array![[10.0], [40.0], [70.0]].view(), &Pool::new());
        let sum = Grad::Rows { ids: vec![0, 1, 4, 7], rows: array![[10.0], [1.0], [44.0], [70.0]] };
        assert_eq!(g, sum);
        g.add_dense(ArrayD::ones(vec![8, 1]).view());
        assert_eq!(g.values(), [11.0, 2.0, 1.0, 1.0, 45.0, 1.0, 1.0, 71.0]);
    }
}
