//! Rows to ids: a chunk of samples.

use std::collections::HashMap;
use std::slice;

use dien_model::{Jagged, OOV};
use dien_serving::encoding::{DenseEncoder, Repeats, Vocabularies, hash};

use super::bags::Bags;
use super::histories::Past;
use super::layout::Layout;
use super::lookup::Lookup;
use super::row::{View, Wrong};
use super::rows::Row;
use crate::sample::options::DataOptions;
use crate::sample::sampler::Sampler;
use crate::sample::samples::{Columns, Context, ExtraSequence, Histories, Part, Rows, Samples, Target, pick};
use crate::schema::{ColumnKind, Schema, SequenceOrder};
use crate::source::{Cells, TextForm};
use crate::target_names::TargetNames;

/// Samples, and the targets among them.
pub(crate) struct Chunk {
    pub samples: Samples,
    pub targets: Part,
    /// By target the row that it was, counted from the chunk's first.
    pub rows: Vec<u32>,
    /// By row what the log calls it, if that was asked for.
    pub names: Vec<TargetNames>,
}

/// What encodes rows.
pub(crate) struct Encoder<'a> {
    lookup: Lookup<'a>,
    numbers: &'a [DenseEncoder],
    /// Whether chunks tell what the log calls rows.
    keeps_names: bool,
    chunk: Building,
}

/// A chunk that grows. Rows with equal histories share one.
#[derive(Default)]
struct Building {
    /// An item of a chunk is what an event or candidate consists of: ids by behaviour feature.
    items: HashMap<Box<[u32]>, u32>,
    columns: Vec<Vec<u32>>,
    /// The lists of what events have any number of, by the layout's bags.
    bags: Vec<Bags>,
    /// By sequence of behaviours.
    pasts: Vec<Pasts>,
    /// The last history of a table of them: its row there, and its place here.
    last: Option<(u64, u32)>,
    /// Which of its events stay, where repeats are left out.
    kept: Vec<usize>,
    /// How many events of its history a target sees.
    end: Vec<u32>,
    candidate: Vec<u32>,
    label: Vec<f32>,
    rows: Rows,
    /// Groups by name.
    groups: HashMap<String, u32>,
    names: Vec<TargetNames>,
}

/// The histories of one sequence of behaviours.
#[derive(Default)]
struct Pasts {
    histories: Histories,
    /// Histories by their hash.
    known: HashMap<u64, Vec<u32>>,
    /// By row, its history.
    history: Vec<u32>,
}

impl<'a> Encoder<'a> {
    pub fn new(
        schema: &'a Schema,
        layout: &'a Layout,
        vocabularies: &'a Vocabularies,
        numbers: &'a [DenseEncoder],
    ) -> Self {
        let lookup = Lookup::new(schema, layout, vocabularies.iter().map(|(_, v)| v));
        Encoder { lookup, numbers, keeps_names: false, chunk: Building::new(layout) }
    }

    /// The same, whose chunks tell what the log calls rows.
    pub fn with_names(self) -> Self {
        Encoder { keeps_names: true, ..self }
    }

    /// Targets so far.
    pub fn len(&self) -> usize {
        self.chunk.label.len()
    }

    /// Adds a row, or nothing if something is wrong with it.
    pub fn push(&mut self, of: Row<'_, '_>, buffer: &mut String) -> Result<(), Wrong> {
        let Lookup { schema, layout, .. } = self.lookup;
        of.check_behaviours(schema, layout)?;
        let Row { view, row, sample, past, more } = of;
        let (mut dense, mut buckets) = (vec![], vec![]);
        for (number, &column) in self.numbers.iter().zip(&layout.numbers) {
            let (x, value) = view.number(schema, number, column, row)?;
            match number.bucket(x) {
                Some(id) => buckets.push(id),
                None => dense.push(value),
            }
        }
        let mut buckets = buckets.into_iter();
        let mut sparse = Vec::with_capacity(layout.sparse.len());
        for column in &layout.sparse {
            match schema.columns[*column].kind {
                ColumnKind::Dense => sparse.push(buckets.next().expect("a bucket for each such column")),
                _ => self.lookup.ids(view, slice::from_ref(column), row, buffer, |_, id| sparse.push(id)),
            }
        }
        let group = view.group(row, layout.group_form(), buffer)?;
        let user = self.keeps_names.then(|| group.to_owned());
        let group = match self.chunk.groups.get(group) {
            Some(&id) => id,
            None => {
                let id = self.chunk.groups.len() as u32;
                self.chunk.groups.insert(group.into(), id);
                id
            }
        };
        let (history, end) = match past {
            Some(past) => self.history_of_table(&past, buffer),
            None => {
                let items = self.history(0, view, row, schema.behaviours[0].max_history, buffer);
                (self.chunk.pasts[0].place(&items), items.len() as u32)
            }
        };
        for sequence in 1..layout.behaviours.len() {
            let items = self.history(sequence, view, row, schema.behaviours[sequence].max_history, buffer);
            let past = &mut self.chunk.pasts[sequence];
            let history = past.place(&items);
            past.history.push(history);
        }
        let mut ids = Vec::with_capacity(layout.candidate.len());
        self.lookup.event(view, row, &mut self.chunk.bags, buffer, |_, id| ids.push(id));
        let candidate = self.chunk.item(&ids);
        self.lookup.lists(view, &layout.multi_hot, row, buffer, &mut self.chunk.rows.multi_hot);
        if let Some(user) = user {
            let column = layout.candidate[layout.item];
            let item = view.id(schema, column, row, layout.form(column), buffer).unwrap_or_default();
            let item = item.to_owned();
            let mut cell = |column| Some(Cells::of(column).group(row, TextForm::Typed, buffer)?.to_owned());
            let cells = more.iter().map(&mut cell).collect();
            self.chunk.names.push(TargetNames { user, item, cells });
        }
        let chunk = &mut self.chunk;
        chunk.pasts[0].history.push(history);
        chunk.end.push(end);
        chunk.candidate.push(candidate);
        chunk.label.push(sample.label);
        if let Some(weight) = sample.weight {
            chunk.rows.weight.push(weight);
        }
        chunk.rows.group_id.push(group);
        chunk.rows.sparse.iter_mut().zip(sparse).for_each(|(ids, id)| ids.push(id));
        chunk.rows.dense.iter_mut().zip(dense).for_each(|(numbers, x)| numbers.push(x));
        Ok(())
    }

