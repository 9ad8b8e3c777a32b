//! A folder as this crate's reader has it.

use std::path::Path;

use super::folder::{Folder, plain};
use super::report::LogReport;
use crate::behaviours::folder::{ReadOptions, Warnings, folder_files, read_behaviours};
use crate::behaviours::log::Log;
use crate::error::DataError;

pub(super) fn read(
    path: &Path,
    folder: &Folder,
    options: &ReadOptions,
) -> Result<(Log, LogReport), DataError> {
    let (mut log, warnings, unit) = read_behaviours(path, options)?;
    let lists = options.lists.clone().unwrap_or_default();
    log.declare_lists(&lists)?;
    if options.lists.is_none() {
        refuse_undeclared(path, &log)?;
    }
    for file in folder_files(path)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if plain(&name) != "negatives.csv" && plain(&name) != "targets_real.csv" {
            folder.file(&name);
        }
    }
    let mut report = LogReport {
        folder: Some(path.to_path_buf()),
        unit,
        rows: log.events() as u64,
        ..LogReport::default()
    };
    [report.files, report.not_read] = folder.names_read();
    if let Some(least) = options.min_rating {
        leave_out(path, &mut log, least, &mut report)?;
    }
    // Counted again: neighbours are others where behaviours were left out.
    report.ties = log.order_ties(options.ties, options.seed);
    report.count(&log);
    report.notes.extend(warnings.notes.iter().cloned());
    let others = Warnings { ties: None, ..warnings };
    report.warnings.extend(others.to_string().lines().map(str::to_owned));
    Ok((log, report))
}

/// Whether a column lists values is not to be told from a `|` in it.
fn refuse_undeclared(path: &Path, log: &Log) -> Result<(), DataError> {
    let with = |column: usize| log.items().iter().filter(|item| item.cells[column].contains('|')).count();
    let columns = log.columns().iter().enumerate().map(|(column, name)| (name, with(column)));
    let (names, counts): (Vec<&String>, Vec<usize>) = columns.filter(|(_, with)| *with > 0).unzip();
    if names.is_empty() {
        return Ok(());
    }
    let all = log.items().len();
    let found: Vec<String> = names
        .iter()
        .zip(counts)
        .map(|(name, n)| format!("`{name}` with a `|` in {n} of {all} cells"))
        .collect();
    let names = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(",");
    let expected = format!("`--lists {names}`, of these those whose cells list values, or `--lists` alone");
    Err(DataError::file(&path.join("items.csv"), found.join(", "), expected))
}

fn leave_out(path: &Path, log: &mut Log, least: f32, report: &mut LogReport) -> Result<(), DataError> {
    let (_, users) = log.parts_mut();
    let (mut lower, mut unrated) = (0, 0);
    for user in users {
        // Their positions are no longer right, and samples do not come from them.
        user.targets.clear();
        user.events.retain(|event| match event.rating {
            None => {
                unrated += 1;
                false
            }
            Some(rating) => {
                lower += u64::from(rating < least);
                rating >= least
            }
        });
    }
    for (reason, count) in [("with a lower rating", lower), ("without a rating", unrated)] {
        if count > 0 {
            report.left_out.insert(reason.to_owned(), count);
        }
    }
    match log.events() {
        0 => Err(DataError::file(path, "no behaviour that is rated so high", "at least one")),
        _ => Ok(()),
    }
}
