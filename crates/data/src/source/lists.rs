//! Lists that stand in texts: `1|2|3`, `[1, 2, 3]`, `["a", "b"]`, `{1,2,3}`, `[1 2 3]`.

mod nested;

use std::borrow::Cow;

use super::column::TextLists;
use crate::schema::Source;

/// What stands between a list's ids, where the source does not say.
const SEPARATOR: &str = "|";

/// Texts that many writers have for a list that is missing: in silence, none of them is an id.
const MISSING: [&str; 9] = ["NULL", "null", "\\N", "nan", "NaN", "None", "NA", "<NA>", "N/A"];

/// Values of JSON and Python that are missing.
const NO_VALUE: [&str; 7] = ["null", "NULL", "None", "nan", "NaN", "NaT", "<NA>"];

/// How texts hold lists.
#[derive(Clone, Debug)]
pub(super) struct ListSyntax {
    separator: String,
    /// Whether the source says what the separator is.
    given: bool,
    /// None if the source does not say.
    null: Option<Vec<String>>,
}

/// What the lists of a column held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListCounts {
    /// Lists of at least one id, in texts.
    pub lists: u64,
    /// Those of one id alone.
    pub single: u64,
    /// One of those.
    pub example: Option<String>,
    /// Pieces that held nothing, at a list's end or between two separators.
    pub blank: u64,
}

impl ListCounts {
    pub fn add(&mut self, more: &ListCounts) {
        self.lists += more.lists;
        self.single += more.single;
        self.blank += more.blank;
        if self.example.is_none() {
            self.example.clone_from(&more.example);
        }
    }
}

impl ListSyntax {
    /// As a source says; `spaces` is whether spaces stand between ids where it does not.
    pub fn of(source: &Source, spaces: bool) -> Self {
        let usual = if spaces { " " } else { SEPARATOR };
        ListSyntax {
            separator: source.csv.separator.as_deref().unwrap_or(usual).to_owned(),
            given: source.csv.separator.is_some(),
            null: source.csv.null.clone(),
        }
    }

    /// What stands between ids where no bracket is.
    pub fn separator(&self) -> &str {
        &self.separator
    }

    /// Whether the source says what the separator is.
    pub fn is_given(&self) -> bool {
        self.given
    }

    /// Whether a text is in brackets, as lists are.
    pub fn is_bracketed(text: &str) -> bool {
        text.starts_with(['[', '{']) && bracketed(text).is_some()
    }

    /// Adds the list that a cell holds. A piece that holds nothing is the empty text.
    ///
    /// # Errors
    /// What was found and what was expected; an empty list is added then.
    pub fn push(
        &self,
        cell: &str,
        lists: &mut TextLists,
        counts: &mut ListCounts,
    ) -> Result<(), [String; 2]> {
        let text = cell.trim();
        let before = lists.items();
        let parsed = self.items(text, lists, counts);
        if parsed.is_err() {
            lists.cut(before);
        }
        lists.end();
        let items = lists.items() - before;
        counts.lists += u64::from(items > 0);
        if items == 1 {
            counts.single += 1;
            // One that has more than a word in it tells more.
            if counts.example.as_ref().is_none_or(|e| e.len() < text.len() && e.len() < 16) {
                counts.example = Some(text.into());
            }
        }
        parsed
    }

    fn items(&self, text: &str, lists: &mut TextLists, counts: &mut ListCounts) -> Result<(), [String; 2]> {
        if text.is_empty() || self.is_null(text) {
            return Ok(());
        }
        if self.null.is_none() && MISSING.contains(&text) {
            let expected = format!("a list of ids, or `null = [\"{text}\"]` in `[source.csv]`");
            return Err([format!("`{text}`"), expected.replace('\\', "\\\\")]);
        }
        if let Some(inner) = bracketed(text) {
            return self.bracketed(inner, lists, counts);
        }
        if text.starts_with('[') && !text.contains(&self.separator) {
            return Err([format!("`{}`", shown(text)), "a list whose bracket is closed".into()]);
        }
        if self.separator.trim().is_empty() {
            text.split(|c: char| self.separator.contains(c))
                .filter(|piece| !piece.is_empty())
                .for_each(|piece| self.item(piece, lists, counts));
        } else if let &[one] = self.separator.as_bytes() {
            text.split(char::from(one)).for_each(|piece| self.item(piece, lists, counts));
        } else {
            text.split(&self.separator).for_each(|piece| self.item(piece, lists, counts));
        }
        Ok(())
    }

    fn item(&self, piece: &str, lists: &mut TextLists, counts: &mut ListCounts) {
        let piece = piece.trim();
        counts.blank += u64::from(piece.is_empty());
        lists.item(Some(piece).filter(|piece| !self.is_null(piece)));
    }

    fn is_null(&self, text: &str) -> bool {
        self.null.as_ref().is_some_and(|null| null.iter().any(|n| n == text))
    }

