//! The table as CSV in its dialects, and as JSON lines.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;

use super::table::{Cell, Table};

/// How a CSV file is written.
pub struct Dialect {
    delimiter: u8,
    /// None where no cell needs one.
    quote: Option<u8>,
    always: bool,
    escape: bool,
    comment: bool,
    header: bool,
    bom: bool,
    crlf: bool,
    gzip: bool,
    null: Option<&'static str>,
    separator: &'static str,
    /// Lists as JSON has them.
    json: bool,
}

const SPECIAL: [char; 20] = [
    ',', ';', '|', '\t', ':', '"', '\'', '\\', '\n', '\r', '#', '[', ']', '{', '}', '(', ')', '^', ' ',
    '\u{1}',
];

impl Dialect {
    pub fn random(table: &Table, rng: &mut ChaCha8Rng) -> Dialect {
        let texts: Vec<&str> = table
            .cells()
            .filter_map(|cell| if let Cell::Text(text) = cell { Some(&**text) } else { None })
            .collect();
        let plain = texts.iter().all(|text| !text.contains(SPECIAL) && !["NULL", "nan"].contains(text));
        let delimiter = *b",;\t:".choose(rng).unwrap();
        // A date has no colon; a list has one of neither separator.
        let separator = *["|", " ", "^", "||"].choose(rng).unwrap();
        let json = !plain || rng.random_bool(0.3);
        let quote = match plain && !json && rng.random_bool(0.3) {
            true => None,
            false => Some(*b"\"\"\"'".choose(rng).unwrap()),
        };
        // Beside white space what is missing is written as JSON, which has commas.
        let separator = if quote.is_none() && separator == " " { "|" } else { separator };
        let backslash = texts.iter().any(|text| text.contains('\\')) || json;
        let escape = quote.is_some() && !backslash && rng.random_bool(0.2);
        // Where a backslash escapes, `\N` within quotes is an N.
        let is_free = |null: &&str| !(texts.contains(null) || escape && null.starts_with('\\'));
        let null = ["NULL", "\\N", "none"].into_iter().filter(is_free).collect::<Vec<_>>();
        let comment = quote.is_some() && rng.random_bool(0.2);
        Dialect {
            delimiter,
            quote,
            always: comment || quote.is_some() && rng.random_bool(0.3),
            escape,
            comment,
            header: rng.random_bool(0.8),
            bom: rng.random_bool(0.2),
            crlf: rng.random_bool(0.3),
            gzip: rng.random_bool(0.2),
            null: rng.random_bool(0.3).then(|| *null.choose(rng).unwrap()),
            separator,
            json,
        }
    }

    /// `[source]` of a schema.
    pub fn source(&self, table: &Table, files: &str) -> String {
        let text = |text: &str| format!("{text:?}");
        let mut source = format!("[source]\nfiles = \"{files}\"\nformat = \"csv\"\n[source.csv]\n");
        source += &format!("delimiter = {}\n", text(&char::from(self.delimiter).to_string()));
        source += &format!("quote = {}\n", text(&self.quote.map_or(String::new(), |q| char::from(q).into())));
        if self.escape {
            source += "escape = \"\\\\\"\n";
        }
        if self.comment {
            source += "comment = \"#\"\n";
        }
        if !self.header {
            let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            source += &format!("header = false\nnames = {names:?}\n");
        }
        if let Some(null) = self.null {
            source += &format!("null = [{}]\n", text(null));
        }
        if !self.json {
            source += &format!("separator = {}\n", text(self.separator));
        }
        source
    }

    /// Whether a file without rows has one line.
    pub fn has_header(&self) -> bool {
        self.header
    }

