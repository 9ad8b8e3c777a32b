//! Batches, built on a thread of their own while the one before is at work.

use std::ops::ControlFlow;
use std::panic;
use std::sync::mpsc;
use std::thread;

use dien_data::Batches;
use dien_model::{Batch, Features};

use crate::error::Result;

/// How many batches may wait.
const AHEAD: usize = 2;

/// Calls `work` with each batch from the index `from` on, in order, until one breaks or fails.
///
/// A batch is a pure function of its index, so building it elsewhere changes nothing but the time it takes. A panic
/// there is passed on here.
pub(crate) fn for_each(
    batches: &Batches<'_>,
    features: &Features,
    from: usize,
    mut work: impl FnMut(usize, Batch) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(AHEAD);
        let builder = scope.spawn(move || {
            for index in from..batches.len() {
                let batch = batches.batch(index);
                let checked = batch.validate(features).map(|()| batch);
                // Nobody listens any more once the work has stopped.
                if sender.send(checked).is_err() {
                    break;
                }
            }
        });
        let mut flow = Ok(ControlFlow::Continue(()));
        for (index, batch) in (from..).zip(&receiver) {
            flow = batch.map_err(Into::into).and_then(|batch| work(index, batch));
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
