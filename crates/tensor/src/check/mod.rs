//! Checks gradients: reverse mode against central differences in `f64`, and `f32` at every SIMD level against
//! `f64`.
//!
//! For your own ops and models, behind the feature `testing`. See the [crate's
//! example](crate#an-op-of-your-own), and [`Precision`].

mod precision;

pub use dien_kernels::simd::Level;
pub use dien_kernels::testing::{Difference, Tolerance, assert_close, at_level, close};
pub use precision::{Comparison, Imprecision, Precision};

use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::{Mode, ParamId, ParamKind, ParamStore, Pool, Real, Tape, Var, ops};

/// One derivative, found twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Derivative {
    /// What was moved: a parameter, `parameter[element]`, or all parameters together.
    pub name: String,
    /// By central differences.
    pub numeric: f64,
    /// By the reverse pass.
    pub analytic: f64,
}

impl Derivative {
    /// |numeric − analytic| as a share of the larger of the two, or of 1e-3 if both are smaller.
    pub fn error(&self) -> f64 {
        let scale = self.numeric.abs().max(self.analytic.abs()).max(1e-3);
        (self.numeric - self.analytic).abs() / scale
    }
}

impl std::fmt::Display for Derivative {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Derivative { name, numeric, analytic } = self;
        write!(f, "{name}: numeric {numeric:e}, analytic {analytic:e}, error {:.1e}", self.error())
    }
}

/// Derivatives that do not agree.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The tolerance they exceed.
    pub tolerance: f64,
    /// Each of them.
    pub wrong: Vec<Derivative>,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "gradients differ by more than {:e}:", self.tolerance)?;
        self.wrong.iter().try_for_each(|d| write!(f, "\n  {d}"))
    }
}

impl std::error::Error for Mismatch {}

/// How to check; [`Check::default`] moves each parameter, and all together, along a random direction.
#[derive(Clone, Debug)]
pub struct Check {
    mode: Mode,
    tolerance: f64,
    step: f64,
    seed: u64,
    elements: bool,
}

impl Default for Check {
    fn default() -> Self {
        Check { mode: Mode::Train { seed: 0 }, tolerance: 1e-7, step: 1e-4, seed: 0, elements: false }
    }
}

impl Check {
    /// A training step (the default, with its seed fixed, so that dropout drops the same), or
    /// [`Mode::EvalWithGrad`].
    pub fn mode(self, mode: Mode) -> Self {
        Check { mode, ..self }
    }

    /// The largest [`Derivative::error`] that passes; 1e-7 by default.
    pub fn tolerance(self, tolerance: f64) -> Self {
        Check { tolerance, ..self }
    }

    /// How far the fastest element moves; 1e-4 by default. Points must be twice as far from every kink.
    pub fn step(self, step: f64) -> Self {
        Check { step, ..self }
    }

    /// Seeds the random directions.
    pub fn seed(self, seed: u64) -> Self {
        Check { seed, ..self }
    }

    /// Moves every element alone as well: for tiny shapes.
    pub fn each_element(self) -> Self {
        Check { elements: true, ..self }
    }

    /// Compares the gradient of `loss`, a scalar, with respect to every parameter that is not a
    /// [`Buffer`](ParamKind::Buffer). What the loss would do to buffers is ignored.
    ///
    /// # Errors
    /// All derivatives that differ.
    ///
    /// # Panics
    /// If the loss is not a scalar or the mode is [`Mode::Eval`].
    #[track_caller]
    pub fn run(
        &self,
        params: &ParamStore<f64>,
        loss: impl for<'t> Fn(&'t Tape<'t, f64>) -> Var<'t, f64>,
    ) -> Result<Vec<Derivative>, Mismatch> {
        let pool = Pool::new();
        let trained: Vec<ParamId> = params.ids().filter(|&id| params.kind(id) != ParamKind::Buffer).collect();
        let gradient: Vec<Vec<f64>> = {
            let tape = Tape::new(params, &pool, self.mode);
            let grads = tape.backward(loss(&tape));
            let dense = |&id: &ParamId| match grads.get(id) {
                Some(grad) => grad.to_dense(params.shape(id)).iter().copied().collect(),
                None => vec![0.0; params.data(id).len()],
            };
            trained.iter().map(dense).collect()
        };
        let mut moved = params.clone();
        let mut at = |directions: &[Vec<f64>], step: f64| {
            for (&id, direction) in trained.iter().zip(directions) {
                let from = params.data(id).iter().zip(direction);
                moved.data_mut(id).iter_mut().zip(from).for_each(|(x, (&x0, &d))| *x = x0 + step * d);
            }
            let tape = Tape::new(&moved, &pool, self.mode);
            loss(&tape).scalar()
        };
        let mut derivatives = Vec::new();
        let mut compare = |name: String, directions: &[Vec<f64>]| {
            let h = self.step;
            // Two central differences; together they cancel the error of order h².
            let near = at(directions, h) - at(directions, -h);
            let far = at(directions, 2.0 * h) - at(directions, -2.0 * h);
            let numeric = (8.0 * near - far) / (12.0 * h);
            let products = gradient.iter().flatten().zip(directions.iter().flatten()).map(|(g, d)| g * d);
            derivatives.push(Derivative { name, numeric, analytic: products.sum() });
        };
        let none: Vec<Vec<f64>> = trained.iter().map(|&id| vec![0.0; params.data(id).len()]).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let all: Vec<Vec<f64>> =
            none.iter().map(|zeros| zeros.iter().map(|_| rng.random_range(-1.0..=1.0)).collect()).collect();
        compare("all parameters".into(), &all);
        for (i, &id) in trained.iter().enumerate() {
            let mut directions = none.clone();
            directions[i].clone_from(&all[i]);
            compare(params.name(id).into(), &directions);
            for element in 0..if self.elements { none[i].len() } else { 0 } {
                directions[i].fill(0.0);
                directions[i][element] = 1.0;
                compare(format!("{}[{element}]", params.name(id)), &directions);
            }
        }
        let (right, wrong): (Vec<_>, Vec<_>) =
            derivatives.into_iter().partition(|d| d.error() <= self.tolerance);
        if wrong.is_empty() { Ok(right) } else { Err(Mismatch { tolerance: self.tolerance, wrong }) }
    }
}

