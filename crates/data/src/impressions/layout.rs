//! Which of a schema's columns becomes which feature of a model.

use std::path::Path;

use dien_model::{EmbeddingFeature, Features, Table};
use dien_serving::encoding::{DenseEncoder, Transform, Vocabularies};

use crate::error::DataError;
use crate::schema::{Behaviours, ColumnKind, Schema, VocabularySpec};

/// Columns by their places in the schema.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// The columns whose vocabularies the tables are of, and by column the table it looks up.
    pub owners: Vec<usize>,
    pub table: Vec<Option<usize>>,
    pub candidate: Vec<usize>,
    /// Those of each sequence of behaviours.
    pub behaviours: Vec<Vec<usize>>,
    /// The names of the sequences after the first.
    pub extra_sequences: Vec<String>,
    pub sparse: Vec<usize>,
    pub multi_hot: Vec<usize>,
    pub dense: Vec<usize>,
    /// Every column of numbers, be they read as such or as ids of buckets.
    pub numbers: Vec<usize>,
}

impl Layout {
    /// # Errors
    /// The schema has no sequence of behaviours.
    pub fn from_schema(schema: &Schema, path: &Path) -> Result<Self, DataError> {
        let [_, extra @ ..] = &schema.behaviours[..] else {
            return Err(DataError::file(
                path,
                "no sequence of behaviours",
                "one `[[behaviours]]` or several",
            ));
        };
        let place = |name: &str| schema.columns.get_index_of(name).expect("a checked schema has the column");
        let candidate: Vec<usize> = schema.candidate.iter().map(|name| place(name)).collect();
        let places = |sequence: &Behaviours| sequence.columns.iter().map(|name| place(name)).collect();
        let behaviours: Vec<Vec<usize>> = schema.behaviours.iter().map(places).collect();
        let mut layout = Layout {
            owners: vec![],
            table: vec![None; schema.columns.len()],
            candidate,
            behaviours,
            extra_sequences: extra.iter().map(|sequence| sequence.name.clone()).collect(),
            sparse: vec![],
            multi_hot: vec![],
            dense: vec![],
            numbers: vec![],
        };
        for (i, (name, column)) in schema.columns.iter().enumerate() {
            let embedded = match column.kind {
                ColumnKind::Sparse | ColumnKind::Sequence => true,
                ColumnKind::Dense => matches!(column.transform, Some(Transform::Buckets(_))),
                _ => false,
            };
            if column.kind == ColumnKind::Dense {
                layout.numbers.push(i);
            }
            match column.kind {
                ColumnKind::Sequence if !layout.behaviours.iter().flatten().any(|&b| b == i) => {
                    layout.multi_hot.push(i)
                }
                ColumnKind::Sparse if !layout.candidate.contains(&i) => layout.sparse.push(i),
                ColumnKind::Dense if embedded => layout.sparse.push(i),
                ColumnKind::Dense => layout.dense.push(i),
                _ => {}
            }
            if embedded && schema.vocabulary_of(name) == name {
                layout.table[i] = Some(layout.owners.len());
                layout.owners.push(i);
            }
        }
        for (i, name) in schema.columns.keys().enumerate() {
            let owner = schema.vocabulary_of(name);
            if owner != name {
                layout.table[i] = layout.table[place(owner)];
            }
        }
        Ok(layout)
    }

    /// The encoders of the columns of numbers, their standardizers not fitted.
    pub fn numbers(&self, schema: &Schema) -> Vec<DenseEncoder> {
        let number = |&i: &usize| {
            let (name, column) = schema.columns.get_index(i).expect("a column");
            DenseEncoder::new(name.clone()).with_transform(column.transform.clone())
        };
        self.numbers.iter().map(number).collect()
    }

    /// The tables' names, in order.
    pub fn names<'a>(&'a self, schema: &'a Schema) -> impl Iterator<Item = &'a str> {
        self.owners.iter().map(|&i| schema.columns.get_index(i).expect("a column").0.as_str())
    }

    /// The rule of a table's vocabulary.
    pub fn rule(&self, schema: &Schema, table: usize) -> VocabularySpec {
        schema.columns[self.owners[table]].vocabulary.clone().unwrap_or_default()
    }

    /// The features of a model that reads the columns. What an event consists of has the names of the
    /// candidate's columns.
    pub fn features(&self, schema: &Schema, vocabularies: &Vocabularies) -> Features {
        let tables = self.owners.iter().zip(vocabularies.iter()).map(|(&i, (name, vocabulary))| {
            let width = schema.columns[i].width.unwrap_or(schema.width);
            Table::new(name, vocabulary.rows(), width)
        });
        let name = |i: usize| schema.columns.get_index(i).expect("a column").0.clone();
        let lookup = |&i: &usize| EmbeddingFeature::new(name(i), self.table[i].expect("an embedded column"));
        Features::new(tables.collect(), self.candidate.iter().map(lookup).collect())
            .with_sparse(self.sparse.iter().map(lookup).collect())
            .with_multi_hot(self.multi_hot.iter().map(lookup).collect())
            .with_dense(self.dense.iter().map(|&i| name(i)).collect())
            .with_extra_sequences(self.extra_sequences.clone())
    }
}
