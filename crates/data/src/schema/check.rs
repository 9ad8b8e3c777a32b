//! What a schema must not say.

use std::collections::HashSet;
use std::path::Path;

use dien_serving::encoding::Transform;

use super::column::{Column, ColumnKind, MissingValue, VocabularySpec};
use super::{Behaviours, Part, Schema, SequenceOrder, Split};
use crate::error::{DataError, quoted};

/// Ids are of 32 bits, one of which is for what is out of vocabulary.
const MOST_IDS: usize = u32::MAX as usize;

/// Something a schema must not say.
#[derive(Debug)]
pub(super) struct Wrong {
    place: String,
    found: String,
    expected: String,
}

type Checked = Result<(), Wrong>;

impl Wrong {
    pub fn in_file(self, path: &Path) -> DataError {
        DataError::file(path, format!("{}: {}", self.place, self.found), self.expected)
    }
}

fn check(ok: bool, place: &str, found: impl Into<String>, expected: impl Into<String>) -> Checked {
    if ok {
        return Ok(());
    }
    Err(Wrong { place: place.into(), found: found.into(), expected: expected.into() })
}

impl Schema {
    pub(super) fn check(&self) -> Checked {
        check(self.width > 0, "`width`", "0", "at least 1")?;
        for (name, column) in &self.columns {
            let place = format!("column `{name}`");
            column.check(&place)?;
            if let Some(other) = &column.shares {
                self.check_share(&place, other)?;
            }
        }
        let labels = self.of_kind(ColumnKind::Label).count();
        check(labels == 1, "`columns`", format!("{labels} of kind `label`"), "exactly one")?;
        for (kind, name) in
            [(ColumnKind::Weight, "weight"), (ColumnKind::Group, "group"), (ColumnKind::Time, "time")]
        {
            let count = self.of_kind(kind).count();
            check(count <= 1, "`columns`", format!("{count} of kind `{name}`"), "one at most")?;
        }
        self.check_histories()?;
        self.check_split()?;
        let mut seen = HashSet::new();
        for name in &self.candidate {
            if self.columns.get(name).is_none_or(|column| column.kind != ColumnKind::Sequence) {
                self.check_use("`candidate`", name, ColumnKind::Sparse, "sparse")?;
            }
            check(seen.insert(name), "`candidate`", format!("`{name}` twice"), "each column once")?;
        }
        for sequence in &self.behaviours {
            self.check_behaviours(sequence, &mut seen)?;
        }
        Ok(())
    }

    fn check_histories(&self) -> Checked {
        let (histories, ends) =
            (self.of_kind(ColumnKind::History).count(), self.of_kind(ColumnKind::End).count());
        let found = format!("{histories} of kind `history` and {ends} of kind `end`");
        check(histories == ends && ends <= 1, "`columns`", found, "one of each, or none")?;
        if ends == 1 {
            let causal = self.behaviours.iter().all(|b| b.repeats.is_causal());
            let expected = "`first`, or what comes later would tell what a target sees";
            check(causal, "`behaviours`", "`repeats = \"last\"`", expected)?;
            let plain = |b: &Behaviours| b.padding.is_none() && b.order == SequenceOrder::OldestFirst;
            let expected = "whole lists, oldest event first, where targets say how much they see";
            check(
                self.behaviours.iter().all(plain),
                "`behaviours`",
                "`padding` or another `order`",
                expected,
            )?;
            let (found, expected) = (
                format!("{} sequences", self.behaviours.len()),
                "one, where targets say how much of it they see",
            );
            check(self.behaviours.len() <= 1, "`behaviours`", found, expected)?;
            let expected =
                "files of their own in `[validation]` and `[test]`: a history holds what came later, too";
            check(self.split.is_none(), "`split`", "a split of targets that share histories", expected)?;
        }
        let sources = [
            (Some(&self.source), "source"),
            (self.validation.as_ref(), "validation"),
            (self.test.as_ref(), "test"),
        ];
        for (source, name) in sources.into_iter().filter_map(|(source, name)| Some((source?, name))) {
            let place = format!("`{name}`");
            source.csv.check().or_else(|[found, expected]| check(false, &place, found, expected))?;
            // A schema may say later where its rows are.
            let stated = source.files.is_some() || source.histories.is_some();
            let fit = source.histories.is_some() == (ends == 1) || !stated;
            let found = if ends == 1 { "no `histories`" } else { "`histories`, which no column names" };
            check(
                fit,
                &place,
                found,
                "`histories`, and columns of kind `history` and `end`, or none of these",
            )?;
        }
        Ok(())
    }

