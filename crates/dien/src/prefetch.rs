//! Batches, built on a thread of their own while the one before is at work.

use std::ops::ControlFlow;

use dien_data::prefetch;

use crate::error::Result;

/// How many may wait.
const AHEAD: usize = 2;

/// Calls `work` with what `produce` gives, in order, until one breaks or fails; see [`prefetch`].
pub(crate) fn for_each<T: Send>(
    produce: impl FnOnce(&mut dyn FnMut(T) -> bool) -> Result<()> + Send,
    mut work: impl FnMut(T) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    let mut flow = Ok(ControlFlow::Continue(()));
    let produced = prefetch(AHEAD, produce, |built| {
        flow = work(built);
        matches!(flow, Ok(ControlFlow::Continue(())))
    });
    produced.and(flow)
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
