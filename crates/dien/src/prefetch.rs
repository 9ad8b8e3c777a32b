//! Batches, built on a thread of their own while the one before is at work.

use std::ops::ControlFlow;
use std::panic;
use std::sync::mpsc;
use std::thread;

use crate::error::Result;

/// How many may wait.
const AHEAD: usize = 2;

/// Calls `work` with what `produce` gives, in order, until one breaks or fails. What `produce` calls tells
/// whether there is a use for more.
///
/// What is produced does not depend on the work, so producing it elsewhere changes nothing but the time it
/// takes. A panic there is passed on here.
pub(crate) fn for_each<T: Send>(
    produce: impl FnOnce(&mut dyn FnMut(T) -> bool) -> Result<()> + Send,
    mut work: impl FnMut(T) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(AHEAD);
        // Nobody listens any more once the work has stopped.
        let producer = scope.spawn(move || produce(&mut |built| sender.send(built).is_ok()));
        let mut flow = Ok(ControlFlow::Continue(()));
        for built in &receiver {
            flow = work(built);
            if !matches!(flow, Ok(ControlFlow::Continue(()))) {
                break;
            }
        }
        drop(receiver);
        match producer.join() {
            Ok(produced) => produced.and(flow),
            Err(payload) => panic::resume_unwind(payload),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn fail() -> Error {
        dien_serving::Error::Score { target: 7, score: f32::NAN }.into()
    }

    #[test]
    fn keeps_the_order_and_stops_when_told() {
        let mut seen = vec![];
        let produce = |give: &mut dyn FnMut(i32) -> bool| {
            let _ = (3..9).all(|i| give(i * i));
            Ok(())
        };
        let flow = for_each(produce, |square| {
            seen.push(square);
            Ok(if square == 36 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        assert!(flow.unwrap().is_break());
        assert_eq!(seen, [9, 16, 25, 36]);
        assert!(for_each(|_| Ok(()), |(): ()| Ok(ControlFlow::Break(()))).unwrap().is_continue());
    }

    #[test]
    fn errors_come_after_what_was_produced_before_them() {
        let mut last = 0;
        let produce = |give: &mut dyn FnMut(i32) -> bool| {
            let _ = (0..4).all(&mut *give);
            Err(fail())
        };
        let error = for_each(produce, |i| {
            last = i;
            Ok(ControlFlow::Continue(()))
        });
        assert!(matches!(error, Err(Error::Serving(dien_serving::Error::Score { target: 7, .. }))));
        assert_eq!(last, 3);
        let produce = |give: &mut dyn FnMut(i32) -> bool| {
            let _ = (0..9).all(give);
            Ok(())
        };
        assert!(for_each(produce, |_| Err(fail())).is_err());
    }

    #[test]
    #[should_panic(expected = "batch 4 cannot be built")]
    fn panics_are_passed_on() {
        let produce = |give: &mut dyn FnMut(i32) -> bool| {
            (0..9).for_each(|i| assert!(i != 4 && give(i), "batch {i} cannot be built"));
            Ok(())
        };
        let _ = for_each(produce, |_| Ok(ControlFlow::Continue(())));
    }
}
