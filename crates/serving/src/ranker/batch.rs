//! A request as a batch, for what is asked of the model itself.

use dien_model::serving::Candidates;
use dien_model::{Batch, Behaviours, Histories, Jagged, Targets};

use super::request_features::RequestFeatures;
use super::{Ranker, Record, Request, Value};
use crate::error::Result;

/// What an item is called, and what else the model reads of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ItemLabel {
    /// The item, or the model's first feature of it where it reads no item.
    pub name: String,
    /// Its other features side by side, such as its category; an unknown one is `?`.
    pub note: String,
    /// What people call it, where that is known.
    pub title: Option<String>,
}

impl ItemLabel {
    /// A name, and what stands beside it.
    pub fn new(name: impl Into<String>, note: impl Into<String>) -> Self {
        ItemLabel { name: name.into(), note: note.into(), title: None }
    }

    /// The title, or else the name.
    pub fn shown(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// What there is beside [`shown`](Self::shown).
    pub fn aside(&self) -> String {
        let name = self.title.as_ref().map(|_| self.name.as_str());
        name.into_iter()
            .chain(Some(self.note.as_str()).filter(|n| !n.is_empty()))
            .collect::<Vec<_>>()
            .join(" · ")
    }
}

impl std::fmt::Display for ItemLabel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let aside = self.aside();
        f.write_str(self.shown())?;
        if aside.is_empty() { Ok(()) } else { write!(f, " ({aside})") }
    }
}

/// A request's ids.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Encoded {
    /// One history a sequence of behaviours, its latest `max_history` events without the repeats that are
    /// left out, and a target a candidate.
    pub batch: Batch,
    /// By sequence, the events of the batch, oldest first.
    pub events: Vec<Vec<ItemLabel>>,
    /// The candidates, in their order.
    pub candidates: Vec<ItemLabel>,
    /// How many ids the vocabularies do not know.
    pub unknown: usize,
}

impl Ranker {
    /// A request as a batch, and what its events and candidates are called.
    ///
    /// # Errors
    /// As [`rank`](Self::rank).
    pub fn encoded(&self, request: &Request) -> Result<Encoded> {
        let (features, mut unknown) = (self.features(), 0);
        let n = request.candidates.len();
        self.limits.check_candidates(n)?;
        let (mut sequences, mut events, mut bags) = (vec![], vec![], self.no_bags());
        let given = self.histories_of(&request.history, &request.histories)?;
        for (sequence, ((place, history), &most)) in given.iter().zip(self.serving.max_history()).enumerate()
        {
            let (mut ids, kept) = self.events(sequence, place, history, &mut bags, &mut unknown)?;
            let first = kept.len().saturating_sub(most);
            ids.iter_mut().for_each(|ids| drop(ids.drain(..first)));
            let records: Vec<&Record> = kept[first..].iter().map(|&i| &history[i]).collect();
            events.push(self.labels(&records, &ids, &bags));
            let len = records.len() as u32;
            let histories = Histories::new(vec![0, len], ids);
            sequences.push(Behaviours::new(histories, vec![0; n], vec![0; n], vec![len; n]));
        }
        let nothing = RequestFeatures::unknown(features);
        let given = self.given(&request.profile, "profile", nothing, &mut unknown)?;
        let given = self.given(&request.context, "context", given, &mut unknown)?;
        let RequestFeatures { profile, lists } = given;
        let candidates = self.candidates(&request.candidates, &lists, bags, &mut unknown)?;
        let Candidates { ids, multi_hot, bags, .. } = candidates;
        let candidates = self.labels(&request.candidates.iter().collect::<Vec<_>>(), &ids, &bags);
        let mut sequences = sequences.into_iter();
        let Behaviours { histories, history, start, end, .. } = sequences.next().expect("the first one");
        let targets = Targets::new(history, start, end, ids)
            .with_sparse(profile.sparse.iter().map(|&id| vec![id; n]).collect())
            .with_multi_hot(multi_hot)
            .with_dense(profile.dense.iter().map(|&x| vec![x; n]).collect());
        let batch = Batch::new(histories, targets).with_extra_sequences(sequences.collect()).with_bags(bags);
        Ok(Encoded { batch, events, candidates, unknown })
    }

    /// What records with these ids, `[feature][record]`, are called: as they say themselves, or as the
    /// vocabularies do.
    fn labels(&self, records: &[&Record], ids: &[Vec<u32>], bags: &[Jagged]) -> Vec<ItemLabel> {
        let lookups = &self.features().behaviours;
        let key = self.item_key();
        let said = |record: &Record, name: &str| match if name == key {
            self.named(record)
        } else {
            record.get(name)
        } {
            Some(Value::Text(text)) => Some(text.clone()),
            Some(Value::Integer(n)) => Some(n.to_string()),
            Some(Value::List(list)) => Some(list.join(", ")),
            _ => None,
        };
        let of_bag = |i: usize, feature: usize| {
            let before = lookups[..feature].iter().filter(|lookup| lookup.is_bag).count();
            let vocabulary = self.vocabularies.at(lookups[feature].table);
            let list = bags[before].list(ids[feature][i] as usize).iter();
            list.map(|&id| vocabulary.token(id).unwrap_or("?")).collect::<Vec<_>>().join(", ")
        };
        let text = |i: usize, feature: usize| {
            let lookup = &lookups[feature];
            if lookup.is_bag {
                return said(records[i], &lookup.name).unwrap_or_else(|| of_bag(i, feature));
            }
            let known = || self.vocabularies.at(lookup.table).token(ids[feature][i]).map(str::to_owned);
            said(records[i], &lookup.name).or_else(known).unwrap_or_else(|| "?".into())
        };
        let name = |i: usize| {
            let item = said(records[i], key);
            let first = usize::from(item.is_none() && !lookups.is_empty());
            let rest = (first..lookups.len()).filter(|&f| lookups[f].name != key);
            let note = rest.map(|f| text(i, f)).collect::<Vec<_>>().join(" · ");
            let name = item.unwrap_or_else(|| if lookups.is_empty() { "?".into() } else { text(i, 0) });
            ItemLabel::new(name, note)
        };
        (0..records.len()).map(name).collect()
    }
}