    /// The items between brackets: the separator between them, else commas, else white space.
    fn bracketed(
        &self,
        inner: &str,
        lists: &mut TextLists,
        counts: &mut ListCounts,
    ) -> Result<(), [String; 2]> {
        let separator = match &self.separator {
            // White space stands beside commas, too.
            given if self.given && inner.contains(given) && !given.trim().is_empty() => given,
            _ if inner.contains(',') => ",",
            _ => " ",
        };
        let blank = separator.trim().is_empty();
        let wrong =
            |found: &str, at: &str| Err([format!("{found}: `{}`", shown(at)), "a list of ids".into()]);
        let mut rest = inner.trim_start();
        while !rest.is_empty() {
            let of_python = ["u'", "u\"", "b'", "b\""].iter().any(|prefix| rest.starts_with(prefix));
            let quoted = &rest[usize::from(of_python)..];
            if quoted.starts_with(['"', '\'']) {
                let Some(end) = closing(quoted) else { return wrong("a quote that is not closed", quoted) };
                lists.item(Some(&unescaped(&quoted[..=end])));
                let after = &quoted[end + 1..];
                let next = after.trim_start();
                rest = match next.strip_prefix(separator.trim()) {
                    Some(next) if !blank => next.trim_start(),
                    _ if next.is_empty() || next.len() < after.len() || next.starts_with(['"', '\'']) => next,
                    _ => return wrong("text after a quoted id", rest),
                };
                continue;
            }
            let place = if blank { rest.find(char::is_whitespace) } else { rest.find(separator) };
            let (piece, next) = match place {
                Some(at) => (&rest[..at], &rest[at + if blank { 1 } else { separator.len() }..]),
                None => (rest, ""),
            };
            let piece = of_numpy(piece.trim());
            match piece {
                _ if piece.starts_with(['[', '{', '(']) => return wrong("lists or structs in a list", piece),
                "..." => return wrong("a list that its writer cut short", inner),
                _ if NO_VALUE.contains(&piece) => lists.item(None),
                _ => self.item(piece, lists, counts),
            }
            rest = next.trim_start();
        }
        Ok(())
    }
}

/// What stands between a bracket that begins a text and the one that ends it.
fn bracketed(text: &str) -> Option<&str> {
    let open = text.chars().next()?;
    let close = match open {
        '[' => ']',
        '{' => '}',
        '(' => ')',
        _ => return None,
    };
    let inner = text.strip_prefix(open)?.strip_suffix(close)?;
    let mut depth = 0_i64;
    for c in inner.chars() {
        depth += i64::from(c == open) - i64::from(c == close);
        if depth < 0 {
            // Two brackets side by side.
            return None;
        }
    }
    Some(inner)
}

/// The place of the quote that closes the one at the beginning.
fn closing(text: &str) -> Option<usize> {
    let quote = text.as_bytes()[0];
    let mut escaped = false;
    text.bytes().enumerate().skip(1).find_map(|(i, byte)| {
        let closes = byte == quote && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes.then_some(i)
    })
}

/// The text between quotes.
fn unescaped(quoted: &str) -> Cow<'_, str> {
    let inner = &quoted[1..quoted.len() - 1];
    if !inner.contains('\\') {
        return inner.into();
    }
    if let Ok(text) = serde_json::from_str::<String>(quoted) {
        return text.into();
    }
    // As Python writes it.
    let (mut text, mut chars) = (String::new(), inner.chars());
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let Some(kind) = chars.next() else { break };
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let code = chars.as_str().get(..digits).filter(|_| digits > 0);
        match code.and_then(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?)) {
            Some(c) => {
                text.push(c);
                chars = chars.as_str()[digits..].chars();
            }
            None => text.push(match kind {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
        }
    }
    text.into()
}

/// The value of `np.int64(5)`, as NumPy's numbers are written within a list of Python's.
fn of_numpy(piece: &str) -> &str {
    let call = piece.strip_prefix("np.").and_then(|call| call.strip_suffix(')'));
    call.and_then(|call| call.split_once('(')).map_or(piece, |(_, value)| value.trim_matches(['"', '\'']))
}

