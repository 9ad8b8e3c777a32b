//! A SIMD level for a part of a test, whatever the rest of its process does.

use std::cell::Cell;

use super::Level;

thread_local! {
    /// The level of the kernels that this thread runs, if it has one of its own.
    static HERE: Cell<Option<Level>> = const { Cell::new(None) };
}

/// The level that [`at_level`] gave this thread.
pub(super) fn level_here() -> Option<Level> {
    HERE.get()
}

/// What `f` returns in a pool of threads of its own, as many as there are here, whose kernels run at `level`;
/// those of other threads do not, so that tests of one process can be at different levels.
///
/// # Panics
/// If the machine lacks the level.
pub fn at_level<R: Send>(level: Level, f: impl FnOnce() -> R + Send) -> R {
    assert!(level.is_available(), "{level:?} is not available on this machine");
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(rayon::current_num_threads())
        .start_handler(move |_| HERE.set(Some(level)))
        .build();
    pool.expect("a pool of threads").install(f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn every_thread_of_the_pool_has_the_level_and_no_other() {
        let before = Level::current();
        for level in Level::available::<f32>() {
            let found =
                at_level(level, || (0..100).into_par_iter().map(|_| Level::current()).collect::<Vec<_>>());
            assert_eq!(found, vec![level; 100]);
            assert_eq!(Level::current(), before);
        }
    }
}
