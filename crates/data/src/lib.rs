//! From a behaviour log to [`dien_model::Batch`]es.
//!
//! ```text
//! folder ─ read_folder ─▶ Log ─ EncodedLog::new ──────────────┐
//! files, rows in memory ─ Impressions::open, ::from_source ────┴▶ Dataset
//! Dataset ─ epoch(seed, e) / validation() / test() ─▶ Batches ─ for_each ─▶ Batch
//! SyntheticConfig::log ─▶ Log ─ write ─▶ folder
//! ```
//!
//! - [`Log`] holds the behaviours as they are: ids are strings, items have columns.
//! - [`EncodedLog`] holds them encoded, with the vocabularies, the split and the negative samplers, under
//!   [`DataOptions`].
//! - [`Impressions`] is a log of shown candidates by a [`schema`], whose rows are streamed.
//! - [`Dataset`] is either, to be trained and tested on. [`Batches`] are those of one epoch, or of one pass
//!   over what is held out. A batch is a pure function of the data, the options, the seed, the epoch and its
//!   index, so that a resumed run sees the same; of behaviours, any thread can build any
//!   ([`IndexedBatches`]).
//!
//! # Who is where
//!
//! Of behaviours, a *test user* gives no training target, and counts neither in the vocabularies nor in the
//! samplers. A *validation user* is a training user held out: they give no training target. Both are scored
//! on their last behaviour (label 1) against the one negative that the log fixes for them (label 0), or on
//! their real labels. Of impressions the schema says it.
//!
//! ```
//! use dien_data::{DataOptions, Dataset, Event, Item, Log, User};
//!
//! let mut log = Log::new(["category"]);
//! for i in 0..6 {
//!     log.add_item(Item { id: format!("i{i}"), cells: vec![format!("c{}", i % 2)] })?;
//! }
//! for u in 0..8u32 {
//!     let events = (0..5).map(|t| Event { item: (u + t) % 6, time: t.into(), rating: None }).collect();
//!     let negative = Some((u + 5) % 6);
//!     log.add_user(User { id: format!("u{u}"), events, test: u == 0, negative, targets: vec![] })?;
//! }
//!
//! let data = Dataset::new(log, &DataOptions::default())?;
//! let mut fit = Ok(());
//! // Seed 1, the first epoch.
//! data.epoch(1, 0).for_each(0, |batch| {
//!     fit = batch.validate(data.features());
//!     fit.is_ok()
//! })?;
//! fit?;
//! assert_eq!(data.test().targets(), Some(2)); // one user: the last behaviour and its negative
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! - `dates` (default): times in any form of `strftime` are read; those of ISO 8601 are without it.
//! - `arrow` (with `parquet`): rows come from Arrow's record batches, too.
//! - `parquet` (default): Parquet is read and written. Without it such a file is an error that says so.
//! - `zstd` (with `parquet`): so are `.zst` files.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod batch;
mod behaviours;
pub mod build;
mod dataset;
mod doubts;
mod encode;
mod error;
mod files;
mod impressions;
pub mod inspect;
mod roles;
mod row_counts;
mod sample;
pub mod schema;
mod setters;
mod skipped;
mod source;
mod target_names;
mod time;

pub use batch::indexed::IndexedBatches;
// For `dien`, whose trainer makes batches ahead likewise; no part of the interface.
#[doc(hidden)]
pub use batch::prefetch::prefetch;
pub use behaviours::encoded_log::EncodedLog;
pub use behaviours::folder::{ReadOptions, Warnings, folder_files, read_folder, read_folder_with};
pub use behaviours::log::{Event, Item, Log, RealTarget, User};
pub use behaviours::presets;
pub use behaviours::synthesis::SyntheticConfig;
pub use behaviours::ties::{TieReport, Ties};
pub use dataset::{Batches, Dataset};
pub use error::DataError;
pub use impressions::{EncodedRows, Impressions, PredictionBatch, Predictions, Stream};
pub use row_counts::RowCounts;
pub use sample::options::{AuxiliaryNegatives, DataOptions, TargetKind, TargetNegatives};
pub use schema::SchemaSource;
pub use skipped::{OnError, Skipped};
pub use source::{Cell, InMemory, ReadReport, Row, RowBatch, RowBatches, RowSource, RowSources, is_guarded};
pub use target_names::TargetNames;
pub use time::{Time, TimeUnit};

/// What the numeric options may be.
pub mod ranges {
    pub use crate::sample::options::ranges::*;
    /// Those of [`SyntheticConfig`](crate::SyntheticConfig).
    pub mod synthetic {
        pub use crate::behaviours::synthesis::ranges::*;
    }
}

/// The example of the README runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
