//! The Deep Interest Evolution Network (Zhou et al., AAAI 2019, arXiv:1809.03672) on CPUs: from a log of
//! behaviours to a trained click-through-rate model.
//!
//! ```no_run
//! use dien::prelude::*;
//!
//! let config: Config = "source.folder = 'data/amazon-beauty'".parse()?;
//! let (dataset, warnings) = DataSource::open(&config, Encoding::Fit)?;
//! eprintln!("{warnings}");
//! let mut trainer = Trainer::new(&config, dataset)?.save_to(Run::create("runs/mine", &config)?)?;
//! let report = trainer.train(&mut ())?;
//! let test = trainer.evaluate(&trainer.dataset().test())?;
//! println!("best epoch {:?}, test AUC {:?}", report.best_epoch, test.auc);
//!
//! let ranker = Ranker::load("runs/mine/model.safetensors")?; // later, elsewhere
//! let state = ranker.user_state(&[Record::item("42"), Record::item("7")], &Record::new())?;
//! println!("{:?}", ranker.score(&state, &[Record::item("99")])?.probabilities());
//! # Ok::<(), dien::Error>(())
//! ```
//!
//! The program `dien`, of the crate `dien-cli`, does this from the command line. Its parts are crates of
//! their own: [`dien_tensor`] the autodiff engine, `dien-cells` the GRU family, [`dien_model`] the models,
//! [`dien_optim`] the optimiser, [`dien_serving`] what a service depends on, [`dien_data`] the readers and
//! batches.

#![cfg_attr(docsrs, feature(doc_cfg))]

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "compare")]
pub mod compare;
pub mod config;
mod data_source;
#[cfg(feature = "compare")]
mod dataset_cache;
pub mod describe;
mod error;
pub mod evaluation;
pub mod explain;
#[cfg(feature = "pages")]
mod html;
mod infer;
mod inference;
mod oov;
pub mod predict;
mod prefetch;
pub mod prelude;
mod reference_eval;
pub mod report;
pub mod run;
mod scorer;
pub mod slices;
pub mod train;
#[cfg(feature = "compare")]
pub mod tune;

pub use config::Config;
pub use data_source::{DataSource, Encoding};
pub use dien_serving::{FileError, Ranker, ranker};
pub use error::{Error, Origin, Result};
pub use oov::{OovCount, OovReport, TableOov};
pub use predict::{Predicted, Predictor};
pub use reference_eval::ReferenceEval;
pub use run::Run;
pub use scorer::Scorer;
pub use train::Trainer;

pub use dien_cells as cells;
pub use dien_data as data;
pub use dien_model as model;
pub use dien_optim as optim;
pub use dien_serving as serving;
pub use dien_tensor as tensor;
