//! What is said over a schema.

use dien_serving::encoding::Repeats;
use serde::{Deserialize, Serialize};

use super::{ColumnKind, Schema, VocabularySpec};
use crate::error::DataError;

/// Keys of a schema that are set elsewhere, over what it says itself: to vary them without another file.
///
/// ```
/// # let text = "columns.clicked = { kind = 'label' }\ncolumns.item = { kind = 'sparse' }";
/// use dien_data::schema::{Schema, SchemaOverrides};
///
/// let mut schema = Schema::parse(text, "dataset.toml".as_ref())?;
/// SchemaOverrides { min_count: Some(5), ..SchemaOverrides::default() }.apply(&mut schema)?;
/// assert!(schema.to_toml().contains("min_count = 5"));
/// # Ok::<(), dien_data::DataError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SchemaOverrides {
    /// Of every sequence of behaviours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_history: Option<usize>,
    /// Of every sequence of behaviours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// Of every column whose vocabulary is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_count: Option<usize>,
    /// Numbers in an embedding, where a column does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
}

impl SchemaOverrides {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == SchemaOverrides::default()
    }

    /// Says it in a schema.
    ///
    /// # Errors
    /// The schema has nothing that it could be said of, or must not say it.
    pub fn apply(&self, schema: &mut Schema) -> Result<(), DataError> {
        let nothing = |option, value: String, found: &str, expected: &str| {
            let found = format!("`{option} = {value}` of a schema with {found}");
            Err(DataError::log("`[schema]`", found, expected))
        };
        for sequence in &mut schema.behaviours {
            sequence.max_history = self.max_history.unwrap_or(sequence.max_history);
            sequence.repeats = self.repeats.unwrap_or(sequence.repeats);
        }
        if let Some(least) = self.min_count {
            let counted = schema.columns.values_mut().filter(|column| {
                let is_id = matches!(column.kind, ColumnKind::Sparse | ColumnKind::Sequence);
                let counts = matches!(column.vocabulary, None | Some(VocabularySpec::MinCount(_)));
                is_id && column.shares.is_none() && counts
            });
            let changed = counted.map(|column| column.vocabulary = Some(VocabularySpec::MinCount(least)));
            if changed.count() == 0 {
                let found = "no vocabulary that is counted";
                return nothing("min_count", least.to_string(), found, "a column without `hash` and `file`");
            }
        }
        if let Some(width) = self.width {
            schema.width = width;
            let takes_it = |column: &super::Column| {
                let is_id = matches!(column.kind, ColumnKind::Sparse | ColumnKind::Sequence);
                is_id && column.shares.is_none() && column.width.is_none()
            };
            if !schema.columns.values().any(takes_it) {
                let found = "a `width` on every column";
                return nothing("width", width.to_string(), found, "a column that says none itself");
            }
        }
        schema.check().map_err(|wrong| wrong.in_file("schema with `[schema]` over it".as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(columns: &str, behaviours: &str) -> Schema {
        let text = format!(
            "candidate = ['item']\n[columns]\nclicked = {{ kind = 'label' }}\n{columns}\n\
             [[behaviours]]\nname = 'seen'\ncolumns = ['seen']\n{behaviours}"
        );
        Schema::parse(&text, "x".as_ref()).unwrap()
    }

    #[test]
    fn what_is_said_stands_over_the_schema() {
        let columns = "item = { kind = 'sparse', vocabulary = { min_count = 2 } }\n\
                       seen = { kind = 'sequence', shares = 'item' }\n\
                       hour = { kind = 'sparse', vocabulary = { hash = 24 } }";
        let before = schema(columns, "max_history = 7");
        let mut after = before.clone();
        SchemaOverrides::default().apply(&mut after).unwrap();
        assert_eq!(after, before);
        let (max_history, repeats) = (Some(3), Some(Repeats::First));
        let said = SchemaOverrides { max_history, repeats, min_count: Some(9), width: Some(4) };
        said.apply(&mut after).unwrap();
        assert_eq!((after.behaviours[0].max_history, after.behaviours[0].repeats), (3, Repeats::First));
        assert_eq!(after.columns["item"].vocabulary, Some(VocabularySpec::MinCount(9)));
        assert_eq!(after.columns["hour"].vocabulary, Some(VocabularySpec::Hash(24)));
        assert_eq!((after.columns["seen"].vocabulary.clone(), after.width), (None, 4));
        let again = after.clone();
        said.apply(&mut after).unwrap();
        assert_eq!(after, again, "said twice it is the same");
    }

    #[test]
    fn what_cannot_be_said_is_told() {
        let columns = "item = { kind = 'sparse', width = 3, vocabulary = { hash = 9 } }\n\
                       seen = { kind = 'sequence', shares = 'item' }";
        let of = |said: SchemaOverrides| said.apply(&mut schema(columns, "")).unwrap_err().to_string();
        let least = of(SchemaOverrides { min_count: Some(2), ..SchemaOverrides::default() });
        assert!(least.contains("`min_count = 2` of a schema with no vocabulary that is counted"), "{least}");
        let width = of(SchemaOverrides { width: Some(2), ..SchemaOverrides::default() });
        assert!(width.contains("a `width` on every column"), "{width}");
        let none = of(SchemaOverrides { max_history: Some(0), ..SchemaOverrides::default() });
        assert!(none.contains("a `max_history` of 0"), "{none}");
    }
}
