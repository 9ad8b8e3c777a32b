//! What each item of a log is: the table that serving looks items up in.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::Path;

use dien_model::Jagged;
use dien_serving::encoding::{IdType, ItemTable, Vocabularies, Vocabulary, canonical};

use super::item_record::{ItemRecord, MISSING};
use super::layout::Layout;
use super::lookup::Lookup;
use super::row::View;
use super::wanted::{From, wanted};
use crate::error::DataError;
use crate::schema::{ColumnKind, Schema, Source};
use crate::source::{Blocks, TextForm};

/// The most that the items of a log may take in memory, so that a log is streamed whatever its size.
const MOST_BYTES: usize = 1 << 29;
/// What an item takes beside its texts.
const ENTRY_BYTES: usize = 96;
/// Rows of a block.
const BLOCK: usize = 4096;

/// The items of a log, learnt row by row. Where rows differ about an item, the latest counts: by their time,
/// and of one time the greater text; in a log without times the last that is read.
#[derive(Clone, Debug)]
pub(crate) struct ItemFit {
    /// The columns that describe an item, the one that names it first; then those of lists.
    columns: Vec<usize>,
    lists: usize,
    items: HashMap<Box<str>, Item>,
    bytes: usize,
    /// Whether there were more than fit.
    is_full: bool,
    most: usize,
    record: ItemRecord,
    /// Rows so far, which stand for times where there are none.
    rows: i64,
}

#[derive(Clone, Debug)]
struct Item {
    time: i64,
    record: ItemRecord,
    /// By column, whether rows differ about it: a bit each.
    differs: u64,
}

impl ItemFit {
    /// Nothing yet. A log whose items have no feature beside their ids needs no table.
    pub fn new(layout: &Layout) -> Self {
        Self::within(layout, MOST_BYTES)
    }

    fn within(layout: &Layout, most: usize) -> Self {
        let key = layout.candidate.get(layout.item).copied();
        let bags = || layout.bags.iter().map(|&place| layout.candidate[place]);
        let is_other = |column: &usize| Some(*column) != key && bags().all(|bag| bag != *column);
        let others = layout.candidate.iter().copied().filter(is_other);
        let of_lists = layout.candidate_lists.iter().copied().chain(bags());
        let columns: Vec<usize> = key.into_iter().chain(others).chain(of_lists).collect();
        let (items, record, bytes) = (HashMap::new(), ItemRecord::default(), 0);
        let lists = layout.candidate_lists.len() + layout.bags.len();
        ItemFit { columns, lists, items, bytes, is_full: false, most, record, rows: 0 }
    }

    /// Whether rows have something to tell.
    fn is_needed(&self) -> bool {
        self.columns.len() > 1 && !self.is_full
    }

    /// Adds what a row says of its candidate.
    pub fn add(
        &mut self,
        schema: &Schema,
        layout: &Layout,
        view: &View<'_>,
        row: usize,
        time: Option<i64>,
        buffer: &mut String,
    ) {
        if !self.is_needed() {
            return;
        }
        let singles = self.columns.len() - self.lists;
        self.record.clear();
        for (place, &column) in self.columns.iter().enumerate().skip(1) {
            if place >= singles {
                self.record.push_len(view.list(column, row).len());
            }
            view.tokens(schema, layout, column, row, buffer, |token| self.record.push(token));
        }
        let (key, form) = (self.columns[0], layout.form(self.columns[0]));
        let Some(name) = view.id(schema, key, row, form, buffer).filter(|name| !name.is_empty()) else {
            return;
        };
        let time = time.unwrap_or(self.rows);
        self.rows += 1;
        match self.items.get_mut(name) {
            Some(item) if item.record == self.record => item.time = item.time.max(time),
            Some(item) => {
                let before = item.record.len();
                item.merge(&self.record, time, &forms(layout, &self.columns), self.lists);
                self.bytes = self.bytes + item.record.len() - before;
            }
            None => {
                self.bytes += name.len() + self.record.len() + ENTRY_BYTES;
                let item = Item { time, record: self.record.clone(), differs: 0 };
                self.items.insert(name.into(), item);
            }
        }
        if self.bytes > self.most {
            (self.is_full, self.items) = (true, HashMap::new());
        }
    }

