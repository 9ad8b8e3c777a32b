//! From the gates' arguments to the new state.

use dien_kernels::simd::{Simd, math};
use dien_tensor::Real;

use super::layout::SAVED;
use crate::LANES;

/// Most units in a tile.
const UNITS: usize = 4;

/// Elements of all [`Planes`].
pub(crate) const PLANES: usize = 4 * UNITS * LANES;

/// The gates of one tile, `[units, lanes]` each, packed densely: their arguments (r and u as exponents of
/// two), then their values. In memory and not in registers: so the compiler keeps the products' sums in
/// registers, and computes each gate of all units side by side.
pub(crate) struct Planes<'a, T> {
    pub r: &'a mut [T],
    pub u: &'a mut [T],
    pub c: &'a mut [T],
    pub q: &'a mut [T],
}

impl<'a, T: Real> Planes<'a, T> {
    /// Cuts `scratch` `[PLANES]`. Where there is no update gate its plane stays zero.
    pub fn of(scratch: &'a mut [T]) -> Self {
        scratch.fill(T::zero());
        let (r, rest) = scratch.split_at_mut(UNITS * LANES);
        let (u, rest) = rest.split_at_mut(UNITS * LANES);
        let (c, q) = rest.split_at_mut(UNITS * LANES);
        Planes { r, u, c, q }
    }
}

/// Where the gates' values go.
pub(crate) enum Kept<'a, T> {
    /// Nowhere: inference.
    Nothing,
    /// `[units, SAVED, LANES]`, for the way back.
    All(&'a mut [T]),
}

/// The gates of `R` units (fewer at the end: as many as `to` has) and `W` lanes, and the states they give.
/// `weight` is [`CellKind::weight_lines`](super::CellKind::weight_lines).
///
/// c and u share one reciprocal: with e = 2^z, 1/((1 + e_u)(1 + e_c)) times (1 + e_c) is u, and times (1 −
/// e_c)(1 + e_u) is c.
#[inline(always)]
pub(crate) fn finish<T: Real, S: Simd, const R: usize, const W: usize>(
    has_update: bool,
    planes: &mut Planes<'_, T>,
    weight: &[[T; W]; 2],
    h: &[T],
    to: &mut [T],
    kept: Kept<'_, T>,
) {
    let one = T::one();
    let size = R * W;
    let (r, u) = (&mut planes.r[..size], &mut planes.u[..size]);
    let (c, q) = (&mut planes.c[..size], &planes.q[..size]);
    for r in r.iter_mut() {
        *r = one / (one + r.exp2_at::<S>());
    }
    let tanh_scale = T::of(-2.0 * std::f64::consts::LOG2_E);
    for ((c, &r), &q) in c.iter_mut().zip(&*r).zip(q) {
        *c = (math::mul_add::<T, S>(r, q, *c) * tanh_scale).exp2_at::<S>();
    }
    if has_update {
        for u in u.iter_mut() {
            *u = one + u.exp2_at::<S>();
        }
        for (u, c) in u.iter_mut().zip(c) {
            let (d_u, e_c) = (*u, *c);
            let d_c = one + e_c;
            let inverse = one / (d_u * d_c);
            *u = d_c * inverse;
            *c = (one - e_c) * (d_u * inverse);
        }
    } else {
        for c in c.iter_mut() {
            *c = (one - *c) / (one + *c);
        }
    }
    let (r, u, c) = (&planes.r[..size], &planes.u[..size], &planes.c[..size]);
    for (k, to) in to.chunks_exact_mut(LANES).enumerate() {
        let part = k * W..(k + 1) * W;
        states::<T, S, W>(&u[part.clone()], &c[part], weight, &h[k * LANES..], to);
    }
    if let Kept::All(saved) = kept {
        for (k, saved) in saved.chunks_exact_mut(SAVED * LANES).enumerate() {
            let part = k * W..(k + 1) * W;
            for (to, plane) in saved.chunks_exact_mut(LANES).zip([r, u, c, q]) {
                to[..W].copy_from_slice(&plane[part.clone()]);
            }
        }
    }
}

/// h' = h + w (c − h) with w = α + β u.
#[inline(always)]
fn states<T: Real, S: Simd, const W: usize>(u: &[T], c: &[T], weight: &[[T; W]; 2], h: &[T], to: &mut [T]) {
    let (u, c): (&[T; W], &[T; W]) = (u.try_into().expect("W lanes"), c.try_into().expect("W lanes"));
    let h: &[T; W] = h[..W].try_into().expect("W lanes");
    let to: &mut [T; W] = (&mut to[..W]).try_into().expect("W lanes");
    let [alpha, beta] = weight;
    for v in 0..W {
        let w = math::mul_add::<T, S>(beta[v], u[v], alpha[v]);
        to[v] = math::mul_add::<T, S>(w, c[v] - h[v], h[v]);
    }
}
