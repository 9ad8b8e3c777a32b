//! Behaviours in memory, as rows of two tables: one of the items, one of the users.

use std::collections::HashMap;
use std::path::Path;

use dien_model::Jagged;
use dien_serving::encoding::Vocabularies;

use super::bags::Bags;
use super::counts::TableCounts;
use super::layout::Layout;
use super::lookup::Lookup;
use super::row::View;
use crate::behaviours::item_columns::ItemColumns;
use crate::behaviours::log::{Log, column};
use crate::error::DataError;
use crate::sample::options::DataOptions;
use crate::sample::samples::Columns;
use crate::schema::Schema;
use crate::source::{Column, TextColumn};

/// Rows of a block.
const BLOCK: usize = 4096;

/// What a log's items and users are, by the schema that the options are of them.
pub(crate) struct LogTables<'a> {
    log: &'a Log,
    schema: Schema,
    layout: Layout,
    items: ItemColumns,
}

impl Log {
    /// One vocabulary per embedding table: counts the behaviours of the non-test users.
    ///
    /// Every behaviour counts, whatever its rating. A list in a cell counts each of its values. What the ids
    /// are, integers say, the cells tell that count.
    ///
    /// # Errors
    /// An option names a column that the log's items do not have.
    pub fn vocabularies(&self, options: &DataOptions) -> Result<Vocabularies, DataError> {
        LogTables::new(self, options, None)?.vocabularies()
    }
}

impl<'a> LogTables<'a> {
    /// The ids are of the types that a model's vocabularies have, if there is one.
    ///
    /// # Errors
    /// An option names a column that the log's items do not have.
    pub fn new(log: &'a Log, options: &DataOptions, model: Option<&Vocabularies>) -> Result<Self, DataError> {
        let columns = |option, names: &[String]| {
            let named = |name: &String| Ok((name.clone(), column(log, option, name)?));
            names.iter().map(named).collect::<Result<_, DataError>>()
        };
        let is_single = |name: &&String| !options.pooled.contains(name);
        let single: Vec<String> = options.behaviours.iter().filter(is_single).cloned().collect();
        let items = ItemColumns {
            single: columns("behaviours", &single)?,
            lists: columns("pooled", &options.pooled)?,
        };
        let schema = options.schema();
        let layout = Layout::from_schema(&schema, Path::new("options"))?;
        let layout = match model {
            Some(model) => layout.with_known_types(&schema, model),
            None => layout,
        };
        Ok(LogTables { log, schema, layout, items })
    }

