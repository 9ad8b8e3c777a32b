//! From a request's names to ids.

use std::borrow::Cow;
use std::fmt::Display;

use dien_model::serving::Candidates;
use dien_model::{Jagged, OOV};

use super::{Ranker, Record, Value};
use crate::encoding::item_table::ITEM;
use crate::encoding::{IdType, Repeats, Vocabulary};
use crate::error::{Error, ErrorKind, Result};

pub(super) fn wrong(
    kind: ErrorKind,
    place: &dyn Display,
    name: &str,
    found: impl Display,
    expected: impl Into<String>,
) -> Error {
    let (field, found) = (format!("{place}.{name}"), found.to_string());
    Error::Request { kind, field, found, expected: expected.into() }
}

impl Ranker {
    /// The field by which items are found.
    pub(super) fn item_key(&self) -> &str {
        self.items.as_ref().map_or(ITEM, |items| items.key())
    }

    /// What a record says its item is: by the item's own field, or as `item`.
    pub(super) fn named<'a>(&self, record: &'a Record) -> Option<&'a Value> {
        record.get(self.item_key()).or_else(|| record.get(ITEM))
    }

    /// The one text of an item's id, as the item table has it.
    fn item_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let key = self.item_key();
        let feature = self.features().behaviours.iter().find(|lookup| lookup.name == key);
        let Some(lookup) = feature else { return self.vocabularies.canonical(key, text) };
        match self.vocabularies.at(lookup.table).id_type() {
            Some(id_type) => id_type.canonical(text).unwrap_or(text.into()),
            None => text.into(),
        }
    }

    /// The ids of an event or a candidate, one a behaviour feature, onto the ends of `ids`, and the lists of
    /// those that are bags onto the ends of `bags`; unknown ones are counted. The item's place in the item
    /// table.
    fn item(
        &self,
        record: &Record,
        place: &dyn Display,
        ids: &mut [Vec<u32>],
        bags: &mut [Jagged],
        unknown: &mut usize,
    ) -> Result<Option<usize>> {
        let features = self.serving.features();
        let key = self.item_key();
        for (name, _) in record.iter() {
            self.check_field(name, place)?;
        }
        let item = self.named(record).map(|value| self.text(None, value, place, key)).transpose()?;
        let found = item.as_deref().and_then(|item| self.items.as_ref()?.place(&self.item_text(item)));
        let (mut missed, mut bags) = (false, bags.iter_mut());
        for (i, (lookup, ids)) in features.behaviours.iter().zip(ids).enumerate() {
            let name = lookup.name.as_str();
            let given = if name == key { self.named(record) } else { record.get(name) };
            if lookup.is_bag {
                let bags = bags.next().expect("the lists of every bag");
                match (given, found) {
                    (Some(value), _) => {
                        bags.push(tokens(value, place, name)?.map(|token| self.id(lookup.table, token)));
                        *unknown += bags.list(bags.len() - 1).iter().filter(|&&id| id == OOV).count();
                    }
                    (None, Some(found)) => {
                        let items = self.items.as_ref().expect("found in it");
                        bags.push(items.bag(i, found).iter().copied());
                    }
                    // The item is not known, and so is nothing of it.
                    (None, None) if self.items.is_some() => bags.push([]),
                    (None, None) => {
                        let expected = "a list: this model has no item table, in which to look it up";
                        return Err(wrong(ErrorKind::Missing, place, name, "nothing", expected));
                    }
                }
                ids.push(bags.len() as u32 - 1);
                continue;
            }
            let id = match (given, found) {
                (Some(_), Some(found)) if name == key => {
                    self.items.as_ref().expect("found").behaviour(i, found)
                }
                (Some(value), _) => self.value_id(lookup.table, value, place, name)?,
                (None, Some(found)) => self.items.as_ref().expect("found in it").behaviour(i, found),
                // The item is not known, and so is nothing of it.
                (None, None) if item.is_some() && self.items.is_some() => {
                    missed = true;
                    OOV
                }
                (None, None) if name == key || self.items.is_some() => {
                    return Err(wrong(ErrorKind::Missing, place, key, "nothing", "the item's id, a text"));
                }
                (None, None) => {
                    let expected = "a text: this model has no item table, in which to look it up";
                    return Err(wrong(ErrorKind::Missing, place, name, "nothing", expected));
                }
            };
            *unknown += usize::from(given.is_some() && id == OOV);
            ids.push(id);
        }
        // An item that is no feature itself is one unknown id, whatever it was looked up for.
        *unknown += usize::from(missed && features.behaviours.iter().all(|l| l.name != key));
        Ok(found)
    }

    /// That an event or a candidate may have a field.
    fn check_field(&self, name: &str, place: &dyn Display) -> Result<()> {
        let (features, key) = (self.features(), self.item_key());
        let lists = || features.multi_hot.iter().filter(|l| !self.request_lists.contains(&l.name));
        let mut lookups = features.behaviours.iter().chain(lists());
        if name == key || name == ITEM || lookups.any(|l| l.name == name) {
            return Ok(());
        }
        let (found, expected) = if self.is_of_request(name) {
            let expected = format!("it once a request: `{name}` is read from `profile` or `context`");
            ("a feature of the user or the moment", expected)
        } else {
            let names = features.behaviours.iter().chain(lists()).map(|l| l.name.as_str());
            ("an unknown field", one_of(std::iter::once(key).chain(names)))
        };
        Err(wrong(ErrorKind::UnknownField, place, name, found, expected))
    }

    /// The place of an extra sequence of behaviours among all sequences.
    pub(super) fn sequence(&self, name: &str, place: &dyn Display) -> Result<usize> {
        let names = &self.serving.features().extra_sequences;
        let found = names.iter().position(|other| other == name);
        found.map(|i| i + 1).ok_or_else(|| {
            let expected = if names.is_empty() {
                "none: this model has no extra sequence".into()
            } else {
                one_of(names.iter().map(String::as_str))
            };
            wrong(ErrorKind::UnknownField, place, name, "an unknown sequence of behaviours", expected)
        })
    }

    /// No list yet of any bag among the behaviour features.
    pub(super) fn no_bags(&self) -> Vec<Jagged> {
        self.features().bags().map(|_| Jagged::empty(0)).collect()
    }

    /// Room for the ids of so many events or candidates, `[feature][event]`. A clone of an empty list would
    /// have none.
    fn columns(&self, events: usize) -> Vec<Vec<u32>> {
        self.features().behaviours.iter().map(|_| Vec::with_capacity(events)).collect()
    }

    /// The ids of a history's events, `[feature][event]`, of bags the places of what is added to `bags`; and
    /// which of the events are read: not all where repeats are left out.
    pub(super) fn events(
        &self,
        sequence: usize,
        place: &str,
        history: &[Record],
        bags: &mut [Jagged],
        unknown: &mut usize,
    ) -> Result<(Vec<Vec<u32>>, Vec<usize>)> {
        let mut ids = self.columns(history.len());
        for (i, record) in history.iter().enumerate() {
            self.item(record, &format_args!("{place}[{i}]"), &mut ids, bags, unknown)?;
        }
        let repeats = self.repeats.get(sequence).copied().unwrap_or_default();
        if repeats == Repeats::Keep {
            return Ok((ids, (0..history.len()).collect()));
        }
        let event = |i: usize| {
            let mut bags = bags.iter();
            let of = self.features().behaviours.iter().zip(&ids).map(|(lookup, ids)| match lookup.is_bag {
                true => bags.next().expect("the lists of every bag").list(ids[i] as usize).to_vec(),
                false => vec![ids[i]],
            });
            let of: Vec<Vec<u32>> = of.collect();
            let said = if of.iter().flatten().any(|&id| id == OOV) { self.said(&history[i]) } else { vec![] };
            (of, said)
        };
        let kept = repeats.kept((0..history.len()).map(event));
        ids.iter_mut().for_each(|ids| *ids = kept.iter().map(|&i| ids[i]).collect());
        Ok((ids, kept))
    }

    /// What a record says of features whose ids are out of vocabulary, and of its item.
    fn said(&self, record: &Record) -> Vec<String> {
        let key = self.item_key();
        let text = |name: &str, table: Option<usize>| {
            let value = if name == key { self.named(record) } else { record.get(name) };
            if let (Some(table), Some(list @ Value::List(_))) = (table, value) {
                let vocabulary = self.vocabularies.at(table);
                let tokens = tokens(list, &"", name).into_iter().flatten();
                return tokens.map(|token| vocabulary.id_or_text(token).1.into_owned() + "\n").collect();
            }
            let Some(text) = value.and_then(|value| self.text(table, value, &"", name).ok()) else {
                return String::new();
            };
            match table {
                Some(table) => self.vocabularies.at(table).id_or_text(&text).1.into_owned(),
                None => self.item_text(&text).into_owned(),
            }
        };
        let lookups = &self.features().behaviours;
        let features = lookups.iter().map(|lookup| text(&lookup.name, Some(lookup.table)));
        let named = lookups.iter().all(|lookup| lookup.name != key).then(|| text(key, None));
        features.chain(named).collect()
    }

    /// The ids of one event, and the lists of its bags.
    pub(super) fn event(&self, record: &Record, unknown: &mut usize) -> Result<(Vec<u32>, Vec<Jagged>)> {
        let (mut ids, mut bags) = (self.columns(1), self.no_bags());
        self.item(record, &"event", &mut ids, &mut bags, unknown)?;
        Ok((ids.into_iter().flatten().collect(), bags))
    }

    /// Candidates as ids; `given` has the request's own lists, by multi-hot feature, and `bags` what lists
    /// there are already of the bags.
    pub(super) fn candidates(
        &self,
        records: &[Record],
        given: &[Vec<u32>],
        bags: Vec<Jagged>,
        unknown: &mut usize,
    ) -> Result<Candidates> {
        let features = self.serving.features();
        let n = records.len();
        self.limits.check_candidates(n)?;
        let list = |_: &_| {
            let mut offsets = Vec::with_capacity(n + 1);
            offsets.push(0);
            Jagged::new(offsets, vec![])
        };
        let lists = features.multi_hot.iter().map(list).collect();
        let mut candidates = Candidates::new(self.columns(n)).with_multi_hot(lists).with_bags(bags);
        for (i, record) in records.iter().enumerate() {
            let place = format_args!("candidates[{i}]");
            let Candidates { ids, bags, .. } = &mut candidates;
            let found = self.item(record, &place, ids, bags, unknown)?;
            for (feature, (lookup, list)) in
                features.multi_hot.iter().zip(&mut candidates.multi_hot).enumerate()
            {
                match (record.get(&lookup.name), found) {
                    _ if self.request_lists.contains(&lookup.name) => {
                        list.ids.extend(given.get(feature).into_iter().flatten());
                    }
                    (Some(value), _) => {
                        let before = list.ids.len();
                        let tokens = tokens(value, &place, &lookup.name)?;
                        list.ids.extend(tokens.map(|token| self.id(lookup.table, token)));
                        *unknown += list.ids[before..].iter().filter(|&&id| id == OOV).count();
                    }
                    (None, Some(found)) => {
                        let items = self.items.as_ref().expect("found in it");
                        list.ids.extend_from_slice(items.multi_hot(feature, found));
                    }
                    (None, None) => {}
                }
                list.offsets.push(list.ids.len() as u32);
            }
        }
        Ok(candidates)
    }

    pub(super) fn id(&self, table: usize, token: &str) -> u32 {
        self.vocabularies.at(table).id(token)
    }

    pub(super) fn value_id(
        &self,
        table: usize,
        value: &Value,
        place: &dyn Display,
        name: &str,
    ) -> Result<u32> {
        Ok(self.id(table, &self.text(Some(table), value, place, name)?))
    }

    /// The text of an id, of a table or of an item's name. Where ids are texts, a number must be whole.
    fn text<'a>(
        &self,
        table: Option<usize>,
        value: &'a Value,
        place: &dyn Display,
        name: &str,
    ) -> Result<Cow<'a, str>> {
        // Of texts, only what is written as one is an id.
        let valued = || {
            let is = |vocabulary: &Vocabulary| vocabulary.id_type().is_some_and(|of| of != IdType::Text);
            match table {
                Some(table) => is(self.vocabularies.at(table)),
                None => self.vocabularies.iter().any(|(_, vocabulary)| is(vocabulary)),
            }
        };
        match value {
            Value::Text(text) => Ok(text.into()),
            Value::Integer(n) => Ok(n.to_string().into()),
            Value::Number(x) if x.is_finite() && valued() => Ok(x.to_string().into()),
            Value::Boolean(truth) if valued() => Ok(truth.to_string().into()),
            other => {
                let expected = if valued() {
                    "an id: a text, a number or a truth value"
                } else {
                    "an id: a text, or a whole number for its digits"
                };
                Err(wrong(ErrorKind::WrongType, place, name, other, expected))
            }
        }
    }
}

/// A list's ids; a text has them between `|`, as the log does.
pub(super) fn tokens<'a>(
    value: &'a Value,
    place: &dyn Display,
    name: &str,
) -> Result<Box<dyn Iterator<Item = &'a str> + 'a>> {
    match value {
        Value::Text(text) => Ok(Box::new(text.split('|').filter(|token| !token.is_empty()))),
        Value::List(list) => Ok(Box::new(list.iter().map(String::as_str))),
        other => Err(wrong(
            ErrorKind::WrongType,
            place,
            name,
            other,
            "a list of texts, or one text with `|` between them",
        )),
    }
}

pub(super) fn number(value: &Value, place: &dyn Display, name: &str) -> Result<f64> {
    let x = match value {
        Value::Integer(n) => *n as f64,
        Value::Number(x) => *x,
        other => return Err(wrong(ErrorKind::WrongType, place, name, other, "a number")),
    };
    if x.is_finite() {
        Ok(x)
    } else {
        Err(wrong(ErrorKind::OutOfRange, place, name, value, "a finite number"))
    }
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<String> = Vec::new();
    for name in names.map(|n| format!("`{n}`")) {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    format!("one of {}", known.join(", "))
}
