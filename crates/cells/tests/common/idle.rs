//! Lanes in which no event, or no sequence, stands.

use dien_cells::Real;
use dien_cells::{LANES, Packed};
use dien_tensor::{Backward, OpGrads, Var};
use ndarray::ArrayViewD;

/// What idle lanes are made to hold: in values on the way forward, in gradients on the way back. `None`
/// leaves them.
#[derive(Clone, Copy, Debug)]
pub struct Idle(pub Option<f64>);

impl Idle {
    /// Sets the idle lanes of `[blocks, features, LANES]`.
    pub fn events<'t, T: Real>(self, x: Var<'t, T>, packed: &Packed) -> Var<'t, T> {
        let lanes = |block| (0..LANES).map(move |lane| lane >= packed.active(block));
        self.fill(x, (0..packed.blocks()).flat_map(lanes).collect())
    }

    /// Sets the idle lanes of `[chunks, features, LANES]`.
    pub fn sequences<'t, T: Real>(self, x: Var<'t, T>, packed: &Packed) -> Var<'t, T> {
        let lanes = |chunk| (0..LANES).map(move |lane| packed.sequence(chunk, lane).is_none());
        self.fill(x, (0..packed.chunks()).flat_map(lanes).collect())
    }

    fn fill<T: Real>(self, x: Var<'_, T>, idle: Vec<bool>) -> Var<'_, T> {
        let Some(value) = self.0 else { return x };
        let fill = Fill { idle, value: T::of(value) };
        let mut y = x.tape().pool().stale(x.shape());
        let to = y.as_slice_mut().expect("standard layout");
        to.copy_from_slice(x.data());
        fill.idle_elements(to.len()).for_each(|i| to[i] = fill.value);
        x.tape().record(&[x], y, fill)
    }
}

/// By block, or chunk, and lane: whether it is idle.
struct Fill<T> {
    idle: Vec<bool>,
    value: T,
}

impl<T> Fill<T> {
    /// The idle elements of a tensor of `len` elements.
    fn idle_elements(&self, len: usize) -> impl Iterator<Item = usize> + '_ {
        let block = (len / (self.idle.len() / LANES).max(1)).max(1);
        (0..len).filter(move |i| self.idle[i / block * LANES + i % LANES])
    }
}

impl<T: Real> Backward<T> for Fill<T> {
    fn name(&self) -> &'static str {
        "fill idle lanes"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let mut dx = io.pool().stale(dy.shape());
        dx.assign(&dy);
        let to = dx.as_slice_mut().expect("standard layout");
        self.idle_elements(to.len()).for_each(|i| to[i] = self.value);
        io.add(0, dx);
    }
}
