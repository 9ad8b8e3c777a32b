//! Behaviours in any order, gathered by user.

use std::collections::HashSet;
use std::path::Path;

use indexmap::IndexMap;

use super::report::LogReport;
use crate::behaviours::folder::{ReadOptions, rounded};
use crate::behaviours::log::{Event, Impression, Item, Log, User};
use crate::doubts::times::Times;
use crate::error::DataError;
use crate::time::{Time, TimeUnit};

/// What stands between the values of a list's cell: no character of a text.
const SEPARATOR: char = '\u{1f}';

/// A log that grows. What comes of it does not depend on the order in which rows come, but where
/// [`Ties::File`](crate::Ties::File) asks for it.
pub(super) struct LogBuilder<'a> {
    options: &'a ReadOptions,
    columns: Vec<String>,
    lists: Vec<String>,
    users: IndexMap<String, Vec<Row>>,
    /// Items of behaviours, with their cells.
    items: IndexMap<String, Vec<String>>,
    pub report: LogReport,
}

/// What a user did, or was shown.
pub(super) struct Shown<'a> {
    pub user: &'a str,
    pub item: &'a str,
    pub time: Time,
    pub rating: Option<f32>,
    /// Whether it was clicked, if the log has what was not.
    pub clicked: Option<bool>,
}

/// A behaviour.
struct Row {
    item: u32,
    rating: Option<f32>,
    time: Time,
    /// Whether what was shown was clicked, if the log says it.
    clicked: Option<bool>,
}

impl<'a> LogBuilder<'a> {
    /// Items will have these columns, of which some list values.
    pub fn new<S: AsRef<str>>(options: &'a ReadOptions, columns: &[S], lists: &[S]) -> Self {
        let owned = |names: &[S]| names.iter().map(|name| name.as_ref().to_owned()).collect();
        LogBuilder {
            options,
            columns: owned(columns),
            lists: owned(lists),
            users: IndexMap::new(),
            items: IndexMap::new(),
            report: LogReport::default(),
        }
    }

    /// A behaviour.
    pub fn behaviour(&mut self, user: &str, item: &str, time: Time, rating: Option<f32>) {
        self.shown(Shown { user, item, time, rating, clicked: None });
    }

    /// A behaviour, or an item that was shown: if it was clicked, it is a behaviour, too.
    pub fn shown(&mut self, shown: Shown<'_>) {
        let Shown { user, item, time, rating, clicked } = shown;
        if let Some(least) = self.options.min_rating {
            match rating {
                None => return self.leave_out("without a rating"),
                Some(rating) if rating < least => return self.leave_out("with a lower rating"),
                Some(_) => {}
            }
        }
        self.report.rows += 1;
        let place = match self.items.get_index_of(item) {
            Some(place) => place,
            None => {
                let cells = vec![String::new(); self.columns.len()];
                self.items.insert_full(item.to_owned(), cells).0
            }
        };
        let row = Row { item: place as u32, rating, time, clicked };
        match self.users.get_mut(user) {
            Some(rows) => rows.push(row),
            None => drop(self.users.insert(user.to_owned(), vec![row])),
        }
    }

    /// A row that is no behaviour.
    pub fn leave_out(&mut self, reason: &str) {
        self.report.rows += 1;
        match self.report.left_out.get_mut(reason) {
            Some(count) => *count += 1,
            None => drop(self.report.left_out.insert(reason.to_owned(), 1)),
        }
    }

    /// Leaves out the behaviours at times that do not pass.
    pub fn leave_out_times(&mut self, reason: &str, keep: impl Fn(Time) -> bool) {
        let mut left = 0;
        for rows in self.users.values_mut() {
            let before = rows.len();
            rows.retain(|row| keep(row.time));
            left += (before - rows.len()) as u64;
        }
        self.users.retain(|_, rows| !rows.is_empty());
        if left > 0 {
            *self.report.left_out.entry(reason.to_owned()).or_default() += left;
        }
    }

