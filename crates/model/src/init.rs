//! Parameters and their initial values.

use dien_cells::Real;
use dien_tensor::{ParamId, ParamKind, ParamStore};
use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal};

/// Adds named parameters to a store, drawing their initial values from one seeded stream.
pub struct Builder<'a, T> {
    params: &'a mut ParamStore<T>,
    rng: ChaCha8Rng,
    /// What every name begins with.
    scope: String,
}

impl<'a, T: Real> Builder<'a, T> {
    /// A builder over `params`.
    pub fn new(params: &'a mut ParamStore<T>, seed: u64) -> Self {
        Builder { params, rng: ChaCha8Rng::seed_from_u64(seed), scope: String::new() }
    }

    /// Adds parameters whose names begin with `scope`.
    pub fn within<R>(&mut self, scope: &str, add: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.scope.len();
        self.scope.push_str(scope);
        let added = add(self);
        self.scope.truncate(outer);
        added
    }

    fn add(&mut self, name: &str, kind: ParamKind, value: ArrayD<T>) -> ParamId {
        self.params.add(format!("{}{name}", self.scope), kind, value)
    }

    /// An embedding table `[rows, width]`: normal with deviation `std`, row 0 zero.
    pub fn table(&mut self, name: &str, rows: usize, width: usize, std: f64) -> ParamId {
        let normal = Normal::new(0.0, std).expect("a finite deviation");
        let rng = &mut self.rng;
        let mut i = 0;
        let value = ArrayD::from_shape_simple_fn(vec![rows, width], || {
            i += 1;
            if i <= width { T::zero() } else { T::of(normal.sample(rng)) }
        });
        self.add(name, ParamKind::Rows, value)
    }

    /// A weight `[outputs, inputs]`, uniform within ±1/√`fan_in`.
    pub fn weight(&mut self, name: &str, outputs: usize, inputs: usize, fan_in: usize) -> ParamId {
        let bound = 1.0 / (fan_in.max(1) as f64).sqrt();
        let rng = &mut self.rng;
        let draw = || T::of(rng.random_range(-bound..bound));
        let value = ArrayD::from_shape_simple_fn(vec![outputs, inputs], draw);
        self.add(name, ParamKind::Dense, value)
    }

    /// A vector of one value.
    pub fn vector(&mut self, name: &str, len: usize, value: f64) -> ParamId {
        self.add(name, ParamKind::Dense, ArrayD::from_elem(vec![len], T::of(value)))
    }

    /// A vector that gradients do not train, such as a running mean.
    pub fn buffer(&mut self, name: &str, len: usize, value: f64) -> ParamId {
        self.add(name, ParamKind::Buffer, ArrayD::from_elem(vec![len], T::of(value)))
    }

    /// The parameter, to change its initial value.
    pub fn data_mut(&mut self, id: ParamId) -> &mut [T] {
        self.params.data_mut(id)
    }
}