/// Checks with [`Check::default`] and [`Check::each_element`].
///
/// # Panics
/// If a gradient is wrong.
#[track_caller]
pub fn assert_gradients(params: &ParamStore<f64>, loss: impl for<'t> Fn(&'t Tape<'t, f64>) -> Var<'t, f64>) {
    if let Err(mismatch) = Check::default().each_element().run(params, loss) {
        panic!("{mismatch}");
    }
}

/// Σ cᵢ xᵢ with fixed random cᵢ in ±[0.5, 1.5): a scalar that depends on every element of `x` in its own way.
pub fn mix<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    let c = || T::of(rng.random_range(0.5..1.5) * if rng.random() { 1.0 } else { -1.0 });
    let c = ArrayD::from_shape_simple_fn(x.shape(), c);
    ops::sum(x * x.tape().constant(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Backward, OpGrads, Real};
    use ndarray::{ArrayViewD, array};

    /// y = x³ with `scale` times the right derivative.
    struct Cube {
        scale: f64,
    }

    fn cube<'t>(x: Var<'t, f64>, scale: f64) -> Var<'t, f64> {
        x.tape().record(&[x], x.view().mapv(|x| x * x * x), Cube { scale })
    }

    impl<T: Real> Backward<T> for Cube {
        fn name(&self) -> &'static str {
            "cube"
        }
        fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
            let dx = io.input(0).mapv(|x| T::of(3.0 * self.scale) * x * x) * dy;
            io.add(0, dx);
        }
    }

    fn store() -> ParamStore<f64> {
        let mut params = ParamStore::new();
        params.add("right", ParamKind::Dense, array![1.0, -2.0].into_dyn());
        params.add("wrong", ParamKind::Dense, array![0.7, 0.0].into_dyn());
        params.add("running", ParamKind::Buffer, array![9.0].into_dyn());
        params
    }

    #[test]
    fn a_small_error_is_found_and_named() {
        let params = store();
        let ids: Vec<_> = params.ids().collect();
        let check = Check::default().each_element();
        let run = |scale| {
            check.run(&params, |tape| {
                mix(cube(tape.param(ids[0]), 1.0)) + mix(cube(tape.param(ids[1]), scale))
            })
        };
        let names = |list: Vec<Derivative>| list.into_iter().map(|d| d.name).collect::<Vec<_>>();
        let all = ["all parameters", "right", "right[0]", "right[1]", "wrong", "wrong[0]", "wrong[1]"];
        assert_eq!(names(run(1.0).expect("right gradients")), all);
        let mismatch = run(1.0 + 1e-5).expect_err("wrong gradients");
        assert!(mismatch.to_string().starts_with("gradients differ by more than 1e-7:\n  all parameters"));
        assert_eq!(names(mismatch.wrong), ["all parameters", "wrong", "wrong[0]"]);
    }

    #[test]
    fn a_forgotten_gradient_and_a_nan_are_found() {
        let params = store();
        let id = params.ids().next().expect("three parameters");
        let forgotten =
            Check::default().run(&params, |tape| mix(tape.constant(tape.param(id).view().to_owned())));
        assert!(forgotten.is_err());
        let nan = Check::default().run(&params, |tape| mix(cube(tape.param(id), f64::NAN)));
        assert!(nan.is_err());
    }

    #[test]
    fn rows_are_checked_and_what_the_loss_ignores_has_no_derivative() {
        let mut params = store();
        let table =
            params.add("table", ParamKind::Rows, array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].into_dyn());
        let loss = |ids: [u32; 3]| {
            let check = Check::default().each_element();
            check.run(&params, move |tape| mix(ops::square(ops::gather(tape.param(table), &ids))))
        };
        let found = loss([2, 0, 2]).expect("right gradients");
        let of = |name: &str| found.iter().find(|d| d.name == name).expect("checked").clone();
        assert!(of("table[4]").analytic != 0.0 && of("table[0]").analytic != 0.0);
        for ignored in ["table[2]", "table[3]", "right", "wrong[1]"] {
            assert_eq!((of(ignored).analytic, of(ignored).numeric), (0.0, 0.0), "{ignored}");
        }
    }

    #[test]
    #[should_panic = "backward: an evaluation tape records nothing"]
    fn an_evaluation_has_no_gradient_to_check() {
        let params = store();
        let id = params.ids().next().expect("three parameters");
        let _ = Check::default().mode(Mode::Eval).run(&params, |tape| mix(tape.param(id)));
    }
}
