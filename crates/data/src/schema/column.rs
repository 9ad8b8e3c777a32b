//! One column.

use dien_serving::encoding::{IdType, Transform};
use serde::{Deserialize, Serialize};

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ColumnKind {
    /// A number.
    Dense,
    /// An id.
    Sparse,
    /// A list of ids.
    Sequence,
    /// 1 for a click, 0 for none. Exactly one column.
    Label,
    /// How much a sample counts in the loss: a number of at least 0. One column at most.
    Weight,
    /// Whom a sample belongs to, for metrics by group (GAUC). One column at most.
    Group,
    /// When: an integer, in any unit. One column at most.
    Time,
    /// The target's history: a row of the histories' table, counted from 0. Rows are in the order of their
    /// histories.
    History,
    /// How many events of its history a target sees.
    End,
}

/// A column: its kind, and what goes with the kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What it is for.
    pub kind: ColumnKind,
    /// Its name in the source, if another than the feature's: so one column can be two features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `sparse`, `sequence`: numbers an embedding has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// `sparse`, `sequence`: whose vocabulary and embeddings it uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<String>,
    /// `sparse`, `sequence`: what its ids are, and so which texts are one id; else the rows that train tell.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub id_type: Option<IdType>,
    /// `sparse`, `sequence`: which ids have rows of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<VocabularySpec>,
    /// `dense`, `sparse`: what a missing value counts as. Else it is out of vocabulary, or an error for a
    /// `dense` column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<MissingValue>,
    /// `dense`: what is done to the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<Transform>,
}

impl Column {
    /// A column of a kind, and nothing else said.
    pub fn new(kind: ColumnKind) -> Self {
        Column {
            kind,
            from: None,
            width: None,
            shares: None,
            id_type: None,
            vocabulary: None,
            default: None,
            transform: None,
        }
    }
}

/// Which ids have rows of their own in an embedding table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VocabularySpec {
    /// Those that come at least so often; all others are out of vocabulary.
    MinCount(usize),
    /// None: an id's row is its hash, modulo this many.
    Hash(usize),
    /// Those in a file, one a line.
    File(String),
}

impl Default for VocabularySpec {
    fn default() -> Self {
        VocabularySpec::MinCount(1)
    }
}

/// A value in place of a missing one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum MissingValue {
    /// An id that is a number, or a `dense` column's number.
    Integer(i64),
    /// A `dense` column's number.
    Number(f64),
    /// An id.
    Id(String),
}

/// An id that is a text or an integer, as its text.
pub(super) fn id<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an id: a text or an integer")]
    enum Id {
        Text(String),
        Integer(i64),
    }
    Ok(Some(match Id::deserialize(from)? {
        Id::Text(text) => text,
        Id::Integer(n) => n.to_string(),
    }))
}