    /// Adds a table of items, each of which has a row.
    ///
    /// # Errors
    /// A file is missing or cut off, lacks a column, or has a row that cannot be taken apart.
    pub fn read(&mut self, schema: &Schema, layout: &Layout, base: &Path) -> Result<(), DataError> {
        let Some(files) = &schema.items else { return Ok(()) };
        let source =
            Source { files: Some(files.clone()), csv: schema.source.csv.clone(), ..Source::default() };
        let (wanted, places) = wanted(schema, From::Items);
        let mut buffer = String::new();
        for block in Blocks::open(&source, base, wanted, BLOCK)? {
            let block = block?;
            let view = View::of(schema, &block.columns, &places);
            for row in 0..block.rows {
                if let Some(fault) = block.fault(row) {
                    return Err(fault);
                }
                self.add(schema, layout, &view, row, None, &mut buffer);
            }
        }
        Ok(())
    }

    /// Makes one of items whose texts are one id, now that the ids' types are known.
    pub fn unite(&mut self, layout: &Layout, vocabularies: &Vocabularies) {
        if !self.is_needed() {
            return;
        }
        let table = layout.table_of(self.columns[0]);
        let (_, vocabulary) = vocabularies.iter().nth(table).expect("a vocabulary for each table");
        let (forms, lists) = (forms(layout, &self.columns), self.lists);
        let items = std::mem::take(&mut self.items).into_iter();
        let mut items: Vec<(String, Item)> =
            items.map(|(text, item)| (name_of(vocabulary, &text), item)).collect();
        items.sort_by(|(a, one), (b, other)| (a, one.time, &one.record).cmp(&(b, other.time, &other.record)));
        for (name, item) in items {
            match self.items.get_mut(&*name) {
                Some(same) => {
                    same.merge(&item.record, item.time, &forms, lists);
                    same.differs |= item.differs;
                }
                None => drop(self.items.insert(name.into(), item)),
            }
        }
    }

    /// The table, by the ids of the vocabularies; `None` where serving needs none, or there are too many.
    pub fn table(&self, schema: &Schema, layout: &Layout, vocabularies: &Vocabularies) -> Option<ItemTable> {
        if !self.is_needed() || self.items.is_empty() {
            return None;
        }
        let lookup = Lookup::new(schema, layout, vocabularies.iter().map(|(_, v)| v));
        let key = lookup.vocabulary(self.columns[0]);
        // One order, whatever that of the rows.
        let mut items: Vec<(String, &Item)> =
            self.items.iter().map(|(text, item)| (name_of(key, text), item)).collect();
        items.sort_by(|a, b| (&a.0, b.1.time).cmp(&(&b.0, a.1.time)));
        items.dedup_by(|later, first| later.0 == first.0);
        let mut behaviours = vec![Vec::with_capacity(items.len()); layout.candidate.len()];
        let mut lists = vec![Jagged::empty(0); layout.multi_hot.len()];
        let mut bags = vec![Jagged::empty(0); layout.bags.len()];
        let singles = self.columns.len() - self.lists;
        for (name, item) in &items {
            let mut cells = item.record.cells();
            behaviours[layout.item].push(key.id(name));
            for &column in &self.columns[1..singles] {
                let place = layout.candidate.iter().position(|&c| c == column).expect("a candidate's");
                behaviours[place].push(lookup.id(column, cells.single()));
            }
            for &column in &self.columns[singles..] {
                let bag = layout.bags.iter().position(|&place| layout.candidate[place] == column);
                let list = match bag {
                    Some(bag) => &mut bags[bag],
                    None => {
                        let place = layout.multi_hot.iter().position(|&c| c == column);
                        &mut lists[place.expect("a list")]
                    }
                };
                for _ in 0..cells.len() {
                    list.ids.push(lookup.id(column, cells.single()));
                }
            }
            lists.iter_mut().chain(&mut bags).for_each(|list| list.offsets.push(list.ids.len() as u32));
        }
        let names = items.into_iter().map(|(name, ..)| name);
        let (key, _) = schema.columns.get_index(self.columns[0]).expect("a column");
        let singles = (0..).zip(behaviours).filter(|(place, _)| layout.bag(*place).is_none());
        let singles = singles.map(|(_, ids)| ids).collect();
        let table = ItemTable::new(names, singles, lists).expect("each name once, a cell an item");
        let table = table.with_bags(layout.bags.iter().copied().zip(bags));
        Some(table.expect("a list an item").with_key(key))
    }