    fn check_split(&self) -> Checked {
        let Some(split) = &self.split else { return Ok(()) };
        let (kind, wanted) = match split {
            Split::Group { .. } => (ColumnKind::Group, "a column of kind `group`"),
            Split::Time { .. } => (ColumnKind::Time, "a column of kind `time`"),
        };
        check(self.of_kind(kind).count() == 1, "`split`", "no column to split by", wanted)?;
        match *split {
            Split::Group { validation, test, .. } => {
                let fit = validation >= 0.0 && test >= 0.0 && validation + test < 1.0;
                let found = format!("shares of {validation} and {test}");
                check(fit, "`split`", found, "shares of at least 0 that leave some rows to train on")?;
            }
            Split::Time { validation_from: Some(validation), test_from: Some(test) } => {
                let found = format!("a test from {test} and a validation from {validation}");
                let before = validation.is_before(test);
                check(before.is_some(), "`split`", &*found, "two numbers or two dates")?;
                check(before == Some(true), "`split`", found, "a validation before the test")?;
            }
            Split::Time { .. } => {}
        }
        for (part, source, name) in
            [(Part::Validation, &self.validation, "validation"), (Part::Test, &self.test, "test")]
        {
            let place = format!("`{name}`");
            check(
                source.is_none() || !split.has(part),
                &place,
                "files, and a share of the source's",
                "either",
            )?;
        }
        Ok(())
    }

    fn check_share(&self, place: &str, other: &str) -> Checked {
        let found = format!("`shares` names `{other}`");
        let shared = self.columns.get(other);
        let embedded = shared.is_some_and(|c| matches!(c.kind, ColumnKind::Sparse | ColumnKind::Sequence));
        check(embedded, place, &*found, "a `sparse` or `sequence` column")?;
        let own = shared.is_some_and(|c| c.shares.is_none());
        check(own, place, format!("{found}, which shares another's"), "the column whose vocabulary it is")
    }

    /// That a column is there, and of a kind.
    fn check_use(&self, place: &str, name: &str, kind: ColumnKind, kind_name: &str) -> Checked {
        let found = match self.columns.get(name) {
            Some(c) if c.kind == kind => return Ok(()),
            Some(c) => format!("`{name}`, which is {:?}", c.kind).to_lowercase(),
            None => format!("`{name}`, which is no column"),
        };
        let candidates = quoted(self.of_kind(kind).map(|(name, _)| name));
        check(false, place, found, format!("a `{kind_name}` column: {candidates}"))
    }

