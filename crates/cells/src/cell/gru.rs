//! The GRU family as a recurrence: from the gates' arguments to the new state, and back.

use dien_kernels::inline::each;
use dien_tensor::Real;

use super::CellKind;
use crate::LANES;
use crate::recurrence::{Derivatives, GateList, Recurrence, Saved, Simd, Tile, math};

/// A cell of the GRU family; see the [module](super) for the equations.
#[derive(Clone, Copy, Debug)]
pub struct GruRecurrence {
    kind: CellKind,
    /// ∂w/∂a as a line in u: (γ, δ) with ∂w/∂a = γ + δ u.
    of_score: (f64, f64),
}

impl GruRecurrence {
    /// The recurrence of a kind of cell.
    pub fn new(kind: CellKind) -> Self {
        let of_score = match kind {
            CellKind::Gru | CellKind::Aigru => (0.0, 0.0),
            CellKind::Agru => (1.0, 0.0),
            CellKind::Augru | CellKind::AugruOfficial => (0.0, 1.0),
        };
        GruRecurrence { kind, of_score }
    }
}

/// The gates are r, u and c; the planes are theirs and, since the reset follows the product, q = U_c h +
/// b_hc. w = α + β u, so that little depends on the kind: α and β are what a step makes of its scores.
impl Recurrence for GruRecurrence {
    const GATES: usize = 3;
    const SPLIT: bool = true;
    const SAVED: usize = 4;

    fn name(self) -> &'static str {
        match self.kind {
            CellKind::AugruOfficial => "augru (official)",
            kind => kind.name(),
        }
    }

    #[inline(always)]
    fn list_gates<L: GateList>(self, list: L) -> L::Output {
        if self.kind.has_update() { list.take([0, 1, 2]) } else { list.take([0, 2]) }
    }

    #[inline(always)]
    fn takes_score(self) -> bool {
        self.kind.takes_attention()
    }

    #[inline(always)]
    fn scales_input(self) -> bool {
        self.kind.scales_input()
    }

    /// −log₂e for r and u: σ(z) = 1 / (1 + 2^(scale z)).
    #[inline(always)]
    fn scale<T: Real>(gate: usize) -> T {
        if gate == 2 { T::one() } else { T::of(-std::f64::consts::LOG2_E) }
    }

    #[inline(always)]
    fn score_terms<T: Real, const W: usize>(self, a: &[T; W]) -> [[T; W]; 2] {
        self.kind.weight_lines(a)
    }

    /// c and u share one reciprocal: with e = 2^z, 1/((1 + e_u)(1 + e_c)) times (1 + e_c) is u, and times
    /// (1 − e_c)(1 + e_u) is c.
    #[inline(always)]
    fn gates<T: Real, S: Simd, const W: usize>(self, tile: Tile<'_, T, W>) {
        let Tile { planes, terms, before, mut after } = tile;
        let one = T::one();
        let [r, u, c, q] = planes.split();
        for r in r.iter_mut() {
            *r = one / (one + r.exp2_at::<S>());
        }
        let tanh_scale = T::of(-2.0 * std::f64::consts::LOG2_E);
        each(c, [r, q], |c, [r, q]| *c = (math::mul_add::<T, S>(r, q, *c) * tanh_scale).exp2_at::<S>());
        if self.kind.has_update() {
            for u in u.iter_mut() {
                *u = one + u.exp2_at::<S>();
            }
            let units = u.len().min(c.len());
            let (u, c) = (&mut u[..units], &mut c[..units]);
            for i in 0..units {
                let (d_u, e_c) = (u[i], c[i]);
                let d_c = one + e_c;
                let inverse = one / (d_u * d_c);
                u[i] = d_c * inverse;
                c[i] = (one - e_c) * (d_u * inverse);
            }
        } else {
            for c in c.iter_mut() {
                *c = (one - *c) / (one + *c);
            }
        }
        let (u, c, h) = (&*u, &*c, before.plane(0));
        for (k, to) in after.plane(0).chunks_exact_mut(LANES).enumerate() {
            let part = k * W..(k + 1) * W;
            states::<T, S, W>(&u[part.clone()], &c[part], terms, &h[k * LANES..], to);
        }
    }

    #[inline(always)]
    fn derivatives<T: Real, S: Simd>(self, at: Saved<T>) -> Derivatives<T> {
        let Saved { planes: [r, u, c, q, ..], before: [h, ..], d_after: [g, ..], terms: [alpha, beta] } = at;
        let (one, gamma, delta) = (T::one(), T::of(self.of_score.0), T::of(self.of_score.1));
        let through = g * math::mul_add::<T, S>(beta, u, alpha);
        let of_weight = g * (c - h);
        let of_c = through * math::mul_add::<T, S>(-c, c, one);
        let of_q = of_c * r;
        let of_r = of_q * q * (one - r);
        let of_u = of_weight * beta * math::mul_add::<T, S>(-u, u, u);
        let of_score = of_weight * math::mul_add::<T, S>(delta, u, gamma);
        Derivatives::new([of_r, of_u, of_c, of_q], [g - through]).with_score(of_score)
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
