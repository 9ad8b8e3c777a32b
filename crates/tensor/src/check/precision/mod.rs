//! Checks `f32` at every SIMD level of the machine against `f64`.

use std::fmt;

use dien_kernels::simd::Level;
use dien_kernels::testing::at_level;
use ndarray::ArrayD;

use super::mix;
use crate::{Mode, ParamKind, ParamStore, Pool, Real, Tape, Var};

/// How far an `f32` tensor is from the `f64` one.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The level of the `f32` kernels.
    pub level: Level,
    /// `value`, `gradient of <parameter>` or `update of <buffer>`.
    pub name: String,
    /// The largest difference, as a share of the largest number expected; infinite if a number is NaN, or the
    /// tensor is missing on one side or has another shape.
    pub error: f64,
}

/// Tensors of `f32` that are not those of `f64`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Imprecision {
    /// The tolerance they exceed.
    pub tolerance: f64,
    /// Each of them.
    pub wrong: Vec<Comparison>,
}

impl fmt::Display for Imprecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f32 differs from f64 by more than {:e}:", self.tolerance)?;
        self.wrong.iter().try_for_each(|c| write!(f, "\n  {:?}: {}, by {:.1e}", c.level, c.name, c.error))
    }
}

impl std::error::Error for Imprecision {}

/// Compares what `f32` computes at each SIMD level of the machine with what `f64` does: the value, and its
/// gradient with respect to every parameter.
///
/// The kernels of `f64` are compiled for no vectors, so this is a fast path against a plain one; that the
/// gradient in `f64` is right, [`Check`](super::Check) tells. A function that is generic over the number is
/// given twice:
///
/// ```
/// use dien_tensor::check::Precision;
/// use dien_tensor::{ParamKind, ParamStore, Real, Tape, Var, ops};
/// use ndarray::ArrayD;
///
/// fn gate<'t, T: Real>(tape: &'t Tape<'t, T>) -> Var<'t, T> {
///     let of = |name| tape.param(tape.params().id(name).unwrap());
///     ops::sigmoid(of("x")) * ops::tanh(of("x"))
/// }
/// let mut params = ParamStore::new();
/// let x = ArrayD::from_shape_fn(vec![3, 37], |i| i[1] as f64 - 9.0 * i[0] as f64);
/// params.add("x", ParamKind::Dense, x);
/// Precision::default().tolerance(1e-6).assert(&params, gate, gate);
/// ```
#[derive(Clone, Debug)]
pub struct Precision {
    mode: Mode,
    tolerance: f64,
    least: Vec<(String, f64)>,
}

impl Default for Precision {
    fn default() -> Self {
        Precision { mode: Mode::Train { seed: 0 }, tolerance: 1e-5, least: Vec::new() }
    }
}

/// A tensor's name and its numbers.
type Named = (String, ArrayD<f64>);

impl Precision {
    /// A training step (the default, with its seed fixed), or an evaluation.
    pub fn mode(self, mode: Mode) -> Self {
        Precision { mode, ..self }
    }

    /// The largest [`Comparison::error`] that passes; 1e-5 by default.
    pub fn tolerance(self, tolerance: f64) -> Self {
        Precision { tolerance, ..self }
    }

    /// Compares the tensor of that [name](Comparison::name) as if its largest number were at least `scale`:
    /// for a gradient whose terms cancel, of which rounding leaves more than the sum is.
    pub fn at_least(mut self, name: impl Into<String>, scale: f64) -> Self {
        self.least.push((name.into(), scale));
        self
    }

    /// Compares `single` at every level with `exact`, both over `params` rounded to `f32`; a value of any
    /// shape. Without a gradient in a mode that records none.
    ///
    /// Each level runs in a pool of threads of its own ([`at_level`]), so tests beside it do not matter.
    ///
    /// # Errors
    /// Every tensor that differs by more than the tolerance.
    pub fn run(
        &self,
        params: &ParamStore<f64>,
        single: impl for<'t> Fn(&'t Tape<'t, f32>) -> Var<'t, f32> + Sync,
        exact: impl for<'t> Fn(&'t Tape<'t, f64>) -> Var<'t, f64>,
    ) -> Result<Vec<Comparison>, Imprecision> {
        let rounded = params.cast::<f32>();
        let expected = tensors(&rounded.cast(), self.mode, exact);
        let mut all = Vec::new();
        for level in Level::available::<f32>() {
            let found = at_level(level, || tensors(&rounded, self.mode, &single));
            let names = expected.iter().chain(&found).map(|(name, _)| name);
            let mut seen: Vec<&String> = Vec::new();
            for name in names {
                if !seen.contains(&name) {
                    seen.push(name);
                    let error = self.error(name, &found, &expected);
                    all.push(Comparison { level, name: name.clone(), error });
                }
            }
        }
        let (right, wrong): (Vec<_>, Vec<_>) = all.into_iter().partition(|c| c.error <= self.tolerance);
        if wrong.is_empty() { Ok(right) } else { Err(Imprecision { tolerance: self.tolerance, wrong }) }
    }

    /// [`run`](Self::run), for a test.
    ///
    /// # Panics
    /// If a tensor differs.
    #[track_caller]
    pub fn assert(
        &self,
        params: &ParamStore<f64>,
        single: impl for<'t> Fn(&'t Tape<'t, f32>) -> Var<'t, f32> + Sync,
        exact: impl for<'t> Fn(&'t Tape<'t, f64>) -> Var<'t, f64>,
    ) {
        if let Err(imprecision) = self.run(params, single, exact) {
            panic!("{imprecision}");
        }
    }

    fn error(&self, name: &str, found: &[Named], expected: &[Named]) -> f64 {
        let of = |list: &[Named]| list.iter().position(|(other, _)| other == name);
        let (Some(found), Some(expected)) =
            (of(found).map(|i| &found[i].1), of(expected).map(|i| &expected[i].1))
        else {
            return f64::INFINITY;
        };
        let finite = found.iter().chain(expected).all(|x| x.is_finite());
        if found.shape() != expected.shape() || !finite {
            return f64::INFINITY;
        }
        let least = self.least.iter().find(|(of, _)| of == name).map_or(0.0, |&(_, scale)| scale);
        // No NaN is left that a maximum could drop.
        let largest = expected.iter().fold(least, |largest, x| largest.max(x.abs()));
        let worst = found.iter().zip(expected).fold(0.0, |worst: f64, (f, e)| worst.max((f - e).abs()));
        if worst == 0.0 { 0.0 } else { worst / largest }
    }
}

/// The value, what it would do to buffers, and the gradient of a mix of its elements.
fn tensors<T: Real>(
    params: &ParamStore<T>,
    mode: Mode,
    f: impl for<'t> Fn(&'t Tape<'t, T>) -> Var<'t, T>,
) -> Vec<Named> {
    let pool = Pool::new();
    let tape = Tape::new(params, &pool, mode);
    let value = f(&tape);
    let number = |x: &T| x.f64();
    let mut all = vec![("value".to_owned(), value.view().map(number))];
    for (id, value) in tape.take_updates().iter() {
        all.push((format!("update of {}", params.name(*id)), value.map(number)));
    }
    if tape.records() {
        let grads = tape.backward(mix(value));
        for id in params.ids().filter(|&id| params.kind(id) != ParamKind::Buffer) {
            if let Some(grad) = grads.get(id) {
                all.push((
                    format!("gradient of {}", params.name(id)),
                    grad.to_dense(params.shape(id)).map(number),
                ));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
