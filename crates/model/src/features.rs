//! Which features a model reads, and the embedding tables they share.

use serde::{Deserialize, Serialize};

/// The id of whatever the vocabulary does not know. Row 0 of every table belongs to it.
pub const OOV: u32 = 0;

/// An embedding table `[rows, width]`; row 0 is [`OOV`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The vocabulary's name, such as `item`.
    pub name: String,
    /// Ids run from 0 ([`OOV`]) to `rows - 1`.
    pub rows: usize,
    /// Numbers per embedding.
    pub width: usize,
}

/// A feature that looks up embeddings in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The feature's name, such as `item` or `genres`.
    pub name: String,
    /// The table's place in [`Features::tables`]. Several features may share one.
    pub table: usize,
}

/// Every feature of a model. The order of each list is the order in a [`Batch`](crate::Batch).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// The embedding tables.
    pub tables: Vec<Table>,
    /// What an event consists of: item, category, …; the candidate consists of the same.
    pub behaviours: Vec<Lookup>,
    /// One id per target: profile (user, age group) and context (hour, page).
    #[serde(default)]
    pub sparse: Vec<Lookup>,
    /// Lists of ids per target that are not behaviours, such as a film's genres; pooled by their mean.
    #[serde(default)]
    pub pooled: Vec<Lookup>,
    /// Names of the numbers per target.
    #[serde(default)]
    pub dense: Vec<String>,
}

impl Features {
    /// Item and category, the paper's features; `rows` count the vocabularies with [`OOV`].
    pub fn item_category(item_rows: usize, category_rows: usize, width: usize) -> Self {
        let table = |name: &str, rows| Table { name: name.into(), rows, width };
        let lookup = |name: &str, table| Lookup { name: name.into(), table };
        Features {
            tables: vec![table("item", item_rows), table("category", category_rows)],
            behaviours: vec![lookup("item", 0), lookup("category", 1)],
            ..Features::default()
        }
    }

    /// The width of an event, and of a candidate: its embeddings side by side.
    pub fn event_width(&self) -> usize {
        self.width(&self.behaviours)
    }

    /// The width of these features' embeddings side by side.
    pub fn width(&self, lookups: &[Lookup]) -> usize {
        lookups.iter().map(|l| self.tables[l.table].width).sum()
    }
}
