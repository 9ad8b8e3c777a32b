//! A chunk through time.
//!
//! A tile is a few hidden units of every gate, for a step's lanes: its sums stay in registers over the input
//! and the state, then the gates are computed side by side from a scratch that never leaves the first cache.

use dien_kernels::simd::{Kernel, Simd, UnitTiles, axpy, math};
use dien_tensor::Real;

use super::CellKind;
use super::ahead::Ahead;
use super::gates::{Kept, Planes, finish};
use super::layout::SAVED;
use super::weights::{Stream, gate_scale};
use crate::{LANES, Packed};

/// What drives the gates of a chunk.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a, T> {
    /// Events `[steps, inputs, LANES]`.
    Events(&'a [T]),
    /// W x of the three gates, without bias: `[steps, 3 hidden, LANES]`.
    Gates(&'a [T]),
}

/// One chunk's steps. All slices are the chunk's own part.
pub(crate) struct Forward<'a, T> {
    pub kind: CellKind,
    pub packed: &'a Packed,
    pub chunk: usize,
    pub stream: Stream,
    /// Packed by [`Stream::pack`].
    pub weights: &'a [T],
    pub input: Input<'a, T>,
    /// Attention scores `[steps, LANES]`.
    pub a: Option<&'a [T]>,
    /// `[hidden, LANES]`: on entry the initial states, on return, where there is no `states`, each lane's
    /// last.
    pub last: &'a mut [T],
    /// Every state, `[steps, hidden, LANES]`, if wanted.
    pub states: Option<&'a mut [T]>,
    /// Two states, `[2, hidden, LANES]`: scratch, where `states` are not wanted.
    pub turns: &'a mut [T],
    /// [`PLANES`]: scratch.
    pub planes: &'a mut [T],
    /// Whether `last` is wanted.
    pub want_last: bool,
    /// `[steps, hidden, SAVED, LANES]`, if wanted.
    pub saved: Option<&'a mut [T]>,
}

/// One step of a chunk.
struct Step<'a, T> {
    kind: CellKind,
    stream: Stream,
    input: Input<'a, T>,
    a: &'a [T],
    /// The state before.
    h: &'a [T],
}

impl<T: Real> Kernel<T> for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        S::unit_tiles(self);
    }
}

impl<T: Real> UnitTiles for Forward<'_, T> {
    #[inline(always)]
    fn run<S: Simd, const UNITS: usize, const FULL: usize, const HALF: usize>(self) {
        match self.stream.gates {
            3 => self.steps::<S, 3, UNITS, FULL, HALF>(),
            _ => self.steps::<S, 2, UNITS, FULL, HALF>(),
        }
    }
}

impl<T: Real> Forward<'_, T> {
    /// `G` gates, `R` units a tile, `V` lanes at a time in a full step and `H` in a half one.
    #[inline(always)]
    fn steps<S: Simd, const G: usize, const R: usize, const V: usize, const H: usize>(mut self) {
        debug_assert_eq!((self.stream.gates, self.stream.units), (G, R));
        let Stream { hidden, inputs, .. } = self.stream;
        let size = hidden * LANES;
        let ones = [T::one(); LANES];
        let mut planes = Planes::of(self.planes);
        let blocks = self.packed.chunk(self.chunk);
        for (step, block) in blocks.clone().enumerate() {
            let (active, width) = (self.packed.active(block), self.packed.width(block));
            let mut ahead = Ahead { parts: [&[]; 3] };
            let (before, to) = match &mut self.states {
                Some(states) => {
                    let (before, rest) = states.split_at_mut(step * size);
                    let (to, later) = rest.split_at_mut(size);
                    ahead.parts[0] = &later[..later.len().min(size)];
                    (if step == 0 { &*self.last } else { &before[(step - 1) * size..] }, to)
                }
                None => {
                    let (even, odd) = self.turns.split_at_mut(size);
                    let (before, to) = if step % 2 == 0 { (odd, even) } else { (even, odd) };
                    (if step == 0 { &*self.last } else { &*before }, to)
                }
            };
            let work = Step {
                kind: self.kind,
                stream: self.stream,
                input: match self.input {
                    Input::Events(x) => Input::Events(&x[step * inputs * LANES..][..inputs * LANES]),
                    Input::Gates(g) => Input::Gates(&g[step * 3 * size..][..3 * size]),
                },
                a: self.a.map_or(&ones[..], |a| &a[step * LANES..][..LANES]),
                h: before,
            };
            let later = match self.input {
                Input::Events(x) => &x[(step + 1) * inputs * LANES..],
                Input::Gates(g) => &g[(step + 1) * 3 * size..],
            };
            ahead.parts[2] = &later[..later.len().min(if inputs > 0 { inputs * LANES } else { 3 * size })];
            let saved = self.saved.as_deref_mut().map(|saved| {
                let (saved, later) = saved[step * SAVED * size..].split_at_mut(SAVED * size);
                ahead.parts[1] = &later[..later.len().min(SAVED * size)];
                saved
            });
            if width > LANES / 2 {
                work.run::<S, G, R, V, LANES>(self.weights, to, saved, &mut planes, ahead);
            } else {
                work.run::<S, G, R, H, { LANES / 2 }>(self.weights, to, saved, &mut planes, ahead);
            }
            if self.want_last {
                // The lanes that end here.
                let next = if block + 1 < blocks.end { self.packed.active(block + 1) } else { 0 };
                if next < active {
                    for (last, h) in self.last.chunks_exact_mut(LANES).zip(to.chunks_exact(LANES)) {
                        last[next..active].copy_from_slice(&h[next..active]);
                    }
                }
            }
        }
    }
}

