//! Work on what another thread makes meanwhile.

use std::panic;
use std::sync::mpsc;
use std::thread;

/// Calls `work` with what `produce` gives, in order, until it gives `false`; what `produce` calls then tells
/// that there is no use for more. `produce` runs on a thread of its own, `ahead` of the work by so many at
/// most; what it returns is returned, and a panic there is passed on here.
///
/// What is produced does not depend on the work, so producing it elsewhere changes nothing but the time it
/// takes.
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
