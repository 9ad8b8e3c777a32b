//! Reading what may be damaged, with a library that panics where it is.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is that of a library over a damaged file, which becomes an error: for a
/// program's panic hook, which should not speak of it. (A library does not change the hook of others.)
///
/// ```
/// let before = std::panic::take_hook();
/// std::panic::set_hook(Box::new(move |panic| if !dien_data::is_guarded() { before(panic) }));
/// ```
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Reads what may be damaged: some damages are panics of the Parquet crate, and errors here.
#[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "CSV is taken apart here"))]
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let before = GUARDED.replace(true);
    // What `read` had hold of is not used after an error.
    let read = panic::catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(before);
    read.unwrap_or_else(|_| Err("bytes that cannot be decoded".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_guarded_while_it_lasts() {
        let damaged = guarded::<()>(|| {
            assert!(is_guarded());
            panic!("damaged");
        });
        assert_eq!(damaged, Err("bytes that cannot be decoded".into()));
        assert_eq!(guarded(|| Ok(guarded(|| Ok(7)).is_ok() && is_guarded())), Ok(true));
        assert!(!is_guarded());
    }
}
