//! A chunk through time.
//!
//! A tile is a few hidden units of every gate, for a step's lanes: its sums stay in registers over the input
//! and the state, then the recurrence computes the gates side by side from a scratch that never leaves the
//! first cache.

use std::marker::PhantomData;

use dien_kernels::inline::{copy, fill, zip};
use dien_kernels::simd::{Kernel, Simd, UnitTiles, axpy, math};
use dien_tensor::Real;

use super::Recurrence;
use super::layout::PLANE;
use super::prefetch::Prefetch;
use super::views::{GateList, Place, Planes, StateRows, StateRowsMut, Tile};
use super::weights::Stream;
use crate::{LANES, Packed};

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
    input: Input<'a, T>,
    score: &'a [T],
    /// The state before.
    before: &'a [T],
}

impl<T: Real, R: Recurrence> Kernel<T> for Forward<'_, T, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        S::unit_tiles(self);
    }
}

impl<T: Real, R: Recurrence> UnitTiles for Forward<'_, T, R> {
    #[inline(always)]
    fn run<S: Simd, const UNITS: usize, const FULL: usize, const HALF: usize>(self) {
        self.recurrence.list_gates(InTiles::<_, _, S, UNITS, FULL, HALF>(self, PhantomData));
    }
}

/// [`Forward`] in tiles of `UNITS` units, of whose lanes `FULL` are computed at a time in a full step and
/// `HALF` in a half one.
struct InTiles<'a, T, R, S, const UNITS: usize, const FULL: usize, const HALF: usize>(
    Forward<'a, T, R>,
    PhantomData<S>,
);

impl<T: Real, R: Recurrence, S: Simd, const UNITS: usize, const FULL: usize, const HALF: usize> GateList
    for InTiles<'_, T, R, S, UNITS, FULL, HALF>
{
    type Output = ();

    #[inline(always)]
    fn take<const G: usize>(self, gates: [usize; G]) {
        self.0.steps::<S, G, UNITS, FULL, HALF>(gates);
    }
}

impl<T: Real, R: Recurrence> Forward<'_, T, R> {
    /// `G` gates, `UNITS` units a tile, `V` lanes at a time in a full step and `H` in a half one.
    #[inline(always)]
    fn steps<S: Simd, const G: usize, const UNITS: usize, const V: usize, const H: usize>(
        mut self,
        gates: [usize; G],
    ) {
        const { assert!(UNITS * LANES <= PLANE, "a tile's plane has room for the level's units") };
        assert!(!R::SPLIT || gates.last() == Some(&(R::GATES - 1)), "a split gate is the last of the list");
        debug_assert_eq!((self.stream.gates, self.stream.units), (G, UNITS));
        let Stream { hidden, inputs, .. } = self.stream;
        let (state, saved_size) = (R::STATES * hidden * LANES, R::SAVED * hidden * LANES);
        let input_size = if inputs > 0 { inputs * LANES } else { R::GATES * hidden * LANES };
        let ones = [T::one(); LANES];
        // The plane of a gate that is not computed stays zero.
        fill(self.planes, T::zero());
        let blocks = self.packed.chunk(self.chunk);
        for (step, block) in blocks.clone().enumerate() {
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
                    let (before, to) = if step % 2 == 0 { (odd, even) } else { (even, odd) };
                    (if step == 0 { &*self.last } else { &*before }, to)
                }
            };
            let (Input::Events(data) | Input::Gates(data)) = self.input;
            let (now, later) = data[step * input_size..].split_at(input_size);
            let work = Step {
                recurrence: self.recurrence,
                stream: self.stream,
                gates,
                input: match self.input {
                    Input::Events(_) => Input::Events(now),
                    Input::Gates(_) => Input::Gates(now),
                },
                score: self.score.map_or(&ones[..], |score| &score[step * LANES..][..LANES]),
                before,
            };
            ahead.parts[2] = &later[..later.len().min(input_size)];
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
                let next = if block + 1 < blocks.end { self.packed.active(block + 1) } else { 0 };
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

    /// a · sums + bias, where the score a scales the input; else sums + bias.
    #[inline(always)]
    fn scaled<S: Simd, const UNITS: usize, const V: usize>(
        &self,
        mut sums: [[[T; V]; UNITS]; G],
        bias: &[T],
        lane: usize,
    ) -> [[[T; V]; UNITS]; G] {
        let ones = [T::one(); V];
        let a: &[T; V] = match self.recurrence.scales_input() {
            true => self.score[lane..][..V].try_into().expect("V lanes"),
            false => &ones,
        };
        for g in 0..G {
            for r in 0..UNITS {
                for v in 0..V {
                    sums[g][r][v] = math::mul_add::<T, S>(sums[g][r][v], a[v], bias[g * UNITS + r]);
                }
            }
        }
        sums
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
        let mut sums = [[[T::zero(); V]; UNITS]; G];
        match self.input {
            Input::Events(x) if !self.recurrence.scales_input() => {
                sums = biases::<T, G, UNITS, V>(bias);
                sums = add_products::<T, S, G, UNITS, V>(of_input, x, lane, sums);
            }
            Input::Events(x) => {
                sums = add_products::<T, S, G, UNITS, V>(of_input, x, lane, sums);
                sums = self.scaled::<S, UNITS, V>(sums, bias, lane);
            }
            Input::Gates(given) => {
                let units = UNITS.min(hidden - unit);
                for g in 0..G {
                    let gate = self.gates[g];
                    let rows = &given[(gate * hidden + unit) * LANES + lane..];
                    sums[g] = given_rows(rows, R::scale(gate), units);
                }
                sums = self.scaled::<S, UNITS, V>(sums, bias, lane);
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

#[inline(always)]
fn biases<T: Real, const G: usize, const R: usize, const V: usize>(bias: &[T]) -> [[[T; V]; R]; G] {
    let mut sums = [[[T::zero(); V]; R]; G];
    for g in 0..G {
        for r in 0..R {
            sums[g][r] = [bias[g * R + r]; V];
        }
    }
    sums
}

/// The first lanes of a gate's rows, times `scale`; zero beyond the last unit.
#[inline(always)]
fn given_rows<T: Real, const R: usize, const V: usize>(rows: &[T], scale: T, units: usize) -> [[T; V]; R] {
    let mut sums = [[T::zero(); V]; R];
    for (r, sum) in sums.iter_mut().enumerate() {
        if r < units {
            let row: &[T; V] = rows[r * LANES..][..V].try_into().expect("V lanes");
            for v in 0..V {
                sum[v] = row[v] * scale;
            }
        }
    }
    sums
}

/// Adds to the sums of `G` gates and `R` units the products of `weights` `[k, G, R]` with `V` lanes of `x`
/// `[k, LANES]`.
#[inline(always)]
fn add_products<T: Real, S: Simd, const G: usize, const R: usize, const V: usize>(
    weights: &[T],
    x: &[T],
    lane: usize,
    mut sums: [[[T; V]; R]; G],
) -> [[[T; V]; R]; G] {
    // One count for both, so that no step asks whether there is another of each.
    let (weights, x) = (weights.as_chunks::<R>().0.as_chunks::<G>().0, x.as_chunks::<LANES>().0);
    let k = weights.len().min(x.len());
    let (weights, x) = (&weights[..k], &x[..k]);
    for i in 0..k {
        let x: &[T; V] = x[i][lane..lane + V].try_into().expect("V lanes");
        for g in 0..G {
            for r in 0..R {
                sums[g][r] = axpy::<T, S, V>(weights[i][g][r], *x, sums[g][r]);
            }
        }
    }
    sums
}
