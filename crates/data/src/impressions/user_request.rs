//! A row of a log as a request.

use dien_serving::encoding::canonical;
use dien_serving::ranker::Value;
use dien_serving::{Record, Request};

use super::{Impressions, origin};
use crate::encode::histories::Histories;
use crate::encode::row::{View, Wrong};
use crate::encode::rows::past;
use crate::encode::wanted::{From, wanted};
use crate::error::DataError;
use crate::sample::split::Split;
use crate::schema::{ColumnKind, Part, SequenceOrder};

/// Rows of a block.
const BLOCK: usize = 4096;

impl Impressions {
    /// The request that asks for the score of a user's row, whose candidate it has: of the user that the
    /// column of kind `group` names, the row of the latest time, of one time or without times the last that
    /// is read, whichever part it is of; of an item that is named, such a row with that item. `None` if there
    /// is none. Every row is read; of a log with a table of histories, whose rows stand in the order of
    /// these, those of a part up to the end of the user's.
    ///
    /// `request_lists` names the lists that the model reads once a request, as
    /// [`ModelFile::request_lists`](dien_serving::model_file::ModelFile::request_lists) does: those of its
    /// training.
    ///
    /// # Errors
    /// The log has no column of kind `group`; a file is missing or cut off; a row of the user's has something
    /// wrong in it.
    pub fn user_request(
        &self,
        user: &str,
        item: Option<&str>,
        request_lists: &[String],
    ) -> Result<Option<Request>, DataError> {
        if self.schema.of_kind(ColumnKind::Group).next().is_none() {
            let expected = "one of kind `group`, which names the user of each row";
            return Err(DataError::log("schema", "no column of users", expected));
        }
        let (mut latest, split) = (None::<(Option<i64>, Request)>, Split::of_rows(None, Part::Test));
        for part in [Part::Training, Part::Validation, Part::Test] {
            // A split's parts are rows of one origin, the training rows'.
            let Some(origin) = origin(&self.schema, &self.base, self.rows.as_ref(), part) else { continue };
            let mut histories = Histories::of(&self.schema, origin, BLOCK)?;
            let (wanted, places) = wanted(&self.schema, From::Targets);
            let (mut buffer, mut found) = (String::new(), false);
            'part: for block in origin.blocks(wanted, BLOCK)? {
                let block = block?;
                let view = View::of(&self.schema, &block.columns, &places);
                for row in (0..block.rows).filter(|&row| block.fault(row).is_none()) {
                    let form = self.layout.group_form();
                    match view.group(row, form, &mut buffer) {
                        Ok(group) if is_id(group, user) => found = true,
                        // Rows of one history stand together, and so do those of its user.
                        Ok(_) if found && histories.is_some() => break 'part,
                        _ => continue,
                    }
                    let column = self.layout.candidate[self.layout.item];
                    let own = view.id(&self.schema, column, row, self.layout.form(column), &mut buffer);
                    if item.is_some_and(|item| own.is_none_or(|own| !is_id(own, item))) {
                        continue;
                    }
                    let wrong = |wrong: Wrong| wrong.in_row(&self.schema, &block, row);
                    let sample = view.sample(&split, row, form, &mut buffer).map_err(wrong)?;
                    if latest.as_ref().is_some_and(|(time, _)| *time > sample.time) {
                        continue;
                    }
                    let past = past(&self.schema, &view, row, &mut histories)?.map_err(wrong)?;
                    let (seen, seen_row, end) = match &past {
                        Some(past) => (&past.view, past.row, past.end),
                        None => (&view, row, usize::MAX),
                    };
                    let of = Of { log: self, view: &view, row, seen, seen_row, end };
                    let request = of.request(request_lists, &mut buffer).map_err(wrong)?;
                    latest = Some((sample.time, request));
                }
            }
        }
        Ok(latest.map(|(_, request)| request))
    }
}

