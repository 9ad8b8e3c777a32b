//! Blocks of a file of JSON lines: an object a line, whose members are columns.

mod object;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use super::builder::{BlockBuilder, Builder};
use super::column::TextLists;
use super::faults::Faults;
use super::lines::{Lines, text};
use super::lists::ListSyntax;
use super::{Blanks, Block, Unread, Wanted};
use crate::error::DataError;
use crate::schema::{MAX_LINE, Source};
use object::{Object, Value, value};
use serde_json::value::RawValue;

/// Objects within objects whose members are columns.
const DEPTH: usize = 4;

/// A file that is open.
struct Json {
    lines: Lines,
    line: Vec<u8>,
    syntax: ListSyntax,
    null: Vec<String>,
}

impl Json {
    fn open(path: &Path, source: &Source) -> Result<Self, DataError> {
        let csv = &source.csv;
        csv.check().map_err(|[found, expected]| DataError::file(path, found, expected))?;
        let lines = Lines::new(crate::files::open(path)?, path, csv.max_line.unwrap_or(MAX_LINE));
        let null = csv.null.clone().unwrap_or_default();
        Ok(Json { lines, line: vec![], syntax: ListSyntax::of(source, false), null })
    }

    /// Reads the next line that is not blank; tells its number.
    fn read(&mut self) -> Result<Option<u64>, DataError> {
        loop {
            self.line.clear();
            match self.lines.next(&mut self.line)? {
                None => return Ok(None),
                Some(line) if !self.line.trim_ascii().is_empty() => return Ok(Some(line.number)),
                Some(_) => {}
            }
        }
    }

    /// The object of the line that was read.
    fn object(&self) -> Result<Object<'_>, [String; 2]> {
        let text = text(&self.line)?.trim();
        serde_json::from_str(text).map_err(|e| {
            let found = e.to_string().replace(" at line 1 column", ", character");
            let expected = match text {
                _ if found.contains(object::TWICE) => "an object whose keys are there once",
                _ if text.starts_with('[') => "an object a line, which `jq -c '.[]' FILE` makes of an array",
                _ if text.contains("NaN") || text.contains("Infinity") => "JSON, which has no NaN: `null`",
                _ => "an object a line, which `jq -c . FILE` makes of JSON on several lines",
            };
            [found, expected.to_owned()]
        })
    }

    fn is_null(&self, text: &str) -> bool {
        text.is_empty() || self.null.iter().any(|null| null == text)
    }

    /// Adds an object's value to a column, as a cell.
    fn add(&self, object: &Object<'_>, name: &str, to: &mut Builder) -> Result<(), [String; 2]> {
        let mut found = vec![];
        let listed = object.find(name, &mut found);
        let wrong = |found: &str, expected: &str| Err([format!("`{name}`: {found}"), expected.to_owned()]);
        match to {
            Builder::Single(cells) => {
                let one = if listed { None } else { found.first().map(|raw| value(raw)) };
                let text = match &one {
                    Some(Value::Scalar(text)) => Some(&**text).filter(|text| !self.is_null(text)),
                    _ => None,
                };
                cells.push(text);
                match one {
                    Some(Value::List(_)) => wrong("a list", "a single value"),
                    Some(Value::Object(_)) => wrong("an object", "a value: `from` names one of its members"),
                    _ if listed => wrong("a list of objects", "a single value"),
                    _ => Ok(()),
                }
            }
            Builder::List(..) | Builder::Nested(_)
                if !listed && matches!(found.first().map(|raw| value(raw)), Some(Value::Scalar(_))) =>
            {
                let Value::Scalar(text) = value(found[0]) else { unreachable!("matched above") };
                to.push(Some(&text), &self.syntax)
                    .map_err(|[what, expected]| [format!("`{name}`: {what}"), expected])
            }
            Builder::List(lists, _) => {
                let before = lists.items();
                let items = match found.first().map(|raw| value(raw)) {
                    Some(Value::List(items)) if !listed => items,
                    Some(Value::Object(_)) if !listed => {
                        lists.end();
                        return wrong("an object", "a list of values");
                    }
                    Some(_) if listed => found,
                    _ => vec![],
                };
                for item in items {
                    match value(item) {
                        Value::Missing => lists.item(None),
                        Value::Scalar(text) => lists.item(Some(&*text).filter(|text| !self.is_null(text))),
                        Value::List(_) | Value::Object(_) => {
                            lists.cut(before);
                            lists.end();
                            return wrong(
                                "lists or objects in a list",
                                "values: `from` names objects' members",
                            );
                        }
                    }
                }
                lists.end();
                Ok(())
            }
            Builder::Nested(to) => {
                let events = match found.first().map(|raw| value(raw)) {
                    Some(Value::List(items)) if !listed => items,
                    Some(Value::Object(_)) if !listed => {
                        to.end();
                        return wrong("an object", "a list of lists");
                    }
                    Some(_) if listed => found,
                    _ => vec![],
                };
                let added = events.into_iter().try_for_each(|event| self.add_inner(event, &mut to.lists));
                if added.is_err() {
                    to.cut();
                }
                to.end();
                added.map_err(|[found, expected]| [format!("`{name}`: {found}"), expected])
            }
        }
    }

    /// Adds a list within a list.
    fn add_inner(&self, event: &RawValue, to: &mut TextLists) -> Result<(), [String; 2]> {
        let wrong = |found: &str| {
            Err([found.to_owned(), "lists of values in a list: `from` names objects' members".to_owned()])
        };
        match value(event) {
            Value::Missing => {}
            Value::Scalar(text) => return self.syntax.push_inner(&text, to),
            Value::Object(_) => return wrong("objects in a list"),
            Value::List(items) => {
                for item in items {
                    match value(item) {
                        Value::Missing => to.item(None),
                        Value::Scalar(text) => to.item(Some(&*text).filter(|text| !self.is_null(text))),
                        Value::List(_) | Value::Object(_) => {
                            return wrong("lists or objects in lists of a list");
                        }
                    }
                }
            }
        }
        to.end();
        Ok(())
    }
}

