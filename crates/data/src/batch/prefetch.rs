//! Work on what another thread makes meanwhile.

use std::panic;
use std::sync::mpsc;
use std::thread;

/// Calls `work` with what `produce` gives, in order, until it gives `false`; what `produce` calls then tells
/// that there is no use for more. `produce` runs on a thread of its own; what it returns is returned. So many
/// as `ahead` wait for the work at most, and one more may be made that `produce` cannot give until there is
/// room.
///
/// What is produced does not depend on the work, so producing it elsewhere changes nothing but the time it
/// takes.
///
/// # Panics
/// If `produce` or `work` does: the panic is passed on, once `produce` has ended.
///
/// ```
/// let mut seen = vec![];
/// let given = dien_data::prefetch(
///     2,
///     |give| (0..9).take_while(|&i| give(i * i)).count(),
///     |square| {
///         seen.push(square);
///         square < 16
///     },
/// );
/// assert_eq!(seen, [0, 1, 4, 9, 16]);
/// assert!(given >= 4);
/// ```
pub fn prefetch<T: Send, R: Send>(
    ahead: usize,
    produce: impl FnOnce(&mut dyn FnMut(T) -> bool) -> R + Send,
    work: impl FnMut(T) -> bool,
) -> R {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(ahead);
        // Nobody listens any more once the work has stopped.
        let producer = scope.spawn(move || produce(&mut |made| sender.send(made).is_ok()));
        let _ = receiver.iter().all(work);
        drop(receiver);
        producer.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
    })
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    /// What a panic said.
    fn message<R>(run: impl FnOnce() -> R) -> Option<String> {
        let payload = panic::catch_unwind(AssertUnwindSafe(run)).err()?;
        payload.downcast_ref::<String>().cloned()
    }

    #[test]
    fn one_more_is_made_than_waits() {
        for ahead in [0, 1, 3] {
            let made = AtomicUsize::new(0);
            // One is at work, `ahead` wait, and one is being given.
            let most = 1 + ahead + 1;
            let produce = |give: &mut dyn FnMut(usize) -> bool| {
                (0..20).all(|i| {
                    made.fetch_add(1, Ordering::SeqCst);
                    give(i)
                })
            };
            let mut seen = 0;
            let all = prefetch(ahead, produce, |i| {
                while i == 0 && made.load(Ordering::SeqCst) < most {
                    thread::yield_now();
                }
                thread::sleep(Duration::from_millis(1));
                assert!(made.load(Ordering::SeqCst) <= i + most, "{ahead} ahead");
                seen += 1;
                true
            });
            assert!(all);
            assert_eq!(seen, 20);
        }
    }

    #[test]
    fn a_panic_of_the_producer_comes_after_what_it_gave() {
        let mut seen = vec![];
        let produce = |give: &mut dyn FnMut(i32) -> bool| {
            (0..9).for_each(|i| assert!(i != 4 && give(i), "{i} cannot be made"));
        };
        let said = message(|| {
            prefetch(2, produce, |i| {
                seen.push(i);
                true
            })
        });
        assert_eq!(said.as_deref(), Some("4 cannot be made"));
        assert_eq!(seen, [0, 1, 2, 3]);
    }

    #[test]
    fn a_panic_of_the_work_ends_the_producer() {
        let refused = AtomicBool::new(false);
        let produce = |give: &mut dyn FnMut(i32) -> bool| {
            let taken = (0..).take_while(|&i| give(i)).count();
            refused.store(true, Ordering::SeqCst);
            taken
        };
        let said = message(|| {
            prefetch(2, produce, |i| {
                assert!(i < 3, "{i} is too much");
                true
            })
        });
        assert_eq!(said.as_deref(), Some("3 is too much"));
        assert!(refused.load(Ordering::SeqCst));
    }
}
