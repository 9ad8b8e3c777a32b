//! Which of a schema's columns becomes which feature of a model.

use std::path::Path;

use dien_model::{EmbeddingFeature, Features, Table};
use dien_serving::encoding::{DenseEncoder, IdType, Transform, Vocabularies, Vocabulary};

use crate::error::DataError;
use crate::schema::{Behaviours, ColumnKind, Schema, VocabularySpec};
use crate::source::TextForm;

/// What is known of the type of a table's ids before rows are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeRule {
    /// Nothing: the ids tell.
    Inferred,
    /// The schema says it: an id of another type is wrong in a row that trains.
    Declared(IdType),
    /// The model that is there already has it: an id of another type is out of vocabulary.
    Known(IdType),
    /// There is none: ids of buckets, or of a model of before ids had types.
    Untyped,
}

/// Columns by their places in the schema.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    /// The columns whose vocabularies the tables are of, and by column the table it looks up.
    pub owners: Vec<usize>,
    pub table: Vec<Option<usize>>,
    /// By table.
    types: Vec<TypeRule>,
    /// What an event has, too.
    pub candidate: Vec<usize>,
    /// Which of those are lists, by their places among them: bags.
    pub bags: Vec<usize>,
    /// Which of the candidate's columns names it: the one called `item`, or else the first.
    pub item: usize,
    /// Those of each sequence of behaviours.
    pub behaviours: Vec<Vec<usize>>,
    /// The names of the sequences after the first.
    pub extra_sequences: Vec<String>,
    pub sparse: Vec<usize>,
    /// Lists that are no behaviours: of the candidate, or else of the user or the moment.
    pub multi_hot: Vec<usize>,
    /// Those of the candidate, which the schema names.
    pub candidate_lists: Vec<usize>,
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
        let of_events = schema.event_columns();
        let candidate: Vec<usize> = of_events.iter().map(|name| place(name)).collect();
        let bags: Vec<usize> = (0..candidate.len()).filter(|&i| schema.is_list(of_events[i])).collect();
        let item = of_events.iter().position(|name| *name == "item" && !schema.is_list(name)).unwrap_or(0);
        let places = |sequence: &Behaviours| sequence.columns.iter().map(|name| place(name)).collect();
        let behaviours: Vec<Vec<usize>> = schema.behaviours.iter().map(places).collect();
        let mut layout = Layout {
            owners: vec![],
            table: vec![None; schema.columns.len()],
            types: vec![],
            candidate,
            bags,
            item,
            behaviours,
            extra_sequences: extra.iter().map(|sequence| sequence.name.clone()).collect(),
            sparse: vec![],
            multi_hot: vec![],
            candidate_lists: vec![],
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
                ColumnKind::Sequence
                    if !layout.behaviours.iter().flatten().chain(&layout.candidate).any(|&b| b == i) =>
                {
                    layout.multi_hot.push(i);
                    if schema.candidate.contains(name) {
                        layout.candidate_lists.push(i);
                    }
                }
                ColumnKind::Sparse if !layout.candidate.contains(&i) => layout.sparse.push(i),
                ColumnKind::Dense if embedded => layout.sparse.push(i),
                ColumnKind::Dense => layout.dense.push(i),
                _ => {}
            }
            if embedded && schema.vocabulary_of(name) == name {
                layout.table[i] = Some(layout.owners.len());
                layout.owners.push(i);
                layout.types.push(match column.id_type {
                    _ if column.kind == ColumnKind::Dense => TypeRule::Untyped,
                    Some(id_type) => TypeRule::Declared(id_type),
                    None => TypeRule::Inferred,
                });
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

    /// That a model's tables and numbers are the schema's.
    ///
    /// # Errors
    /// They are others.
    pub fn check_model(
        &self,
        schema: &Schema,
        path: &Path,
        vocabularies: &Vocabularies,
        numbers: &[DenseEncoder],
    ) -> Result<(), DataError> {
        let own = self.numbers(schema);
        let own = own.iter().map(|n| (&n.name, &n.transform));
        let fit = self.names(schema).eq(vocabularies.iter().map(|(name, _)| name))
            && own.eq(numbers.iter().map(|n| (&n.name, &n.transform)));
        if fit {
            return Ok(());
        }
        let expected = crate::error::quoted(vocabularies.iter().map(|(name, _)| name));
        let found = crate::error::quoted(self.names(schema));
        Err(DataError::file(
            path,
            format!("a schema for tables {found}"),
            format!("the model's tables {expected}, and its numbers"),
        ))
    }

    /// The same, with the types of a model's vocabularies, which are as many as the tables.
    ///
    /// # Errors
    /// The schema declares another type.
    pub fn with_types(
        self,
        schema: &Schema,
        path: &Path,
        vocabularies: &Vocabularies,
    ) -> Result<Self, DataError> {
        let of = |(&owner, (name, vocabulary)): (&usize, (&str, &Vocabulary))| {
            let (declared, model) = (schema.columns[owner].id_type, vocabulary.id_type());
            if let Some(declared) = declared.filter(|&declared| Some(declared) != model) {
                let found = format!("column `{name}`: the type `{}`", declared.name());
                let expected = match model {
                    Some(model) => format!("`{}`, as the model has", model.name()),
                    None => "none: the model was trained before ids had types".into(),
                };
                return Err(DataError::file(path, found, expected));
            }
            Ok(match (model, declared) {
                (Some(id_type), Some(_)) => TypeRule::Declared(id_type),
                (Some(id_type), None) => TypeRule::Known(id_type),
                (None, _) => TypeRule::Untyped,
            })
        };
        let types = self.owners.iter().zip(vocabularies.iter()).map(of);
        Ok(Layout { types: types.collect::<Result<_, _>>()?, ..self })
    }

    /// Which bag the candidate's column at this place is, if it is one.
    pub fn bag(&self, place: usize) -> Option<usize> {
        self.bags.iter().position(|&bag| bag == place)
    }

    /// The table that a column of ids looks up.
    pub fn table_of(&self, column: usize) -> usize {
        self.table[column].expect("an embedded column")
    }

    /// With the types of those of a model's vocabularies that have the tables' names.
    pub fn with_known_types(self, schema: &Schema, vocabularies: &Vocabularies) -> Self {
        let rule = |name: &str| match vocabularies.get(name).map(Vocabulary::id_type) {
            None => TypeRule::Inferred,
            Some(id_type) => id_type.map_or(TypeRule::Untyped, TypeRule::Known),
        };
        let types = self.names(schema).map(rule).collect();
        Layout { types, ..self }
    }

    /// What is known of the type of a column's ids; none if it has none.
    pub fn type_rule(&self, column: usize) -> Option<TypeRule> {
        self.table[column].map(|table| self.types[table])
    }

    /// By table.
    pub fn type_rules(&self) -> &[TypeRule] {
        &self.types
    }

    /// Whether a cell may be of another type than it must be.
    pub fn declares_types(&self) -> bool {
        self.types.iter().any(|rule| matches!(rule, TypeRule::Declared(of) if *of != IdType::Text))
    }

    /// How the ids of a column are written.
    pub fn form(&self, column: usize) -> TextForm {
        match self.type_rule(column) {
            Some(TypeRule::Untyped) => TextForm::Untyped,
            _ => TextForm::Typed,
        }
    }

    /// How groups are written.
    pub fn group_form(&self) -> TextForm {
        let untyped = self.types.iter().all(|rule| *rule == TypeRule::Untyped);
        if untyped { TextForm::Untyped } else { TextForm::Typed }
    }

    /// The lists that a row has of its user or its moment.
    pub fn request_lists(&self, schema: &Schema) -> Vec<String> {
        let lists = self.multi_hot.iter().filter(|column| !self.candidate_lists.contains(column));
        lists.map(|&i| schema.columns.get_index(i).expect("a column").0.clone()).collect()
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
        let tables = self.owners.iter().zip(self.names(schema)).map(|(&i, name)| {
            let width = schema.columns[i].width.unwrap_or(schema.width);
            let rows = vocabularies.get(name).expect("a vocabulary of each table").rows();
            Table::new(name, rows, width)
        });
        let name = |i: usize| schema.columns.get_index(i).expect("a column").0.clone();
        let lookup = |&i: &usize| EmbeddingFeature::new(name(i), self.table_of(i));
        let of_event = |(place, column): (usize, &usize)| match self.bag(place) {
            Some(_) => EmbeddingFeature::bag(name(*column), self.table_of(*column)),
            None => lookup(column),
        };
        Features::new(tables.collect(), self.candidate.iter().enumerate().map(of_event).collect())
            .with_sparse(self.sparse.iter().map(lookup).collect())
            .with_multi_hot(self.multi_hot.iter().map(lookup).collect())
            .with_dense(self.dense.iter().map(|&i| name(i)).collect())
            .with_extra_sequences(self.extra_sequences.clone())
    }
}
