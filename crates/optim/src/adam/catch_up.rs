//! The steps that a row missed, made at once. The mathematics stands in [`super::history`].

use dien_kernels::inline::{array, each, zip};
use dien_kernels::simd::{Kernel, Simd, dispatch, math};
use dien_tensor::{ParamId, ParamStore, Real};

use super::history::{Missed, Summaries, TERMS};
use super::table::{Row, Table};
use super::update::normal;
use super::{Adam, NEVER};

impl<T: Real> Adam<T> {
    /// Brings those of `ids` up to date that are not; they must be rows of the table.
    pub(super) fn catch_up(&mut self, params: &mut ParamStore<T>, id: ParamId, ids: &[u32]) {
        let (Some(history), slot) = (&self.history, &mut self.slots[id.index()]) else { return };
        if slot.touched.is_empty() {
            return;
        }
        let now = history.now() as u32;
        self.stale.clear();
        self.stale.reserve(ids.len());
        let since = ids.iter().map(|&row| (row, slot.touched[row as usize]));
        self.stale.extend(since.filter(|&(_, touched)| touched != now && touched != NEVER));
        self.stale.sort_unstable();
        self.stale.dedup();
        let (stale, eps, missed) = (&self.stale, self.config.eps, &history.summaries(0));
        let width = params.shape(id)[1];
        let table = slot.table(params.data_mut(id), width);
        self.stats.rows += stale.len() as u64;
        self.stats.looped += table.for_rows(0..stale.len(), &|i| stale[i].0 as usize, &|entries, table| {
            let row = |i: usize| (stale[i].0 as usize, u64::from(stale[i].1));
            dispatch(CatchUp { missed, eps, entries, row, table })
        });
        stale.iter().for_each(|&(row, _)| slot.touched[row as usize] = now);
    }

    /// Brings all rows of a table up to date, at the cost of those that have anything to catch up.
    pub(super) fn catch_up_all(&mut self, params: &mut ParamStore<T>, id: ParamId) {
        let (Some(history), slot) = (&self.history, &mut self.slots[id.index()]) else { return };
        let (now, eps) = (history.now() as u32, self.config.eps);
        let (mut touched, mut seen) = (std::mem::take(&mut slot.touched), slot.seen.take());
        if let Some(seen) = &mut seen {
            seen.sort_unstable();
        }
        let rows = seen.as_ref().map_or(touched.len(), Vec::len);
        let row = |i: usize| seen.as_ref().map_or(i, |seen| seen[i] as usize);
        let behind = (0..rows).filter(|&i| touched[row(i)] != now).count();
        if behind > 0 {
            self.stats.rows += behind as u64;
            let (width, missed) = (params.shape(id)[1], &history.summaries(behind));
            let table = slot.table(params.data_mut(id), width);
            self.stats.looped += table.for_rows(0..rows, &row, &|entries, table| {
                let row = |i: usize| (row(i), u64::from(touched[row(i)]));
                dispatch(CatchUp { missed, eps, entries, row, table })
            });
        }
        (0..rows).for_each(|i| touched[row(i)] = now);
        (slot.touched, slot.seen) = (touched, seen);
    }
}

/// Entries of a list of rows, and the part of the table that has them.
struct CatchUp<'a, T, F> {
    missed: &'a Summaries<'a>,
    eps: f64,
    entries: std::ops::Range<usize>,
    /// The row of an entry and the step at which it was last up to date.
    row: F,
    table: Table<'a, T>,
}

impl<T: Real, F: Fn(usize) -> (usize, u64)> Kernel<T> for CatchUp<'_, T, F> {
    /// For how many rows the series did not do.
    type Output = u64;

    #[inline(always)]
    fn run<S: Simd>(mut self) -> u64 {
        let mut looped = 0;
        for entry in self.entries {
            let (number, t) = (self.row)(entry);
            if t < self.missed.now() {
                let missed = self.missed.since(t);
                let row = self.table.row(number);
                if series_does(&missed, self.eps, &row) {
                    by_series::<T, S>(&missed, self.eps, row);
                } else {
                    by_loop(&missed, self.eps, row);
                    looped += 1;
                }
            }
        }
        looped
    }
}

/// Whether the terms that the series leaves out are beyond the precision of the sum.
fn series_does<T: Real>(missed: &Missed<'_>, eps: f64, row: &Row<'_, T>) -> bool {
    let tolerance = T::epsilon().f64().max(1e-12);
    let m = &missed.moments;
    // The sum lies between M₀ − q M₁ and M₀, the rest below qᴶ M_J.
    let does = |q: f64| q.powi(TERMS as i32) * m[TERMS] <= tolerance * (m[0] - q * m[1]);
    does(1.0) || {
        let mut least = f64::INFINITY;
        for (m, v) in zip(&*row.m, &*row.v) {
            least = if *m != T::zero() { least.min(v.f64()) } else { least };
        }
        let shift = eps * missed.first_weight;
        does(shift / (least.sqrt() + shift))
    }
}

