//! A user of a log as a request.

use dien_data::{DataOptions, Dataset, Log, RealTarget, TargetKind};
use dien_serving::{Record, Request};

use super::Explanation;
use crate::error::{Error, Origin, Result};

/// The request that asks for a candidate's score as evaluation does: against what the user did before their
/// last behaviour. That behaviour's item is the candidate if none is named; else it is there to be seen
/// beside it, and so is the log's negative.
///
/// Where labels are real ([`TargetKind::Real`]), it is the user's last target in place of the last behaviour,
/// and an item that is a target of its own is scored against what the user liked before that one; of several
/// the last.
///
/// # Errors
/// The log has no such user or item, or the user did nothing. The message names the program's option.
pub fn request(log: &Log, options: &DataOptions, user: &str, candidate: Option<&str>) -> Result<Request> {
    let wrong = |option: &str, value: &str, problem: String| Error::Config {
        origin: Origin::Argument(format!("{option} {value}")),
        problem,
    };
    let such_as = |first: Option<&String>| first.map_or(String::new(), |id| format!(", such as `{id}`"));
    let of = log.user(user).map(|place| &log.users()[place as usize]).ok_or_else(|| {
        let (n, first) = (log.users().len(), such_as(log.users().first().map(|u| &u.id)));
        wrong("--user", user, format!("no such user in the log; expected one of its {n}{first}"))
    })?;
    let name = |item: u32| log.items()[item as usize].id.as_str();
    let targets: &[RealTarget] = if options.targets == TargetKind::Real { &of.targets } else { &[] };
    let is_named = |target: &&RealTarget| candidate.is_none_or(|item| name(target.item) == item);
    let mut seen = of.clone();
    if let Some(target) = targets.iter().rfind(is_named).or(targets.last()) {
        seen.events.truncate(target.position as usize - 1);
    }
    let mut history: Vec<&str> = options.history(&seen).map(|event| name(event.item)).collect();
    let last = match targets.last() {
        Some(target) => name(target.item),
        None => history.pop().ok_or_else(|| {
            let problem =
                "this user has no behaviour that a target could look back on; expected one at least";
            wrong("--user", user, problem.into())
        })?,
    };
    if let Some(item) = candidate.filter(|item| log.item(item).is_none()) {
        let (n, first) = (log.items().len(), such_as(log.items().first().map(|i| &i.id)));
        let problem = format!("no such item in the item table; expected one of its {n}{first}");
        return Err(wrong("--candidate", item, problem));
    }
    let mut candidates: Vec<&str> = vec![];
    for item in candidate.into_iter().chain([last]).chain(of.negative.map(name)) {
        if !candidates.contains(&item) {
            candidates.push(item);
        }
    }
    Ok(Request::new(
        history.into_iter().map(Record::item).collect(),
        candidates.into_iter().map(Record::item).collect(),
    )
    .with_profile(Record::new().with("user", user)))
}

/// See [`Explainer::request_of_row`](super::Explainer::request_of_row).
pub(super) fn request_of_row(
    log: &Dataset,
    lists: &[String],
    user: &str,
    candidate: Option<&str>,
) -> Result<Request> {
    if let Some(item) = candidate
        && let Some(request) = log.user_request(user, Some(item), lists)?
    {
        return Ok(request);
    }
    let mut request = log.user_request(user, None, lists)?.ok_or_else(|| Error::Config {
        origin: Origin::Argument(format!("--user {user}")),
        problem: "no row of the log has this user; expected one that its column of kind `group` has".into(),
    })?;
    if let Some(item) = candidate {
        request.candidates.insert(0, Record::item(item));
    }
    Ok(request)
}

/// Columns of the item table that people would call an item by.
const TITLES: [&str; 2] = ["title", "name"];

impl Explanation {
    /// Calls the items by their titles, if the log's item table has a column `title` or `name`.
    pub fn entitle(&mut self, log: &Log) {
        let Some(column) = TITLES.iter().find_map(|name| log.column(name)) else { return };
        let events =
            self.sequences.iter_mut().flat_map(|sequence| &mut sequence.events).map(|event| &mut event.item);
        for item in events.chain(self.candidates.iter_mut().map(|candidate| &mut candidate.item)) {
            let title = log.item(&item.name).map(|place| &log.items()[place as usize].cells[column]);
            item.title = title.filter(|title| !title.is_empty()).cloned();
        }
    }
}
