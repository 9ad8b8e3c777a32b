//! Layer normalisation, Ba, Kiros and Hinton 2016 (arXiv:1607.06450)

use ndarray::ArrayViewD;

use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Scratch, Var};
use dien_kernels::map::{map_columns, map_rows};
use dien_kernels::sums::{sum_columns, sum_rows};

/// y = γ (x − E)/√(Var + `epsilon`) + β over the last axis of `x` `[.., m]`, with `weight` γ `[m]` and `bias`
/// β `[m]`.
///
/// E and Var (biased) are each row's own, so a row's value does not depend on the batch, and training and
/// evaluation compute the same. PyTorch's `epsilon` is 1e-5.
///
/// # Panics
/// If `x` has no axis, or weight or bias are not `[m]`.
#[track_caller]
pub fn layer_norm<'t, T: Real>(
    x: Var<'t, T>,
    weight: Var<'t, T>,
    bias: Var<'t, T>,
    epsilon: f64,
) -> Var<'t, T> {
    let shape = x.shape();
    let &[.., m] = shape else { panic!("layer_norm: expected [.., m], found a scalar") };
    for param in [weight, bias] {
        assert!(param.shape() == [m], "layer_norm: input {shape:?}, {} {:?}", param.name(), param.shape());
    }
    let (tape, data, share) = (x.tape(), x.data(), T::of(1.0 / m.max(1) as f64));
    let n = data.len() / m.max(1);
    let (mut mean, mut rstd) = (tape.pool().scratch(n), tape.pool().scratch(n));
    sum_rows(|[x]: [T; 1], _: [T; 0]| [x], m, [data], [], &mut mean);
    mean.iter_mut().for_each(|mean| *mean *= share);
    let square = |[x]: [T; 1], [mean]: [T; 1]| [(x - mean) * (x - mean)];
    sum_rows(square, m, [data], [&mean], &mut rstd);
    rstd.iter_mut().for_each(|rstd| *rstd = (*rstd * share + T::of(epsilon)).sqrt().recip());
    let mut y = tape.pool().stale(shape);
    let unit = normalised(tape.pool().scratch(data.len()), m, data, &mean, &rstd);
    let scaled = |[unit]: [T; 1], [w, b]: [T; 2]| [unit * w + b];
    let y_data = y.as_slice_mut().expect("standard layout");
    map_columns(scaled, m, [&unit], [weight.data(), bias.data()], y_data);
    tape.record(&[x, weight, bias], y, LayerNorm { mean, rstd })
}

/// x̂ = (x − E) / √(Var + ε)
fn normalised<T: Real>(mut unit: Scratch<T>, m: usize, x: &[T], mean: &[T], rstd: &[T]) -> Scratch<T> {
    let value = |[x]: [T; 1], [mean, rstd]: [T; 2]| [(x - mean) * rstd];
    map_rows(value, m, [x], [mean, rstd], &mut unit);
    unit
}

struct LayerNorm<T: Real> {
    /// E of each row.
    mean: Scratch<T>,
    /// 1/√(Var + ε) of each row.
    rstd: Scratch<T>,
}

/// dγ = Σ dy ∘ x̂ and dβ = Σ dy over the rows; with g = γ ∘ dy, dx = (g − mean(g) − x̂ mean(g ∘ x̂))/√(Var +
/// ε).
impl<T: Real> Backward<T> for LayerNorm<T> {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (n, m) = (self.mean.len(), *dy.shape().last().expect("checked by the forward pass"));
        let dy = dy.to_slice().expect("standard layout");
        let (x, w, pool) = (io.input_data(0), io.input_data(1), io.pool());
        let unit = normalised(pool.scratch(x.len()), m, x, &self.mean, &self.rstd);
        if io.wants(0) {
            let mut g = pool.scratch(x.len());
            map_columns(|[dy]: [T; 1], [w]: [T; 1]| [w * dy], m, [dy], [w], &mut g);
            let (mut mean, mut along, share) =
                (pool.scratch(n), pool.scratch(n), T::of(1.0 / m.max(1) as f64));
            sum_rows(|[g]: [T; 1], _: [T; 0]| [g], m, [&g], [], &mut mean);
            sum_rows(|[g, unit]: [T; 2], _: [T; 0]| [g * unit], m, [&g, &unit], [], &mut along);
            let dx = move |[g, unit]: [T; 2], [rstd, mean, along]: [T; 3]| {
                [rstd * (g - share * (mean + unit * along))]
            };
            add_grad(io, 0, |y| map_rows(dx, m, [&g, &unit], [&self.rstd, &mean, &along], y));
        }
        if io.wants(1) || io.wants(2) {
            let terms = |[dy, unit]: [T; 2], _: [T; 0]| [dy, dy * unit];
            let sums = sum_columns::<T, _, 2, 0, 2>(terms, pool.values(), m, [dy, &unit], []);
            let (db, dw) = sums[..2 * m].split_at(m);
            add_grad(io, 1, |y| y.copy_from_slice(dw));
            add_grad(io, 2, |y| y.copy_from_slice(db));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use super::*;
    use ndarray::{Axis, array};

    #[test]
    fn gradients() {
        for shape in [&[3, 5][..], &[1, 37], &[2, 3, 4], &[6], &[0, 5], &[4, 1]] {
            let m = *shape.last().unwrap();
            check([shape, &[m], &[m]], |[x, w, b]| layer_norm(x, w, b, 1e-5));
        }
    }

    #[test]
    fn every_row_has_mean_0_and_variance_1() {
        let inputs = || {
            let row = of(array![1.0, 1.0, 1.0]);
            [of(array![[1.0, 2.0, 6.0], [-1.0, 0.5, 9.0]]), row, of(array![0.0, 0.0, 0.0])]
        };
        let y = value(inputs(), |[x, w, b]| layer_norm(x, w, b, 0.0));
        for row in y.axis_iter(Axis(0)) {
            assert!(row.sum().abs() < 1e-14 && (row.var(0.0) - 1.0).abs() < 1e-14);
        }
        // x = [1, 2, 6]: E 3, Var 14/3.
        let first = value(inputs(), |[x, w, b]| layer_norm(x, w, b, 1.0 / 3.0))[[0, 0]];
        approx::assert_abs_diff_eq!(first, -2.0 / 5f64.sqrt(), epsilon = 1e-15);
    }

    #[test]
    #[should_panic(expected = "layer_norm: input [1, 2], constant [3]")]
    fn widths_must_agree() {
        let inputs = [of(array![[1.0, 2.0]]), of(array![1.0, 1.0, 1.0]), of(array![0.0, 0.0])];
        value(inputs, |[x, w, b]| layer_norm(x, w, b, 1e-5));
    }
}