    /// All times, in no order.
    pub fn times(&self) -> impl Iterator<Item = Time> + Clone + '_ {
        self.users.values().flatten().map(|row| row.time)
    }

    /// Whether an item has behaviours; of others nothing is of interest.
    pub fn has_item(&self, item: &str) -> bool {
        self.items.contains_key(item)
    }

    /// What is known of an item: a cell a column, of a list its values.
    pub fn describe<'b>(&mut self, item: &str, cells: impl IntoIterator<Item = Cell<'b>>) {
        if let Some(known) = self.items.get_mut(item) {
            *known = cells.into_iter().map(Cell::text).collect();
        }
    }

    /// One thing that is known of an item.
    pub fn describe_column(&mut self, item: &str, column: usize, cell: Cell<'_>) {
        if let Some(known) = self.items.get_mut(item) {
            known[column] = cell.text();
        }
    }

    /// The log, ordered by the users', the items' names and the time.
    pub fn log(mut self, path: &Path) -> Result<(Log, LogReport), DataError> {
        if self.users.is_empty() {
            let left: u64 = self.report.left_out.values().sum();
            let but = if left > 0 { format!(" but {left} that are left out") } else { String::new() };
            let found = format!("no behaviour{but}");
            return Err(DataError::file(path, found, "at least one"));
        }
        self.drop_empty_columns();
        let unit = TimeUnit::of(self.times());
        self.doubt_times();
        let LogBuilder { options, columns, lists, mut users, items, mut report } = self;
        let mut log = Log::new(columns).with_separator(SEPARATOR);
        log.declare_lists(&lists)?;
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_unstable_by_key(|&place| items.get_index(place).expect("a place").0);
        let mut place_of = vec![0; items.len()];
        let used: HashSet<u32> = users.values().flatten().map(|row| row.item).collect();
        for place in order.into_iter().filter(|&place| used.contains(&(place as u32))) {
            let (id, cells) = items.get_index(place).expect("a place");
            place_of[place] = log.add_item(Item { id: id.clone(), cells: cells.clone() })?;
        }
        users.sort_unstable_keys();
        let (mut rounded_times, mut impressions) = (0, vec![]);
        for (id, mut rows) in users {
            rows.sort_by_key(|row| row.time);
            let mut event = |row: &Row| {
                let (time, exact) = unit.apply(row.time).expect("one of those that the unit fits");
                rounded_times += u64::from(!exact);
                Event { item: place_of[row.item as usize], time, rating: row.rating }
            };
            impressions.push(impressions_of(&rows, |row| event(row)));
            let done = rows.iter().filter(|row| row.clicked != Some(false));
            let events: Vec<Event> = done.map(&mut event).collect();
            log.add_user(User { id, events, ..User::default() })?;
        }
        report.impressions = impressions.iter().map(|shown| shown.len() as u64).sum();
        if report.impressions > 0 {
            log = log.with_impressions(impressions);
        }
        report.ties = log.order_ties(options.ties, options.seed);
        if rounded_times > 0 {
            report.warnings.push(rounded(rounded_times));
        }
        report.unit = unit;
        report.count(&log);
        Ok((log, report))
    }

    /// Columns of which no item has a cell are none.
    fn drop_empty_columns(&mut self) {
        let filled = |column: usize| self.items.values().filter(|cells| !cells[column].is_empty()).count();
        let counts: Vec<usize> = (0..self.columns.len()).map(filled).collect();
        for (name, &filled) in self.columns.iter().zip(&counts) {
            if filled == 0 {
                let note = format!("nothing says what `{name}` an item has: there is no such column");
                self.report.notes.push(note);
            } else if filled < self.items.len() {
                let (without, all) = (self.items.len() - filled, self.items.len());
                self.report.notes.push(format!("{without} of {all} items have no `{name}`"));
            }
        }
        for cells in self.items.values_mut() {
            let mut counts = counts.iter();
            cells.retain(|_| counts.next().is_some_and(|&filled| filled > 0));
        }
        let mut counts = counts.iter();
        self.columns.retain(|_| counts.next().is_some_and(|&filled| filled > 0));
        self.lists.retain(|name| self.columns.contains(name));
    }

    /// Units that are mixed, and times that cannot be.
    fn doubt_times(&mut self) {
        let (mut all, seconds) = (Times::default(), TimeUnit { decimals: 0 });
        self.times().filter_map(|time| seconds.apply(time)).for_each(|(time, _)| all.add(time));
        self.report.warnings.extend(all.warnings());
    }
}

impl LogReport {
    /// Counts what is in a log.
    pub(super) fn count(&mut self, log: &Log) {
        self.users = log.users().iter().filter(|user| !user.events.is_empty()).count();
        self.items = log.items().len();
        self.behaviours = log.events() as u64;
        let times = || log.users().iter().flat_map(|user| &user.events).map(|event| event.time);
        self.times = [times().min().unwrap_or_default(), times().max().unwrap_or_default()];
        let mut items = vec![];
        for user in log.users() {
            for tied in user.events.chunk_by(|a, b| a.time == b.time).filter(|tied| tied.len() > 1) {
                items.clear();
                items.extend(tied.iter().map(|event| event.item));
                items.sort_unstable();
                self.repeated += items.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
            }
        }
        if self.repeated > 0 {
            let note = format!("{} rows repeat another's user, item and time", self.repeated);
            self.notes.push(note);
        }
        self.warnings.extend(self.ties.told());
    }
}

/// What was shown, of one user's rows by time, and how many clicks came before, at earlier times.
fn impressions_of(rows: &[Row], mut event: impl FnMut(&Row) -> Event) -> Vec<Impression> {
    let (mut shown, mut end) = (vec![], 0);
    for tied in rows.chunk_by(|a, b| a.time == b.time) {
        for row in tied {
            if let Some(clicked) = row.clicked {
                let Event { item, time, .. } = event(row);
                shown.push(Impression { item, time, clicked, end });
            }
        }
        end += tied.iter().filter(|row| row.clicked != Some(false)).count() as u32;
    }
    // Rows of one time in an order that is no file's.
    shown.sort_unstable_by_key(|shown| (shown.time, shown.item, shown.clicked));
    shown
}

/// A cell of an item.
pub(super) enum Cell<'a> {
    One(&'a str),
    List(Vec<&'a str>),
}

impl Cell<'_> {
    fn text(self) -> String {
        match self {
            Cell::One(text) => text.to_owned(),
            Cell::List(values) => values.join("\u{1f}"),
        }
    }
}
