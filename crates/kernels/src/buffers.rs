//! Free buffers of one element type, by capacity.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A handle to a store of free buffers of `E`; clones share the store.
///
/// As many buffers of a capacity are kept as were taken: what the caller allocated elsewhere, such as a batch
/// that became a constant of the tape, is freed when it is given to the store, which therefore does not grow
/// from step to step. Buffers that [`trim`](Self::trim) finds unused since it was last called are freed as
/// well: the store holds what the steps in between needed of each capacity, whatever sizes came before.
#[derive(Debug)]
pub struct Buffers<E> {
    shelves: Arc<Mutex<BTreeMap<usize, Shelf<E>>>>,
}

/// The buffers of one capacity.
#[derive(Debug)]
struct Shelf<E> {
    free: Vec<Vec<E>>,
    /// How many were taken and not given back.
    taken: usize,
    /// The fewest that were free at any time since the last trim: nobody needed those.
    unused: usize,
}

impl<E> Default for Shelf<E> {
    fn default() -> Self {
        Shelf { free: Vec::new(), taken: 0, unused: 0 }
    }
}

impl<E> Default for Buffers<E> {
    fn default() -> Self {
        Buffers { shelves: Arc::default() }
    }
}

impl<E> Clone for Buffers<E> {
    fn clone(&self) -> Self {
        Buffers { shelves: Arc::clone(&self.shelves) }
    }
}

impl<E: Copy + Default> Buffers<E> {
    /// A buffer of `len` elements with whatever values its last user left: overwrite all of them.
    pub fn take_stale(&self, len: usize) -> Vec<E> {
        let capacity = capacity_for(len);
        if capacity == 0 {
            return Vec::new();
        }
        let mut shelves = self.lock();
        // A larger one would do, but would be missed where it was in the last step, and be allocated there.
        let shelf = shelves.entry(capacity).or_default();
        shelf.taken += 1;
        let free = shelf.free.pop();
        shelf.unused = shelf.unused.min(shelf.free.len());
        drop(shelves);
        let mut buffer = free.unwrap_or_else(|| Vec::with_capacity(capacity));
        buffer.resize(len, E::default());
        buffer
    }

    /// Sees to it that `count` buffers of `len` elements can be taken at once without allocating: for tasks
    /// that take their own, of which more may run side by side in this step than in the one before.
    pub fn reserve(&self, count: usize, len: usize) {
        let capacity = capacity_for(len);
        if capacity > 0 {
            let mut shelves = self.lock();
            let shelf = shelves.entry(capacity).or_default();
            let missing = count.saturating_sub(shelf.free.len());
            shelf.free.extend((0..missing).map(|_| Vec::with_capacity(capacity)));
            shelf.unused = shelf.unused.min(shelf.free.len() - count);
        }
    }

    /// A stale buffer that comes back by itself.
    pub fn scratch(&self, len: usize) -> Scratch<E> {
        self.adopt(self.take_stale(len))
    }

    /// A copy of `data` that comes back by itself.
    pub fn copied(&self, data: &[E]) -> Scratch<E> {
        let mut copy = self.scratch(data.len());
        copy.copy_from_slice(data);
        copy
    }

    /// Makes a buffer come back by itself.
    pub fn adopt(&self, data: Vec<E>) -> Scratch<E> {
        Scratch { data, home: self.clone() }
    }

    /// Gives a buffer back.
    pub fn give(&self, buffer: Vec<E>) {
        if buffer.capacity() > 0
            && let Some(shelf) = self.lock().get_mut(&buffer.capacity())
            && shelf.taken > 0
        {
            shelf.taken -= 1;
            shelf.free.push(buffer);
        }
    }

    /// Frees the buffers that nobody needed since the last call.
    pub fn trim(&self) {
        for shelf in self.lock().values_mut() {
            // The buffers used last stand at the end.
            shelf.free.drain(..shelf.unused.min(shelf.free.len()));
            shelf.unused = shelf.free.len();
        }
    }

    /// The elements that all free buffers can hold.
    pub fn free_elements(&self) -> usize {
        self.lock().iter().map(|(capacity, shelf)| capacity * shelf.free.len()).sum()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Shelf<E>>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Capacities are powers of two, 64 at least: batches differ in size from step to step, and with few sizes of
/// buffers theirs are found again. Memory that nobody reaches is none: the system gives pages when they are
/// first written.
fn capacity_for(len: usize) -> usize {
    if len == 0 { 0 } else { len.max(64).next_power_of_two() }
}

/// A buffer that returns to its store when dropped.
#[derive(Debug)]
pub struct Scratch<E: Copy + Default> {
    data: Vec<E>,
    home: Buffers<E>,
}

impl<E: Copy + Default> Scratch<E> {
    /// The buffer, which no longer comes back by itself.
    pub fn into_vec(mut self) -> Vec<E> {
        std::mem::take(&mut self.data)
    }
}

impl<E: Copy + Default> Deref for Scratch<E> {
    type Target = [E];
    fn deref(&self) -> &[E] {
        &self.data
    }
}

impl<E: Copy + Default> DerefMut for Scratch<E> {
    fn deref_mut(&mut self) -> &mut [E] {
        &mut self.data
    }
}

impl<E: Copy + Default> Drop for Scratch<E> {
    fn drop(&mut self) {
        self.home.give(std::mem::take(&mut self.data));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_scratch_is_handed_out_again() {
        let store = Buffers::<f32>::default();
        let first = store.scratch(100);
        let address = first.as_ptr();
        drop(first);
        assert_eq!(store.scratch(90).as_ptr(), address);
    }

    #[test]
    fn foreign_buffers_are_not_kept() {
        let store = Buffers::<u32>::default();
        store.give(vec![0; 1000]);
        assert_eq!(store.free_elements(), 0);
        let own = store.take_stale(1000);
        let capacity = own.capacity();
        store.give(own);
        assert_eq!(store.free_elements(), capacity);
    }

    #[test]
    fn what_is_reserved_is_there_and_stays() {
        let store = Buffers::<f32>::default();
        let first = store.scratch(100);
        store.reserve(3, 100);
        let addresses = || [(); 3].map(|()| store.scratch(100)).map(|s| s.as_ptr() as usize);
        let mut before = addresses();
        drop(first);
        store.trim();
        store.reserve(3, 100);
        store.trim();
        let mut after = addresses();
        before.sort_unstable();
        after.sort_unstable();
        assert_eq!(store.free_elements(), 3 * 128);
        assert!(after.iter().filter(|a| before.contains(a)).count() >= 2);
    }

    #[test]
    fn sizes_that_no_longer_come_are_freed() {
        let store = Buffers::<f32>::default();
        let step = |len| drop([store.scratch(len), store.scratch(len)]);
        let mut most = 0.0f64;
        for len in (100..20_000).step_by(37) {
            step(len);
            store.trim();
            most = most.max(store.free_elements() as f64 / len as f64);
        }
        // Two buffers of up to twice this size, and while the size passes a power of two those of the step
        // before.
        assert!(most <= 6.0, "{most}");
        let before = store.free_elements();
        step(10);
        store.trim();
        step(10);
        store.trim();
        assert_eq!((before, store.free_elements()), (2 * 32_768, 2 * 64));
    }
}