    fn check_behaviours<'a>(&'a self, sequence: &'a Behaviours, seen: &mut HashSet<&'a String>) -> Checked {
        let place = format!("behaviours `{}`", sequence.name);
        let same = self.behaviours.iter().filter(|other| other.name == sequence.name).count();
        check(same == 1, &place, "the name twice", "a name of its own")?;
        check(!sequence.name.is_empty(), &place, "an empty name", "a name such as `clicks`")?;
        check(sequence.max_history > 0, &place, "a `max_history` of 0", "at least 1")?;
        check(
            self.candidate_ids().next().is_some(),
            &place,
            "no `candidate`",
            "the columns that describe the shown item",
        )?;
        let of_events = self.event_columns();
        let (found, wanted) = (sequence.columns.len(), of_events.len());
        let lists = self.candidate.len() - wanted;
        let or =
            if lists > 0 { ", or as well one for a list of its, whose vocabulary it shares" } else { "" };
        let expected = format!("one for each of the candidate's {wanted}{or}");
        check(found == wanted, &place, format!("{found} columns"), expected)?;
        let first = of_events[0];
        let expected = "a column of single ids before those of lists that events have, such as the item's";
        check(!self.is_list(first), "`candidate`", format!("`{first}`, which is of lists"), expected)?;
        for (name, of) in sequence.columns.iter().zip(of_events) {
            self.check_use(&place, name, ColumnKind::Sequence, "sequence")?;
            let same = self.vocabulary_of(name) == self.vocabulary_of(of);
            let expected = format!("one that shares the vocabulary of the candidate's `{of}`");
            check(same, &place, format!("`{name}`, which does not"), expected)?;
            check(seen.insert(name), &place, format!("`{name}` a second time"), "each column once")?;
        }
        Ok(())
    }
}

