//! A list of values on a tape.

use super::{Tape, Var};
use crate::Real;

/// Values of one tape, collected without allocating: the list's memory is the pool's. See [`Tape::var_list`].
pub struct VarList<'t, T: Real> {
    tape: &'t Tape<'t, T>,
    nodes: Vec<u32>,
}

impl<'t, T: Real> VarList<'t, T> {
    pub(crate) fn new(tape: &'t Tape<'_, T>) -> Self {
        // More than a few dozen values would leave the pool's buffer for one of their own.
        let mut nodes = tape.pool().indices().take_stale(64);
        nodes.clear();
        VarList { tape, nodes }
    }

    /// Adds a value of the list's tape.
    ///
    /// # Panics
    /// If it is of another tape.
    #[track_caller]
    pub fn push(&mut self, var: Var<'t, T>) {
        assert!(self.tape.has(var), "a list of values: {} is of another tape", var.name());
        self.nodes.push(var.index() as u32);
    }

    /// The tape.
    pub fn tape(&self) -> &'t Tape<'t, T> {
        self.tape
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Var<'t, T>> + Clone + '_ {
        self.nodes.iter().map(|&node| Var::new(self.tape, node as usize))
    }
}

impl<T: Real> std::fmt::Debug for VarList<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'t, T: Real> Extend<Var<'t, T>> for VarList<'t, T> {
    fn extend<I: IntoIterator<Item = Var<'t, T>>>(&mut self, vars: I) {
        vars.into_iter().for_each(|var| self.push(var));
    }
}

impl<T: Real> Drop for VarList<'_, T> {
    fn drop(&mut self) {
        self.tape.pool().indices().give(std::mem::take(&mut self.nodes));
    }
}

#[cfg(test)]
mod tests {
    use crate::{Mode, ParamStore, Pool, Tape, ops};
    use ndarray::array;

    #[test]
    fn keeps_the_order() {
        let (params, pool) = (ParamStore::<f32>::new(), Pool::new());
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let mut list = tape.var_list();
        assert!(list.is_empty());
        list.push(tape.constant(array![[1.0, 2.0]].into_dyn()));
        list.extend([3.0, 4.0].map(|x| tape.constant(array![[x]].into_dyn())));
        assert_eq!(list.len(), 3);
        assert_eq!(ops::concat(list.iter()).data(), [1.0, 2.0, 3.0, 4.0]);
    }
}
