//! What the rows that train hold: ids by table, and signs of mistakes.

use dien_serving::encoding::{Repeats, canonical, hash, scramble};

use super::counts::TableCounts;
use super::layout::Layout;
use super::row::{Sample, View};
use crate::doubts::leaks::{Cell, Leaks};
use crate::doubts::padding::{End, ListEnds};
use crate::doubts::repeats::Repeats as RepeatedRows;
use crate::schema::{Behaviours, Schema, SequenceOrder};

/// Adds up rows.
pub(crate) struct Counting<'a> {
    schema: &'a Schema,
    layout: &'a Layout,
    pub tables: Vec<TableCounts>,
    /// Of the first column of each sequence of behaviours.
    ends: Vec<ListEnds>,
    leaks: Leaks,
    repeats: RepeatedRows,
    /// The row's cells: of candidate and context, then its numbers.
    cells: Vec<Cell>,
    neighbour: String,
    /// By sequence its events, and those that are repeats which are left out.
    left_out: Vec<[u64; 2]>,
}

impl<'a> Counting<'a> {
    pub fn new(schema: &'a Schema, layout: &'a Layout) -> Self {
        let tables = TableCounts::of(schema, layout);
        let lists = layout.multi_hot.iter().chain(&layout.numbers);
        let columns = single(schema, layout).chain(lists.copied());
        let leaks = Leaks::new(columns.map(|column| name(schema, column).to_owned()));
        let ends = vec![ListEnds::default(); layout.behaviours.len()];
        let repeats = RepeatedRows::default();
        let left_out = vec![[0, 0]; layout.behaviours.len()];
        let (cells, neighbour) = (vec![], String::new());
        Counting { schema, layout, tables, ends, leaks, repeats, left_out, cells, neighbour }
    }

    /// What is in a row itself, with its numbers as they stand.
    pub fn row(
        &mut self,
        view: &View<'_>,
        row: usize,
        numbers: &[f64],
        sample: &Sample,
        buffer: &mut String,
    ) {
        let (schema, layout) = (self.schema, self.layout);
        self.cells.clear();
        for column in single(schema, layout).chain(layout.multi_hot.iter().copied()) {
            let (mut cell, counts) = (Cell::Missing, &mut self.tables[layout.table_of(column)]);
            view.tokens(schema, layout, column, row, buffer, |token| {
                let Some(token) = token else { return };
                let before = if let Cell::Id(id) = cell { id } else { 0 };
                cell = Cell::Id(hash(before, token.as_bytes()));
                counts.add(token, 1, false);
            });
            self.cells.push(cell);
        }
        for (&column, &x) in layout.numbers.iter().zip(numbers) {
            let is_missing = view.is_default(schema, column, row);
            self.cells.push(if is_missing { Cell::Missing } else { Cell::Number(x) });
        }
        self.leaks.add(sample.label, &self.cells);
        // Without a time, what is alike may have happened twice.
        if let Some(time) = sample.time {
            let group = view.group(row, layout.group_form(), buffer).unwrap_or_default();
            let label = u64::from(sample.label.to_bits());
            let first = hash(time as u64, group.as_bytes()) ^ scramble(label);
            self.repeats.add(self.cells.iter().fold(first, |all, cell| match cell {
                Cell::Missing => scramble(all),
                Cell::Number(x) => scramble(all ^ x.to_bits()),
                Cell::Id(id) => scramble(all ^ id),
            }));
        }
    }

    /// Every event but padding. Lists of a sequence are of one length.
    pub fn behaviours(&mut self, view: &View<'_>, row: usize, buffer: &mut String) {
        let layout = self.layout;
        for (place, (sequence, columns)) in self.schema.behaviours.iter().zip(&layout.behaviours).enumerate()
        {
            if sequence.padding.is_none() {
                self.ends(place, view, columns[0], row, buffer);
            }
            let mut all = vec![];
            for event in 0..view.list(columns[0], row).len() {
                if view.is_padding(layout, sequence, columns[0], row, event, buffer) {
                    continue;
                }
                let mut alike = 0;
                for &column in columns {
                    let at = view.list(column, row).start + event;
                    view.event_tokens(column, at, layout.form(column), buffer, |token| {
                        if sequence.repeats != Repeats::Keep {
                            alike = scramble(hash(alike, canonical(token.unwrap_or_default()).as_bytes()));
                        }
                        if let Some(token) = token {
                            self.tables[layout.table_of(column)].add(token, 1, true);
                        }
                    });
                    // Where one list ends counts, too.
                    alike = scramble(alike);
                }
                all.push(alike);
            }
            if sequence.repeats != Repeats::Keep {
                if sequence.order == SequenceOrder::LatestFirst {
                    all.reverse();
                }
                let [events, repeats] = &mut self.left_out[place];
                *events += all.len() as u64;
                *repeats += (all.len() - sequence.repeats.kept(&all).len()) as u64;
            }
        }
    }

    /// What stands at the ends of a list.
    fn ends(&mut self, sequence: usize, view: &View<'_>, column: usize, row: usize, buffer: &mut String) {
        let (ids, form) = (view.list(column, row), self.layout.form(column));
        if ids.len() < 2 {
            return;
        }
        let ends = &mut self.ends[sequence];
        ends.add_length(ids.len());
        for (end, at, beside) in
            [(End::First, ids.start, ids.start + 1), (End::Last, ids.end - 1, ids.end - 2)]
        {
            let id = view.list_id(column, at, form, buffer);
            let twice = id == view.list_id(column, beside, form, &mut self.neighbour);
            ends.add(end, id.unwrap_or_default(), twice);
        }
    }

    /// How many repeats are left out, a sentence for each sequence of which some are to be.
    pub fn notes(&self) -> Vec<String> {
        let sequences = self.schema.behaviours.iter().zip(&self.left_out);
        let of = sequences.filter(|(sequence, _)| sequence.repeats != Repeats::Keep);
        let note = |(sequence, [events, repeats]): (&Behaviours, &[u64; 2])| {
            let (name, repeats_are, share) =
                (&sequence.name, sequence.repeats.name(), 100.0 * *repeats as f64 / (*events).max(1) as f64);
            format!(
                "`{name}`: {repeats} of {events} behaviours in the histories of rows that train ({share:.1} \
                 %) repeat others and are left out (`repeats = \"{repeats_are}\"`)"
            )
        };
        of.map(note).collect()
    }

    /// A sentence for each thing that may be a mistake.
    pub fn warnings(&self) -> Vec<String> {
        let sequences = self.ends.iter().zip(&self.layout.behaviours);
        let padding = sequences.filter_map(|(ends, columns)| {
            let table = &self.tables[self.layout.table_of(columns[0])];
            ends.warning(name(self.schema, columns[0]), |id| table.is_candidate(id))
        });
        padding.chain(self.repeats.warning()).chain(self.leaks.warnings()).collect()
    }
}

/// The columns of single ids that describe a candidate or the moment.
fn single<'a>(schema: &'a Schema, layout: &'a Layout) -> impl Iterator<Item = usize> + 'a {
    let columns = layout.candidate.iter().chain(&layout.sparse).copied();
    columns.filter(|&column| schema.columns[column].transform.is_none())
}

fn name(schema: &Schema, column: usize) -> &str {
    let (name, _) = schema.columns.get_index(column).expect("a column of the schema");
    name
}
