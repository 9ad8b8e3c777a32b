//! Loops over arrays in chunks that are fixed by their shape, run with rayon.

use rayon::prelude::*;

/// Elements that one task handles.
pub const CHUNK: usize = 8192;

/// Calls both, perhaps at once, each once.
///
/// They are not generic, so that rayon's part is compiled once and not for every walk.
pub fn join(a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
    rayon::join(a, b);
}

/// What a loop does to the part of an array that starts at an element, or is that row.
pub type Run<'a, T> = dyn Fn(usize, &mut [T]) + Send + Sync + 'a;

/// Calls `run(start, chunk)` for each chunk of `y`; in parallel if there is more than one.
///
/// `run` is not generic, so that rayon's part is compiled once and not for every op.
pub fn for_chunks<T: Send>(chunk: usize, y: &mut [T], run: &Run<'_, T>) {
    if y.len() <= chunk {
        run(0, y);
    } else {
        y.par_chunks_mut(chunk).enumerate().for_each(|(i, y)| run(i * chunk, y));
    }
}

/// Calls `run(i, row)` for each row of `m` columns of `y`; in parallel if there are many.
pub fn for_rows<T: Send>(m: usize, y: &mut [T], run: &Run<'_, T>) {
    if m == 0 {
        return;
    }
    let rows = (CHUNK / m).max(1);
    for_chunks(rows * m, y, &|start, y| {
        y.chunks_exact_mut(m).enumerate().for_each(|(i, row)| run(start / m + i, row));
    });
}
