//! Ragged lists: list `i` is `offsets[i]..offsets[i + 1]`.

/// Panics unless the offsets run from 0 to `len` without going down.
#[track_caller]
pub(super) fn check_offsets(op: &str, offsets: &[u32], len: usize) {
    let ends = (offsets.first().copied(), offsets.last().map(|&n| n as usize));
    assert!(ends == (Some(0), Some(len)), "{op}: offsets run from {ends:?}; expected 0 to {len}");
    if let Some(i) = offsets.windows(2).position(|w| w[1] < w[0]) {
        panic!("{op}: offset {} is {} after {}", i + 1, offsets[i + 1], offsets[i]);
    }
}
