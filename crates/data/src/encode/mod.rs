//! From rows of values to ids and numbers.
//!
//! [`rows`] gives each row that is not wrong; [`fit`] makes vocabularies and statistics of them in one pass;
//! the [`encoder`] then makes samples of them. What behaviours in memory say of items and users are rows, too
//! ([`log`]): [`counts`] and [`lookup`] are what all go through.

pub(crate) mod bags;
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
pub(crate) mod log;
mod lookup;
pub(crate) mod row;
pub(crate) mod rows;
pub(crate) mod wanted;