    pub fn name(&self) -> &'static str {
        if self.gzip { "part-%.csv.gz" } else { "part-%.csv" }
    }

    pub fn write(&self, table: &Table, path: &Path, rng: &mut ChaCha8Rng) {
        let mut writer = csv::WriterBuilder::new();
        writer.delimiter(self.delimiter);
        writer.quote_style(match (self.quote, self.always) {
            (None, _) => csv::QuoteStyle::Never,
            (_, true) => csv::QuoteStyle::Always,
            _ => csv::QuoteStyle::Necessary,
        });
        writer.quote(self.quote.unwrap_or(b'"'));
        if self.escape {
            writer.double_quote(false).escape(b'\\');
        }
        if self.crlf {
            writer.terminator(csv::Terminator::CRLF);
        }
        let mut bytes = if self.bom { "\u{feff}".as_bytes().to_vec() } else { vec![] };
        let record = |fields: Vec<String>, bytes: &mut Vec<u8>| {
            let mut one = writer.from_writer(vec![]);
            one.write_record(&fields).unwrap();
            bytes.extend(one.into_inner().unwrap());
        };
        if self.header {
            record(table.columns.iter().map(|column| column.name.into()).collect(), &mut bytes);
        }
        let styles: Vec<u8> = table.columns.iter().map(|_| rng.random_range(0..5)).collect();
        for row in 0..table.rows {
            if self.comment && rng.random_bool(0.1) {
                bytes.extend(b"# no row, \"\n");
            }
            let field =
                |(column, &style): (&super::table::Column, &u8)| self.field(&column.cells[row], style);
            record(table.columns.iter().zip(&styles).map(field).collect(), &mut bytes);
        }
        match self.gzip {
            false => fs::write(path, bytes).unwrap(),
            true => {
                let mut to = flate2::write::GzEncoder::new(File::create(path).unwrap(), Default::default());
                to.write_all(&bytes).unwrap();
                to.finish().unwrap();
            }
        }
    }

    fn field(&self, cell: &Cell, style: u8) -> String {
        let nothing = || self.null.unwrap_or_default().to_owned();
        match cell {
            Cell::List(items) if items.is_empty() => {
                if style == 0 {
                    nothing()
                } else {
                    String::new()
                }
            }
            // Without quotes as NumPy has it, between spaces.
            Cell::List(items) if cell.is_nested() && self.quote.is_none() => {
                let item = |item: &Cell| styled(item, style).unwrap_or("None".into());
                let list = |list: &Cell| match list {
                    Cell::List(items) => {
                        format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(" "))
                    }
                    _ => "None".into(),
                };
                format!("[{}]", items.iter().map(list).collect::<Vec<_>>().join(" "))
            }
            Cell::List(_) if cell.is_nested() => json(cell, style),
            // Nothing alone would be no item.
            Cell::List(items) if self.json || *items == [Cell::Missing] => json(cell, style),
            Cell::List(items) => {
                let item = |item: &Cell| match item {
                    // Where white space separates, nothing between two spaces is not there.
                    Cell::Missing if self.separator == " " => self.null.unwrap_or("").to_owned(),
                    one => styled(one, style).unwrap_or_default(),
                };
                if self.separator == " " && items.contains(&Cell::Missing) && self.null.is_none() {
                    return json(cell, style);
                }
                items.iter().map(item).collect::<Vec<_>>().join(self.separator)
            }
            one => styled(one, style).unwrap_or_else(nothing),
        }
    }
}

/// A single cell: integers and truth values in one of their forms.
fn styled(cell: &Cell, style: u8) -> Option<String> {
    match (cell, style) {
        (Cell::Int(x @ 0..), 1) => Some(format!("+{x}")),
        (Cell::Int(x), 2) => Some(format!("{x}.0")),
        (Cell::Bool(x), 1) => Some(if *x { "True" } else { "False" }.into()),
        (Cell::Bool(x), 2) => Some(if *x { "TRUE" } else { "FALSE" }.into()),
        (Cell::Number(x), 1) => Some(format!("{x:e}")),
        (one, _) => one.text(),
    }
}

/// A cell as JSON.
fn json(cell: &Cell, style: u8) -> String {
    let quoted = |text: String| serde_json::to_string(&text).unwrap();
    match cell {
        Cell::Missing => "null".into(),
        Cell::List(items) => {
            let comma = if style == 3 { ", " } else { "," };
            format!("[{}]", items.iter().map(|item| json(item, style)).collect::<Vec<_>>().join(comma))
        }
        Cell::Int(x) if style == 1 => quoted(x.to_string()),
        Cell::Int(_) | Cell::Number(_) | Cell::Bool(_) => cell.text().unwrap(),
        Cell::Text(_) | Cell::Day(_) => quoted(cell.text().unwrap()),
    }
}

/// An object a line.
pub fn write_json(table: &Table, path: &Path, rng: &mut ChaCha8Rng) {
    let styles: Vec<u8> = table.columns.iter().map(|_| rng.random_range(0..5)).collect();
    let mut text = String::new();
    for row in 0..table.rows {
        let mut members = vec![];
        for (column, &style) in table.columns.iter().zip(&styles) {
            let cell = &column.cells[row];
            if *cell != Cell::Missing || rng.random() {
                members.push(format!("{:?}: {}", column.name, json(cell, style)));
            }
        }
        text += &format!("{{{}}}\n", members.join(", "));
    }
    fs::write(path, text).unwrap();
}