    /// Counts what the non-test users did.
    ///
    /// # Errors
    /// None, as no vocabulary is in a file.
    pub fn vocabularies(&self) -> Result<Vocabularies, DataError> {
        let mut occurrences = vec![0; self.log.items().len()];
        for event in self.log.users().iter().filter(|u| !u.test).flat_map(|u| &u.events) {
            occurrences[event.item as usize] += 1;
        }
        let users = self.log.users().iter().map(|u| if u.test { 0 } else { u.events.len() as u64 });
        let users: Vec<u64> = users.collect();
        let mut tables = TableCounts::of(&self.schema, &self.layout);
        let mut buffer = String::new();
        let mut count = |view: &View<'_>, columns: &[usize], row: usize, times: u64| {
            for &column in columns.iter().filter(|_| times > 0) {
                let table = &mut tables[self.layout.table_of(column)];
                view.tokens(&self.schema, &self.layout, column, row, &mut buffer, |token| {
                    token.into_iter().for_each(|token| table.add(token, times, false));
                });
            }
        };
        self.each_item(|view, row, item| {
            count(view, &self.layout.candidate, row, occurrences[item]);
            count(view, &self.layout.multi_hot, row, occurrences[item]);
        });
        self.each_user(|view, row, user| count(view, &self.layout.sparse, row, users[user]));
        let names = self.layout.names(&self.schema).map(str::to_owned);
        let vocabularies = tables.iter().map(|counts| counts.vocabulary(Path::new("")));
        let parts = names.zip(vocabularies).map(|(name, vocabulary)| Ok((name, vocabulary?)));
        Ok(Vocabularies::from_parts(parts.collect::<Result<_, DataError>>()?))
    }

    /// The ids of every item and user.
    ///
    /// # Errors
    /// A vocabulary that the options ask for is not there.
    pub fn columns(&self, vocabularies: &Vocabularies) -> Result<Columns, DataError> {
        let of = |name| vocabularies.get(name).ok_or(name);
        let of = self.layout.names(&self.schema).map(of).collect::<Result<Vec<_>, &str>>();
        let of = of.map_err(|name| {
            let known = crate::error::quoted(vocabularies.iter().map(|(n, _)| n));
            DataError::log("vocabularies", known, format!("`{name}` among them"))
        })?;
        let (lookup, layout) = (Lookup::new(&self.schema, &self.layout, of), &self.layout);
        let mut all = Columns {
            behaviours: vec![vec![]; layout.candidate.len()],
            bags: vec![],
            multi_hot: vec![Jagged::new(vec![0], vec![]); layout.multi_hot.len()],
            sparse: vec![vec![]; layout.sparse.len()],
            class: vec![],
        };
        let mut buffer = String::new();
        let mut bags: Vec<Bags> = layout.bags.iter().map(|_| Bags::default()).collect();
        self.each_item(|view, row, _| {
            lookup.event(view, row, &mut bags, &mut buffer, |place, id| all.behaviours[place].push(id));
            lookup.lists(view, &layout.multi_hot, row, &mut buffer, &mut all.multi_hot);
        });
        self.each_user(|view, row, _| {
            lookup.ids(view, &layout.sparse, row, &mut buffer, |place, id| all.sparse[place].push(id));
        });
        all.bags = layout.bags.iter().copied().zip(bags.into_iter().map(Bags::into_lists)).collect();
        all.class = classes(&all.behaviours, self.log.items().len());
        Ok(all)
    }

    /// Calls `each` with every item: its row in a view, and its place in the log.
    fn each_item(&self, each: impl FnMut(&View<'_>, usize, usize)) {
        let place = |(name, _): &(String, _)| {
            self.schema.columns.get_index_of(name).expect("the options' schema has their columns")
        };
        let columns: Vec<usize> = self.items.single.iter().chain(&self.items.lists).map(place).collect();
        self.each(&columns, self.log.items().len(), |items| self.items.read(self.log, items), each);
    }

    /// The same with every user, if something is to be known of them.
    fn each_user(&self, each: impl FnMut(&View<'_>, usize, usize)) {
        let columns = &self.layout.sparse;
        let users = if columns.is_empty() { 0 } else { self.log.users().len() };
        let id = |&user: &u32| Some(self.log.users()[user as usize].id.as_str());
        let read = |users: &[u32]| {
            let ids: TextColumn = users.iter().map(id).collect();
            columns.iter().map(|_| ids.clone().into()).collect()
        };
        self.each(columns, users, read, each);
    }

    /// Reads `columns` of `rows` rows, block by block.
    fn each(
        &self,
        columns: &[usize],
        rows: usize,
        read: impl Fn(&[u32]) -> Vec<Column>,
        mut each: impl FnMut(&View<'_>, usize, usize),
    ) {
        let place = |column: usize| columns.iter().position(|&c| c == column);
        let places: Vec<Option<usize>> = (0..self.schema.columns.len()).map(place).collect();
        let all: Vec<u32> = (0..rows as u32).collect();
        for block in all.chunks(BLOCK) {
            let read = read(block);
            let view = View::of(&self.schema, &read, &places);
            block.iter().enumerate().for_each(|(row, &of)| each(&view, row, of as usize));
        }
    }
}

fn classes(behaviours: &[Vec<u32>], items: usize) -> Vec<u32> {
    let mut known: HashMap<Vec<u32>, u32> = HashMap::with_capacity(items);
    let class = |item: usize| {
        let next = known.len() as u32;
        *known.entry(behaviours.iter().map(|ids| ids[item]).collect()).or_insert(next)
    };
    (0..items).map(class).collect()
}
