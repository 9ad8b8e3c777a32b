//! Buffers that calls use again.

use std::sync::{Mutex, PoisonError};

use dien_cells::serving::{LINE, before_line};

/// A buffer that calls use again.
#[derive(Debug, Default)]
pub(super) struct Scratch(Vec<f32>);

impl Scratch {
    /// Buffers of these lengths, with whatever values their last user left. Each begins at a line of the
    /// cache: a vector that lies across two takes two loads.
    pub fn parts<const N: usize>(&mut self, lengths: [usize; N]) -> [&mut [f32]; N] {
        let lines = lengths.map(|len| len.next_multiple_of(LINE));
        let total = lines.iter().sum::<usize>() + LINE;
        if self.0.len() < total {
            self.0.resize(total, 0.0);
        }
        let start = before_line(&self.0);
        let mut lengths = lengths.into_iter();
        split(&mut self.0[start..], lines).map(|part| &mut part[..lengths.next().expect("N lengths")])
    }
}

/// The first parts of a buffer.
pub(super) fn split<const N: usize>(mut rest: &mut [f32], lengths: [usize; N]) -> [&mut [f32]; N] {
    lengths.map(|len| {
        let (part, after) = std::mem::take(&mut rest).split_at_mut(len);
        rest = after;
        part
    })
}

/// Buffers of calls that have returned.
#[derive(Debug, Default)]
pub(super) struct Scratches(Mutex<Vec<Scratch>>);

impl Scratches {
    /// A buffer that an earlier call left, or a new one.
    pub fn take(&self) -> Scratch {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Leaves a buffer to later calls.
    pub fn give(&self, scratch: Scratch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}
