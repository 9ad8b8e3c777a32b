//! The fields of a row.

use memchr::{memchr_iter, memchr2};

use super::dialect::Dialect;

/// How the text of a row ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// With a field.
    Whole,
    /// Within quotes.
    Open,
    /// A field has text after the quote that closes it.
    Stray,
}

/// Where the fields of a row stand.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// The fields' texts, if they are not those of the row: without quotes and escapes.
    plain: Vec<u8>,
    is_plain: bool,
    /// Where each field stands, of the first ones; none if it is one of the texts that are missing.
    places: Vec<Option<(usize, usize)>>,
    /// How many there are.
    count: usize,
}

impl Fields {
    /// How many fields the row has.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Where a field stands; none if it is missing.
    pub fn place(&self, i: usize) -> Option<(usize, usize)> {
        self.places.get(i).copied().flatten()
    }

    /// Exchanges the row's text for that of its fields, where those are others.
    pub fn give_text(&mut self, row: &mut Vec<u8>) {
        if self.is_plain {
            std::mem::swap(row, &mut self.plain);
        }
    }

    /// Takes a row apart, of which no more than `most` fields are wanted.
    pub fn split(&mut self, row: &[u8], dialect: &Dialect, most: usize) -> Ends {
        self.places.clear();
        self.plain.clear();
        self.count = 0;
        let special = match (dialect.quote, dialect.escape) {
            (Some(quote), Some(escape)) => memchr2(quote, escape, row).is_some(),
            (Some(one), None) | (None, Some(one)) => memchr::memchr(one, row).is_some(),
            (None, None) => false,
        };
        self.is_plain = special;
        if special {
            return self.split_special(row, dialect, most);
        }
        let mut start = 0;
        for end in memchr_iter(dialect.delimiter, row).chain([row.len()]) {
            self.add(row, start, end, dialect, most);
            start = end + 1;
        }
        Ends::Whole
    }

    fn split_special(&mut self, row: &[u8], dialect: &Dialect, most: usize) -> Ends {
        let Dialect { delimiter, quote, escape, .. } = *dialect;
        let quote_or = quote.unwrap_or(delimiter);
        let mut at = 0;
        loop {
            let start = self.plain.len();
            let raw = at;
            if quote.is_some() && row.get(at) == quote.as_ref() {
                at += 1;
                loop {
                    let found = match escape {
                        Some(escape) => memchr2(quote_or, escape, &row[at..]),
                        None => memchr::memchr(quote_or, &row[at..]),
                    };
                    let Some(length) = found else { return Ends::Open };
                    self.plain.extend_from_slice(&row[at..at + length]);
                    at += length + 1;
                    let is_quote = row[at - 1] == quote_or;
                    if is_quote && row.get(at) != Some(&quote_or) {
                        break;
                    }
                    // A quote that is doubled, or a character after an escape.
                    let Some(&next) = row.get(at) else { return Ends::Open };
                    self.plain.push(next);
                    at += 1;
                }
                while row.get(at) == Some(&b' ') {
                    at += 1;
                }
                if row.get(at).is_some_and(|&next| next != delimiter) {
                    return Ends::Stray;
                }
                self.add_plain(start, dialect, most);
            } else {
                loop {
                    let found = match escape {
                        Some(escape) => memchr2(delimiter, escape, &row[at..]),
                        None => memchr::memchr(delimiter, &row[at..]),
                    };
                    let length = found.unwrap_or(row.len() - at);
                    self.plain.extend_from_slice(&row[at..at + length]);
                    at += length;
                    if row.get(at).is_none_or(|&next| next == delimiter) {
                        break;
                    }
                    if let Some(&next) = row.get(at + 1) {
                        self.plain.push(next);
                    }
                    at = (at + 2).min(row.len());
                }
                // What is missing may be written with an escape: `\N`.
                let null = is_null(&row[raw..at], dialect);
                self.push((!null).then_some((start, self.plain.len())), most);
            }
            if at >= row.len() {
                return Ends::Whole;
            }
            at += 1;
        }
    }

    fn add_plain(&mut self, start: usize, dialect: &Dialect, most: usize) {
        let end = self.plain.len();
        let null = is_null(&self.plain[start..], dialect);
        self.push((!null).then_some((start, end)), most);
    }

