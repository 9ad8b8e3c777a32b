//! Ragged lists: list `i` is `offsets[i]..offsets[i + 1]`.

use std::ops::Range;

use rayon::prelude::*;

use dien_kernels::par::Run;

/// Panics unless the offsets run from 0 to `len` without going down.
#[track_caller]
pub(super) fn check_offsets(op: &str, offsets: &[u32], len: usize) {
    let ends = (offsets.first().copied(), offsets.last().map(|&n| n as usize));
    assert!(ends == (Some(0), Some(len)), "{op}: offsets run from {ends:?}; expected 0 to {len}");
    if let Some(i) = offsets.windows(2).position(|w| w[1] < w[0]) {
        panic!("{op}: offset {} is {} after {}", i + 1, offsets[i + 1], offsets[i]);
    }
}

/// Lists that one task handles.
const LISTS: usize = 64;

/// Calls `run(i, list)` for each list of `y`, whose entries are `width` numbers each; in parallel if there
/// are many.
pub(super) fn for_lists<T: Send>(offsets: &[u32], width: usize, y: &mut [T], run: &Run<'_, T>) {
    let ends = &offsets[1..];
    let mut tasks = Vec::with_capacity(ends.len().div_ceil(LISTS));
    let mut rest = y;
    for first in (0..ends.len()).step_by(LISTS) {
        let last = ends.len().min(first + LISTS);
        let (own, after) = rest.split_at_mut((offsets[last] - offsets[first]) as usize * width);
        tasks.push((first..last, own));
        rest = after;
    }
    let task = |(lists, mut rest): (Range<usize>, &mut [T])| {
        for i in lists {
            let (list, after) = rest.split_at_mut((offsets[i + 1] - offsets[i]) as usize * width);
            run(i, list);
            rest = after;
        }
    };
    if tasks.len() > 1 { tasks.into_par_iter().for_each(task) } else { tasks.into_iter().for_each(task) }
}
