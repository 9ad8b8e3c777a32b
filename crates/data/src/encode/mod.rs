//! From rows of values to ids and numbers.
//!
//! [`rows`] gives each row that is not wrong; [`fit`] makes vocabularies and statistics of them in one pass;
//! the [`encoder`] then makes samples of them. [`columns`] and [`vocabularies`] are the same for behaviours
//! that are in memory.

pub(crate) mod columns;
mod counting;
mod counts;
pub(crate) mod encoder;
pub(crate) mod fit;
pub(crate) mod fit_report;
pub(crate) mod histories;
pub(crate) mod id_check;
mod item_record;
pub(crate) mod items;
pub(crate) mod layout;
pub(crate) mod row;
pub(crate) mod rows;
mod vocabularies;
