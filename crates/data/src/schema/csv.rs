//! How a CSV file is written.

use serde::{Deserialize, Serialize};

use crate::setters::setters;

/// Bytes of a line, its end not counted, unless [`CsvOptions::max_line`] says otherwise: 32 MiB.
pub const MAX_LINE: usize = 1 << 25;

/// The dialect of CSV files: what is not said follows from a file's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct CsvOptions {
    /// What stands between fields: an ASCII character. Else a tab in `.tsv` and RecBole's files, a comma in
    /// others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// What stands around a field that holds delimiters, line breaks or doubled quotes: an ASCII character,
    /// or the empty text where a quote is a character like any other. Else none in `.tsv` and RecBole's
    /// files, `"` in others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What makes the character after it one of the field, within quotes and without: an ASCII character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape: Option<char>,
    /// Lines that begin with it are no rows: an ASCII character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<char>,
    /// Whether the first line names the columns, as it does unless this says `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// The columns' names, where no line has them; else `column_1` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// Texts that say that a field, a list or one of its ids is missing, such as `NULL`, `\N` or `nan`, as
    /// the empty one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub null: Option<Vec<String>>,
    /// What stands between a list's ids, in texts of Parquet as well. Else `|`, in RecBole's files a space.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// The most bytes of a line, with those of the lines that a quoted field goes on through; else
    /// [`MAX_LINE`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_line: Option<usize>,
}

setters! {
    CsvOptions {
        with_delimiter: delimiter = Option<char>,
        with_separator: separator = Option<String>,
        with_quote: quote = Option<String>,
    }
}

impl CsvOptions {
    /// Without a header line, if so.
    #[must_use]
    pub fn with_no_header(self, no_header: bool) -> Self {
        CsvOptions { header: no_header.then_some(false).or(self.header), ..self }
    }

    /// Whether nothing is said.
    pub(super) fn is_default(&self) -> bool {
        *self == CsvOptions::default()
    }

    /// What must not be said, and what may.
    pub(crate) fn check(&self) -> Result<(), [String; 2]> {
        let quote = self.quote.as_deref().unwrap_or_default();
        let mut quote_chars = quote.chars();
        let special = [
            ("delimiter", self.delimiter),
            ("quote", quote_chars.next()),
            ("escape", self.escape),
            ("comment", self.comment),
        ];
        let err = |found: String, expected: &str| Err([found, expected.to_owned()]);
        if quote_chars.next().is_some() {
            return err(format!("a `quote` of `{quote}`"), "an ASCII character, or \"\" for none");
        }
        for (i, (name, one)) in special.iter().enumerate().filter_map(|(i, (n, c))| Some((i, (n, (*c)?)))) {
            if !one.is_ascii() || matches!(one, '\n' | '\r' | '\0') {
                return err(format!("a `{name}` of {one:?}"), "an ASCII character that ends no line");
            }
            if let Some((other, _)) = special[..i].iter().find(|(_, c)| *c == Some(one)) {
                // A quote that is doubled may be called its own escape.
                if (*other, *name) != ("quote", "escape") {
                    return err(format!("{one:?} as `{other}` and as `{name}`"), "characters of their own");
                }
            }
        }
        if self.separator.as_deref() == Some("") {
            return err("an empty `separator`".into(), "the text between a list's ids");
        }
        if self.names.is_some() && self.header != Some(false) {
            return err("`names` beside a header line".into(), "`header = false`, where no line names them");
        }
        if let Some(names) = &self.names {
            let twice = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name));
            if let Some((_, name)) = twice {
                return err(format!("`{name}` twice in `names`"), "names of their own");
            }
        }
        if self.max_line == Some(0) {
            return err("a `max_line` of 0".into(), "at least 1 byte");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let options: CsvOptions = toml::from_str(text).unwrap();
        options.check().expect_err(text).join("; expected ")
    }

    #[test]
    fn what_no_dialect_can_be_is_said() {
        for (text, expected) in [
            ("delimiter = \"é\"", "a `delimiter` of 'é'; expected an ASCII"),
            ("quote = \"''\"", "a `quote` of `''`; expected an ASCII character, or"),
            ("escape = \"\\n\"", "a `escape` of '\\n'"),
            ("quote = \",\"\ndelimiter = \",\"", "',' as `delimiter` and as `quote`"),
            ("separator = \"\"", "an empty `separator`"),
            ("names = [\"a\"]", "`names` beside a header line"),
            ("header = false\nnames = [\"a\", \"a\"]", "`a` twice in `names`"),
            ("max_line = 0", "a `max_line` of 0"),
        ] {
            let message = wrong(text);
            assert!(message.contains(expected), "{message}");
        }
        for text in ["", "quote = \"\"", "quote = \"'\"\nescape = \"'\"", "header = false\nnames = [\"a\"]"] {
            let options: CsvOptions = toml::from_str(text).unwrap();
            assert_eq!(options.check(), Ok(()), "{text}");
        }
    }
}
