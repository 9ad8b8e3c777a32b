//! What a log calls a target.

/// What a target is, as its data calls it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TargetNames {
    /// The user; of a log's row what its column of kind `group` says, or the empty text.
    pub user: String,
    /// The candidate's item.
    pub item: String,
    /// The cells of the columns that were asked for, none where one is missing: numbers in their shortest
    /// form, however they are written, truth values, dates and times in one form, texts without the white
    /// space around them.
    pub cells: Vec<Option<String>>,
}