#[inline(always)]
fn by_series<T: Real, S: Simd>(missed: &Missed<'_>, eps: f64, row: Row<'_, T>) {
    let [beta1, beta2] = array(|k| T::of(missed.decay[k]));
    let moments: [T; TERMS + 1] = array(|j| T::of(missed.moments[j]));
    let (shift, shrink) = (T::of(eps * missed.first_weight), T::of(missed.shrink));
    let n = row.value.len();
    let (value, m, v) = (row.value, &mut row.m[..n], &mut row.v[..n]);
    for i in 0..n {
        let inverse = T::one() / (v[i].sqrt() + shift);
        let minus_q = -shift * inverse;
        let mut sum = moments[TERMS - 1];
        for j in (0..TERMS - 1).rev() {
            sum = math::mul_add::<T, S>(sum, minus_q, moments[j]);
        }
        value[i] -= math::mul_add::<T, S>(shrink, value[i], m[i] * inverse * sum);
        m[i] = normal(m[i] * beta1);
        v[i] = normal(v[i] * beta2);
    }
}

#[inline(always)]
fn by_loop<T: Real>(missed: &Missed<'_>, eps: f64, row: Row<'_, T>) {
    const LANES: usize = 16;
    let [beta1, beta2] = array(|k| T::of(missed.decay[k]));
    let (shrink, keep_after) = (T::of(missed.shrink), T::of(missed.keep_after));
    let moments = zip(row.m.chunks_mut(LANES), row.v.chunks_mut(LANES));
    for (value, (m, v)) in zip(row.value.chunks_mut(LANES), moments) {
        let mut roots = [T::zero(); LANES];
        let mut sums = [T::zero(); LANES];
        each(&mut roots, [&*v], |root, [v]| *root = v.sqrt());
        for (keep, scale, weight) in missed.moves() {
            let (keep, scale, shift) = (T::of(keep), T::of(scale), T::of(eps * weight));
            each(&mut sums, [&roots], |sum, [root]| *sum = *sum * keep + scale / (root + shift));
        }
        let n = value.len();
        let (m, v, sums) = (&mut m[..n], &mut v[..n], &sums[..n]);
        for i in 0..n {
            value[i] -= shrink * value[i] + m[i] * sums[i] * keep_after;
            m[i] = normal(m[i] * beta1);
            v[i] = normal(v[i] * beta2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::History;
    use super::*;
    use dien_kernels::simd::Portable;

    const LR: f64 = 1e-2;
    const BETAS: [f64; 2] = [0.9, 0.999];

    /// The steps t+1 ..= t+n of Adam without a gradient, one after the other.
    fn literally(t: u64, n: u64, eps: f64, decay: f64, [mut value, mut m, mut v]: [f64; 3]) -> [f64; 3] {
        for s in (t + 1..=t + n).map(|s| s as i32) {
            value *= 1.0 - LR * decay;
            (m, v) = (m * BETAS[0], v * BETAS[1]);
            let m_hat = m / (1.0 - BETAS[0].powi(s));
            value -= LR * m_hat / ((v / (1.0 - BETAS[1].powi(s))).sqrt() + eps);
        }
        [value, m, v]
    }

    #[test]
    fn series_and_loop_equal_the_single_steps() {
        const EPS: f64 = 1e-8;
        let ratios = [0.0, 1e-3, 0.03, 1.0, 30.0, 1e3];
        for (t, decay) in [0, 1, 10, 100, 1000, 20_000].into_iter().flat_map(|t| [(t, 0.0), (t, 0.5)]) {
            for n in [1, 2, 30, 395, 396, 1500] {
                let mut history = History::new(BETAS, t);
                (0..n).for_each(|_| history.push(LR, LR * decay));
                let missed = history.missed_since(t);
                for ratio in ratios {
                    // At ratio 0 the element's v is large, at the others √v = ε / ratio.
                    let root = if ratio > 0.0 { EPS / ratio } else { 1.0 };
                    let start = [0.0, 0.3 * root, root * root];
                    let expected = literally(t, n, EPS, decay, start);
                    let compare = |how: &str, make: &dyn Fn(Row<'_, f64>), tolerance: f64| {
                        let [mut value, mut m, mut v] = start.map(|x| [x]);
                        make(Row { value: &mut value, m: &mut m, v: &mut v });
                        for (found, expected) in [value[0], m[0], v[0]].into_iter().zip(expected) {
                            let error = (found - expected).abs() / expected.abs();
                            let case = format!("{how}: t {t}, n {n}, ratio {ratio}, decay {decay}");
                            assert!(error < tolerance || expected < f64::MIN_POSITIVE, "{case}: {error:e}");
                        }
                    };
                    compare("loop", &|row| by_loop(&missed, EPS, row), 1e-12);
                    let [mut value, mut m, mut v] = start.map(|x| [x]);
                    let does = series_does(&missed, EPS, &Row { value: &mut value, m: &mut m, v: &mut v });
                    if does {
                        compare("series", &|row| by_series::<f64, Portable>(&missed, EPS, row), 4e-12);
                    }
                    let should = t >= 2000 || n == 1 || ratio == 0.0;
                    assert!(does || !should, "the loop at t {t}, n {n}, ratio {ratio}");
                    assert!(
                        !does || t > 10 || n <= 2 || ratio < 1.0,
                        "the series at t {t}, n {n}, ratio {ratio}"
                    );
                }
            }
        }
    }
}
