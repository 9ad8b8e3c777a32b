//! Parameters and their initial values.

use dien_cells::Real;
use dien_tensor::{ParamId, ParamKind, ParamStore};
use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal};

use crate::source::{ParamError, ParamSource};

/// Adds named parameters to a store, one after the other: with initial values drawn from one seeded stream,
/// or with values that are there already. The constructors of [`parts`](crate::parts) do not see the
/// difference.
///
/// ```
/// use dien_model::init::Builder;
/// use dien_tensor::ParamStore;
///
/// let mut params = ParamStore::<f32>::new();
/// let mut builder = Builder::new(&mut params, 7);
/// let table = builder.table("bias.item", 100, 1, 0.05);
/// let weight = builder.weight("mix.weight", 4, 8, 8);
/// builder.finish()?;
/// assert_eq!((params.shape(table), params.shape(weight)), (&[100, 1][..], &[4, 8][..]));
/// # Ok::<(), dien_model::ParamError>(())
/// ```
pub struct Builder<'a, T> {
    params: &'a mut ParamStore<T>,
    values: Values<'a, T>,
    /// What every name begins with.
    scope: String,
    /// The first parameter that could not be had.
    error: Option<ParamError>,
}

/// Where values come from.
enum Values<'a, T> {
    /// Drawn.
    Draw(Box<ChaCha8Rng>),
    /// Taken from a source.
    Take(&'a mut dyn ParamSource<T>),
    /// In the store already.
    Stored,
}

impl<T> std::fmt::Debug for Builder<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let values = match self.values {
            Values::Draw(_) => "drawn",
            Values::Take(_) => "from a source",
            Values::Stored => "stored",
        };
        f.debug_struct("Builder").field("values", &values).field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl<'a, T: Real> Builder<'a, T> {
    /// Adds parameters to `params`, with initial values drawn from `seed`.
    pub fn new(params: &'a mut ParamStore<T>, seed: u64) -> Self {
        Self::with(params, Values::Draw(Box::new(ChaCha8Rng::seed_from_u64(seed))))
    }

    /// Adds parameters to `params`, with the values of a source. Nothing is drawn.
    pub fn from_source(params: &'a mut ParamStore<T>, source: &'a mut dyn ParamSource<T>) -> Self {
        Self::with(params, Values::Take(source))
    }

    /// Finds parameters by name in `params`, which has all of them already. Nothing is drawn, copied or
    /// changed.
    pub fn over(params: &'a mut ParamStore<T>) -> Self {
        Self::with(params, Values::Stored)
    }

    fn with(params: &'a mut ParamStore<T>, values: Values<'a, T>) -> Self {
        Builder { params, values, scope: String::new(), error: None }
    }

    /// Whether every parameter was there. A model that was built without some is of no use: call this last.
    ///
    /// # Errors
    /// The first parameter that the source or the store lacks, or has with another shape. Drawn ones are
    /// never missing.
    pub fn finish(self) -> Result<(), ParamError> {
        self.error.map_or(Ok(()), Err)
    }

    /// Adds parameters whose names begin with `scope`.
    pub fn within<R>(&mut self, scope: &str, add: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.scope.len();
        self.scope.push_str(scope);
        let added = add(self);
        self.scope.truncate(outer);
        added
    }

    /// An embedding table `[rows, width]`: normal with deviation `std`, row 0 zero.
    pub fn table(&mut self, name: &str, rows: usize, width: usize, std: f64) -> ParamId {
        self.add(name, ParamKind::Rows, &[rows, width], |rng| {
            let normal = Normal::new(0.0, std).expect("a finite deviation");
            let mut i = 0;
            ArrayD::from_shape_simple_fn(vec![rows, width], || {
                i += 1;
                if i <= width { T::zero() } else { T::of(normal.sample(rng)) }
            })
        })
    }

    /// A weight `[outputs, inputs]`, uniform within ±1/√`fan_in`.
    pub fn weight(&mut self, name: &str, outputs: usize, inputs: usize, fan_in: usize) -> ParamId {
        self.add(name, ParamKind::Dense, &[outputs, inputs], |rng| {
            let bound = 1.0 / (fan_in.max(1) as f64).sqrt();
            let draw = || T::of(rng.random_range(-bound..bound));
            ArrayD::from_shape_simple_fn(vec![outputs, inputs], draw)
        })
    }

    /// A vector `[len]` of one value.
    pub fn vector(&mut self, name: &str, len: usize, value: f64) -> ParamId {
        self.vector_of(name, len, |_| value)
    }

    /// A vector `[len]` of a value by place.
    pub fn vector_of(&mut self, name: &str, len: usize, value: impl Fn(usize) -> f64) -> ParamId {
        let values = |_: &mut _| ArrayD::from_shape_fn(vec![len], |at| T::of(value(at[0])));
        self.add(name, ParamKind::Dense, &[len], values)
    }

    /// A vector `[len]` that gradients do not train, such as a running mean.
    pub fn buffer(&mut self, name: &str, len: usize, value: f64) -> ParamId {
        self.add(name, ParamKind::Buffer, &[len], |_| ArrayD::from_elem(vec![len], T::of(value)))
    }

    /// A parameter of any shape, whose initial value is `draw`n from the builder's stream.
    ///
    /// # Panics
    /// If the name is taken, or what is drawn has another shape.
    fn add(
        &mut self,
        name: &str,
        kind: ParamKind,
        shape: &[usize],
        draw: impl FnOnce(&mut ChaCha8Rng) -> ArrayD<T>,
    ) -> ParamId {
        let name = format!("{}{name}", self.scope);
        let taken = match &mut self.values {
            Values::Draw(rng) => Ok(draw(rng)),
            Values::Take(source) => source.take(&name, kind, shape).and_then(|value| {
                ParamError::check_shape(&name, shape, value.shape())?;
                Ok(value)
            }),
            Values::Stored => match self.stored(&name, kind, shape) {
                Ok(id) => return id,
                Err(error) => Err(error),
            },
        };
        let value = taken.unwrap_or_else(|error| {
            self.error.get_or_insert(error);
            // Of the right shape, so that the model can be built to its end; zeros take no memory until they
            // are read.
            ArrayD::zeros(shape.to_vec())
        });
        self.params.add(self.free(name), kind, value)
    }

    fn stored(&self, name: &str, kind: ParamKind, shape: &[usize]) -> Result<ParamId, ParamError> {
        let id = self.params.id(name).ok_or_else(|| ParamError::missing(name, shape))?;
        ParamError::check_shape(name, shape, self.params.shape(id))?;
        let found = self.params.kind(id);
        if found == kind {
            return Ok(id);
        }
        Err(ParamError::new(name, format!("a parameter of kind {kind:?}"), format!("{found:?}")))
    }

    /// `name`, or one like it where an unfit parameter of a store has the name.
    fn free(&self, mut name: String) -> String {
        while matches!(self.values, Values::Stored) && self.params.id(&name).is_some() {
            name.push('\'');
        }
        name
    }
}