    /// A whole history, as others may look back on more of it, and how many of its events the target sees.
    fn history_of_table(&mut self, past: &Past<'_>, buffer: &mut String) -> (u32, u32) {
        let known = self.chunk.last.filter(|(index, _)| *index == past.index);
        let history = known.map(|(_, history)| history).unwrap_or_else(|| {
            let items = match self.lookup.schema.behaviours[0].repeats {
                Repeats::Keep => self.history(0, &past.view, past.row, usize::MAX, buffer),
                _ => {
                    let (items, kept) = self.distinct(0, &past.view, past.row, buffer);
                    self.chunk.kept = kept;
                    items
                }
            };
            let histories = &mut self.chunk.pasts[0].histories;
            histories.push(items);
            let history = histories.len() as u32 - 1;
            self.chunk.last = Some((past.index, history));
            history
        });
        let end = match self.lookup.schema.behaviours[0].repeats {
            Repeats::Keep => past.end,
            _ => self.chunk.kept.partition_point(|place| *place < past.end),
        };
        (history, end as u32)
    }

    /// The events of a sequence without the repeats that are left out, oldest first, and their places among
    /// all that are no padding.
    fn distinct(
        &mut self,
        sequence: usize,
        view: &View<'_>,
        row: usize,
        buffer: &mut String,
    ) -> (Vec<u32>, Vec<usize>) {
        let Lookup { schema, layout, .. } = self.lookup;
        let (columns, sequence) = (&layout.behaviours[sequence], &schema.behaviours[sequence]);
        let (mut all, mut ids) = (vec![], vec![OOV; columns.len()]);
        for at in 0..view.list(columns[0], row).len() {
            if view.is_padding(layout, sequence, columns[0], row, at, buffer) {
                continue;
            }
            let mut unknown = String::new();
            for (place, (id, &column)) in ids.iter_mut().zip(columns).enumerate() {
                let (at, mut list) = (view.list(column, row).start + at, vec![]);
                view.event_tokens(column, at, layout.form(column), buffer, |token| {
                    let (found, text) = self.lookup.vocabulary(column).id_or_text(token.unwrap_or_default());
                    list.push(found);
                    unknown += &text;
                    unknown.push('\n');
                });
                *id = layout.bag(place).map_or_else(|| list[0], |bag| self.chunk.bags[bag].place(&list));
            }
            all.push((self.chunk.item(&ids), unknown));
        }
        if sequence.order == SequenceOrder::LatestFirst {
            all.reverse();
        }
        let kept = sequence.repeats.kept(&all);
        (kept.iter().map(|&place| all[place].0).collect(), kept)
    }

