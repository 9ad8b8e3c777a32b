//! Behaviours by user, in memory: what they are, and where they come from.
//!
//! A [`Log`](log::Log) is read from a [`folder`] of two tables, from the files of a public set
//! ([`presets`]), or drawn ([`synthesis`]); a [`writer`] makes a folder of it.

pub(crate) mod encoded_log;
pub(crate) mod folder;
pub(crate) mod hold_out;
pub(crate) mod item_columns;
pub(crate) mod log;
pub mod presets;
pub(crate) mod synthesis;
mod table;
pub(crate) mod ties;
pub(crate) mod writer;
