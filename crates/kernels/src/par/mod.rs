//! Parallel loops over what is cut where the data says, run with rayon.
//!
//! All that runs in parallel comes through here, so [`record`] sees every fork of it.

mod record;
mod schedule;
mod walk;

use std::panic::Location;

pub use record::{Recording, record};
pub use schedule::Schedule;
pub use walk::{PerBlock, PerTask, Slice, Split, for_tasks, per_block, per_task, walk};

/// Elements that one task handles.
pub const CHUNK: usize = 8192;

/// Calls both, perhaps at once, each once.
///
/// They are not generic, so that rayon's part is compiled once and not for every walk.
#[track_caller]
pub fn join(a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
    join_at(Location::caller(), a, b);
}

/// [`join`], where [`record`] tells `at` as its place.
pub fn join_at(at: &'static Location<'static>, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
    if !record::fork(at, a, b) {
        rayon::join(a, b);
    }
}

/// How many threads there are to share work among. Only what changes no bit may depend on it. One that
/// [records](record) has as many as there may be, 1,024.
pub fn threads() -> usize {
    if record::is_on() { 1024 } else { rayon::current_num_threads() }
}

/// What a loop does to the part of an array that starts at an element, or is that row.
pub type Run<'a, T> = dyn Fn(usize, &mut [T]) + Send + Sync + 'a;

/// Calls `run(start, chunk)` for each chunk of `y`; in parallel if there is more than one.
#[track_caller]
pub fn for_chunks<T: Send>(chunk: usize, y: &mut [T], run: &Run<'_, T>) {
    if y.len() <= chunk {
        run(0, y);
    } else {
        for_tasks(y.len().div_ceil(chunk), per_task(y, chunk), &|i, y| run(i * chunk, y));
    }
}

/// Calls `run(i, row)` for each row of `m` columns of `y`; in parallel if there are many.
#[track_caller]
pub fn for_rows<T: Send>(m: usize, y: &mut [T], run: &Run<'_, T>) {
    if let Some(rows) = CHUNK.checked_div(m) {
        for_some_rows(rows.max(1), m, y, run);
    }
}

/// [`for_rows`], `rows` of them at a time.
#[track_caller]
pub fn for_some_rows<T: Send>(rows: usize, m: usize, y: &mut [T], run: &Run<'_, T>) {
    let m = m.max(1);
    for_chunks(rows * m, y, &|start, y| {
        y.chunks_exact_mut(m).enumerate().for_each(|(i, row)| run(start / m + i, row));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_and_row_is_seen_once() {
        for len in [0, 1, 7, 8, 9, 64, 1000] {
            let mut y = vec![0usize; len];
            for_chunks(8, &mut y, &|start, y| y.iter_mut().enumerate().for_each(|(i, y)| *y += start + i));
            assert_eq!(y, (0..len).collect::<Vec<_>>());
        }
        let mut y = vec![0usize; 3 * 70];
        for_some_rows(4, 3, &mut y, &|i, row| row.iter_mut().for_each(|y| *y += i));
        assert_eq!(y, (0..3 * 70).map(|k| k / 3).collect::<Vec<_>>());
    }
}
