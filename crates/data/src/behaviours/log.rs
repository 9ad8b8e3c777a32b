//! The behaviour log in memory, before any vocabulary.

use std::collections::HashMap;

use dien_serving::encoding::canonical;

use crate::error::DataError;

/// Who did what, in order; what the items are; who is a test user.
///
/// Items and users keep the order in which they were added.
#[derive(Clone, Debug)]
pub struct Log {
    columns: Vec<String>,
    /// Which columns list values, one for each.
    lists: Vec<bool>,
    /// What stands between them.
    separator: char,
    items: Vec<Item>,
    users: Vec<User>,
    item_index: HashMap<String, u32>,
    user_index: HashMap<String, u32>,
    /// What each user was shown, if the log says whether they clicked.
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "what is built of them is Parquet"))]
    impressions: Option<Vec<Vec<Impression>>>,
}

/// An item that a user was shown. What they clicked is an event, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Impression {
    pub item: u32,
    pub time: i64,
    pub clicked: bool,
    /// How many of the user's events came before it, at earlier times.
    pub end: u32,
}

/// An item and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name in the log.
    pub id: String,
    /// One cell per column of the log. Empty: not known.
    pub cells: Vec<String>,
}

/// A user and their behaviours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct User {
    /// Their name in the log.
    pub id: String,
    /// What they did, oldest first.
    pub events: Vec<Event>,
    /// Whether they are kept for the test: they train nothing.
    pub test: bool,
    /// The item that their last behaviour is scored against.
    pub negative: Option<u32>,
    /// Shown items with a real label, by ascending position. May be empty.
    pub targets: Vec<RealTarget>,
}

/// One behaviour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// The item's place in the log.
    pub item: u32,
    /// When, in any unit.
    pub time: i64,
    /// How the user liked it, if they said.
    pub rating: Option<f32>,
}

/// A behaviour whose label is known from the user's rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealTarget {
    /// Which of the user's events, counted from 1.
    pub position: u32,
    /// That event's item.
    pub item: u32,
    /// Whether it is a click.
    pub label: bool,
}

impl Default for Log {
    fn default() -> Self {
        Log {
            columns: vec![],
            lists: vec![],
            separator: '|',
            items: vec![],
            users: vec![],
            item_index: HashMap::new(),
            user_index: HashMap::new(),
            impressions: None,
        }
    }
}

