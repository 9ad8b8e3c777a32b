//! A few steps of a chunk: from each state to the next.
//!
//! A tile is a few hidden units of every gate, for a step's lanes: its sums stay in registers over the state,
//! then the recurrence computes the gates side by side from a scratch that never leaves the first cache.

use std::ops::Range;

use dien_kernels::inline::{copy, fill, zip};
use dien_kernels::simd::{Kernel, Simd};
use dien_tensor::Real;

use super::Recurrence;
use super::layout::PLANE;
use super::prefetch::Prefetch;
use super::tiles::{InTiles, TileWork, add_products, biases, given_rows, load, scaled};
use super::views::{Place, Planes, StateRows, StateRowsMut, Tile};
use super::weights::Stream;
use crate::{LANES, Packed};

/// What drives the gates of some steps.
#[derive(Clone, Copy)]
pub(super) enum Driven<'a, T> {
    /// Events `[steps, inputs, LANES]`, of which the sums are computed here.
    Events(&'a [T]),
    /// [`InputSums`](super::forward_inputs::InputSums): `[steps, tiles, gates, units, LANES]`.
    Sums(&'a [T]),
    /// W x of the gates, without bias: `[steps, GATES hidden, LANES]`.
    Gates(&'a [T]),
}

/// Some of a chunk's steps. All slices but that of the input are the chunk's own part; a state has `STATES
/// hidden` rows.
pub(super) struct Steps<'a, T, R> {
    pub recurrence: R,
    pub packed: &'a Packed,
    /// The chunk's blocks.
    pub chunk: Range<usize>,
    /// Those of the steps.
    pub blocks: Range<usize>,
    pub stream: Stream,
    /// Packed by [`Stream::pack`].
    pub weights: &'a [T],
    /// The steps' own.
    pub driven: Driven<'a, T>,
    /// Scores `[steps, LANES]`.
    pub score: Option<&'a [T]>,
    /// One state: at first the initial one, at last, if it is wanted, each lane's last.
    pub last: &'a mut [T],
    /// Every state, `[steps]`, if wanted.
    pub states: Option<&'a mut [T]>,
    /// Two states, where `states` are not wanted.
    pub double_buffer: &'a mut [T],
    /// `[SAVED, PLANE]`: scratch.
    pub planes: &'a mut [T],
    /// Whether `last` is wanted.
    pub want_last: bool,
    /// `[steps, hidden, SAVED, LANES]`, if wanted.
    pub saved: Option<&'a mut [T]>,
}

/// One step of a chunk, with `G` gates.
struct Step<'a, T, R, const G: usize> {
    recurrence: R,
    stream: Stream,
    gates: [usize; G],
    driven: Driven<'a, T>,
    score: &'a [T],
    /// The state before.
    before: &'a [T],
}

impl<T: Real, R: Recurrence> Kernel<T> for Steps<'_, T, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        S::unit_tiles(InTiles(self));
    }
}

impl<T: Real, R: Recurrence> TileWork for Steps<'_, T, R> {
    type Recurrence = R;

    #[inline(always)]
    fn recurrence(&self) -> R {
        self.recurrence
    }

    /// `G` gates, `UNITS` units a tile, `V` lanes at a time in a full step and `H` in a half one.
    #[inline(always)]
    fn run<S: Simd, const G: usize, const UNITS: usize, const V: usize, const H: usize>(
        mut self,
        gates: [usize; G],
    ) {
        const { assert!(UNITS * LANES <= PLANE, "a tile's plane has room for the level's units") };
        assert!(!R::SPLIT || gates.last() == Some(&(R::GATES - 1)), "a split gate is the last of the list");
        debug_assert_eq!((self.stream.gates, self.stream.units), (G, UNITS));
        let hidden = self.stream.hidden;
        let (state, saved_size) = (R::STATES * hidden * LANES, R::SAVED * hidden * LANES);
        let (Driven::Events(data) | Driven::Sums(data) | Driven::Gates(data)) = self.driven;
        let driven_size = match self.driven {
            Driven::Events(_) => self.stream.inputs * LANES,
            Driven::Sums(_) => self.stream.sums(),
            Driven::Gates(_) => R::GATES * hidden * LANES,
        };
        let ones = [T::one(); LANES];
        // The plane of a gate that is not computed stays zero.
        fill(self.planes, T::zero());
        for (at, block) in self.blocks.clone().enumerate() {
            let step = block - self.chunk.start;
            let (active, width) = (self.packed.active(block), self.packed.width(block));
            let mut ahead = Prefetch { parts: [&[]; 3] };
            let (before, to) = match &mut self.states {
                Some(states) => {
                    let (before, rest) = states.split_at_mut(step * state);
                    let (to, later) = rest.split_at_mut(state);
                    ahead.parts[0] = &later[..later.len().min(state)];
                    (if step == 0 { &*self.last } else { &before[(step - 1) * state..] }, to)
                }
                None => {
                    let (even, odd) = self.double_buffer.split_at_mut(state);
                    let (before, to) = if step.is_multiple_of(2) { (odd, even) } else { (even, odd) };
                    (if step == 0 { &*self.last } else { &*before }, to)
                }
            };
            let (now, later) = data[at * driven_size..].split_at(driven_size);
            let work = Step {
                recurrence: self.recurrence,
                stream: self.stream,
                gates,
                driven: match self.driven {
                    Driven::Events(_) => Driven::Events(now),
                    Driven::Sums(_) => Driven::Sums(now),
                    Driven::Gates(_) => Driven::Gates(now),
                },
                score: self.score.map_or(&ones[..], |score| &score[step * LANES..][..LANES]),
                before,
            };
            if !matches!(self.driven, Driven::Sums(_)) {
                ahead.parts[2] = &later[..later.len().min(driven_size)];
            }
            let saved = self.saved.as_deref_mut().map(|saved| {
                let (saved, later) = saved[step * saved_size..].split_at_mut(saved_size);
                ahead.parts[1] = &later[..later.len().min(saved_size)];
                saved
            });
            if width > LANES / 2 {
                work.run::<S, UNITS, V, LANES>(self.weights, to, saved, self.planes, ahead);
            } else {
                work.run::<S, UNITS, H, { LANES / 2 }>(self.weights, to, saved, self.planes, ahead);
            }
            if self.want_last {
                // The lanes that end here.
                let next = if block + 1 < self.chunk.end { self.packed.active(block + 1) } else { 0 };
                if next < active {
                    for (last, h) in zip(self.last.chunks_exact_mut(LANES), to.chunks_exact(LANES)) {
                        copy(&h[next..active], &mut last[next..active]);
                    }
                }
            }
        }
    }
}