impl<T: Real> Step<'_, T> {
    /// The first `W` lanes, `V` at a time.
    #[inline(always)]
    fn run<S: Simd, const G: usize, const R: usize, const V: usize, const W: usize>(
        &self,
        weights: &[T],
        to: &mut [T],
        mut saved: Option<&mut [T]>,
        planes: &mut Planes<'_, T>,
        mut ahead: Ahead<'_, T, 3>,
    ) {
        let hidden = self.stream.hidden;
        let weight = self.kind.weight_lines::<T, W>(self.a[..W].try_into().expect("W lanes"));
        for (tile, weights) in weights.chunks_exact(self.stream.tile()).enumerate() {
            let unit = tile * R;
            for lane in (0..W).step_by(V) {
                self.products::<S, G, R, V, W>(weights, unit, lane, planes);
            }
            let units = R.min(hidden - unit);
            let range = unit * LANES..(unit + units) * LANES;
            let h = &self.h[range.clone()];
            let kept = match &mut saved {
                Some(saved) => Kept::All(&mut saved[range.start * SAVED..range.end * SAVED]),
                None => Kept::Nothing,
            };
            ahead.fetch();
            finish::<T, S, R, W>(G == 3, planes, &weight, h, &mut to[range], kept);
        }
    }

    /// a · sums + bias, where the kind scales its input; else sums + bias.
    #[inline(always)]
    fn scaled<S: Simd, const G: usize, const R: usize, const V: usize>(
        &self,
        mut sums: [[[T; V]; R]; G],
        bias: &[T],
        lane: usize,
    ) -> [[[T; V]; R]; G] {
        let ones = [T::one(); V];
        let a: &[T; V] = match self.kind.scales_input() {
            true => self.a[lane..][..V].try_into().expect("V lanes"),
            false => &ones,
        };
        for g in 0..G {
            for r in 0..R {
                for v in 0..V {
                    sums[g][r][v] = math::mul_add::<T, S>(sums[g][r][v], a[v], bias[g * R + r]);
                }
            }
        }
        sums
    }

    /// The gates' arguments of one tile into `planes`.
    #[inline(always)]
    fn products<S: Simd, const G: usize, const R: usize, const V: usize, const W: usize>(
        &self,
        weights: &[T],
        unit: usize,
        lane: usize,
        planes: &mut Planes<'_, T>,
    ) {
        let Stream { hidden, inputs, .. } = self.stream;
        let (bias, weights) = weights.split_at(G * R);
        let (of_input, weights) = weights.split_at(G * R * inputs);
        let (of_state, b_hc) = weights.split_at(G * R * hidden);
        // Statement by statement: a loop over the gates would keep the sums in memory.
        let mut sums = [[[T::zero(); V]; R]; G];
        match self.input {
            Input::Events(x) if !self.kind.scales_input() => {
                sums = biases::<T, G, R, V>(bias);
                sums = add_products::<T, S, G, R, V>(of_input, x, lane, sums);
            }
            Input::Events(x) => {
                sums = add_products::<T, S, G, R, V>(of_input, x, lane, sums);
                sums = self.scaled::<S, G, R, V>(sums, bias, lane);
            }
            Input::Gates(given) => {
                let rows = |gate: usize| &given[(gate * hidden + unit) * LANES + lane..];
                let units = R.min(hidden - unit);
                sums[0] = given_rows(rows(0), gate_scale(), units);
                if G == 3 {
                    sums[1] = given_rows(rows(1), gate_scale(), units);
                }
                sums[G - 1] = given_rows(rows(2), T::one(), units);
                sums = self.scaled::<S, G, R, V>(sums, bias, lane);
            }
        }
        for r in 0..R {
            planes.c[r * W + lane..][..V].copy_from_slice(&sums[G - 1][r]);
            sums[G - 1][r] = [b_hc[r]; V];
        }
        let sums = add_products::<T, S, G, R, V>(of_state, self.h, lane, sums);
        for r in 0..R {
            planes.r[r * W + lane..][..V].copy_from_slice(&sums[0][r]);
            planes.q[r * W + lane..][..V].copy_from_slice(&sums[G - 1][r]);
            if G == 3 {
                planes.u[r * W + lane..][..V].copy_from_slice(&sums[1][r]);
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
    for (weights, x) in weights.chunks_exact(G * R).zip(x.chunks_exact(LANES)) {
        let x: &[T; V] = x[lane..lane + V].try_into().expect("V lanes");
        for g in 0..G {
            for r in 0..R {
                sums[g][r] = axpy::<T, S, V>(weights[g * R + r], *x, sums[g][r]);
            }
        }
    }
    sums
}
