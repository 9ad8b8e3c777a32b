//! Which features a model reads, and the embedding tables they share.

use serde::{Deserialize, Serialize};

/// The id of whatever the vocabulary does not know. Row 0 of every table belongs to it.
pub const OOV: u32 = 0;

/// An embedding table `[num_embeddings, embedding_dim]`; row 0 is [`OOV`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Table {
    /// The vocabulary's name, such as `item`.
    pub name: String,
    /// Its rows: ids run from 0 ([`OOV`]) to `num_embeddings - 1`. A file calls it `rows`.
    #[serde(rename = "rows")]
    pub num_embeddings: usize,
    /// Numbers per embedding. A file calls it `width`.
    #[serde(rename = "width")]
    pub embedding_dim: usize,
}

/// A feature that looks up embeddings in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EmbeddingFeature {
    /// The feature's name, such as `item` or `genres`.
    pub name: String,
    /// The table's place in [`Features::tables`]. Several features may share one.
    pub table: usize,
    /// Whether an event and a candidate have any number of ids of this behaviour feature, such as an item's
    /// categories, of whose embeddings the mean is read (zero of none); else they have one. A file calls it
    /// `bag`.
    #[serde(rename = "bag", default, skip_serializing_if = "is_false")]
    pub is_bag: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Every feature of a model. The order of each list is the order in a [`Batch`](crate::Batch).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Features {
    /// The embedding tables.
    pub tables: Vec<Table>,
    /// What an event consists of: item, category, …; the candidate consists of the same.
    pub behaviours: Vec<EmbeddingFeature>,
    /// One id per target: profile (user, age group) and context (hour, page).
    #[serde(default)]
    pub sparse: Vec<EmbeddingFeature>,
    /// Lists of ids per target that are not behaviours, such as a film's genres; pooled by their mean. A file
    /// calls them `pooled`.
    #[serde(rename = "pooled", default)]
    pub multi_hot: Vec<EmbeddingFeature>,
    /// Names of the numbers per target.
    #[serde(default)]
    pub dense: Vec<String>,
    /// The names of sequences of behaviours beside the first, such as purchases beside clicks. Their events
    /// consist of the same features as the first's; the model reads each sequence on its own. A file calls
    /// them `groups`.
    #[serde(rename = "groups", default, skip_serializing_if = "Vec::is_empty")]
    pub extra_sequences: Vec<String>,
}

impl Table {
    /// A table of this name, with so many rows (row 0 for what is out of vocabulary) of so many numbers.
    pub fn new(name: impl Into<String>, num_embeddings: usize, embedding_dim: usize) -> Self {
        Table { name: name.into(), num_embeddings, embedding_dim }
    }
}

impl EmbeddingFeature {
    /// A feature of this name that looks up in the table of this place.
    pub fn new(name: impl Into<String>, table: usize) -> Self {
        EmbeddingFeature { name: name.into(), table, is_bag: false }
    }

    /// The same, of which an event and a candidate have any number of ids: see [`is_bag`](Self::is_bag).
    ///
    /// ```
    /// use dien_model::{Batch, EmbeddingFeature, Features, Histories, Jagged, Table, Targets};
    ///
    /// let tables = vec![Table::new("item", 10, 18), Table::new("category", 5, 18)];
    /// let behaviours = vec![EmbeddingFeature::new("item", 0), EmbeddingFeature::bag("categories", 1)];
    /// // Two events, the first of categories 1 and 2, the second of none; a candidate of categories 1 and 2.
    /// let histories = Histories::new(vec![0, 2], vec![vec![7, 3], vec![0, 1]]);
    /// let targets = Targets::new(vec![0], vec![0], vec![2], vec![vec![4], vec![0]]);
    /// let bags = Jagged::new(vec![0, 2, 2], vec![1, 2]);
    /// Batch::new(histories, targets).with_bags(vec![bags]).validate(&Features::new(tables, behaviours))?;
    /// # Ok::<(), dien_model::BatchError>(())
    /// ```
    pub fn bag(name: impl Into<String>, table: usize) -> Self {
        EmbeddingFeature { is_bag: true, ..EmbeddingFeature::new(name, table) }
    }
}