    fn add(&mut self, row: &[u8], start: usize, end: usize, dialect: &Dialect, most: usize) {
        let null = is_null(&row[start..end], dialect);
        self.push((!null).then_some((start, end)), most);
    }

    fn push(&mut self, place: Option<(usize, usize)>, most: usize) {
        if self.count < most {
            self.places.push(place.filter(|(start, end)| start < end));
        }
        self.count += 1;
    }
}

fn is_null(field: &[u8], dialect: &Dialect) -> bool {
    !dialect.null.is_empty() && dialect.null.iter().any(|null| null.as_bytes() == field)
}

/// Whether a line is no row: nothing stands in it, or a comment.
pub(super) fn is_skipped(line: &[u8], dialect: &Dialect) -> bool {
    line.is_empty() || dialect.comment.is_some() && line.first() == dialect.comment.as_ref()
}

/// How many fields a line has if a quote is a character like any other.
pub(super) fn plain_fields(line: &[u8], dialect: &Dialect) -> usize {
    1 + memchr_iter(dialect.delimiter, line).count()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::schema::{CsvOptions, Source};

    fn dialect(csv: CsvOptions) -> Dialect {
        Dialect::of(&Source { csv, ..Source::default() }, Path::new("log.csv")).unwrap()
    }

    /// The fields; `-` is one that is missing.
    fn split(row: &str, dialect: &Dialect) -> Result<Vec<String>, Ends> {
        let mut fields = Fields::default();
        let ends = fields.split(row.as_bytes(), dialect, usize::MAX);
        let mut text = row.as_bytes().to_vec();
        fields.give_text(&mut text);
        let field =
            |i| fields.place(i).map_or("-".into(), |(a, b)| String::from_utf8(text[a..b].to_vec()).unwrap());
        if ends == Ends::Whole { Ok((0..fields.count()).map(field).collect()) } else { Err(ends) }
    }

    #[test]
    fn every_dialect_has_its_fields() {
        let quoted = dialect(CsvOptions::default());
        assert_eq!(split("a,\"b, c\",,\"d\"\"e\"", &quoted).unwrap(), ["a", "b, c", "-", "d\"e"]);
        assert_eq!(split("a,b\"c,\"\",\"d\" ", &quoted).unwrap(), ["a", "b\"c", "-", "d"]);
        assert_eq!(split("a,\"b", &quoted), Err(Ends::Open));
        assert_eq!(split("a,\"b\"\"", &quoted), Err(Ends::Open));
        assert_eq!(split("a,\"b\" c,d", &quoted), Err(Ends::Stray));
        let none = dialect(CsvOptions { quote: Some(String::new()), ..CsvOptions::default() });
        assert_eq!(split("\"a,b\",", &none).unwrap(), ["\"a", "b\"", "-"]);
        let null = Some(vec!["NULL".to_owned(), "\\N".to_owned()]);
        let escape = CsvOptions { escape: Some('\\'), null, ..CsvOptions::default() };
        let escaped = dialect(CsvOptions { quote: Some(String::new()), ..escape.clone() });
        assert_eq!(split(r"a\,b,\N,NULL,\\N,c\", &escaped).unwrap(), ["a,b", "-", "-", r"\N", "c"]);
        let both = dialect(escape);
        assert_eq!(split(r#""a\"b,",c\,d,"NULL""#, &both).unwrap(), ["a\"b,", "c,d", "-"]);
        assert_eq!(split(r#""a\"#, &both), Err(Ends::Open));
    }

    proptest! {
        /// What has no stray quote is read as the crate `csv` reads it.
        #[test]
        fn fields_are_those_of_another_reader(row in "[ab,\" ]{0,12}") {
            let dialect = dialect(CsvOptions::default());
            if let (Ok(fields), false) = (split(&row, &dialect), row.is_empty() || row.contains("\" ")) {
                let mut other = ::csv::ReaderBuilder::new();
                let mut other = other.has_headers(false).from_reader(row.as_bytes());
                let record = other.records().next().unwrap().unwrap();
                let record: Vec<&str> = record.iter().map(|f| if f.is_empty() { "-" } else { f }).collect();
                prop_assert_eq!(fields, record);
            }
        }
    }
}