impl Column {
    fn check(&self, place: &str) -> Checked {
        let embedded = matches!(self.kind, ColumnKind::Sparse | ColumnKind::Sequence);
        let dense = self.kind == ColumnKind::Dense;
        let named = |ok: bool, key: &str, kinds: &str| {
            let found = format!("`{key}` on a column of kind {:?}", self.kind).to_lowercase();
            check(ok, place, found, format!("it on {kinds}"))
        };
        let ids = "a `sparse` or `sequence` column";
        named(embedded || dense || self.width.is_none(), "width", ids)?;
        named(embedded || self.shares.is_none(), "shares", ids)?;
        named(embedded || self.vocabulary.is_none(), "vocabulary", ids)?;
        named(embedded || self.id_type.is_none(), "type", ids)?;
        named(dense || self.transform.is_none(), "transform", "a `dense` column")?;
        let single = dense || self.kind == ColumnKind::Sparse;
        named(single || self.default.is_none(), "default", "a `dense` or `sparse` column")?;
        if self.shares.is_some() {
            let own = self.width.is_none() && self.vocabulary.is_none() && self.id_type.is_none();
            check(own, place, "`shares` and a `width`, `type` or `vocabulary`", "either")?;
        }
        check(self.width != Some(0), place, "a `width` of 0", "at least 1")?;
        match &self.vocabulary {
            Some(VocabularySpec::MinCount(0)) => check(false, place, "a `min_count` of 0", "at least 1")?,
            Some(VocabularySpec::Hash(ids)) if !(1..MOST_IDS).contains(ids) => {
                check(
                    false,
                    place,
                    format!("a `hash` of {ids}"),
                    format!("at least 1 and below {MOST_IDS}"),
                )?;
            }
            _ => {}
        }
        if let Some(id_type) = self.id_type {
            let text = match &self.default {
                Some(MissingValue::Id(id)) => Some(id.clone()),
                Some(MissingValue::Integer(id)) => Some(id.to_string()),
                _ => None,
            };
            let fit = text.as_ref().is_none_or(|text| id_type.canonical(text).is_some());
            check(fit, place, format!("a default of `{}`", text.unwrap_or_default()), id_type.expected())?;
        }
        match (&self.default, dense) {
            (Some(MissingValue::Id(id)), true) => {
                check(false, place, format!("a default of `{id}`"), "a number")?;
            }
            (Some(MissingValue::Number(x)), false) => {
                check(false, place, format!("a default of {x}"), "an id: a text or an integer")?;
            }
            _ => {}
        }
        if let Some(Transform::Buckets(bounds)) = &self.transform {
            let ascend = bounds.windows(2).all(|b| b[0] < b[1]) && bounds.iter().all(|b| b.is_finite());
            check(
                ascend && !bounds.is_empty(),
                place,
                format!("buckets {bounds:?}"),
                "finite bounds, ascending",
            )?;
        } else {
            named(embedded || self.width.is_none(), "width", "a column with embeddings")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        candidate = ["item", "category"]
        [source]
        files = "log/*.parquet"
        [columns]
        clicked = { kind = "label" }
        user = { kind = "group" }
        item = { kind = "sparse", vocabulary = { min_count = 2 } }
        category = { kind = "sparse" }
        age = { kind = "dense", transform = { buckets = [18, 25.5] }, width = 4, default = 0 }
        price = { kind = "dense", transform = "log1p" }
        seen = { kind = "sequence", shares = "item" }
        seen_categories = { kind = "sequence", shares = "category" }
        [[behaviours]]
        name = "clicks"
        columns = ["seen", "seen_categories"]
    "#;

    fn parse(text: &str) -> Result<Schema, String> {
        Schema::parse(text, Path::new("dataset.toml")).map_err(|e| e.to_string())
    }

    #[test]
    fn a_schema_is_its_text_again() {
        let schema = parse(GOOD).unwrap();
        assert_eq!(parse(&schema.to_toml()).unwrap(), schema);
        assert!(
            schema.columns.keys().eq([
                "clicked",
                "user",
                "item",
                "category",
                "age",
                "price",
                "seen",
                "seen_categories"
            ]
            .iter())
        );
        assert_eq!(schema.vocabulary_of("seen"), "item");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, expected) in [
            ("kind = \"label\"", "kind = \"dense\"", "`columns`: 0 of kind `label`; expected exactly one"),
            ("kind = \"group\"", "kind = \"label\"", "2 of kind `label`"),
            (
                "shares = \"item\"",
                "shares = \"itme\"",
                "column `seen`: `shares` names `itme`; expected a `sparse`",
            ),
            ("shares = \"item\"", "shares = \"seen_categories\"", "which shares another's"),
            (
                "min_count = 2",
                "hash = 5000000000",
                "column `item`: a `hash` of 5000000000; expected at least 1",
            ),
            ("min_count = 2", "min_count = 0", "column `item`: a `min_count` of 0; expected at least 1"),
            (
                "\"log1p\"",
                "{ buckets = [2, 1] }",
                "column `price`: buckets [2.0, 1.0]; expected finite bounds",
            ),
            ("\"log1p\"", "\"log2\"", "line 11: unknown variant `log2`"),
            (
                "kind = \"group\"",
                "kind = \"group\", width = 3",
                "column `user`: `width` on a column of kind group",
            ),
            (
                "[\"item\", \"category\"]",
                "[\"item\"]",
                "behaviours `clicks`: 2 columns; expected one for each of the candidate's 1",
            ),
            (
                "[\"item\", \"category\"]",
                "[\"item\", \"age\"]",
                "`candidate`: `age`, which is dense; expected a `sparse` column: `item`, `category`",
            ),
            (
                "[\"seen\", ",
                "[\"seen_categories\", ",
                "`seen_categories`, which does not; expected one that shares the vocabulary of the \
                 candidate's `item`",
            ),
            (
                "kind = \"group\"",
                "kind = \"group\", type = \"text\"",
                "column `user`: `type` on a column of kind group; expected it on a `sparse` or",
            ),
            (
                "category = { kind = \"sparse\"",
                "category = { kind = \"sparse\", type = \"int\"",
                "variant `int`",
            ),
            (
                "category = { kind = \"sparse\"",
                "category = { kind = \"sparse\", type = \"integer\", default = \"none\"",
                "column `category`: a default of `none`; expected an integer",
            ),
            (
                "shares = \"item\"",
                "shares = \"item\", type = \"text\"",
                "column `seen`: `shares` and a `width`, `type` or `vocabulary`; expected either",
            ),
            ("user =", "usr = { kind = \"spars\" }\n user =", "unknown variant `spars`"),
            ("files =", "file =", "line 4: unknown field `file`"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let message = parse(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(message.starts_with("dataset.toml: ") && message.contains(expected), "{message}");
        }
    }
}