    /// What may be a mistake, or is missing, a sentence each; of items that are [united](Self::unite).
    pub fn doubts(&self, schema: &Schema) -> Vec<String> {
        if self.is_full {
            let most = self.most >> 20;
            return vec![format!(
                "the items and their features are more than {most} MiB: the model file has no item table, \
                 and `rank` needs every feature of each event and candidate"
            )];
        }
        let column = |i: usize| schema.columns.get_index(self.columns[i]).expect("a column").0;
        let by = match schema.of_kind(ColumnKind::Time).next() {
            Some((time, _)) if schema.items.is_none() => format!("the latest by `{time}`"),
            _ => "the last that is read".into(),
        };
        let differing = (1..self.columns.len()).filter_map(|i| {
            let items = self.items.values().filter(|item| item.differs & bit(i) != 0).count();
            (items > 0).then(|| {
                format!(
                    "`{}` has more than one value for {items} of {} items (by `{}`): the item table has {by}",
                    column(i),
                    self.items.len(),
                    column(0)
                )
            })
        });
        differing.collect()
    }
}

/// How the texts are written of the columns after the first.
fn forms(layout: &Layout, columns: &[usize]) -> Vec<TextForm> {
    columns[1..].iter().map(|&column| layout.form(column)).collect()
}

/// The one text of an item's name.
fn name_of(vocabulary: &Vocabulary, text: &str) -> String {
    let tells = vocabulary.hashed_ids().is_some() || vocabulary.tokens().len() > 0;
    match vocabulary.id_type().filter(|_| tells) {
        Some(id_type) => id_type.canonical(text).unwrap_or(text.into()).into_owned(),
        // Of a vocabulary without an id nothing tells the type.
        None => one_text(text).into_owned(),
    }
}

/// The text of a value, whatever type its column turns out to have: as a truth value or a time, if it can be
/// one.
fn one_text(token: &str) -> Cow<'_, str> {
    let mut types = [IdType::Boolean, IdType::Date, IdType::Timestamp].into_iter();
    let written = types.find_map(|id_type| id_type.canonical(token));
    written.unwrap_or_else(|| canonical(token))
}

/// A record's cells, each as its one text.
fn texts<'a>(record: &'a ItemRecord, forms: &[TextForm], lists: usize) -> Vec<Option<Cow<'a, str>>> {
    let (mut cells, singles) = (record.cells(), forms.len() - lists);
    let mut all = vec![];
    for (i, form) in forms.iter().enumerate() {
        let tokens = if i < singles { vec![cells.single()] } else { cells.list() };
        let one = |token: &'a str| if *form == TextForm::Typed { one_text(token) } else { token.into() };
        all.extend(tokens.into_iter().map(|token| token.map(one)));
    }
    all
}

/// A column's bit; those of more columns than there are bits share the last.
fn bit(column: usize) -> u64 {
    1 << column.min(63)
}

