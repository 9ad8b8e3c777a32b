//! Serving trained models: what a service depends on, and no more.
//!
//! ```no_run
//! use dien_serving::{Ranker, Record};
//!
//! let ranker = Ranker::load("runs/mine/model.safetensors")?;
//! let state = ranker.user_state(&[Record::item("42"), Record::item("7")], &Record::new())?;
//! println!("{:?}", ranker.score(&state, &[Record::item("99")])?.probabilities());
//! # Ok::<(), dien_serving::Error>(())
//! ```
//!
//! [`ranker`] answers requests, [`model_file`] reads and writes the one file that it takes, [`encoding`] is
//! what becomes of tokens and numbers, [`tensors`] and [`params`] are named tensors in files. With the
//! feature `mmap`, `Ranker::map` leaves a model's tables in its file, which then must not change. With the
//! feature `write` there is `files`, which writes files that are always whole, and all of these are written,
//! too. How a model is trained, and from what, is the matter of the crate `dien`.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod encoding;
mod error;
mod file_error;
#[cfg(feature = "write")]
pub mod files;
pub mod model_file;
pub mod params;
mod probability;
pub mod ranker;
pub mod tensors;

pub use error::{Error, ErrorKind, Result};
pub use file_error::FileError;
pub use probability::probability;
pub use ranker::{Limits, Ranker, Record, Request, Unread, UserState};

/// A service shares one ranker among its threads, and hands states from one to another.
const _: () = {
    const fn shared_by_threads<T: Send + Sync>() {}
    shared_by_threads::<Ranker>();
    shared_by_threads::<UserState>();
    shared_by_threads::<Error>();
};

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