impl<T: Real, R: Recurrence, const G: usize> Step<'_, T, R, G> {
    /// The first `W` lanes, `V` at a time.
    #[inline(always)]
    fn run<S: Simd, const UNITS: usize, const V: usize, const W: usize>(
        &self,
        weights: &[T],
        to: &mut [T],
        mut saved: Option<&mut [T]>,
        planes: &mut [T],
        mut ahead: Prefetch<'_, T, 3>,
    ) {
        let hidden = self.stream.hidden;
        let terms = self.recurrence.score_terms::<T, W>(self.score[..W].try_into().expect("W lanes"));
        for (tile, weights) in weights.chunks_exact(self.stream.tile()).enumerate() {
            let unit = tile * UNITS;
            for lane in (0..W).step_by(V) {
                self.products::<S, UNITS, V, W>(weights, unit, lane, planes);
            }
            let units = UNITS.min(hidden - unit);
            let place = Place { hidden, unit, units };
            ahead.fetch();
            self.recurrence.gates::<T, S, W>(Tile {
                planes: Planes { data: planes, size: UNITS * W },
                terms: &terms,
                before: StateRows { data: self.before, place },
                after: StateRowsMut { data: to, place },
            });
            if let Some(saved) = &mut saved {
                let saved = &mut saved[unit * R::SAVED * LANES..][..units * R::SAVED * LANES];
                for (k, saved) in saved.chunks_exact_mut(R::SAVED * LANES).enumerate() {
                    for (to, plane) in zip(saved.chunks_exact_mut(LANES), planes.chunks_exact(PLANE)) {
                        copy(&plane[k * W..][..W], &mut to[..W]);
                    }
                }
            }
        }
    }

    /// Each z of one tile into `planes`.
    #[inline(always)]
    fn products<S: Simd, const UNITS: usize, const V: usize, const W: usize>(
        &self,
        weights: &[T],
        unit: usize,
        lane: usize,
        planes: &mut [T],
    ) {
        let Stream { hidden, inputs, .. } = self.stream;
        let (bias, weights) = weights.split_at(G * UNITS);
        let (of_input, weights) = weights.split_at(G * UNITS * inputs);
        let (of_state, b_u) = weights.split_at(G * UNITS * hidden);
        let ones = [T::one(); V];
        let a: &[T; V] = match self.recurrence.scales_input() {
            true => self.score[lane..][..V].try_into().expect("V lanes"),
            false => &ones,
        };
        let mut sums = [[[T::zero(); V]; UNITS]; G];
        match self.driven {
            Driven::Events(x) if !self.recurrence.scales_input() => {
                sums = biases::<T, S, G, UNITS, V>(bias);
                sums = add_products::<T, S, G, UNITS, V>(of_input, x, lane, sums);
            }
            Driven::Events(x) => {
                sums = add_products::<T, S, G, UNITS, V>(of_input, x, lane, sums);
                sums = scaled::<T, S, G, UNITS, V>(sums, a, bias);
            }
            Driven::Sums(from) => sums = load::<T, G, UNITS, V>(&from[unit * G * LANES..], lane),
            Driven::Gates(given) => {
                let units = UNITS.min(hidden - unit);
                for g in 0..G {
                    let gate = self.gates[g];
                    let rows = &given[(gate * hidden + unit) * LANES + lane..];
                    sums[g] = given_rows(rows, R::scale(gate), units);
                }
                sums = scaled::<T, S, G, UNITS, V>(sums, a, bias);
            }
        }
        if R::SPLIT {
            for r in 0..UNITS {
                let at = self.gates[G - 1] * PLANE + r * W + lane;
                copy(&sums[G - 1][r], &mut planes[at..][..V]);
                sums[G - 1][r] = [b_u[r]; V];
            }
        }
        let sums = add_products::<T, S, G, UNITS, V>(of_state, self.before, lane, sums);
        for r in 0..UNITS {
            for g in 0..G {
                let plane = if R::SPLIT && g == G - 1 { R::GATES } else { self.gates[g] };
                copy(&sums[g][r], &mut planes[plane * PLANE + r * W + lane..][..V]);
            }
        }
    }
}
