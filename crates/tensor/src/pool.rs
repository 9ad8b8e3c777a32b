//! What is used again from step to step, so that a step allocates nothing.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dien_kernels::inline::fill;
use ndarray::{ArrayD, IxDyn};

use crate::{Buffers, Real, Scratch};

/// Tapes from one [`Buffers::trim`] to the next.
const TRIM_EVERY: u32 = 64;

/// A handle to a store of free buffers; clones share the store. Keep one for as long as you train.
///
/// It holds the buffers of values and gradients ([`scratch`](Self::scratch), [`stale`](Self::stale)), those
/// of ids and positions ([`indices`](Self::indices)), what is built anew for every batch
/// ([`shared`](Self::shared)), and a [`Tape`](crate::Tape)'s own lists. When batches have the shapes of
/// earlier ones, nothing is allocated; when shapes vary, what 64 tapes in a row did not need is freed.
#[derive(Debug)]
pub struct Pool<T: Real> {
    store: Arc<Store<T>>,
}

type Shared = Arc<dyn Any + Send + Sync>;

#[derive(Debug)]
struct Store<T: Real> {
    values: Buffers<T>,
    indices: Buffers<u32>,
    /// `None` while it is being filled.
    shared: Mutex<Vec<Option<Shared>>>,
    /// `Vec<X>` of each type X that is kept.
    kept: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
    tapes: AtomicU32,
}

impl<T: Real> Clone for Pool<T> {
    fn clone(&self) -> Self {
        Pool { store: Arc::clone(&self.store) }
    }
}

impl<T: Real> Default for Pool<T> {
    fn default() -> Self {
        let store = Store {
            values: Buffers::default(),
            indices: Buffers::default(),
            shared: Mutex::default(),
            kept: Mutex::default(),
            tapes: AtomicU32::new(0),
        };
        Pool { store: Arc::new(store) }
    }
}

impl<T: Real> Pool<T> {
    /// An empty pool.
    pub fn new() -> Self {
        Self::default()
    }

    /// A buffer of `len` elements with whatever values its last user left: overwrite all of them.
    pub fn take_stale(&self, len: usize) -> Vec<T> {
        self.store.values.take_stale(len)
    }

    /// A buffer of `len` zeros.
    pub fn take_zeroed(&self, len: usize) -> Vec<T> {
        let mut buffer = self.take_stale(len);
        fill(&mut buffer, T::zero());
        buffer
    }

    /// An array of `shape` with stale values: overwrite all of them.
    pub fn stale(&self, shape: &[usize]) -> ArrayD<T> {
        let buffer = self.take_stale(shape.iter().product());
        ArrayD::from_shape_vec(IxDyn(shape), buffer).expect("the length is the shape's product")
    }

    /// An array of zeros.
    pub fn zeros(&self, shape: &[usize]) -> ArrayD<T> {
        let buffer = self.take_zeroed(shape.iter().product());
        ArrayD::from_shape_vec(IxDyn(shape), buffer).expect("the length is the shape's product")
    }

    /// A stale buffer that comes back to the pool by itself: for what an op saves for its backward pass.
    pub fn scratch(&self, len: usize) -> Scratch<T> {
        self.store.values.scratch(len)
    }

    /// Sees to it that `count` buffers of `len` elements can be taken at once; see [`Buffers::reserve`].
    pub fn reserve(&self, count: usize, len: usize) {
        self.store.values.reserve(count, len);
    }

    /// Makes a buffer come back to the pool by itself.
    pub fn adopt(&self, data: Vec<T>) -> Scratch<T> {
        self.store.values.adopt(data)
    }

    /// Gives a buffer back.
    pub fn give(&self, buffer: Vec<T>) {
        self.store.values.give(buffer);
    }

    /// Gives an array's buffer back.
    pub fn give_array(&self, array: ArrayD<T>) {
        self.give(array.into_raw_vec_and_offset().0);
    }

    /// The elements that all free buffers of values can hold.
    pub fn free_elements(&self) -> usize {
        self.store.values.free_elements()
    }

    /// Buffers of values.
    pub fn values(&self) -> &Buffers<T> {
        &self.store.values
    }

    /// Buffers of ids and positions.
    pub fn indices(&self) -> &Buffers<u32> {
        &self.store.indices
    }

    /// An `X` that `fill` brings into its new state, from whatever state an earlier user left it in (at first
    /// the default): for what is built for every batch and shared by its ops, such as an order or a packing.
    ///
    /// The pool takes up again what only it still refers to, so the `X` keeps its own buffers from step to
    /// step.
    pub fn shared<X: Default + Send + Sync + 'static>(&self, fill: impl FnOnce(&mut X)) -> Arc<X> {
        let (place, free) = {
            let mut shared = lock(&self.store.shared);
            let is_free =
                |x: &Option<Shared>| x.as_ref().is_some_and(|x| Arc::strong_count(x) == 1 && x.is::<X>());
            // The first one, in a place that it keeps: so each use finds the buffers that it had in the last
            // step.
            let place = shared.iter().position(is_free).unwrap_or_else(|| {
                shared.push(None);
                shared.len() - 1
            });
            (place, shared[place].take())
        };
        let free = free.and_then(|x| x.downcast::<X>().ok());
        let mut x = free.unwrap_or_default();
        fill(Arc::get_mut(&mut x).expect("nobody else refers to it"));
        lock(&self.store.shared)[place] = Some(x.clone());
        x
    }

    /// An `X` that was [kept](Self::keep), or a new one.
    pub(crate) fn take_kept<X: Default + Send + 'static>(&self) -> X {
        let mut kept = lock(&self.store.kept);
        let list = kept.get_mut(&TypeId::of::<X>()).and_then(|list| list.downcast_mut::<Vec<X>>());
        list.and_then(Vec::pop).unwrap_or_default()
    }

    /// Keeps an `X`, with the memory that it holds, for who takes one next.
    pub(crate) fn keep<X: Send + 'static>(&self, x: X) {
        let mut kept = lock(&self.store.kept);
        let list = kept.entry(TypeId::of::<X>()).or_insert_with(|| Box::new(Vec::<X>::new()));
        list.downcast_mut::<Vec<X>>().expect("a list of its type").push(x);
    }

    /// Counts a tape that was dropped.
    pub(crate) fn tape_ended(&self) {
        if self.store.tapes.fetch_add(1, Ordering::Relaxed) % TRIM_EVERY == TRIM_EVERY - 1 {
            self.store.values.trim();
            self.store.indices.trim();
        }
    }
}

fn lock<X>(mutex: &Mutex<X>) -> MutexGuard<'_, X> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_filled_again_once_it_is_free() {
        let pool = Pool::<f32>::new();
        let list = |numbers: &[u8]| {
            pool.shared(|list: &mut Vec<u8>| {
                list.clear();
                list.extend(numbers);
            })
        };
        let (a, b) = (list(&[1, 2, 3]), list(&[4]));
        assert_eq!((&a[..], &b[..]), (&[1, 2, 3][..], &[4][..]));
        let place = a.as_ptr();
        drop(a);
        let other = pool.shared(|x: &mut [u8; 2]| *x = [7, 8]);
        let again = list(&[5]);
        assert_eq!((again.as_ptr(), &again[..], *other), (place, &[5][..], [7, 8]));
    }

    #[test]
    fn zeros_are_zero_whatever_was_there() {
        let pool = Pool::<f32>::new();
        let mut used = pool.scratch(80);
        used.fill(f32::NAN);
        drop(used);
        assert_eq!(pool.take_zeroed(80), vec![0.0; 80]);
    }
}