    /// The latest events of a sequence, `most` of them, oldest first. Its lists are of one length.
    fn history(
        &mut self,
        place: usize,
        view: &View<'_>,
        row: usize,
        most: usize,
        buffer: &mut String,
    ) -> Vec<u32> {
        let Lookup { schema, layout, .. } = self.lookup;
        let (columns, sequence) = (&layout.behaviours[place], &schema.behaviours[place]);
        if sequence.repeats != Repeats::Keep {
            let (mut items, _) = self.distinct(place, view, row, buffer);
            items.drain(..items.len().saturating_sub(most));
            return items;
        }
        let events = view.list(columns[0], row).len();
        let (mut items, mut ids, mut list) = (Vec::new(), vec![OOV; columns.len()], vec![]);
        // From the latest back, so that what is older than the cap is not looked at.
        for back in 0..events {
            if items.len() == most {
                break;
            }
            let at = match sequence.order {
                SequenceOrder::OldestFirst => events - 1 - back,
                SequenceOrder::LatestFirst => back,
            };
            if view.is_padding(layout, sequence, columns[0], row, at, buffer) {
                continue;
            }
            for (place, (id, &column)) in ids.iter_mut().zip(columns).enumerate() {
                let (at, form) = (view.list(column, row).start + at, layout.form(column));
                let Some(bag) = layout.bag(place) else {
                    *id = self.lookup.id(column, view.list_id(column, at, form, buffer));
                    continue;
                };
                list.clear();
                view.event_tokens(column, at, form, buffer, |token| list.push(self.lookup.id(column, token)));
                *id = self.chunk.bags[bag].place(&list);
            }
            items.push(self.chunk.item(&ids));
        }
        items.reverse();
        items
    }

    /// What was added since the last chunk. The numbers of the groups go on from chunk to chunk if `groups`
    /// count over all.
    pub fn take(&mut self, options: &DataOptions, groups: bool) -> Chunk {
        let groups = if groups { std::mem::take(&mut self.chunk.groups) } else { HashMap::new() };
        let next = Building { groups, ..Building::new(self.lookup.layout) };
        std::mem::replace(&mut self.chunk, next).finish(self.lookup.layout, options)
    }
}

impl Building {
    fn new(layout: &Layout) -> Self {
        let rows = Rows {
            sparse: vec![vec![]; layout.sparse.len()],
            multi_hot: vec![Jagged { offsets: vec![0], ids: vec![] }; layout.multi_hot.len()],
            dense: vec![vec![]; layout.dense.len()],
            ..Rows::default()
        };
        let pasts = layout.behaviours.iter().map(|_| Pasts::default()).collect();
        let bags = layout.bags.iter().map(|_| Bags::default()).collect();
        Building { columns: vec![vec![]; layout.candidate.len()], bags, rows, pasts, ..Building::default() }
    }

    fn item(&mut self, ids: &[u32]) -> u32 {
        if let Some(&item) = self.items.get(ids) {
            return item;
        }
        let item = self.items.len() as u32;
        self.items.insert(ids.into(), item);
        self.columns.iter_mut().zip(ids).for_each(|(column, &id)| column.push(id));
        item
    }

    /// Targets by history, in the order of the rows.
    fn finish(self, layout: &Layout, options: &DataOptions) -> Chunk {
        let mut pasts = self.pasts.into_iter();
        let Pasts { histories, history: history_of, .. } = pasts.next().expect("a sequence of behaviours");
        let mut order: Vec<u32> = (0..self.label.len() as u32).collect();
        order.sort_by_key(|&row| (history_of[row as usize], self.end[row as usize]));
        let mut targets = Part::default();
        for &row in &order {
            let row = row as usize;
            let history = history_of[row];
            if targets.users.last() != Some(&history) {
                targets.users.push(history);
                targets.offsets.push(targets.targets.len());
            }
            let end = self.end[row];
            targets.targets.push(Target { end, item: self.candidate[row], label: self.label[row] });
            *targets.offsets.last_mut().expect("begins with 0") = targets.targets.len();
        }
        let lists = self.bags.into_iter().map(Bags::into_lists);
        let bags = layout.bags.iter().copied().zip(lists).collect();
        let class: Vec<u32> = (0..self.items.len() as u32).collect();
        let sampler = |of: &Histories| Sampler::of(of.events().to_vec(), &class);
        let extra = pasts.map(|past| ExtraSequence {
            sampler: sampler(&past.histories),
            history: pick(&past.history, &order),
            histories: past.histories,
        });
        let (sampler, extra_sequences) = (sampler(&histories), extra.collect::<Vec<_>>());
        let mut options = options.clone();
        if !sampler.is_enough() {
            options.negatives_per_event = 0;
        }
        let samples = Samples {
            options,
            columns: Columns { behaviours: self.columns, bags, class, ..Columns::default() },
            sampler,
            histories,
            extra_sequences,
            context: Context::Target(self.rows.in_order(&order)),
        };
        Chunk { samples, targets, rows: order, names: self.names }
    }
}

impl Pasts {
    /// The place of these events' history, which is added if it is new.
    fn place(&mut self, items: &[u32]) -> u32 {
        let key = items.iter().fold(items.len() as u64, |h, item| hash(h, &item.to_le_bytes()));
        let known = self.known.entry(key).or_default();
        if let Some(&same) = known.iter().find(|&&h| self.histories.get(h) == items) {
            return same;
        }
        let history = self.histories.len() as u32;
        self.histories.push(items.iter().copied());
        known.push(history);
        history
    }
}
