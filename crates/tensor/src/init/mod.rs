//! Initial values of parameters, and a [`Builder`] that adds parameters by name.
//!
//! ```
//! use dien_tensor::ParamStore;
//! use dien_tensor::init::{Builder, Init};
//!
//! let mut params = ParamStore::<f32>::new();
//! let mut builder = Builder::new(&mut params, 1);
//! let weight = builder.add("head.weight", &[80, 36], Init::XavierUniform);
//! let bias = builder.add("head.bias", &[80], Init::Zeros);
//! assert_eq!((params.name(weight), params.shape(bias)), ("head.weight", &[80][..]));
//! ```

mod builder;
mod source;
mod stream;
#[cfg(test)]
mod tests;

pub use builder::Builder;
pub use source::{ParamError, ParamSource};

use ndarray::ArrayD;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Normal};

use crate::Real;

/// The distribution that a parameter's initial values are drawn from, or their one value.
///
/// Fan-in and fan-out are PyTorch's: of a weight `[out, in]` they are `in` and `out`; further axes multiply
/// both.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// 0
    Zeros,
    /// 1
    Ones,
    /// Any one value.
    Constant(f64),
    /// Uniform in [`low`, `high`).
    Uniform {
        /// The least value.
        low: f64,
        /// What all values are below.
        high: f64,
    },
    /// Normal.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation, at least 0.
        std: f64,
    },
    /// Uniform within ±1/√fan-in: what PyTorch draws the weights of its linear layers from.
    FanIn,
    /// Uniform within ±√(6 / (fan-in + fan-out)), for layers with tanh or σ (Glorot and Bengio 2010).
    XavierUniform,
    /// Normal with variance 2 / (fan-in + fan-out) (Glorot and Bengio 2010).
    XavierNormal,
    /// Uniform within ±√(6 / fan-in), for layers with ReLU (He et al. 2015, arXiv:1502.01852); PyTorch's
    /// `kaiming_uniform_`.
    HeUniform,
    /// Normal with variance 2 / fan-in (He et al. 2015); PyTorch's `kaiming_normal_`.
    HeNormal,
}

impl Init {
    /// An array of this shape, drawn row-major.
    ///
    /// # Panics
    /// If a range is empty, a deviation negative or either not finite; or if fans are asked for and there are
    /// fewer than two axes.
    #[track_caller]
    pub fn draw<T: Real>(self, shape: &[usize], rng: &mut impl Rng) -> ArrayD<T> {
        self.check(shape);
        match self {
            Init::Zeros => ArrayD::from_elem(shape, T::zero()),
            Init::Ones => ArrayD::from_elem(shape, T::one()),
            Init::Constant(value) => ArrayD::from_elem(shape, T::of(value)),
            Init::Uniform { low, high } => uniform(shape, rng, low, high),
            Init::Normal { mean, std } => normal(shape, rng, mean, std),
            Init::FanIn => within(shape, rng, 1.0 / fans(shape).0.sqrt()),
            Init::XavierUniform => within(shape, rng, (6.0 / fan_sum(shape)).sqrt()),
            Init::XavierNormal => normal(shape, rng, 0.0, (2.0 / fan_sum(shape)).sqrt()),
            Init::HeUniform => within(shape, rng, (6.0 / fans(shape).0).sqrt()),
            Init::HeNormal => normal(shape, rng, 0.0, (2.0 / fans(shape).0).sqrt()),
        }
    }

    /// Panics as [`draw`](Self::draw).
    #[track_caller]
    fn check(self, shape: &[usize]) {
        match self {
            Init::Zeros | Init::Ones | Init::Constant(_) => {}
            Init::Uniform { low, high } => {
                assert!(low < high && (high - low).is_finite(), "Init::Uniform: from {low} to below {high}");
            }
            Init::Normal { mean, std } => {
                let possible = mean.is_finite() && std.is_finite() && std >= 0.0;
                assert!(possible, "Init::Normal: mean {mean}, deviation {std}");
            }
            _ => assert!(shape.len() >= 2, "Init: a fan-in needs two axes or more, found {shape:?}"),
        }
    }
}