/// Whether two texts are one id.
fn is_id(a: &str, b: &str) -> bool {
    a == b || canonical(a) == canonical(b)
}

/// A row, and where its behaviours are.
struct Of<'a, 'b> {
    log: &'a Impressions,
    view: &'a View<'b>,
    row: usize,
    seen: &'a View<'b>,
    seen_row: usize,
    /// How many of its first sequence's events count.
    end: usize,
}

impl Of<'_, '_> {
    fn request(&self, request_lists: &[String], buffer: &mut String) -> Result<Request, Wrong> {
        let Of { log: Impressions { schema, layout, numbers, .. }, view, row, .. } = *self;
        let name = |column: usize| schema.columns.get_index(column).expect("a column").0.as_str();
        let (mut candidate, mut profile) = (Record::new(), Record::new());
        let mut list = |column: usize| -> Vec<String> {
            let form = layout.form(column);
            let token = |at| view.list_id(column, at, form, buffer).unwrap_or_default().to_owned();
            view.list(column, row).map(token).collect()
        };
        for &place in &layout.bags {
            let column = layout.candidate[place];
            candidate = candidate.with(name(column), list(column));
        }
        for &column in &layout.multi_hot {
            let list = list(column);
            match request_lists.iter().any(|list| list == name(column)) {
                true => profile = profile.with(name(column), list),
                false => candidate = candidate.with(name(column), list),
            }
        }
        for (place, &column) in layout.candidate.iter().enumerate() {
            if layout.bag(place).is_none() {
                candidate = candidate.with(name(column), self.id(column, buffer));
            }
        }
        for &column in &layout.sparse {
            if schema.columns[column].kind == ColumnKind::Sparse {
                profile = profile.with(name(column), self.id(column, buffer));
            }
        }
        for (number, &column) in numbers.iter().zip(&layout.numbers) {
            profile = profile.with(name(column), Value::Number(view.number(schema, number, column, row)?.0));
        }
        let mut sequences = vec![];
        for (place, sequence) in schema.behaviours.iter().enumerate() {
            sequences.push((sequence.name.clone(), self.events(place, buffer)?));
        }
        let history = sequences.remove(0).1;
        Ok(Request::new(history, vec![candidate]).with_histories(sequences).with_profile(profile))
    }

    /// An id of the row; one that is missing is the empty text, which no vocabulary knows.
    fn id(&self, column: usize, buffer: &mut String) -> String {
        let Impressions { schema, layout, .. } = self.log;
        self.view.id(schema, column, self.row, layout.form(column), buffer).unwrap_or_default().to_owned()
    }

    /// A sequence's events, oldest first.
    fn events(&self, place: usize, buffer: &mut String) -> Result<Vec<Record>, Wrong> {
        let Impressions { schema, layout, .. } = self.log;
        let (sequence, columns) = (&schema.behaviours[place], &layout.behaviours[place]);
        let (view, row) = (self.seen, self.seen_row);
        view.siblings(columns, row)?;
        let end = if place == 0 { self.end } else { usize::MAX };
        let mut events = vec![];
        for event in 0..view.list(columns[0], row).len().min(end) {
            if view.is_padding(layout, sequence, columns[0], row, event, buffer) {
                continue;
            }
            let mut record = Record::new();
            for (place, (&column, &of)) in columns.iter().zip(&layout.candidate).enumerate() {
                let (at, mut ids) = (view.list(column, row).start + event, vec![]);
                view.event_tokens(column, at, layout.form(column), buffer, |token| {
                    ids.push(token.unwrap_or_default().to_owned());
                });
                let name = schema.columns.get_index(of).expect("a column").0;
                record = match layout.bag(place) {
                    Some(_) => record.with(name, ids),
                    None => record.with(name, ids.remove(0)),
                };
            }
            events.push(record);
        }
        if sequence.order == SequenceOrder::LatestFirst {
            events.reverse();
        }
        Ok(events)
    }
}
