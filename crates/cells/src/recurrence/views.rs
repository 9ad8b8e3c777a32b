//! What a recurrence sees of the driver's memory.

use super::layout::{MAX_PLANES, MAX_STATES, PLANE};
use crate::LANES;
use dien_kernels::inline::copy;
use dien_tensor::Real;

/// Takes the numbers of a recurrence's gates, in an array whose length a kernel is compiled for.
pub trait GateList {
    /// What becomes of them.
    type Output;
    /// Takes them.
    fn take<const G: usize>(self, gates: [usize; G]) -> Self::Output;
}

/// A few hidden units of every gate, in the first `W` lanes of a step.
#[derive(Debug)]
pub struct Tile<'a, T, const W: usize> {
    /// On entry each z, on return what is saved.
    pub planes: Planes<'a, T>,
    /// [`Recurrence::score_terms`](super::Recurrence::score_terms) of the step.
    pub terms: &'a [[T; W]; 2],
    /// The states before.
    pub before: StateRows<'a, T>,
    /// The new states.
    pub after: StateRowsMut<'a, T>,
}

/// The planes of a tile, `[units, W]` each: those of the gates, of U h + b_u if it is split, then the others.
/// They have as many units as a tile, also where the last tile has fewer.
///
/// They are in memory and not in registers: so the compiler keeps the products' sums in registers, and
/// computes each gate of all units side by side.
#[derive(Debug)]
pub struct Planes<'a, T> {
    pub(super) data: &'a mut [T],
    /// Elements of a plane in use.
    pub(super) size: usize,
}

impl<'a, T> Planes<'a, T> {
    /// The first `N` planes.
    ///
    /// # Panics
    /// If the recurrence has fewer.
    #[inline(always)]
    pub fn split<const N: usize>(self) -> [&'a mut [T]; N] {
        let mut planes = [const { empty() }; N];
        let mut rest = self.data;
        for plane in &mut planes {
            let (first, later) = std::mem::take(&mut rest).split_at_mut(PLANE);
            *plane = &mut first[..self.size];
            rest = later;
        }
        planes
    }
}

/// Not `array::from_fn`, which stays a call inside a function with target features.
const fn empty<'a, T>() -> &'a mut [T] {
    &mut []
}

/// The states of a tile's units.
#[derive(Clone, Copy, Debug)]
pub struct StateRows<'a, T> {
    /// `[STATES, hidden, LANES]`
    pub(super) data: &'a [T],
    pub(super) place: Place,
}

/// The states of a tile's units, to write.
#[derive(Debug)]
pub struct StateRowsMut<'a, T> {
    /// `[STATES, hidden, LANES]`
    pub(super) data: &'a mut [T],
    pub(super) place: Place,
}

/// Where a tile's units stand among all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub hidden: usize,
    pub unit: usize,
    pub units: usize,
}

impl Place {
    #[inline(always)]
    fn rows(self, plane: usize) -> std::ops::Range<usize> {
        let first = (plane * self.hidden + self.unit) * LANES;
        first..first + self.units * LANES
    }
}

impl<'a, T> StateRows<'a, T> {
    /// A plane of them, `[units, LANES]`.
    #[inline(always)]
    pub fn plane(self, plane: usize) -> &'a [T] {
        &self.data[self.place.rows(plane)]
    }
}

impl<T> StateRowsMut<'_, T> {
    /// A plane of them, `[units, LANES]`.
    #[inline(always)]
    pub fn plane(&mut self, plane: usize) -> &mut [T] {
        &mut self.data[self.place.rows(plane)]
    }
}

/// What is known of one hidden unit in one lane on the way back. What the recurrence does not have is zero.
#[derive(Clone, Copy, Debug)]
pub struct Saved<T> {
    /// The planes as [`Recurrence::gates`](super::Recurrence::gates) left them.
    pub planes: [T; MAX_PLANES],
    /// The state before, by plane.
    pub before: [T; MAX_STATES],
    /// The gradient of the new state, by plane.
    pub d_after: [T; MAX_STATES],
    /// [`Recurrence::score_terms`](super::Recurrence::score_terms) of the lane.
    pub terms: [T; 2],
}

/// The gradients of one hidden unit in one lane.
#[derive(Clone, Copy, Debug)]
pub struct Derivatives<T> {
    pub(super) z: [T; MAX_PLANES],
    pub(super) before: [T; MAX_STATES],
    pub(super) score: T,
}

impl<T: Real> Derivatives<T> {
    /// Of each z in the order of the planes, before it was [scaled](super::Recurrence::scale), and of the
    /// state before by plane; of h, what does not go through the products.
    #[inline(always)]
    pub fn new<const Z: usize, const P: usize>(z: [T; Z], before: [T; P]) -> Self {
        let mut all =
            Derivatives { z: [T::zero(); MAX_PLANES], before: [T::zero(); MAX_STATES], score: T::zero() };
        copy(&z, &mut all.z[..Z]);
        copy(&before, &mut all.before[..P]);
        all
    }

    /// Of the score, but for what it does to the input.
    #[inline(always)]
    pub fn with_score(self, score: T) -> Self {
        Derivatives { score, ..self }
    }
}