fn within<T: Real>(shape: &[usize], rng: &mut impl Rng, bound: f64) -> ArrayD<T> {
    uniform(shape, rng, -bound, bound)
}

fn uniform<T: Real>(shape: &[usize], rng: &mut impl Rng, low: f64, high: f64) -> ArrayD<T> {
    ArrayD::from_shape_simple_fn(shape, || T::of(rng.random_range(low..high)))
}

fn normal<T: Real>(shape: &[usize], rng: &mut impl Rng, mean: f64, std: f64) -> ArrayD<T> {
    let normal = Normal::new(mean, std).expect("finite");
    ArrayD::from_shape_simple_fn(shape, || T::of(normal.sample(rng)))
}

/// Fan-in and fan-out, at least 1.
fn fans(shape: &[usize]) -> (f64, f64) {
    let field: usize = shape[2..].iter().product();
    ((shape[1] * field).max(1) as f64, (shape[0] * field).max(1) as f64)
}

fn fan_sum(shape: &[usize]) -> f64 {
    let (inputs, outputs) = fans(shape);
    inputs + outputs
}

#[cfg(test)]
mod distributions {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn draw(init: Init, shape: &[usize]) -> ArrayD<f64> {
        init.draw(shape, &mut ChaCha8Rng::seed_from_u64(4))
    }

    #[test]
    fn uniform_ones_fill_their_range() {
        let shape = [60, 100];
        for (init, low, high) in [
            (Init::Uniform { low: -1.0, high: 3.0 }, -1.0, 3.0),
            (Init::FanIn, -0.1, 0.1),
            (Init::XavierUniform, -(6f64 / 160.0).sqrt(), (6f64 / 160.0).sqrt()),
            (Init::HeUniform, -(6f64 / 100.0).sqrt(), (6f64 / 100.0).sqrt()),
        ] {
            let x = draw(init, &shape);
            assert!(x.iter().all(|x| (low..high).contains(x)), "{init:?}");
            let margin = 0.01 * (high - low);
            let near_ends = x.iter().any(|&x| x < low + margin) && x.iter().any(|&x| x > high - margin);
            assert!(near_ends, "{init:?}: {x:?}");
        }
    }

    #[test]
    fn normal_ones_have_their_deviation() {
        let shape = [40, 10, 20];
        for (init, mean, std) in [
            (Init::Normal { mean: 2.0, std: 0.5 }, 2.0, 0.5),
            (Init::XavierNormal, 0.0, (2.0 / (200.0 + 800.0f64)).sqrt()),
            (Init::HeNormal, 0.0, (2.0 / 200.0f64).sqrt()),
        ] {
            let x = draw(init, &shape);
            // Four standard errors of 8,000 draws.
            assert!((x.mean().unwrap() - mean).abs() < 4.0 * std / 8000f64.sqrt(), "{init:?}");
            assert!((x.std(0.0) / std - 1.0).abs() < 4.0 / 16000f64.sqrt(), "{init:?}: {}", x.std(0.0));
        }
    }

    #[test]
    fn constants() {
        assert_eq!(draw(Init::Zeros, &[2]).as_slice(), Some(&[0.0; 2][..]));
        assert_eq!(draw(Init::Ones, &[2]).as_slice(), Some(&[1.0; 2][..]));
        assert_eq!(draw(Init::Constant(-0.5), &[]).sum(), -0.5);
        assert_eq!(draw(Init::HeNormal, &[0, 3]).len(), 0);
    }

    #[test]
    #[should_panic(expected = "Init::Normal: mean 0, deviation -1")]
    fn a_deviation_is_not_negative() {
        draw(Init::Normal { mean: 0.0, std: -1.0 }, &[3]);
    }
}
