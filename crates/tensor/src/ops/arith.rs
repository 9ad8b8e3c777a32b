//! Sums, differences, products and quotients, with broadcasting.
//!
//! One operand may be smaller than the other: a row `[m]` or `[1, m]` for every row of `[n, m]`, a column
//! `[n, 1]` for every column, or a single number. Its gradient is then the sum over all it was spread on.

use std::marker::PhantomData;

use ndarray::ArrayViewD;

use super::points::add_up;
use super::points::{add_grad, per_column};
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::map::{map, map_columns, map_rows};
use dien_kernels::sums::{sum_columns, sum_rows};

/// a + b for equal shapes, or one operand a row `[m]`, a column `[n, 1]` or a single number.
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn add<'t, T: Real>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    binary::<T, Add>(a, b)
}

/// a − b; shapes as for [`add`].
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn sub<'t, T: Real>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    binary::<T, Sub>(a, b)
}

/// a ∘ b, element by element; shapes as for [`add`].
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn mul<'t, T: Real>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    binary::<T, Mul>(a, b)
}

/// a / b, element by element; shapes as for [`add`].
///
/// # Panics
/// If the shapes do not agree.
#[track_caller]
pub fn div<'t, T: Real>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    binary::<T, Div>(a, b)
}

trait Function: Copy + Send + Sync + 'static {
    const NAME: &'static str;
    fn value<T: Real>(a: T, b: T) -> T;
    /// The gradients of `a` and `b`.
    fn grads<T: Real>(dy: T, a: T, b: T) -> [T; 2];
}

macro_rules! function {
    ($name:ident, $text:literal, |$a:ident, $b:ident| $value:expr, |$dy:ident| $grads:expr) => {
        #[derive(Clone, Copy)]
        struct $name;
        impl Function for $name {
            const NAME: &'static str = $text;
            #[inline(always)]
            fn value<T: Real>($a: T, $b: T) -> T {
                $value
            }
            #[inline(always)]
            fn grads<T: Real>($dy: T, $a: T, $b: T) -> [T; 2] {
                let _ = ($a, $b);
                $grads
            }
        }
    };
}

function!(Add, "add", |a, b| a + b, |dy| [dy, dy]);
function!(Sub, "sub", |a, b| a - b, |dy| [dy, -dy]);
function!(Mul, "mul", |a, b| a * b, |dy| [dy * b, dy * a]);
function!(Div, "div", |a, b| a / b, |dy| [dy / b, -dy * a / (b * b)]);

/// What each number of the smaller operand is spread on.
#[derive(Clone, Copy)]
enum Spread {
    Element,
    /// A column of the larger operand; a single number is one for every column.
    Column,
    /// A row of the larger operand.
    Row,
}

impl Spread {
    /// How `small` spreads on `large`, if it does.
    fn of(large: &[usize], small: &[usize]) -> Option<Spread> {
        let m = last(large);
        let one = || small.len() <= large.len().max(1) && small.iter().all(|&n| n == 1);
        let rows_agree =
            || large.len() == small.len() && large[..large.len() - 1] == small[..small.len() - 1];
        if large == small {
            Some(Spread::Element)
        } else if one() || large.len() > 1 && (small == [m] || small == [1, m]) {
            Some(Spread::Column)
        } else if last(small) == 1 && rows_agree() {
            Some(Spread::Row)
        } else {
            None
        }
    }
}

/// The last axis.
fn last(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(1)
}

/// Saves nothing but how the inputs lie on each other.
struct Binary<F> {
    spread: Spread,
    /// Whether the first input is the smaller one.
    swapped: bool,
    function: PhantomData<F>,
}

#[track_caller]
fn binary<'t, T: Real, F: Function>(a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    let (spread, swapped) = match (Spread::of(a.shape(), b.shape()), Spread::of(b.shape(), a.shape())) {
        (Some(spread), _) => (spread, false),
        (None, Some(spread)) => (spread, true),
        _ => panic!("{}: shapes {:?} and {:?} do not agree", F::NAME, a.shape(), b.shape()),
    };
    let (x, s) = if swapped { (b, a) } else { (a, b) };
    let f = move |x, s| [if swapped { F::value(s, x) } else { F::value(x, s) }];
    let (tape, m) = (a.tape(), last(x.shape()));
    let mut y = tape.pool().stale(x.shape());
    let (x, s, data) = (x.data(), s.data(), y.as_slice_mut().expect("standard layout"));
    match spread {
        Spread::Element => map(|[x, s]: [T; 2], _: [T; 0]| f(x, s), [x, s], data),
        Spread::Column => {
            let s = per_column(s, tape.pool(), m);
            map_columns(|[x]: [T; 1], [s]: [T; 1]| f(x, s), m, [x], [&s], data);
        }
        Spread::Row => map_rows(|[x]: [T; 1], [s]: [T; 1]| f(x, s), m, [x], [s], data),
    }
    tape.record(&[a, b], y, Binary::<F> { spread, swapped, function: PhantomData })
}

