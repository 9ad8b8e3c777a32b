//! What a program that uses this library mostly needs: `use dien::prelude::*;`.

pub use crate::config::{Config, Layers, Source, TrainConfig};
pub use crate::data_source::{DataSource, Encoding};
pub use crate::error::{Error, Result};
pub use crate::run::Run;
pub use crate::scorer::Scorer;
pub use crate::train::{Epoch, Observer, Report, Step, Trainer};
pub use dien_data::{Batches, DataOptions, Dataset, Log, SyntheticConfig, TargetKind, read_folder};
pub use dien_model::metrics::{Metric, Metrics};
pub use dien_model::{Batch, Features, Histories, ModelConfig, ModelKind, Targets};
pub use dien_optim::AdamConfig;
pub use dien_serving::{Ranker, Record, Request};
