//! Tables filled into a document that people write.

use std::fs;
use std::path::Path;

use dien::{FileError, Result};

const BEGIN: &str = "<!-- compare: ";
const END: &str = "<!-- /compare -->";

/// Puts tables, each of a comparison by name, into a Markdown document: whatever stands between
/// `<!-- compare: NAME -->` and `<!-- /compare -->`, each on a line of its own, becomes the table of the
/// comparison of that name. All else is left as it is.
///
/// # Errors
/// The document cannot be read or written, has no such mark, names a comparison that is not there, or does
/// not end one.
pub(super) fn fill(document: &Path, tables: &[(&str, String)]) -> Result<()> {
    let text = fs::read_to_string(document).map_err(FileError::io(document, "read"))?;
    let filled =
        filled(&text, tables).map_err(|(found, expected)| FileError::content(document, found, expected))?;
    Ok(dien::serving::files::write(document, filled.as_bytes())?)
}

/// The document with its tables, or what was found and what was expected.
fn filled(text: &str, tables: &[(&str, String)]) -> Result<String, (String, String)> {
    let mut filled = String::new();
    let mut open = None;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let mark = line.trim();
        if let Some(name) = mark.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(" -->")) {
            if let Some(before) = open {
                return Err((format!("line {}: `{mark}`", i + 1), format!("first the end of line {before}")));
            }
            let (_, table) = tables.iter().find(|(set, _)| *set == name).ok_or_else(|| {
                let names: Vec<&str> = tables.iter().map(|(set, _)| *set).collect();
                (format!("line {}: no comparison `{name}`", i + 1), format!("one of {}", names.join(", ")))
            })?;
            filled += &format!("{BEGIN}{name} -->\n\n{table}\n");
            open = Some(i + 1);
        } else if mark == END {
            if open.take().is_none() {
                return Err((format!("line {}: `{END}`", i + 1), "a comparison that it ends".into()));
            }
            filled += line;
        } else if open.is_none() {
            filled += line;
        }
    }
    match open {
        Some(line) => Err((format!("no end of the comparison of line {line}"), format!("`{END}`"))),
        None if !text.contains(BEGIN) => Err(("no place for a table".into(), format!("`{BEGIN}NAME -->`"))),
        None => Ok(filled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(set: &str) -> (&str, String) {
        (set, "| | test AUC |\n".into())
    }

    #[test]
    fn what_stands_between_marks_is_replaced() {
        let text = "# Results\n<!-- compare: a, b -->\nold\n<!-- /compare -->\nWhat they say.\n";
        let once = filled(text, &[table("other"), table("a, b")]).unwrap();
        assert!(once.starts_with("# Results\n<!-- compare: a, b -->\n\n| | test AUC |"), "{once}");
        assert!(once.ends_with("\n\n<!-- /compare -->\nWhat they say.\n") && !once.contains("old"), "{once}");
        assert_eq!(filled(&once, &[table("a, b")]).unwrap(), once);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let of = |text: &str| filled(text, &[table("a")]).unwrap_err();
        assert_eq!(of("x\n<!-- compare: b -->\n"), ("line 2: no comparison `b`".into(), "one of a".into()));
        assert_eq!(of("<!-- compare: a -->\n").0, "no end of the comparison of line 1");
        assert_eq!(of("<!-- compare: a -->\n<!-- compare: a -->\n").1, "first the end of line 1");
        assert_eq!(of("<!-- /compare -->\n").1, "a comparison that it ends");
        assert_eq!(of("text\n").0, "no place for a table");
    }
}
