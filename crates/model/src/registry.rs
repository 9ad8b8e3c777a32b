//! Models by name: the ten of the [zoo](crate::zoo), and one's own.

use std::fmt;
use std::sync::Arc;

use crate::init::Builder;
use crate::{BuildError, ConfigError, Features, Model, ModelConfig, ModelKind, build_with};

/// Builds the models of one name.
///
/// `build` is called for a new model, whose parameters are drawn, and for each that is loaded, whose
/// parameters are taken from a file: it must add the same parameters, under the same names, whenever the
/// configuration and the features are the same. Anything else that it needs has to stand in the
/// configuration's [`custom.options`](crate::CustomModel::options).
pub trait ModelBuilder: Send + Sync {
    /// The name that a configuration gives as [`custom.name`](crate::CustomModel::name).
    fn name(&self) -> &str;

    /// The model; its parameters are added by `params`. Configuration and features are valid.
    ///
    /// # Errors
    /// An option of its own is unknown, missing or impossible.
    fn build(
        &self,
        config: &ModelConfig,
        features: &Features,
        params: &mut Builder<'_, f32>,
    ) -> Result<Box<dyn Model<f32> + Send + Sync>, ConfigError>;
}

/// The models that can be built by name. Cheap to clone.
///
/// ```
/// use dien_model::init::Builder;
/// use dien_model::{CustomModel, Features, ModelConfig, Registry};
/// use dien_tensor::ParamStore;
///
/// let registry = Registry::new(); // `.with(MyBuilder)` adds one's own
/// let (features, mut params) = (Features::item_category(100, 10, 18), ParamStore::new());
/// registry.build(&ModelConfig::default(), &features, Builder::new(&mut params, 1))?;
/// let config = ModelConfig::default().with_custom(CustomModel::new("mine"));
/// assert!(registry.build(&config, &features, Builder::new(&mut params, 1)).is_err());
/// # Ok::<(), dien_model::BuildError>(())
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    own: Vec<Arc<dyn ModelBuilder>>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Registry {
    /// The ten models of the zoo.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a builder.
    ///
    /// # Panics
    /// If its name is empty, or taken.
    #[track_caller]
    #[must_use]
    pub fn with(mut self, builder: impl ModelBuilder + 'static) -> Self {
        let name = builder.name();
        assert!(!name.is_empty(), "registry: a model without a name");
        assert!(!self.names().any(|other| other == name), "registry: the name `{name}` is taken");
        self.own.push(Arc::new(builder));
        self
    }

    /// The names of all models, those of the zoo first.
    pub fn names(&self) -> impl Iterator<Item = &str> + '_ {
        let own = self.own.iter().map(|builder| builder.name());
        let zoo = ModelKind::ALL.iter().copied().map(|kind| -> &str { kind.name() });
        zoo.chain(own)
    }

    /// The configured model: the registered one that `custom` names, or the zoo's of its `kind`. Its
    /// parameters are drawn, taken from a source, or found in place, as the [`Builder`] has it.
    ///
    /// # Errors
    /// No model of that name is registered; an option is impossible; the features do not fit each other; a
    /// parameter is missing, or has another shape.
    pub fn build(
        &self,
        config: &ModelConfig,
        features: &Features,
        mut params: Builder<'_, f32>,
    ) -> Result<Box<dyn Model<f32> + Send + Sync>, BuildError> {
        let Some(custom) = &config.custom else { return build_with(config, features, params) };
        config.validate()?;
        features.validate()?;
        let found = self.own.iter().find(|builder| builder.name() == custom.name);
        let builder = found.ok_or_else(|| self.unknown(&custom.name))?;
        let model = builder.build(config, features, &mut params)?;
        params.finish()?;
        Ok(model)
    }

    fn unknown(&self, name: &str) -> ConfigError {
        let own: Vec<String> = self.own.iter().map(|builder| format!("`{}`", builder.name())).collect();
        let expected = if own.is_empty() {
            "the name of a registered model, but none is (`Registry::with`)".to_owned()
        } else {
            format!("the name of a registered model: {}", own.join(", "))
        };
        ConfigError::new("custom.name", expected, format!("`{name}`"))
    }
}
