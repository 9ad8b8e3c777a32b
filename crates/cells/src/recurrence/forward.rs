//! A chunk through time: what must go from step to step, and beside it what need not.

use std::ops::Range;

use dien_kernels::par::join;
use dien_kernels::simd::{Level, dispatch_at};
use dien_tensor::Real;

use super::Recurrence;
use super::forward_inputs::InputSums;
use super::forward_steps::{Driven, Steps};
use super::weights::Stream;
use crate::{LANES, Packed};

/// Steps whose input is multiplied at once.
pub(super) const AHEAD: usize = 2;

/// What drives the gates of a chunk.
#[derive(Clone, Copy)]
pub(super) enum Input<'a, T> {
    /// Events `[steps, inputs, LANES]`.
    Events(&'a [T]),
    /// W x of the gates, without bias: `[steps, GATES hidden, LANES]`.
    Gates(&'a [T]),
}

/// One chunk's steps. All slices are the chunk's own part; a state has `STATES hidden` rows.
pub(super) struct Forward<'a, T, R> {
    pub recurrence: R,
    pub packed: &'a Packed,
    pub chunk: usize,
    pub stream: Stream,
    /// Packed by [`Stream::pack`].
    pub weights: &'a [T],
    pub input: Input<'a, T>,
    /// Scores `[steps, LANES]`.
    pub score: Option<&'a [T]>,
    /// One state: on entry the initial one, on return, if it is wanted, each lane's last.
    pub last: &'a mut [T],
    /// Every state, `[steps]`, if wanted.
    pub states: Option<&'a mut [T]>,
    /// Two states: scratch, where `states` are not wanted.
    pub double_buffer: &'a mut [T],
    /// `[SAVED, PLANE]`: scratch.
    pub planes: &'a mut [T],
    /// Twice [`AHEAD`] steps of [`Stream::sums`]: scratch. If it is empty, what events give is computed with
    /// the step: the same bits in less time, but for where threads are idle.
    pub input_sums: &'a mut [T],
    /// Whether `last` is wanted.
    pub want_last: bool,
    /// `[steps, hidden, SAVED, LANES]`, if wanted.
    pub saved: Option<&'a mut [T]>,
}

impl<T: Real, R: Recurrence> Forward<'_, T, R> {
    /// The recurrence goes from step to step; what the next steps' events give goes beside it.
    pub(super) fn run(self, level: Level) {
        let Forward { recurrence, packed, stream, weights, score, want_last, .. } = self;
        let Forward { last, mut states, double_buffer, planes, mut saved, .. } = self;
        let chunk = packed.chunk(self.chunk);
        let mut steps = |blocks: Range<usize>, driven: Driven<'_, T>| {
            let steps = Steps {
                recurrence,
                packed,
                chunk: chunk.clone(),
                blocks,
                stream,
                weights,
                driven,
                score,
                last: &mut *last,
                states: states.as_deref_mut(),
                double_buffer: &mut *double_buffer,
                planes: &mut *planes,
                want_last,
                saved: saved.as_deref_mut(),
            };
            dispatch_at(level, steps);
        };
        let events = match self.input {
            Input::Gates(gates) => return steps(chunk.clone(), Driven::Gates(gates)),
            Input::Events(events) if self.input_sums.is_empty() => {
                return steps(chunk.clone(), Driven::Events(events));
            }
            Input::Events(events) => events,
        };
        let group = |start: usize| start..chunk.end.min(start + AHEAD);
        let input_sums = |blocks: Range<usize>, to: &mut [T]| {
            let (first, last) = (blocks.start - chunk.start, blocks.end - chunk.start);
            let size = stream.inputs * LANES;
            let (events, score) =
                (&events[first * size..last * size], score.map(|a| &a[first * LANES..last * LANES]));
            dispatch_at(level, InputSums { recurrence, packed, blocks, stream, weights, events, score, to });
        };
        let (mut now, mut next) = self.input_sums.split_at_mut(AHEAD * stream.sums());
        let mut blocks = group(chunk.start);
        input_sums(blocks.clone(), now);
        while !blocks.is_empty() {
            let later = group(blocks.end);
            if later.is_empty() {
                steps(blocks, Driven::Sums(now));
            } else {
                join(&mut || steps(blocks.clone(), Driven::Sums(now)), &mut || {
                    input_sums(later.clone(), next)
                });
            }
            blocks = later;
            std::mem::swap(&mut now, &mut next);
        }
    }
}
