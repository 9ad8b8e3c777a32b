//! Candidates in lanes over events that they share: an event's input gates enter as broadcasts.

use dien_tensor::Real;
use dien_tensor::simd::{Kernel, Level, Simd, math};

use super::Cell;
use super::cell::{for_kind, unit};
use crate::LANES;
use crate::cell::Kind;

/// Units of a tile. One has three sums a lane, one for each gate.
const UNITS: usize = 4;

/// See [`Cell::lanes`].
pub(super) struct Candidates<'a, T> {
    pub cell: &'a Cell<T>,
    pub gates: &'a [T],
    pub a: Option<&'a [T]>,
    pub h: &'a mut [T],
    pub width: usize,
}

/// U `[3 hidden, hidden]` as a stream of tiles, `[tile][column][unit][gate]`, zero past the hidden units.
pub(super) fn pack<T: Real>(u: &[T], hidden: usize) -> Vec<T> {
    let mut tiles = vec![T::zero(); hidden.div_ceil(UNITS) * hidden * UNITS * 3];
    for (gate, rows) in u.chunks_exact(hidden * hidden).enumerate() {
        for (i, row) in rows.chunks_exact(hidden).enumerate() {
            for (j, &w) in row.iter().enumerate() {
                tiles[((i / UNITS * hidden + j) * UNITS + i % UNITS) * 3 + gate] = w;
            }
        }
    }
    tiles
}

impl<T: Real> Cell<T> {
    /// Numbers of the states in lanes: those before a step, and those after it, whole tiles.
    pub fn lane_states(&self) -> usize {
        2 * self.hidden.next_multiple_of(UNITS) * LANES
    }
}

impl<T: Real> Kernel for Candidates<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (old, new) = self.h.split_at_mut(self.cell.lane_states() / 2);
        // Columns of lanes do not meet: each goes through time on its own, so that little of the cache is in use.
        let mut lane = 0;
        macro_rules! columns {
            ($V:literal, $R:literal) => {
                while lane + $V <= self.width {
                    let column = Column { cell: self.cell, gates: self.gates, a: self.a, lane, old, new };
                    for_kind!(self.cell.kind, KIND => column.steps::<S, KIND, $V, $R>());
                    lane += $V;
                }
            };
        }
        match S::LEVEL {
            Level::Portable => {}
            Level::Avx2 => columns!(16, 2),
            Level::Avx512 => {
                columns!(32, 4);
                columns!(16, 4);
            }
        }
        columns!(8, 4);
    }
}

/// `V` lanes from `lane` on, through time.
struct Column<'a, T> {
    cell: &'a Cell<T>,
    gates: &'a [T],
    a: Option<&'a [T]>,
    lane: usize,
    /// States `[units, LANES]` before a step, and after it.
    old: &'a mut [T],
    new: &'a mut [T],
}

impl<T: Real> Column<'_, T> {
    /// `R` units at a time: a divisor of [`UNITS`].
    #[inline(always)]
    fn steps<S: Simd, const KIND: usize, const V: usize, const R: usize>(self) {
        let Column { cell, gates, a, lane, mut old, mut new } = self;
        let n = cell.hidden;
        let steps = gates.chunks_exact(3 * cell.stride);
        let is_odd = steps.len() % 2 == 1;
        for (step, x) in steps.enumerate() {
            let a: [T; V] = match a {
                Some(a) => lanes(a, step, lane),
                None => [T::one(); V],
            };
            for (tile, stream) in cell.u_tiles.chunks_exact(n * UNITS * 3).enumerate() {
                let mut r = 0;
                while r < UNITS {
                    let i = tile * UNITS + r;
                    let s = product::<T, S, V, R>(&stream[r * 3..], old, lane);
                    for r in 0..R {
                        let i = i + r;
                        // Past the hidden units there is room, and zeros for weights.
                        let at = |data: &[T], gate: usize| data[gate * cell.stride + i];
                        let [x, b] = [x, &cell.b].map(|d| [at(d, 0), at(d, 1), at(d, 2)]);
                        let b_hc = cell.b_hc[i];
                        let h: [T; V] = lanes(old, i, lane);
                        let to: &mut [T; V] =
                            (&mut new[i * LANES + lane..][..V]).try_into().expect("V elements");
                        for v in 0..V {
                            let s = [s[r][0][v], s[r][1][v], s[r][2][v]];
                            to[v] = unit::<T, S>(Kind::ALL[KIND], x, s, b, b_hc, a[v], h[v]);
                        }
                    }
                    r += R;
                }
            }
            std::mem::swap(&mut old, &mut new);
        }
        if is_odd {
            // The last states are where the first were not.
            for (to, from) in new.chunks_exact_mut(LANES).zip(old.chunks_exact(LANES)) {
                to[lane..lane + V].copy_from_slice(&from[lane..lane + V]);
            }
        }
    }
}

/// U h of `R` units, three gates each.
#[inline(always)]
fn product<T: Real, S: Simd, const V: usize, const R: usize>(
    stream: &[T],
    h: &[T],
    lane: usize,
) -> [[[T; V]; 3]; R] {
    let mut sum = [[[T::zero(); V]; 3]; R];
    for (w, h) in stream.chunks(3 * UNITS).zip(h.chunks_exact(LANES)) {
        let h: &[T; V] = h[lane..][..V].try_into().expect("V elements");
        let w = &w[..3 * R];
        for r in 0..R {
            for gate in 0..3 {
                for v in 0..V {
                    sum[r][gate][v] = math::mul_add::<T, S>(w[r * 3 + gate], h[v], sum[r][gate][v]);
                }
            }
        }
    }
    sum
}

/// `V` lanes of a row.
#[inline(always)]
fn lanes<T: Real, const V: usize>(rows: &[T], row: usize, lane: usize) -> [T; V] {
    rows[row * LANES + lane..][..V].try_into().expect("V elements")
}
