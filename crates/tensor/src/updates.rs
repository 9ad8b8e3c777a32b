//! New values of buffers.

use std::ops::Deref;

use ndarray::ArrayD;

use crate::{ParamId, ParamStore, Pool, Real};

/// What a step computed for [`ParamKind::Buffer`](crate::ParamKind::Buffer) parameters, such as running
/// statistics; a list of parameters, each once, and values. Its own list and buffers return to the pool when
/// it is dropped.
#[derive(Debug)]
pub struct Updates<T: Real> {
    list: Vec<(ParamId, ArrayD<T>)>,
    pool: Pool<T>,
}

impl<T: Real> Updates<T> {
    pub(crate) fn new(pool: &Pool<T>) -> Self {
        Updates { list: pool.take_kept(), pool: pool.clone() }
    }

    /// What the buffer was to become so far.
    pub(crate) fn remove(&mut self, id: ParamId) -> Option<ArrayD<T>> {
        let at = self.list.iter().position(|(other, _)| *other == id)?;
        Some(self.list.remove(at).1)
    }

    pub(crate) fn push(&mut self, id: ParamId, value: ArrayD<T>) {
        self.list.push((id, value));
    }
}

impl<T: Real> ParamStore<T> {
    /// Sets buffers to what a step computed for them ([`Tape::take_updates`](crate::Tape::take_updates)).
    ///
    /// # Panics
    /// If a shape differs.
    pub fn apply(&mut self, updates: Updates<T>) {
        for (id, value) in updates.iter() {
            assert_eq!(value.shape(), self.shape(*id), "parameter {}: the buffer's shape", self.name(*id));
            self.value_mut(*id).assign(value);
        }
    }
}

impl<T: Real> Deref for Updates<T> {
    type Target = [(ParamId, ArrayD<T>)];
    fn deref(&self) -> &Self::Target {
        &self.list
    }
}

/// The list's own memory is then the caller's.
impl<T: Real> IntoIterator for Updates<T> {
    type Item = (ParamId, ArrayD<T>);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(mut self) -> Self::IntoIter {
        std::mem::take(&mut self.list).into_iter()
    }
}

impl<T: Real> PartialEq for Updates<T> {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl<T: Real> Drop for Updates<T> {
    fn drop(&mut self) {
        let mut list = std::mem::take(&mut self.list);
        list.drain(..).for_each(|(_, value)| self.pool.give_array(value));
        self.pool.keep(list);
    }
}
