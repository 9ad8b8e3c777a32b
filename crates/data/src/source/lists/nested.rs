//! Lists of lists that stand in texts: `[[1, 2], [3]]`, `[["a"], []]`, `[array([1, 2]), None]`.

use super::{ListCounts, ListSyntax, NO_VALUE, bracketed, shown};
use crate::source::column::{Column, TextLists};
use crate::source::nested_lists::NestedLists;

impl ListSyntax {
    /// Whether a text is in brackets, and what it holds begins with others.
    pub fn is_nested(text: &str) -> bool {
        bracketed(text).is_some_and(|inner| group(inner.trim_start()).is_some())
    }

    /// Adds the list of lists that a cell holds, in brackets: `[[1, 2], [3], null]`. One that is missing
    /// within it is empty.
    ///
    /// # Errors
    /// What was found and what was expected; an empty list of lists is added then.
    pub fn push_nested(&self, cell: &str, to: &mut NestedLists) -> Result<(), [String; 2]> {
        let pushed = self.groups(cell.trim(), &mut to.lists);
        if pushed.is_err() {
            to.cut();
        }
        to.end();
        pushed
    }

    fn groups(&self, text: &str, to: &mut TextLists) -> Result<(), [String; 2]> {
        if text.is_empty() || self.is_null(text) {
            return Ok(());
        }
        let wrong = |found: &str| {
            let expected = "lists in a list, such as `[[1, 2], [3]]`, one an event";
            Err([format!("`{}`", shown(found)), expected.to_owned()])
        };
        let Some(inner) = bracketed(text) else { return wrong(text) };
        let next = |rest: &str| rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace()).len();
        let mut rest = &inner[inner.len() - next(inner)..];
        while !rest.is_empty() {
            let missing = NO_VALUE.iter().find(|missing| rest.starts_with(**missing));
            let after = match (group(rest), missing) {
                (Some((list, after)), _) => {
                    self.push_inner(list, to)?;
                    after
                }
                (None, Some(missing)) => {
                    to.end();
                    &rest[missing.len()..]
                }
                (None, None) => return wrong(rest),
            };
            rest = &after[after.len() - next(after)..];
        }
        Ok(())
    }

    /// Lists of lists that texts hold, or lists of texts, of which each holds a list. A row that is wrong is
    /// told, and empty.
    pub fn nest(&self, column: &Column, mut wrong: impl FnMut(usize, [String; 2])) -> Column {
        let mut nested = NestedLists::default();
        match column {
            Column::Text(texts) => {
                for row in 0..texts.len() {
                    let pushed = self.push_nested(texts.get(row).unwrap_or_default(), &mut nested);
                    pushed.unwrap_or_else(|fault| wrong(row, fault));
                }
            }
            Column::List(lists) => {
                let Column::Text(texts) = lists.values() else { unreachable!("lists of texts were found") };
                for row in 0..lists.len() {
                    let one = |i| self.push_inner(texts.get(i).unwrap_or_default(), &mut nested.lists);
                    if let Err(fault) = lists.range(row).try_for_each(one) {
                        nested.cut();
                        wrong(row, fault);
                    }
                    nested.end();
                }
            }
            other => unreachable!("{} of texts", other.kind()),
        }
        nested.into()
    }

    /// Adds the list that a text holds, without pieces that hold nothing.
    ///
    /// # Errors
    /// As [`push`](Self::push); nothing is added then.
    pub fn push_inner(&self, text: &str, to: &mut TextLists) -> Result<(), [String; 2]> {
        let mut one = TextLists::default();
        self.push(text, &mut one, &mut ListCounts::default())?;
        (0..one.items()).map(|i| one.get(i)).filter(|item| *item != Some("")).for_each(|item| to.item(item));
        to.end();
        Ok(())
    }
}

/// The list in brackets that a text begins with, and what follows it; NumPy's as `array([1, 2])`, too.
fn group(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix("array(") {
        let (list, after) = group(rest)?;
        return Some((list, &after[after.find(')')? + 1..]));
    }
    if !text.starts_with(['[', '(', '{']) {
        return None;
    }
    let (mut depth, mut quote, mut before) = (0, None, ' ');
    for (i, c) in text.char_indices() {
        match quote {
            // An escaped quote closes nothing.
            Some(open) => {
                if c == open && before != '\\' {
                    quote = None;
                }
                before = if before == '\\' { ' ' } else { c };
                continue;
            }
            // A quote within a word is none.
            None if matches!(c, '"' | '\'') && !before.is_alphanumeric() => quote = Some(c),
            None if matches!(c, '[' | '(' | '{') => depth += 1,
            None if matches!(c, ']' | ')' | '}') => depth -= 1,
            None => {}
        }
        before = c;
        if depth == 0 {
            return Some(text.split_at(i + c.len_utf8()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Source;
    use crate::source::Cells;

    /// The lists of a cell, `-` for what is missing.
    fn nested(cell: &str) -> Result<String, String> {
        let syntax = ListSyntax::of(&Source::default(), false);
        let mut lists = NestedLists::default();
        let pushed = syntax.push_nested(cell, &mut lists);
        let column = Column::from(lists);
        let (outer, inner) = (column.lists(), column.lists().values().lists());
        assert_eq!(outer.len(), 1);
        let Cells::Texts(texts) = Cells::of(inner.values()) else { unreachable!("texts") };
        let list = |i: usize| {
            let items: Vec<_> = inner.range(i).map(|at| texts.get(at).unwrap_or("-")).collect();
            format!("({})", items.join(" "))
        };
        let shown: String = outer.range(0).map(list).collect();
        pushed.map(|()| shown).map_err(|wrong| wrong.join("; expected "))
    }

    #[test]
    fn lists_in_a_list_are_read_as_their_writers_have_them() {
        for cell in [
            "[[1, 2], [3]]",
            "[[1,2],[3]]",
            "[[1 2]\n [3]]",
            "[['1', '2'], ['3']]",
            "[[\"1\",\"2\"],[\"3\"]]",
            "[array([1, 2]), array([3])]",
            "[array(['1', '2'], dtype=object), array(['3'], dtype=object)]",
            "((1, 2), (3,))",
            "{{1,2},{3}}",
            "[[1, 2, ], [3]]",
        ] {
            assert_eq!(nested(cell).unwrap(), "(1 2)(3)", "{cell}");
        }
        for (cell, expected) in [
            ("", ""),
            ("[]", ""),
            ("[[]]", "()"),
            ("[[1], [], None, [2]]", "(1)()()(2)"),
            ("[null, [7, null]]", "()(7 -)"),
            ("[['[REC]', \"it's\"], ['a, b']]", "([REC] it's)(a, b)"),
            (r#"[["a \"[x]\" b"], ["c"]]"#, r#"(a "[x]" b)(c)"#),
        ] {
            assert_eq!(nested(cell).unwrap(), expected, "{cell}");
        }
    }

    #[test]
    fn what_is_no_list_of_lists_is_said() {
        for (cell, expected) in [
            ("1|2", "`1|2`; expected lists in a list, such as `[[1, 2], [3]]`, one an event"),
            ("[1, 2]", "`1, 2`; expected lists in a list"),
            ("[[1, 2], 3]", "`3`; expected lists in a list"),
            ("[[[1], [2]], [[3]]]", "lists or structs in a list: `[1]"),
            ("[[1, 2], [3]", "expected lists in a list"),
            ("[[1 2 ... 8 9]]", "a list that its writer cut short"),
        ] {
            let message = nested(cell).unwrap_err();
            assert!(message.contains(expected), "{cell}: {message}");
        }
    }
}