impl Log {
    /// An empty log whose items have these columns beside their id.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        Log { lists: vec![false; columns.len()], columns, ..Log::default() }
    }

    /// Says which columns list values between `|`, a film's genres, say; the cells of the others are one
    /// value each, whatever is in them. [`SampleBuilder`](crate::build::SampleBuilder) asks for it.
    ///
    /// # Errors
    /// There is no such column.
    pub fn declare_lists<S: AsRef<str>>(&mut self, names: &[S]) -> Result<(), DataError> {
        for name in names.iter().map(AsRef::as_ref) {
            let Some(column) = self.column(name) else {
                let expected = format!("a column of the items: {}", crate::error::quoted(&self.columns));
                return Err(DataError::log("lists", format!("`{name}`"), expected));
            };
            self.lists[column] = true;
        }
        Ok(())
    }

    /// The same with what each of the users was shown, oldest first.
    pub(crate) fn with_impressions(self, impressions: Vec<Vec<Impression>>) -> Self {
        assert_eq!(impressions.len(), self.users.len(), "a list for each user");
        Log { impressions: Some(impressions), ..self }
    }

    /// What a user was shown, if the log says whether they clicked.
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "what is built is Parquet"))]
    pub(crate) fn impressions(&self, user: usize) -> Option<&[Impression]> {
        self.impressions.as_ref().map(|of| &*of[user])
    }

    /// The same with another character between the values of its lists.
    pub(crate) fn with_separator(self, separator: char) -> Self {
        Log { separator, ..self }
    }

    /// Whether a column lists values.
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "what is built is Parquet"))]
    pub(crate) fn is_list(&self, column: usize) -> bool {
        self.lists[column]
    }

    /// The values that a cell lists.
    pub(crate) fn values<'a>(&self, cell: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        cell.split(self.separator).filter(|value| !value.is_empty())
    }

    /// Adds an item and returns its place.
    ///
    /// # Errors
    /// The id is taken or empty, or there is not one cell per column.
    pub fn add_item(&mut self, item: Item) -> Result<u32, DataError> {
        let place = || format!("item `{}`", item.id);
        if item.cells.len() != self.columns.len() {
            let expected = format!("{} ({})", self.columns.len(), crate::error::quoted(&self.columns));
            return Err(DataError::log(place(), format!("{} cells", item.cells.len()), expected));
        }
        let index = insert(&mut self.item_index, &item.id, "item", self.items.len())?;
        self.items.push(item);
        Ok(index)
    }

    /// Adds a user and returns their place.
    ///
    /// # Errors
    /// The id is taken or empty, an item is not in the log, times go backwards, or a real target does not
    /// name one of the user's events or is out of order.
    pub fn add_user(&mut self, user: User) -> Result<u32, DataError> {
        self.check(&user)?;
        let index = insert(&mut self.user_index, &user.id, "user", self.users.len())?;
        self.users.push(user);
        Ok(index)
    }

    fn check(&self, user: &User) -> Result<(), DataError> {
        let place = |what: &str| format!("user `{}`, {what}", user.id);
        let items = self.items.len() as u32;
        let unknown = |item: u32, what: &str| {
            DataError::log(place(what), format!("item {item}"), format!("one of the log's {items} items"))
        };
        let mut last = i64::MIN;
        for (i, event) in user.events.iter().enumerate() {
            let what = format!("event {}", i + 1);
            if event.item >= items {
                return Err(unknown(event.item, &what));
            }
            if event.time < last {
                let found = format!("time {}", event.time);
                return Err(DataError::log(place(&what), found, format!("{last} or later, as before it")));
            }
            last = event.time;
        }
        if let Some(item) = user.negative.filter(|&item| item >= items) {
            return Err(unknown(item, "negative"));
        }
        let mut last = 0;
        for target in &user.targets {
            let what = format!("target at position {}", target.position);
            if target.position <= last {
                let expected = format!("a position above {last}");
                return Err(DataError::log(place("targets"), target.position.to_string(), expected));
            }
            last = target.position;
            match user.events.get(target.position as usize - 1) {
                Some(event) if event.item == target.item => {}
                Some(event) => {
                    let expected = format!("{}, that event's item", event.item);
                    return Err(DataError::log(place(&what), format!("item {}", target.item), expected));
                }
                None => {
                    let found = format!("{} events", user.events.len());
                    return Err(DataError::log(place(&what), found, "an event there"));
                }
            }
        }
        Ok(())
    }

    /// The names of the items' columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name)
    }

    /// Every item.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Every user.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The place of an item. Ids that say one number are one, as are those with white space around them:
    /// `7`, `7.0` and ` 7`.
    pub fn item(&self, id: &str) -> Option<u32> {
        self.item_index.get(&*canonical(id)).copied()
    }

    /// The place of a user, by an id as those of [items](Self::item) are.
    pub fn user(&self, id: &str) -> Option<u32> {
        self.user_index.get(&*canonical(id)).copied()
    }

    /// How many behaviours there are.
    pub fn events(&self) -> usize {
        self.users.iter().map(|u| u.events.len()).sum()
    }

    /// What is in it, to change what users did.
    pub(crate) fn parts_mut(&mut self) -> (&[Item], &mut [User]) {
        (&self.items, &mut self.users)
    }

    pub(crate) fn user_mut(&mut self, index: u32) -> &mut User {
        &mut self.users[index as usize]
    }

    /// The ids of users and of items, for what outlives the log.
    pub(crate) fn into_ids(self) -> (Vec<String>, Vec<String>) {
        (self.users.into_iter().map(|u| u.id).collect(), self.items.into_iter().map(|i| i.id).collect())
    }
}

/// An item's cell; its id if there is no column.
pub(crate) fn cell(item: &Item, column: Option<usize>) -> &str {
    column.map_or(&item.id, |c| &item.cells[c])
}

/// The place of a behaviour's or multi-hot feature's column; none for the item itself.
pub(crate) fn column(log: &Log, option: &'static str, name: &str) -> Result<Option<usize>, DataError> {
    match log.column(name) {
        None if name == "item" => Ok(None),
        Some(column) => Ok(Some(column)),
        None => {
            let known =
                crate::error::quoted(["item"].into_iter().chain(log.columns().iter().map(String::as_str)));
            Err(DataError::option(option, format!("`{name}`"), format!("a column of the items: {known}")))
        }
    }
}

fn insert(index: &mut HashMap<String, u32>, id: &str, kind: &str, position: usize) -> Result<u32, DataError> {
    let key = canonical(id);
    if key.is_empty() {
        return Err(DataError::log(format!("{kind} {}", position + 1), "an empty id", "a name"));
    }
    let place = u32::try_from(position)
        .map_err(|_| DataError::log(format!("{kind} `{id}`"), "more than 2^32 of them", "fewer"))?;
    match index.insert(key.clone().into_owned(), place) {
        None => Ok(place),
        Some(first) => {
            index.insert(key.into_owned(), first);
            Err(DataError::log(format!("{kind} `{id}`"), "the id a second time", "each id once"))
        }
    }
}
