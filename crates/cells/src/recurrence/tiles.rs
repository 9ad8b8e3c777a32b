//! A tile of the forward pass: a few hidden units of every gate that is computed, whose sums stay in
//! registers over the input and the state.

use std::marker::PhantomData;

use dien_kernels::inline::copy;
use dien_kernels::simd::{Simd, UnitTiles, axpy, math, splat};
use dien_tensor::Real;

use super::{GateList, Recurrence};
use crate::LANES;

/// The sums of a tile: of `G` gates, `UNITS` units and `V` lanes.
pub(super) type Sums<T, const G: usize, const UNITS: usize, const V: usize> = [[[T; V]; UNITS]; G];

/// Work that goes over tiles of `UNITS` units of `G` gates, of whose lanes `FULL` are computed at a time in a
/// full step and `HALF` in a half one.
pub(super) trait TileWork {
    type Recurrence: Recurrence;
    fn recurrence(&self) -> Self::Recurrence;
    fn run<S: Simd, const G: usize, const UNITS: usize, const FULL: usize, const HALF: usize>(
        self,
        gates: [usize; G],
    );
}

/// [`TileWork`] as a level's tiles and a recurrence's gates have it.
pub(super) struct InTiles<W>(pub W);

impl<W: TileWork> UnitTiles for InTiles<W> {
    #[inline(always)]
    fn run<S: Simd, const UNITS: usize, const FULL: usize, const HALF: usize>(self) {
        self.0.recurrence().list_gates(OfGates::<W, S, UNITS, FULL, HALF>(self.0, PhantomData));
    }
}

struct OfGates<W, S, const UNITS: usize, const FULL: usize, const HALF: usize>(W, PhantomData<S>);

impl<W: TileWork, S: Simd, const UNITS: usize, const FULL: usize, const HALF: usize> GateList
    for OfGates<W, S, UNITS, FULL, HALF>
{
    type Output = ();

    #[inline(always)]
    fn take<const G: usize>(self, gates: [usize; G]) {
        self.0.run::<S, G, UNITS, FULL, HALF>(gates);
    }
}

/// The bias of every unit.
#[inline(always)]
pub(super) fn biases<T: Real, S: Simd, const G: usize, const R: usize, const V: usize>(
    bias: &[T],
) -> Sums<T, G, R, V> {
    let mut sums = [[[T::zero(); V]; R]; G];
    for g in 0..G {
        for r in 0..R {
            sums[g][r] = splat::<T, S, V>(bias[g * R + r]);
        }
    }
    sums
}

/// a · sums + bias, for scores a of these lanes.
#[inline(always)]
pub(super) fn scaled<T: Real, S: Simd, const G: usize, const R: usize, const V: usize>(
    mut sums: Sums<T, G, R, V>,
    a: &[T; V],
    bias: &[T],
) -> Sums<T, G, R, V> {
    for g in 0..G {
        for r in 0..R {
            for v in 0..V {
                sums[g][r][v] = math::mul_add::<T, S>(sums[g][r][v], a[v], bias[g * R + r]);
            }
        }
    }
    sums
}

/// `V` lanes of a tile's sums, of `[G, R, LANES]`.
#[inline(always)]
pub(super) fn load<T: Real, const G: usize, const R: usize, const V: usize>(
    from: &[T],
    lane: usize,
) -> Sums<T, G, R, V> {
    let mut sums = [[[T::zero(); V]; R]; G];
    for g in 0..G {
        for r in 0..R {
            sums[g][r] = from[(g * R + r) * LANES + lane..][..V].try_into().expect("V lanes");
        }
    }
    sums
}

/// The inverse of [`load`].
#[inline(always)]
pub(super) fn store<T: Real, const G: usize, const R: usize, const V: usize>(
    sums: &Sums<T, G, R, V>,
    to: &mut [T],
    lane: usize,
) {
    for g in 0..G {
        for r in 0..R {
            copy(&sums[g][r], &mut to[(g * R + r) * LANES + lane..][..V]);
        }
    }
}

/// The first lanes of a gate's rows, times `scale`; zero beyond the last unit.
#[inline(always)]
pub(super) fn given_rows<T: Real, const R: usize, const V: usize>(
    rows: &[T],
    scale: T,
    units: usize,
) -> [[T; V]; R] {
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
pub(super) fn add_products<T: Real, S: Simd, const G: usize, const R: usize, const V: usize>(
    weights: &[T],
    x: &[T],
    lane: usize,
    mut sums: Sums<T, G, R, V>,
) -> Sums<T, G, R, V> {
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
