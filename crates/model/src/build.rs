//! From a configuration to a model of the zoo.

use dien_cells::Real;
use dien_tensor::ParamStore;

use crate::init::Builder;
use crate::{BuildError, ConfigError, Features, Model, ModelConfig, ModelKind, ParamSource, zoo};

/// The configured model; adds its parameters to `params`, with initial values drawn from `seed`.
///
/// # Errors
/// If an option is impossible, or the features do not fit each other.
pub fn build<T: Real>(
    config: &ModelConfig,
    features: &Features,
    params: &mut ParamStore<T>,
    seed: u64,
) -> Result<Box<dyn Model<T> + Send + Sync>, BuildError> {
    build_with(config, features, Builder::new(params, seed))
}

/// The configured model; moves its parameters from `source` to `params`. Nothing is drawn, and no value is
/// copied: a table stands in memory once.
///
/// ```
/// use std::collections::HashMap;
/// use dien_model::{Features, ModelConfig, build, build_from};
/// use dien_tensor::ParamStore;
///
/// let (config, features) = (ModelConfig::default(), Features::item_category(100, 10, 18));
/// let mut drawn = ParamStore::<f32>::new();
/// build(&config, &features, &mut drawn, 1)?;
/// let tensor = |id| (drawn.name(id).to_owned(), drawn.value(id).to_owned());
/// let mut stored: HashMap<_, _> = drawn.ids().map(tensor).collect();
/// build_from(&config, &features, &mut ParamStore::new(), &mut stored)?;
/// assert!(stored.is_empty()); // what is left is foreign to the model
/// # Ok::<(), dien_model::BuildError>(())
/// ```
///
/// # Errors
/// As [`build`]; the source lacks a parameter, or has it with another shape.
pub fn build_from<T: Real>(
    config: &ModelConfig,
    features: &Features,
    params: &mut ParamStore<T>,
    source: &mut dyn ParamSource<T>,
) -> Result<Box<dyn Model<T> + Send + Sync>, BuildError> {
    build_with(config, features, Builder::from_source(params, source))
}

/// The configured model over parameters that `params` has already. Nothing is drawn, copied or changed.
///
/// # Errors
/// As [`build`]; a parameter is missing, or has another shape or kind.
pub fn build_over<T: Real>(
    config: &ModelConfig,
    features: &Features,
    params: &mut ParamStore<T>,
) -> Result<Box<dyn Model<T> + Send + Sync>, BuildError> {
    build_with(config, features, Builder::over(params))
}

/// The configured model of the zoo, with parameters as `builder` has them;
/// [`Registry::build`](crate::Registry::build) knows models of one's own as well.
///
/// # Errors
/// As [`build_from`]; the configuration names a model that is none of the zoo.
pub fn build_with<T: Real>(
    config: &ModelConfig,
    features: &Features,
    mut builder: Builder<'_, T>,
) -> Result<Box<dyn Model<T> + Send + Sync>, BuildError> {
    config.validate()?;
    features.validate()?;
    if let Some(custom) = &config.custom {
        let (expected, found) =
            ("nothing: only the zoo's models are known here", format!("`{}`", custom.name));
        return Err(ConfigError::new("custom.name", expected, found).into());
    }
    let b = &mut builder;
    let model: Box<dyn Model<T> + Send + Sync> = match config.kind {
        ModelKind::Dien | ModelKind::Augru | ModelKind::Agru | ModelKind::Aigru => {
            Box::new(zoo::Dien::new(config, features, b))
        }
        ModelKind::GruAttention => Box::new(zoo::GruAttention::new(config, features, b)),
        ModelKind::Din => Box::new(zoo::Din::new(config, features, b)),
        ModelKind::Ipnn | ModelKind::Opnn => Box::new(zoo::Pnn::new(config, features, b)),
        ModelKind::WideDeep => Box::new(zoo::WideDeep::new(config, features, b)),
        ModelKind::Base => Box::new(zoo::Base::new(config, features, b)),
    };
    builder.finish()?;
    Ok(model)
}
