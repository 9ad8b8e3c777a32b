//! Buffers that are used again from step to step.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::{ArrayD, IxDyn};

use crate::Real;

/// A handle to a store of free buffers; clones share the store. Keep one for as long as you train.
#[derive(Clone, Debug)]
pub struct Pool<T> {
    free: Arc<Mutex<BTreeMap<usize, Vec<Vec<T>>>>>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Pool { free: Arc::default() }
    }
}

impl<T: Real> Pool<T> {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }

    /// A buffer of `len` elements with whatever values its last user left: overwrite all of them.
    pub fn take_stale(&self, len: usize) -> Vec<T> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        // A little too large is fine: batches differ in size from step to step.
        let fit = free.range_mut(len..=len + len / 2 + 64).find(|(_, list)| !list.is_empty());
        let mut buffer = match fit.and_then(|(_, list)| list.pop()) {
            Some(buffer) => buffer,
            None => Vec::with_capacity((len + len / 8).next_multiple_of(64)),
        };
        buffer.resize(len, T::zero());
        buffer
    }

    /// A buffer of `len` zeros.
    pub fn take_zeroed(&self, len: usize) -> Vec<T> {
        let mut buffer = self.take_stale(len);
        buffer.fill(T::zero());
        buffer
    }

    /// An array of `shape` with stale values: overwrite all of them.
    pub fn stale(&self, shape: &[usize]) -> ArrayD<T> {
        let buffer = self.take_stale(shape.iter().product());
        ArrayD::from_shape_vec(IxDyn(shape), buffer).expect("the length is the shape's product")
    }

    /// An array of zeros.
    pub fn zeros(&self, shape: &[usize]) -> ArrayD<T> {
        let mut array = self.stale(shape);
        array.fill(T::zero());
        array
    }

    /// A stale buffer that comes back to the pool by itself: for what an op saves for its backward pass.
    pub fn scratch(&self, len: usize) -> Scratch<T> {
        Scratch { data: self.take_stale(len), pool: self.clone() }
    }

    /// Makes a buffer come back to the pool by itself.
    pub fn adopt(&self, data: Vec<T>) -> Scratch<T> {
        Scratch { data, pool: self.clone() }
    }

    /// Gives a buffer back.
    pub fn give(&self, buffer: Vec<T>) {
        if buffer.capacity() > 0 {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.entry(buffer.capacity()).or_default().push(buffer);
        }
    }

    /// Gives an array's buffer back.
    pub fn give_array(&self, array: ArrayD<T>) {
        self.give(array.into_raw_vec_and_offset().0);
    }
}

/// A buffer that returns to its [`Pool`] when dropped.
#[derive(Debug)]
pub struct Scratch<T: Real> {
    data: Vec<T>,
    pool: Pool<T>,
}

impl<T: Real> Deref for Scratch<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.data
    }
}

impl<T: Real> DerefMut for Scratch<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.data
    }
}

impl<T: Real> Drop for Scratch<T> {
    fn drop(&mut self) {
        self.pool.give(std::mem::take(&mut self.data));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_scratch_is_handed_out_again() {
        let pool = Pool::<f32>::new();
        let first = pool.scratch(100);
        let address = first.as_ptr();
        drop(first);
        assert_eq!(pool.scratch(90).as_ptr(), address);
        assert_eq!(pool.take_zeroed(80), vec![0.0; 80]);
    }
}
