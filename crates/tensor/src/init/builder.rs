//! Parameters by name, with their values.

use ndarray::{ArrayD, Axis};
use rand::rngs::ChaCha8Rng;

use super::stream::Stream;
use super::{Init, ParamError, ParamSource};
use crate::{ParamId, ParamKind, ParamStore, Real};

/// Adds named parameters to a [`ParamStore`], one after the other: with initial values drawn from a seed, or
/// with values that are there already. Layers like [`nn::Linear`](crate::nn::Linear) add theirs through it
/// and do not see the difference. See the [module](super) for an example.
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
    Draw(Box<Stream>),
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
    /// Adds parameters to `params`, with initial values drawn from one stream: they depend on the seed and on
    /// what was added before.
    pub fn new(params: &'a mut ParamStore<T>, seed: u64) -> Self {
        Self::with(params, Values::Draw(Box::new(Stream::one(seed))))
    }

    /// Adds parameters to `params`, with a stream for each name: a parameter's values depend on the seed, its
    /// name and its shape alone, so that a model with one layer more begins with the same numbers in all
    /// others.
    pub fn by_name(params: &'a mut ParamStore<T>, seed: u64) -> Self {
        Self::with(params, Values::Draw(Box::new(Stream::by_name(seed))))
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

    /// Adds parameters whose names begin with `scope`, dot included: `within("user.", …)`.
    pub fn within<R>(&mut self, scope: &str, add: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.scope.len();
        self.scope.push_str(scope);
        let added = add(self);
        self.scope.truncate(outer);
        added
    }

    /// Adds a dense parameter.
    ///
    /// # Panics
    /// If the name is taken, or as [`Init::draw`].
    #[track_caller]
    pub fn add(&mut self, name: &str, shape: &[usize], init: Init) -> ParamId {
        self.add_kind(name, ParamKind::Dense, shape, init)
    }

    /// Adds a parameter that is trained as `kind` says.
    ///
    /// # Panics
    /// If the name is taken, a table of [`ParamKind::Rows`] not `[rows, width]`, or as [`Init::draw`].
    #[track_caller]
    pub fn add_kind(&mut self, name: &str, kind: ParamKind, shape: &[usize], init: Init) -> ParamId {
        init.check(shape);
        self.put(name, kind, shape, |rng| init.draw(shape, rng))
    }

    /// An embedding table `[rows, width]`: normal with deviation `std`, row 0 zero (no id, or one never
    /// seen).
    ///
    /// # Panics
    /// If the name is taken, or the deviation negative or not finite.
    #[track_caller]
    pub fn table(&mut self, name: &str, rows: usize, width: usize, std: f64) -> ParamId {
        let init = Init::Normal { mean: 0.0, std };
        init.check(&[rows, width]);
        self.put(name, ParamKind::Rows, &[rows, width], |rng| {
            let first = rows.min(1);
            let mut table = ArrayD::zeros(vec![rows, width]);
            let mut drawn = table.view_mut().split_at(Axis(0), first).1;
            drawn.assign(&init.draw(&[rows - first, width], rng));
            table
        })
    }

    /// A weight `[outputs, inputs]`, uniform within ±1/√`fan_in`.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn weight(&mut self, name: &str, outputs: usize, inputs: usize, fan_in: usize) -> ParamId {
        let bound = 1.0 / (fan_in.max(1) as f64).sqrt();
        self.add(name, &[outputs, inputs], Init::Uniform { low: -bound, high: bound })
    }

    /// A vector `[len]` of one value.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn vector(&mut self, name: &str, len: usize, value: f64) -> ParamId {
        self.add(name, &[len], Init::Constant(value))
    }

    /// A vector `[len]` of a value by place.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn vector_of(&mut self, name: &str, len: usize, value: impl Fn(usize) -> f64) -> ParamId {
        let values = |_: &mut _| ArrayD::from_shape_fn(vec![len], |at| T::of(value(at[0])));
        self.put(name, ParamKind::Dense, &[len], values)
    }

    /// A vector `[len]` that gradients do not train, such as a running mean.
    ///
    /// # Panics
    /// If the name is taken.
    #[track_caller]
    pub fn buffer(&mut self, name: &str, len: usize, value: f64) -> ParamId {
        self.add_kind(name, ParamKind::Buffer, &[len], Init::Constant(value))
    }

    /// Adds a parameter whose initial value is `draw`n, unless values come from elsewhere.
    #[track_caller]
    fn put(
        &mut self,
        name: &str,
        kind: ParamKind,
        shape: &[usize],
        draw: impl FnOnce(&mut ChaCha8Rng) -> ArrayD<T>,
    ) -> ParamId {
        let name = format!("{}{name}", self.scope);
        let taken = match &mut self.values {
            Values::Draw(stream) => Ok(draw(stream.of(&name)).into()),
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
            ArrayD::zeros(shape.to_vec()).into()
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
