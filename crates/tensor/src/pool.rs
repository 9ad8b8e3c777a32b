//! Buffers that are used again from step to step.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::{ArrayD, IxDyn};

use crate::Real;

/// A handle to a store of free buffers; clones share the store. Keep one for as long as you train.
///
/// As many buffers of a capacity are kept as were taken: what the caller allocated elsewhere, such as a batch that
/// became a constant of the tape, is freed when it is given to the pool, which therefore does not grow from step to step.
#[derive(Clone, Debug)]
pub struct Pool<T> {
    shelves: Arc<Mutex<BTreeMap<usize, Shelf<T>>>>,
}

/// The buffers of one capacity.
#[derive(Debug)]
struct Shelf<T> {
    free: Vec<Vec<T>>,
    /// How many were taken and not given back.
    taken: usize,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf { free: Vec::new(), taken: 0 }
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Pool { shelves: Arc::default() }
    }
}

impl<T: Real> Pool<T> {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }

    /// A buffer of `len` elements with whatever values its last user left: overwrite all of them.
    pub fn take_stale(&self, len: usize) -> Vec<T> {
        let capacity = capacity_for(len);
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let fit = shelves.range_mut(capacity..=2 * capacity).find_map(|(_, shelf)| shelf.free.pop());
        let mut buffer = fit.unwrap_or_else(|| Vec::with_capacity(capacity));
        if buffer.capacity() > 0 {
            shelves.entry(buffer.capacity()).or_default().taken += 1;
        }
        drop(shelves);
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
            let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(shelf) = shelves.get_mut(&buffer.capacity())
                && shelf.taken > 0
            {
                shelf.taken -= 1;
                shelf.free.push(buffer);
            }
        }
    }

    /// The elements that all free buffers can hold.
    pub fn free_elements(&self) -> usize {
        let shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        shelves.iter().map(|(capacity, shelf)| capacity * shelf.free.len()).sum()
    }

    /// Gives an array's buffer back.
    pub fn give_array(&self, array: ArrayD<T>) {
        self.give(array.into_raw_vec_and_offset().0);
    }
}

/// Capacities are m·2ᵉ with m from 4 to 7: batches differ in size from step to step, and with few sizes of buffers theirs
/// are found again.
fn capacity_for(len: usize) -> usize {
    if len == 0 {
        return 0;
    }
    let step = (len.max(64).next_power_of_two() / 8).max(16);
    len.max(64).next_multiple_of(step)
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
    fn few_capacities_and_little_waste() {
        let capacities: std::collections::BTreeSet<usize> = (1..100_000).map(capacity_for).collect();
        assert!(capacities.len() < 50, "{}", capacities.len());
        assert!((64..100_000).all(|n| (n..=n + n / 4 + 1).contains(&capacity_for(n))));
    }

    #[test]
    fn a_dropped_scratch_is_handed_out_again() {
        let pool = Pool::<f32>::new();
        let first = pool.scratch(100);
        let address = first.as_ptr();
        drop(first);
        assert_eq!(pool.scratch(90).as_ptr(), address);
        assert_eq!(pool.take_zeroed(80), vec![0.0; 80]);
    }

    #[test]
    fn foreign_buffers_are_not_kept() {
        let pool = Pool::<f32>::new();
        pool.give(vec![0.0; 1000]);
        assert_eq!(pool.free_elements(), 0);
        let own = pool.take_stale(1000);
        let capacity = own.capacity();
        pool.give(own);
        assert_eq!(pool.free_elements(), capacity);
    }
}
