//! How far training is, kept with the optimiser's state in one file.

use std::path::Path;

use dien_optim::{OptimizerState, StateData, StateTensor};
use dien_serving::files::Staged;
use dien_serving::tensors::{self, Dtype, Numbers, Output, Tensor, Tensors};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Where training goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Whole epochs.
    pub epoch: u64,
    /// Batches of the next epoch that are done.
    pub batch: usize,
    /// The losses of those batches.
    pub sums: Sums,
    /// The best epoch so far.
    pub best: Option<Best>,
    /// Batches of an epoch, to notice that the data is another.
    pub batches: usize,
    /// Training targets of an epoch, likewise.
    pub targets: usize,
}

/// Losses, summed over the batches of an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sums {
    /// Of the targets.
    pub target: f64,
    /// The auxiliary losses.
    pub auxiliary: f64,
    /// What was minimised.
    pub total: f64,
    /// How many targets there were.
    pub samples: usize,
}

/// An epoch that validated best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// Which, counted from 1.
    pub epoch: u64,
    /// Its value of the metric by which epochs are chosen; `None` where validation has none.
    #[serde(alias = "auc")]
    pub value: Option<f64>,
}

#[derive(Serialize, Deserialize)]
struct Metadata {
    step: u64,
    progress: Progress,
}

pub(super) fn stage(path: &Path, state: &OptimizerState<'_>, progress: &Progress) -> Result<Staged> {
    let mut list = Vec::with_capacity(state.tensors.len());
    for (name, StateTensor { shape, data }) in &state.tensors {
        let (dtype, data) = match data {
            StateData::F32(x) => (Dtype::F32, tensors::le_bytes(x)),
            StateData::F64(x) => (Dtype::F64, tensors::le_bytes(x)),
            StateData::U32(x) => (Dtype::U32, tensors::le_bytes(x)),
        };
        list.push((name.as_str(), Output::new(dtype, shape, data)));
    }
    Ok(tensors::stage(path, list, &Metadata { step: state.step, progress: progress.clone() })?)
}

pub(super) fn load(path: &Path) -> Result<(OptimizerState<'static>, Progress)> {
    let file = Tensors::open(path)?;
    let metadata: Metadata = file.metadata()?;
    let mut list = vec![];
    for (name, Tensor { shape, numbers, .. }) in file {
        let data = match numbers {
            Numbers::F32(x) => StateData::F32(x.into()),
            Numbers::F64(x) => StateData::F64(x.into()),
            Numbers::U32(x) => StateData::U32(x.into()),
            other => {
                let found = format!("tensor `{name}` is {:?}", other.dtype());
                return Err(Error::file(path, found, "F32, F64 or U32"));
            }
        };
        list.push((name, StateTensor { shape, data }));
    }
    Ok((OptimizerState { step: metadata.step, tensors: list }, metadata.progress))
}
