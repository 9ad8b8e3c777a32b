//! What a log is whose columns nobody has described.

use std::path::Path;

use dien_data::build::SampleBuilder;
use dien_data::inspect::{ColumnRoles, LogForm, Proposal, TableStats};
use dien_data::presets::{EventLog, LogReport};
use dien_data::{Log, ReadOptions};

use crate::config::{LogKind, LogSource};
use crate::error::{Error, Result};

/// Rows that tell how a log is written whose columns are known.
const LOOKED_AT: u64 = 10_000;

/// The log with what its columns are, and what was guessed, a sentence each.
///
/// # Errors
/// It cannot be read, or it is not clear what its columns are: then which option says it.
pub(crate) fn infer(log: &LogSource) -> Result<(LogSource, Vec<String>)> {
    let (stats, proposal) = look(log, None)?;
    if stats.begins_with_a_row() && log.roles() == ColumnRoles::default() {
        let expected = "names of columns: a first line of them, or a `dataset.toml` with `header = false` \
                        and `names` in `[source.csv]` (`dien data inspect --no-header` proposes one)";
        return Err(Error::file(&log.files, "a first line that looks like a row", expected));
    }
    let mut notes = proposal.notes().to_vec();
    let mut found = log.clone();
    match proposal.form() {
        LogForm::Impressions => {
            found.kind = Some(LogKind::Impressions);
            found.schema = Some(proposal.to_toml());
        }
        LogForm::Events => {
            found.kind = Some(LogKind::Events);
            let roles = proposal.roles();
            (found.label, found.user) = (roles.label.clone(), roles.user.clone());
            (found.item, found.time) = (roles.item.clone(), roles.time.clone());
            // What a schema would hold out is of no interest here.
            notes.retain(|note| !note.starts_with("split by") && !note.starts_with("nothing validates"));
            notes.push(protocol(&found));
            notes.extend(unused(&stats, &proposal));
        }
        _ => {
            let expected = "a label and lists of what the user did before, or a user, an item and a time: \
                            the options name them, or a `dataset.toml` (`dien data inspect` proposes one)";
            return Err(Error::file(&log.files, proposal.lacks(), expected));
        }
    }
    Ok((found, notes))
}

/// How samples are made of events.
fn protocol(log: &LogSource) -> String {
    match &log.label {
        Some(label) => format!(
            "each row is a target with the label `{label}`, its history what the user clicked before, at \
             earlier times; a tenth of the users, by a hash of their ids, validates, a tenth tests \
             (`dien data build` has other protocols)"
        ),
        None => {
            "rows are what users did: each is a target against a negative that is drawn by popularity".into()
        }
    }
}

/// What of a table of events becomes a feature of its items, and what is not read.
fn unused(stats: &TableStats, proposal: &Proposal) -> Vec<String> {
    let names = |columns: &[&str]| columns.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
    let used = proposal.event_columns().unwrap_or_default();
    let is_of_item = |role: &str| !["user", "item", "time", "rating"].contains(&role);
    let features: Vec<&str> =
        used.iter().filter(|(role, _)| is_of_item(role)).map(|(_, column)| column).collect();
    let is_used = |name: &str| {
        used.iter().any(|(_, column)| column == name) || proposal.roles().label.as_deref() == Some(name)
    };
    let left = stats.columns().iter().filter(|column| !is_used(column.name()));
    let (lists, others): (Vec<_>, Vec<_>) = left.partition(|column| column.is_list());
    let [lists, others] = [lists, others].map(|of| of.iter().map(|column| column.name()).collect::<Vec<_>>());
    let mut notes = vec![];
    if !features.is_empty() {
        notes.push(format!("{} taken for what the items are", names(&features)));
    }
    if !lists.is_empty() {
        let say = "no history of the items' ids, and not read: histories are made of the rows";
        notes.push(format!("{}: {say}", names(&lists)));
    }
    if !others.is_empty() {
        let say = "not read: of a table of events, what an item is counts, and no more of the moment";
        notes.push(format!("{}: {say} (a `dataset.toml` says otherwise)", names(&others)));
    }
    notes
}

fn look(log: &LogSource, rows: Option<u64>) -> Result<(TableStats, Proposal)> {
    let stats = TableStats::of(&log.source()?, Path::new(""), rows)?;
    let proposal = stats.proposal(&log.roles())?;
    Ok((stats, proposal))
}

/// The behaviours of an events table, or what was shown.
pub(crate) fn events(log: &LogSource, options: &ReadOptions) -> Result<(Log, LogReport)> {
    let (stats, proposal) = look(log, Some(LOOKED_AT))?;
    let columns = proposal
        .event_columns()
        .ok_or_else(|| Error::file(&log.files, proposal.lacks(), "a user, an item and a time in each row"))?;
    let mut events = EventLog::new(Vec::<String>::new(), columns);
    events.sources = vec![stats.source().clone()];
    events.label.clone_from(&log.label);
    let options = match proposal.event_lists() {
        [] => options.clone(),
        lists => options.clone().with_lists(lists),
    };
    Ok(events.read(&options)?)
}

/// A folder of samples of what was shown, which lives as long as `TempDir` does.
pub(crate) fn samples(log: &LogSource, options: &ReadOptions) -> Result<(tempfile::TempDir, LogReport)> {
    let (shown, report) = events(log, options)?;
    let folder = tempfile::tempdir().map_err(Error::io(&std::env::temp_dir(), "make a folder"))?;
    let builder = SampleBuilder::default().with_min_history(0);
    builder.write_with(&shown, Some(&report), &folder.path().join("samples"))?;
    Ok((folder, report))
}

/// The schema of [`samples`].
pub(crate) fn schema_of(samples: &tempfile::TempDir) -> std::path::PathBuf {
    samples.path().join("samples/dataset.toml")
}
