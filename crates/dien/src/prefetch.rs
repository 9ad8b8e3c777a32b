//! Batches, built on a thread of their own while the one before is at work.

use std::ops::{ControlFlow, Range};
use std::panic;
use std::sync::mpsc;
use std::thread;

use crate::error::Result;

/// How many may wait.
const AHEAD: usize = 2;

/// Calls `work` with what `build` makes of each index, in order, until one breaks or fails.
///
/// What is built is a pure function of its index, so building it elsewhere changes nothing but the time it takes. A
/// panic there is passed on here.
pub(crate) fn for_each<T: Send>(
    indices: Range<usize>,
    build: impl Fn(usize) -> Result<T> + Send,
    mut work: impl FnMut(usize, T) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(AHEAD);
        let builder = scope.spawn({
            let indices = indices.clone();
            move || {
                for index in indices {
                    // Nobody listens any more once the work has stopped.
                    if sender.send(build(index)).is_err() {
                        break;
                    }
                }
            }
        });
        let mut flow = Ok(ControlFlow::Continue(()));
        for (index, built) in indices.zip(&receiver) {
            flow = built.and_then(|built| work(index, built));
            if !matches!(flow, Ok(ControlFlow::Continue(()))) {
                break;
            }
        }
        drop(receiver);
        match builder.join() {
            Ok(()) => flow,
            Err(payload) => panic::resume_unwind(payload),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn fail() -> Error {
        Error::Score { target: 7, score: f32::NAN }
    }

    #[test]
    fn keeps_the_order_and_stops_when_told() {
        let mut seen = vec![];
        let flow = for_each(
            3..9,
            |i| Ok(i * i),
            |i, square| {
                seen.push((i, square));
                Ok(if i == 6 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            },
        );
        assert!(flow.unwrap().is_break());
        assert_eq!(seen, [(3, 9), (4, 16), (5, 25), (6, 36)]);
        assert!(for_each(5..5, Ok, |_, _| Ok(ControlFlow::Break(()))).unwrap().is_continue());
    }

    #[test]
    fn errors_come_in_their_turn() {
        let mut last = 0;
        let error = for_each(
            0..9,
            |i| if i == 4 { Err(fail()) } else { Ok(i) },
            |i, _| {
                last = i;
                Ok(ControlFlow::Continue(()))
            },
        );
        assert!(matches!(error, Err(Error::Score { target: 7, .. })));
        assert_eq!(last, 3);
        assert!(for_each(0..9, Ok, |_, _| Err(fail())).is_err());
    }

    #[test]
    #[should_panic(expected = "batch 4 cannot be built")]
    fn panics_are_passed_on() {
        let build = |i| if i == 4 { panic!("batch 4 cannot be built") } else { Ok(i) };
        let _ = for_each(0..9, build, |_, _| Ok(ControlFlow::Continue(())));
    }
}