/// What is wrong with [`Features`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("features: {what}: expected {expected}, found {found}")]
#[non_exhaustive]
pub struct FeaturesError {
    /// Which table or feature.
    pub what: String,
    /// What would do.
    pub expected: &'static str,
    /// What was found.
    pub found: String,
}

impl Features {
    /// Checks that the tables and lookups fit each other.
    ///
    /// # Errors
    /// Names the first that does not.
    pub fn validate(&self) -> Result<(), FeaturesError> {
        let check = |ok: bool, what: String, expected, found: String| match ok {
            true => Ok(()),
            false => Err(FeaturesError { what, expected, found }),
        };
        for (i, t) in self.tables.iter().enumerate() {
            let what = |field| format!("{field} of table `{}`", t.name);
            let rows = t.num_embeddings;
            check(rows > 0, what("rows"), "at least 1, for what is out of vocabulary", rows.to_string())?;
            check(t.embedding_dim > 0, what("width"), "at least 1", t.embedding_dim.to_string())?;
            let first = self.tables[..i].iter().all(|other| other.name != t.name);
            check(first, what("name"), "a name of its own", "the same name twice".into())?;
        }
        for l in self.behaviours.iter().chain(&self.sparse).chain(&self.multi_hot) {
            let what = format!("table of feature `{}`", l.name);
            check(
                l.table < self.tables.len(),
                what,
                "one of the tables, counted from 0",
                l.table.to_string(),
            )?;
        }
        for l in self.sparse.iter().chain(&self.multi_hot) {
            let what = format!("feature `{}`", l.name);
            check(!l.is_bag, what, "a bag among the behaviours alone", "a bag".into())?;
        }
        let leads = self.behaviours.first().is_none_or(|first| !first.is_bag);
        check(leads, "the first of behaviours".into(), "a feature of one id an event", "a bag".into())?;
        for (i, name) in self.extra_sequences.iter().enumerate() {
            let first = !name.is_empty() && !self.extra_sequences[..i].contains(name);
            check(first, "extra_sequences".into(), "a name of its own for each", format!("`{name}`"))?;
        }
        let found = "none".to_owned();
        check(!self.behaviours.is_empty(), "behaviours".into(), "at least one feature, such as `item`", found)
    }

    /// Item and category, the paper's features; `rows` count the vocabularies with [`OOV`].
    pub fn item_category(item_rows: usize, category_rows: usize, width: usize) -> Self {
        let tables = vec![Table::new("item", item_rows, width), Table::new("category", category_rows, width)];
        Features::new(tables, vec![EmbeddingFeature::new("item", 0), EmbeddingFeature::new("category", 1)])
    }

    /// Embedding tables, and what an event consists of.
    ///
    /// ```
    /// use dien_model::{EmbeddingFeature, Features, Table};
    ///
    /// let tables = vec![Table::new("item", 1000, 18), Table::new("user", 50, 8)];
    /// let features = Features::new(tables, vec![EmbeddingFeature::new("item", 0)])
    ///     .with_sparse(vec![EmbeddingFeature::new("user", 1)])
    ///     .with_dense(vec!["price".into()]);
    /// features.validate()?;
    /// # Ok::<(), dien_model::FeaturesError>(())
    /// ```
    pub fn new(tables: Vec<Table>, behaviours: Vec<EmbeddingFeature>) -> Self {
        Features { tables, behaviours, ..Features::default() }
    }

    /// The same with features of profile and context, an id a target each.
    #[must_use]
    pub fn with_sparse(self, sparse: Vec<EmbeddingFeature>) -> Self {
        Features { sparse, ..self }
    }