impl Item {
    /// Another row about it; `forms` are those of the columns after the first, of which the last `lists` hold
    /// lists.
    fn merge(&mut self, other: &ItemRecord, time: i64, forms: &[TextForm], lists: usize) {
        let texts = |record| texts(record, forms, lists);
        let is_later = match time.cmp(&self.time) {
            // Not by the texts themselves, which hang on who wrote them.
            Ordering::Equal => texts(other) >= texts(&self.record),
            order => order.is_gt(),
        };
        let (mut merged, singles) = (ItemRecord::default(), forms.len() - lists);
        let (mut old, mut new) = (self.record.cells(), other.cells());
        let same = |form: &TextForm, a: Option<&str>, b: Option<&str>| match (a, b) {
            (Some(a), Some(b)) => a == b || *form == TextForm::Typed && one_text(a) == one_text(b),
            (None, None) => true,
            _ => false,
        };
        for (i, form) in forms[..singles].iter().enumerate() {
            let (before, now) = (old.single(), new.single());
            // What a row does not say is no other value.
            if before.is_some() && now.is_some() && !same(form, before, now) {
                self.differs |= bit(i + 1);
            }
            merged.push(if is_later { now.or(before) } else { before.or(now) });
        }
        for (i, form) in forms[singles..].iter().enumerate() {
            let [before, now] = [&mut old, &mut new].map(|cells| cells.list());
            let equal = before.len() == now.len() && before.iter().zip(&now).all(|(a, b)| same(form, *a, *b));
            if !equal && !before.is_empty() && !now.is_empty() {
                self.differs |= bit(singles + i + 1);
            }
            let chosen = if is_later && !now.is_empty() || before.is_empty() { now } else { before };
            merged.push_len(chosen.len());
            chosen.into_iter().for_each(|token| merged.push(token));
        }
        self.record = merged;
        self.time = self.time.max(time);
    }
}

const _: () = assert!(MISSING > MOST_BYTES as u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_told_and_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let rows: String = (0..50).map(|i| format!("item {i},c{}\n", i % 3)).collect();
        std::fs::write(folder.path().join("items.csv"), format!("item,category\n{rows}")).unwrap();
        let text = r#"
            candidate = ["category", "item"]
            items = "items.csv"
            [columns]
            label = { kind = "label" }
            item = { kind = "sparse" }
            category = { kind = "sparse" }
            seen = { kind = "sequence", shares = "item" }
            seen_categories = { kind = "sequence", shares = "category" }
            [[behaviours]]
            name = "clicks"
            columns = ["seen_categories", "seen"]
        "#;
        let path = folder.path().join("dataset.toml");
        let schema = Schema::parse(text, &path).unwrap();
        let layout = Layout::from_schema(&schema, &path).unwrap();
        let [small, large] = [2 << 10, 1 << 20].map(|most| {
            let mut fit = ItemFit::within(&layout, most);
            fit.read(&schema, &layout, folder.path()).unwrap();
            fit
        });
        assert_eq!((large.items.len(), large.doubts(&schema)), (50, vec![]));
        assert_eq!((small.items.len(), small.is_full), (0, true));
        assert!(small.doubts(&schema)[0].contains("the model file has no item table"));
        let words = ["item 7", "c1"].map(|word| Vocabulary::from_tokens([word.to_owned()]).unwrap());
        let [item, category] = words;
        let vocabularies =
            Vocabularies::from_parts(vec![("item".into(), item), ("category".into(), category)]);
        assert_eq!(small.table(&schema, &layout, &vocabularies), None);
        let table = large.table(&schema, &layout, &vocabularies).unwrap();
        // Features stand in the candidate's order, whichever names the item.
        let place = table.place("item 7").unwrap();
        assert_eq!([table.behaviour(0, place), table.behaviour(1, place)], [1, 1]);
        let place = table.place("item 8").unwrap();
        assert_eq!([table.behaviour(0, place), table.behaviour(1, place)], [0, 0]);
    }
}
