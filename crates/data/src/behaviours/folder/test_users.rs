//! `test_users.txt`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use dien_serving::FileError;

use crate::behaviours::log::Log;
use crate::error::DataError;

/// Marks the test users, if there is such a file; returns how many lines name a user without behaviours.
pub(super) fn read(folder: &Path, log: &mut Log) -> Result<usize, DataError> {
    let path = folder.join("test_users.txt");
    if !path.exists() {
        return Ok(0);
    }
    let bytes = fs::read(&path).map_err(DataError::io(&path, "read"))?;
    let text = dien_serving::encoding::utf8(&path, &bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut seen = HashMap::new();
    let mut unknown = 0;
    for (line, id) in (1..).zip(text.lines().map(str::trim)).filter(|(_, id)| !id.is_empty()) {
        if let Some(first) = seen.insert(id, line) {
            let found = format!("`{id}`, which is on line {first} too");
            return Err(FileError::field(path, line, "user", found, "each user once").into());
        }
        match log.user(id) {
            Some(user) => log.user_mut(user).test = true,
            None => unknown += 1,
        }
    }
    if seen.is_empty() {
        return Err(DataError::file(&path, "an empty file", "the test users, one a line"));
    }
    Ok(unknown)
}