    /// The same with features that are lists of ids.
    #[must_use]
    pub fn with_multi_hot(self, multi_hot: Vec<EmbeddingFeature>) -> Self {
        Features { multi_hot, ..self }
    }

    /// The same with numbers of these names.
    #[must_use]
    pub fn with_dense(self, dense: Vec<String>) -> Self {
        Features { dense, ..self }
    }

    /// The same with sequences of behaviours beside the first, of these names.
    #[must_use]
    pub fn with_extra_sequences(self, extra_sequences: Vec<String>) -> Self {
        Features { extra_sequences, ..self }
    }

    /// Those of the behaviour features that are [bags](EmbeddingFeature::is_bag), in their order.
    pub fn bags(&self) -> impl Iterator<Item = &EmbeddingFeature> + Clone {
        self.behaviours.iter().filter(|lookup| lookup.is_bag)
    }

    /// The width of an event, and of a candidate: its embeddings side by side.
    pub fn event_width(&self) -> usize {
        self.width(&self.behaviours)
    }

    /// The width of these features' embeddings side by side.
    ///
    /// # Panics
    /// If a feature's table is none of [`tables`](Self::tables), which [`validate`](Self::validate) refuses.
    pub fn width(&self, lookups: &[EmbeddingFeature]) -> usize {
        lookups.iter().map(|l| self.tables[l.table].embedding_dim).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_named() {
        let good = Features::item_category(10, 4, 3);
        assert_eq!(good.validate(), Ok(()));
        let message = |change: &dyn Fn(&mut Features)| {
            let mut features = good.clone();
            change(&mut features);
            features.validate().unwrap_err().to_string()
        };
        let found = message(&|f| f.behaviours[1].table = 2);
        assert_eq!(
            found,
            "features: table of feature `category`: expected one of the tables, counted from 0, found 2"
        );
        assert!(message(&|f| f.behaviours[0].is_bag = true).contains("of one id an event, found a bag"));
        let bag = || vec![EmbeddingFeature::bag("tags", 1)];
        assert!(message(&|f| f.multi_hot = bag()).contains("feature `tags`: expected a bag among"));
        assert!(message(&|f| f.tables[0].embedding_dim = 0).contains("width of table `item`"));
        assert!(message(&|f| f.tables[1].num_embeddings = 0).contains("rows of table `category`"));
        assert!(message(&|f| f.tables[1].name = "item".into()).contains("the same name twice"));
        let twice = vec!["bought".into(), "bought".into()];
        assert!(
            message(&|f| f.extra_sequences.clone_from(&twice))
                .contains("extra_sequences: expected a name of its own")
        );
        assert!(
            message(&|f| f.behaviours.clear()).contains("at least one feature, such as `item`, found none")
        );
    }

    #[test]
    fn files_keep_their_words() {
        let text =
            r#"{"tables":[{"name":"item","rows":3,"width":2}],"behaviours":[{"name":"item","table":0}],"#
                .to_owned()
                + r#""sparse":[],"pooled":[],"dense":[],"groups":["bought"]}"#;
        let features: Features = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&features).unwrap(), text);
        let bag = serde_json::to_string(&EmbeddingFeature::bag("tags", 0)).unwrap();
        assert_eq!(bag, r#"{"name":"tags","table":0,"bag":true}"#);
        assert_eq!(serde_json::from_str::<EmbeddingFeature>(&bag).unwrap(), EmbeddingFeature::bag("tags", 0));
        let ours = [
            ("rows", "num_embeddings"),
            ("width", "embedding_dim"),
            ("pooled", "multi_hot"),
            ("groups", "extra_sequences"),
        ];
        for (file, ours) in ours {
            let error = serde_json::from_str::<Features>(&text.replace(file, ours)).unwrap_err().to_string();
            assert!(error.contains(&format!("unknown field `{ours}`")), "{error}");
        }
    }
}
