//! Ragged lists: list `i` is `offsets[i]..offsets[i + 1]`.

use dien_kernels::par::{Run, per_block, walk};

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
    let lists = offsets.len() - 1;
    let first = |task: usize| (task * LISTS).min(lists);
    let start = |task: usize| offsets[first(task)] as usize;
    walk(0..lists.div_ceil(LISTS), &start, per_block(y, width), &|task, mut rest| {
        for i in first(task)..first(task + 1) {
            let (list, after) = rest.split_at_mut((offsets[i + 1] - offsets[i]) as usize * width);
            run(i, list);
            rest = after;
        }
    });
}
