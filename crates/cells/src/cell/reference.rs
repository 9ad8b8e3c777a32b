//! The equations, one sequence and one step at a time. Slow, obvious, and what the kernels are checked
//! against.

use super::CellKind;
use dien_tensor::Real;

/// A cell's weights as slices; gate order r, u, c.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a, T> {
    /// Input weights `[3 hidden, inputs]`.
    pub w: &'a [T],
    /// Recurrent weights `[3 hidden, hidden]`.
    pub u: &'a [T],
    /// Biases `[3 hidden]`.
    pub b: &'a [T],
    /// The bias inside the reset product, `[hidden]`.
    pub b_hc: &'a [T],
}

fn sigmoid<T: Real>(x: T) -> T {
    T::one() / (T::one() + (-x).exp())
}

fn dot<T: Real>(row: &[T], x: &[T]) -> T {
    row.iter().zip(x).fold(T::zero(), |sum, (&w, &x)| sum + w * x)
}

/// h' from the input x `[inputs]`, the state h `[hidden]` and the attention score a.
pub fn step<T: Real>(kind: CellKind, weights: Weights<'_, T>, x: &[T], a: T, h: &[T]) -> Vec<T> {
    gated_step(kind, weights, x, a, h).1
}

/// The update gate after attention, w in h' = (1 − w) ∘ h + w ∘ c, and h' itself; each `[hidden]`.
pub fn gated_step<T: Real>(
    kind: CellKind,
    weights: Weights<'_, T>,
    x: &[T],
    a: T,
    h: &[T],
) -> (Vec<T>, Vec<T>) {
    let (inputs, hidden) = (x.len(), h.len());
    let x: Vec<T> = x.iter().map(|&x| if kind == CellKind::Aigru { a * x } else { x }).collect();
    let from_input = |gate: usize, i: usize| dot(&weights.w[(gate * hidden + i) * inputs..][..inputs], &x);
    let from_state = |gate: usize, i: usize| dot(&weights.u[(gate * hidden + i) * hidden..][..hidden], h);
    let next = |i: usize| {
        let r = sigmoid(from_input(0, i) + from_state(0, i) + weights.b[i]);
        let u = sigmoid(from_input(1, i) + from_state(1, i) + weights.b[hidden + i]);
        let c =
            (from_input(2, i) + weights.b[2 * hidden + i] + r * (from_state(2, i) + weights.b_hc[i])).tanh();
        let one = T::one();
        match kind {
            CellKind::Gru | CellKind::Aigru => (u, (one - u) * h[i] + u * c),
            CellKind::Agru => (a, (one - a) * h[i] + a * c),
            CellKind::Augru => (a * u, (one - a * u) * h[i] + a * u * c),
            CellKind::AugruOfficial => {
                (one - (one - a) * u, (one - a) * u * h[i] + (one - (one - a) * u) * c)
            }
        }
    };
    (0..hidden).map(next).unzip()
}

/// The states of one sequence: `x` is `[steps, inputs]`, `a` `[steps]`; gives `[steps, hidden]`.
pub fn states<T: Real>(kind: CellKind, weights: Weights<'_, T>, x: &[T], a: &[T], h0: &[T]) -> Vec<Vec<T>> {
    let mut h = h0.to_vec();
    let inputs = weights.w.len() / (3 * h0.len());
    let steps = x.chunks_exact(inputs).zip(a);
    steps
        .map(|(x, &a)| {
            h = step(kind, weights, x, a, &h);
            h.clone()
        })
        .collect()
}