impl<T: Real, F: Function> Backward<T> for Binary<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (m, pool, swapped) = (last(dy.shape()), io.pool(), self.swapped);
        let (large, small) = if swapped { (1, 0) } else { (0, 1) };
        let (dy, x, s) =
            (dy.to_slice().expect("standard layout"), io.input_data(large), io.input_data(small));
        let dx = move |dy, x, s| [if swapped { F::grads(dy, s, x)[1] } else { F::grads(dy, x, s)[0] }];
        let ds = move |dy, x, s| [if swapped { F::grads(dy, s, x)[0] } else { F::grads(dy, x, s)[1] }];
        match self.spread {
            Spread::Element => {
                add_grad(io, large, |y| map(|[dy, x, s]: [T; 3], _: [T; 0]| dx(dy, x, s), [dy, x, s], y));
                add_grad(io, small, |y| map(|[dy, x, s]: [T; 3], _: [T; 0]| ds(dy, x, s), [dy, x, s], y));
            }
            Spread::Column => {
                let s = per_column(s, pool, m);
                let dx = |[dy, x]: [T; 2], [s]: [T; 1]| dx(dy, x, s);
                add_grad(io, large, |y| map_columns(dx, m, [dy, x], [&s], y));
                let ds = |[dy, x]: [T; 2], [s]: [T; 1]| ds(dy, x, s);
                add_grad(io, small, |y| add_up(&sum_columns(ds, pool.values(), m, [dy, x], [&s])[..m], y));
            }
            Spread::Row => {
                let dx = |[dy, x]: [T; 2], [s]: [T; 1]| dx(dy, x, s);
                add_grad(io, large, |y| map_rows(dx, m, [dy, x], [s], y));
                let ds = |[dy, x]: [T; 2], [s]: [T; 1]| ds(dy, x, s);
                add_grad(io, small, |y| sum_rows(ds, m, [dy, x], [s], y));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::add_scalar;
    use super::super::testing::{check, of, value};
    use super::*;
    use ndarray::array;

    /// Every pair of shapes that broadcasts, with a batch of none, one and several.
    const SHAPES: [[&[usize]; 2]; 12] = [
        [&[3, 4], &[3, 4]],
        [&[3, 4], &[4]],
        [&[3, 4], &[1, 4]],
        [&[3, 4], &[3, 1]],
        [&[3, 4], &[1]],
        [&[3, 4], &[]],
        [&[1, 4], &[4]],
        [&[0, 4], &[4]],
        [&[0, 4], &[0, 1]],
        [&[2, 3, 4], &[2, 3, 1]],
        [&[2, 3, 4], &[4]],
        [&[], &[]],
    ];

    #[test]
    fn gradients() {
        for [a, b] in SHAPES {
            for shapes in [[a, b], [b, a]] {
                check(shapes, |[a, b]| a + b);
                check(shapes, |[a, b]| a - b);
                check(shapes, |[a, b]| a * b);
                check(shapes, |[a, b]| div(a, add_scalar(b, 3.0)));
            }
        }
    }

    #[test]
    fn values() {
        let a = || of(array![[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(
            value([a(), of(array![10.0, 20.0])], |[a, b]| a - b),
            of(array![[-9.0, -18.0], [-7.0, -16.0]])
        );
        assert_eq!(
            value([of(array![10.0, 20.0]), a()], |[a, b]| a - b),
            of(array![[9.0, 18.0], [7.0, 16.0]])
        );
        assert_eq!(
            value([of(array![[2.0], [4.0]]), a()], |[a, b]| a / b),
            of(array![[2.0, 1.0], [4.0 / 3.0, 1.0]])
        );
    }

    #[test]
    #[should_panic(expected = "mul: shapes [3, 4] and [3] do not agree")]
    fn other_shapes_panic() {
        value(
            [
                ArrayViewD::<f64>::from_shape(vec![3, 4], &[0.0; 12]).unwrap().to_owned(),
                of(array![1.0, 2.0, 3.0]),
            ],
            |[a, b]| a * b,
        );
    }
}
