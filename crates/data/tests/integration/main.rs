//! The crate from outside, in one program: linking one for each file would take longer than the tests.

mod faults;
mod folder;
mod options;
mod properties;
mod protocol;
#[cfg(feature = "parquet")]
mod shared_cases;
mod shared_data;
#[cfg(feature = "parquet")]
mod shared_dialects;
mod support;
mod synthesis;
#[cfg(not(feature = "parquet"))]
mod without_parquet;
