//! Where the events that are attended to stand.

use dien_kernels::inline::zip;
use dien_kernels::simd::{Simd, transpose};
use dien_tensor::Real;

use super::event_tile::{STRIDE, groups, load, plus, select, store, times};
use crate::lanes::windows::HistoryRows;
use crate::{LANES, Packed};

/// The keys of each target's events.
#[derive(Clone, Copy)]
pub(super) enum Keys<'a, T: Real> {
    /// In the targets' own lanes: `[blocks, hidden, LANES]`.
    Own(&'a [T]),
    /// In the rows of histories that several targets share.
    ///
    /// Their part of the first layer, W_key k, could be computed once an event and gathered with them. On a
    /// busy machine that took as long as computing it again with each target's pairs: 80 numbers more would
    /// be moved for 36, and their gradients summed.
    Shared(HistoryRows<'a, T>),
}

impl<T: Real> Keys<'_, T> {
    /// The keys of a block, `[hidden, LANES]`, of `size` numbers; `scratch` holds two of it.
    #[inline(always)]
    pub fn of_block<'s, S: Simd>(
        &'s self,
        packed: &Packed,
        block: usize,
        size: usize,
        scratch: &'s mut [T],
    ) -> &'s [T] {
        match self {
            Keys::Own(keys) => &keys[block * size..][..size],
            Keys::Shared(rows) => {
                let (lanes, rest) = scratch.split_at_mut(size);
                rows.gather::<S>(block, packed.active(block), lanes, rest);
                lanes
            }
        }
    }
}

/// Where the keys' gradients go, for the blocks at hand.
pub(super) enum KeyGrads<'a, T> {
    /// Nobody wants them.
    Nowhere,
    /// Added to the targets' own lanes, `[blocks, hidden, LANES]`.
    Own(&'a mut [T]),
    /// Into the rows of the task, `[LANES, steps, hidden]`, overwritten.
    Shared(&'a mut [T]),
}

impl<T: Real> KeyGrads<'_, T> {
    /// Takes what a block's columns, from `column` on, hold: the gradients of the keys themselves, and of q ∘
    /// k. `scratch` holds a block of keys.
    #[inline(always)]
    pub fn add<S: Simd>(
        &mut self,
        (block, active, column): (usize, usize, usize),
        mask: &[T; LANES],
        query: &[T],
        (d_keys, d_pairs): (&[T], &[T]),
        scratch: &mut [T],
    ) {
        let grads = zip(d_keys.chunks_exact(STRIDE), d_pairs.chunks_exact(STRIDE));
        let given = zip(query.chunks_exact(LANES), grads);
        let of_lane = |lane: usize, q: &[T], d_key: &[T], d_pair: &[T]| {
            let d = times(load(&q[lane..]), load(&d_pair[column + lane..]));
            plus(d, load(&d_key[column + lane..]))
        };
        match self {
            KeyGrads::Nowhere => {}
            KeyGrads::Own(grads) => {
                let to = grads[block * query.len()..].chunks_exact_mut(LANES);
                for (to, (q, (d_key, d_pair))) in zip(to, given) {
                    for lane in groups(active) {
                        let d = select(load(&mask[lane..]), of_lane(lane, q, d_key, d_pair));
                        let to = &mut to[lane..];
                        store(to, plus(load(to), d));
                    }
                }
            }
            KeyGrads::Shared(rows) => {
                let hidden = query.len() / LANES;
                let steps = rows.len() / query.len();
                for (to, (q, (d_key, d_pair))) in zip(scratch.chunks_exact_mut(LANES), given) {
                    for lane in groups(active) {
                        store(&mut to[lane..], of_lane(lane, q, d_key, d_pair));
                    }
                }
                let rows = &mut rows[block * hidden..];
                transpose::<T, S>(scratch, LANES, (hidden, active), rows, steps * hidden);
            }
        }
    }
}