/// The beginning of a text, for a message.
fn shown(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::CsvOptions;
    use crate::source::{Cells, Column};

    /// The items of a cell: `-` is one that is missing, nothing a blank.
    fn list(cell: &str, separator: Option<&str>, null: Option<&[&str]>) -> Result<Vec<String>, String> {
        let null = null.map(|null| null.iter().map(|n| (*n).to_owned()).collect());
        let csv = CsvOptions { separator: separator.map(Into::into), null, ..CsvOptions::default() };
        let source = Source { csv, ..Source::default() };
        let (mut lists, mut counts) = (TextLists::default(), ListCounts::default());
        let pushed = ListSyntax::of(&source, false).push(cell, &mut lists, &mut counts);
        let column = Column::from(lists);
        let lists = column.lists();
        assert_eq!(lists.len(), 1);
        let Cells::Texts(texts) = Cells::of(lists.values()) else { unreachable!("texts") };
        let items = lists.range(0).map(|i| texts.get(i).unwrap_or("-").to_owned()).collect();
        pushed.map(|()| items).map_err(|wrong| wrong.join("; expected "))
    }

    #[test]
    fn every_way_to_write_a_list_gives_its_items() {
        for cell in [
            "1|2|3",
            " 1 | 2 |3",
            "[1, 2, 3]",
            "[1,2,3]",
            "{1,2,3}",
            "(1, 2, 3)",
            "[1 2 3]",
            "[1  2\n 3]",
            "[\"1\", \"2\", \"3\"]",
            "['1', '2', '3']",
            "['1' '2'\n '3']",
            "[u'1', b'2', '3']",
            "[1, 2, 3,]",
            "[np.int64(1), np.int64(2), np.str_('3')]",
            "[1|2|3]",
        ] {
            let given = cell.contains('|').then_some("|");
            assert_eq!(list(cell, given, None).unwrap(), ["1", "2", "3"], "{cell}");
        }
        for (cell, separator) in
            [("1, 2, 3", ","), ("1^2^3", "^"), ("1 2  3", " "), ("1::2::3", "::"), ("1\u{1}2\u{1}3", "\u{1}")]
        {
            assert_eq!(list(cell, Some(separator), None).unwrap(), ["1", "2", "3"], "{cell}");
        }
        // A separator that is given, but stands in no bracket.
        assert_eq!(list("[1, 2, 3]", Some(","), None).unwrap(), ["1", "2", "3"]);
        assert_eq!(list("[1 2 3]", Some("|"), None).unwrap(), ["1", "2", "3"]);
        for empty in ["", " ", "[]", "{}", "()", "[ ]"] {
            assert!(list(empty, None, None).unwrap().is_empty(), "{empty}");
        }
        assert_eq!(list("[7]", None, None).unwrap(), ["7"]);
        assert_eq!(list("(1,)", None, None).unwrap(), ["1"]);
        assert_eq!(list("[REC]|[Alien]", None, None).unwrap(), ["[REC]", "[Alien]"]);
        assert_eq!(list("(500) Days|Up", None, None).unwrap(), ["(500) Days", "Up"]);
    }

    #[test]
    fn quoted_items_are_what_they_quote() {
        let json = r#"["New York, NY", "a \"b\" \u00e9", "it's"]"#;
        assert_eq!(list(json, None, None).unwrap(), ["New York, NY", "a \"b\" é", "it's"]);
        assert_eq!(list(r"['it\'s', 'a\\b']", None, None).unwrap(), ["it's", r"a\b"]);
        assert_eq!(list("['x y']", None, None).unwrap(), ["x y"]);
        let python = r"['a\nb', 'a\tb\r', '\xe9\u65e5', 'c:\\d', '\xg']";
        assert_eq!(list(python, None, None).unwrap(), ["a\nb", "a\tb\r", "é日", r"c:\d", "xg"]);
    }

    #[test]
    fn items_that_are_missing_keep_their_place() {
        assert_eq!(list("1||3|", None, None).unwrap(), ["1", "", "3", ""]);
        assert_eq!(list("[1, None, 3]", None, None).unwrap(), ["1", "-", "3"]);
        assert_eq!(list("[\"a\", null]", None, None).unwrap(), ["a", "-"]);
        // White space may stand beside commas, even where it separates.
        assert_eq!(list("[5, null]", Some(" "), None).unwrap(), ["5", "-"]);
        assert_eq!(list("[5 null]", Some(" "), None).unwrap(), ["5", "-"]);
        assert_eq!(list("1|NULL|3", None, Some(&["NULL"])).unwrap(), ["1", "-", "3"]);
        assert!(list("\\N", None, Some(&["NULL", "\\N"])).unwrap().is_empty());
        assert_eq!(list("NA", None, Some(&[])).unwrap(), ["NA"]);
    }

    #[test]
    fn what_is_no_list_of_ids_is_said() {
        for (cell, expected) in [
            ("NULL", "`NULL`; expected a list of ids, or `null = [\"NULL\"]` in `[source.csv]`"),
            ("\\N", "`null = [\"\\\\N\"]`"),
            ("[[1, 2], [3]]", "lists or structs in a list: `[1`"),
            ("[(1, 2)]", "lists or structs"),
            ("{\"id\": 1}", "text after a quoted id"),
            ("['a, 'b']", "text after a quoted id"),
            ("['a", "a list whose bracket is closed"),
            ("[\"a]", "a quote that is not closed"),
            ("[1 2 ... 8 9]", "a list that its writer cut short"),
        ] {
            let message = list(cell, None, None).unwrap_err();
            assert!(message.contains(expected), "{cell}: {message}");
        }
    }
}
