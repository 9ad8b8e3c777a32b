//! What a log may be, by what was looked at, and what was guessed.

use crate::behaviours::presets::ColumnNames;
use crate::schema::{ColumnKind, Schema};
use crate::setters::setters;

/// Which columns are what, where names do not tell, or tell wrongly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnRoles {
    /// The label.
    pub label: Option<String>,
    /// The user, or whatever else rows belong to.
    pub user: Option<String>,
    /// The item that was shown, or that a user chose.
    pub item: Option<String>,
    /// When it was.
    pub time: Option<String>,
}

setters! {
    ColumnRoles {
        with_label: label = Option<String>,
        with_user: user = Option<String>,
        with_item: item = Option<String>,
        with_time: time = Option<String>,
    }
}

/// What a log may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogForm {
    /// A label and lists of behaviours in each row: its [schema](Proposal::schema) trains.
    Impressions,
    /// Users, items and times: behaviours, or, where there is a label, what was shown.
    Events,
    /// Neither: what it lacks is in its [notes](Proposal::notes).
    Unknown,
}

/// A proposal: a schema that might fit, the columns of behaviours if rows are such, and what was guessed.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub(super) schema: Schema,
    pub(super) roles: ColumnRoles,
    /// What may be the label, if it is not clear.
    pub(super) labels: Vec<String>,
    /// Of items, beside the behaviours: the feature's name, and its column.
    pub(super) features: Vec<(String, String)>,
    /// Those of the features whose cells are lists.
    pub(super) lists: Vec<String>,
    pub(super) notes: Vec<String>,
    /// By column, what a person might want to change.
    pub(super) comments: Vec<(String, String)>,
}

impl Proposal {
    /// A schema that might fit; it has no label if no column looks like one, and no behaviours where there
    /// are no lists.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What the columns were taken for.
    pub fn roles(&self) -> &ColumnRoles {
        &self.roles
    }

    /// What was guessed, left out or is missing, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What the log may be.
    pub fn form(&self) -> LogForm {
        if self.roles.label.is_some() && !self.schema.behaviours.is_empty() {
            return LogForm::Impressions;
        }
        // What the label is has to be clear where rows look like impressions.
        match (&self.roles.user, &self.roles.item, &self.roles.time) {
            (Some(_), Some(_), Some(_)) if self.schema.behaviours.is_empty() => LogForm::Events,
            _ => LogForm::Unknown,
        }
    }

    /// The columns of behaviours, as [`EventLog`](crate::presets::EventLog) reads them, if the log may be
    /// such.
    pub fn event_columns(&self) -> Option<ColumnNames> {
        let ColumnRoles { user, item, time, .. } = &self.roles;
        let named = [("user", user.as_ref()?), ("item", item.as_ref()?), ("time", time.as_ref()?)];
        let named = named.into_iter().map(|(role, column)| (role.to_owned(), column.clone()));
        Some(named.chain(self.features.iter().cloned()).collect())
    }

    /// Which features of the items the columns of behaviours have as lists, such as several categories.
    pub fn event_lists(&self) -> &[String] {
        &self.lists
    }

    /// What a log that is [unknown](LogForm::Unknown) lacks, and the option that says it: `--label`,
    /// `--user`, `--item` or `--time` of `dien train`.
    pub fn lacks(&self) -> String {
        let quoted = crate::error::quoted(&self.labels);
        let label = match &self.labels[..] {
            [] => "no column of zeros and ones for a label".into(),
            _ => format!("{quoted} may be the label: `--label COLUMN` says which"),
        };
        let absent = [("user", &self.roles.user), ("item", &self.roles.item), ("time", &self.roles.time)];
        let absent: Vec<String> = absent
            .iter()
            .filter(|(_, column)| column.is_none())
            .map(|(role, _)| format!("{role} (`--{role} COLUMN`)"))
            .collect();
        if !self.schema.behaviours.is_empty() {
            return label;
        }
        let histories = match self.schema.of_kind(ColumnKind::Sequence).count() {
            0 => "no lists of behaviours",
            _ => "no lists whose ids are those of a column of candidates",
        };
        match absent.is_empty() {
            true => format!("{histories}, and {label}"),
            false => format!(
                "{histories}; and of a table of events, to make them of, no column that is the {}",
                absent.join(", nor the ")
            ),
        }
    }

    /// The schema as a file's text, with comments where a person might want to change something.
    pub fn to_toml(&self) -> String {
        let mut text = self.schema.to_toml();
        for (column, comment) in &self.comments {
            let mut key = toml::Table::new();
            key.insert(column.clone(), true.into());
            let key = key.to_string();
            let header = format!("[columns.{}]\n", key.trim_end().trim_end_matches(" = true"));
            text = text.replacen(&header, &format!("# {comment}\n{header}"), 1);
        }
        text
    }
}