/// The wanted columns of a file, up to `rows` rows at a time. A member that is not there is missing.
pub(super) fn blocks(
    path: &Path,
    source: &Source,
    wanted: &[Wanted],
    rows: usize,
) -> Result<impl Iterator<Item = Result<Block, DataError>> + use<>, DataError> {
    let mut json = Json::open(path, source)?;
    let (file, wanted): (Arc<Path>, Vec<Wanted>) = (path.into(), wanted.to_vec());
    Ok(std::iter::from_fn(move || block(&file, &mut json, &wanted, rows).transpose()))
}

fn block(
    file: &Arc<Path>,
    json: &mut Json,
    wanted: &[Wanted],
    rows: usize,
) -> Result<Option<Block>, DataError> {
    let mut block = BlockBuilder::new(wanted);
    while !block.is_full(rows) {
        let Some(line) = json.read()? else { break };
        let (object, mut fault) = match json.object() {
            Ok(object) => (object, None),
            Err(fault) => (Object(vec![]), Some(fault)),
        };
        for (column, of) in block.columns.iter_mut().zip(wanted) {
            if let Err(wrong) = json.add(&object, &of.name, column) {
                fault.get_or_insert(wrong);
            }
        }
        let bytes = json.line.len();
        block.end_row(line, fault, bytes);
    }
    Ok(block.finish(file))
}

/// The columns of a file's first `rows` rows, and what of them is not read.
pub(super) fn columns(
    path: &Path,
    source: &Source,
    rows: usize,
) -> Result<(Vec<Wanted>, Vec<Unread>), DataError> {
    let mut json = Json::open(path, source)?;
    let (mut wanted, mut unread, mut faults) = (vec![], vec![], Faults::default());
    for _ in 0..rows {
        let Some(line) = json.read()? else { break };
        match json.object() {
            Ok(object) => {
                faults.is_right(line, None);
                members(&object, "", false, DEPTH, &json.syntax, &mut wanted, &mut unread);
            }
            Err(fault) => {
                faults.is_right(line, Some(fault));
            }
        }
    }
    faults.check(path)?;
    Ok((wanted, unread))
}

fn members(
    object: &Object<'_>,
    before: &str,
    listed: bool,
    depth: usize,
    syntax: &ListSyntax,
    wanted: &mut Vec<Wanted>,
    unread: &mut Vec<Unread>,
) {
    for (key, raw) in &object.0 {
        let name = format!("{before}{key}");
        let mut inner = |object: &Object<'_>, listed| {
            members(object, &format!("{name}."), listed, depth - 1, syntax, wanted, unread);
        };
        let depth_of = match value(raw) {
            Value::Missing => continue,
            Value::Scalar(text) => {
                let is_text = raw.get().starts_with('"');
                let is_list = text.contains(syntax.separator()) || ListSyntax::is_bracketed(&text);
                match is_text && ListSyntax::is_nested(&text) {
                    true => 2,
                    false => usize::from(listed || is_text && is_list),
                }
            }
            Value::Object(object) if depth > 0 => {
                inner(&object, listed);
                continue;
            }
            Value::List(items) if !listed => match items.first().map(|item| value(item)) {
                Some(Value::Object(object)) if depth > 0 => {
                    inner(&object, true);
                    continue;
                }
                Some(Value::List(inner)) => {
                    let is_deeper =
                        |item: &&RawValue| matches!(value(item), Value::List(_) | Value::Object(_));
                    if inner.first().is_some_and(is_deeper) {
                        add_unread(unread, name, "lists or objects in lists of a list");
                        continue;
                    }
                    2
                }
                Some(Value::Object(_)) => {
                    add_unread(unread, name, "objects within others");
                    continue;
                }
                // A first event of nothing tells nothing.
                _ if items.iter().any(|item| matches!(value(item), Value::List(_))) => 2,
                _ => 1,
            },
            Value::List(items) if items.iter().all(|item| matches!(value(item), Value::Scalar(_))) => 2,
            Value::Object(_) | Value::List(_) => {
                add_unread(unread, name, "lists or objects within others");
                continue;
            }
        };
        match wanted.iter_mut().find(|column| column.name == name) {
            Some(column) => column.depth = column.depth.max(depth_of),
            None => wanted.push(Wanted { name, depth: depth_of, blanks: Blanks::DroppedAtEnd }),
        }
    }
}

fn add_unread(unread: &mut Vec<Unread>, name: String, reason: &str) {
    if unread.iter().all(|other| other.name != name) {
        unread.push(Unread { name, reason: reason.into() });
    }
}
