//! What happened, as ids.

use super::ServingError;
use crate::validate::{check_bags, check_event_ids};
use crate::{Features, Jagged};

/// The events of a sequence of behaviours, oldest first, as ids; ids of a model without bags are such events.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Events<'a> {
    /// Ids by behaviour feature, `ids[feature][event]`; of a [bag](crate::EmbeddingFeature::is_bag) the
    /// places of lists among the bags.
    pub ids: &'a [Vec<u32>],
    /// By bag, in the order of the behaviour features.
    pub bags: &'a [Jagged],
}

/// One event as ids; ids of a model without bags are such an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'a> {
    /// An id a behaviour feature; of a [bag](crate::EmbeddingFeature::is_bag) the place of a list among the
    /// bags.
    pub ids: &'a [u32],
    /// By bag, in the order of the behaviour features.
    pub bags: &'a [Jagged],
}

impl<'a> Events<'a> {
    /// Ids, and the lists of the bags among them.
    pub fn new(ids: &'a [Vec<u32>], bags: &'a [Jagged]) -> Self {
        Events { ids, bags }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ids.first().map_or(0, Vec::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// That they are events of a model with these features.
    pub(super) fn check(&self, name: &str, features: &Features) -> Result<(), ServingError> {
        check_bags(features, self.bags)?;
        Ok(check_event_ids(name, features, self.bags, self.ids.iter().map(Vec::as_slice), self.len())?)
    }
}

impl<'a> Event<'a> {
    /// Ids, and the lists of the bags among them.
    pub fn new(ids: &'a [u32], bags: &'a [Jagged]) -> Self {
        Event { ids, bags }
    }

    /// That it is an event of a model with these features.
    pub(super) fn check(&self, features: &Features) -> Result<(), ServingError> {
        check_bags(features, self.bags)?;
        Ok(check_event_ids("event", features, self.bags, self.ids.chunks(1), 1)?)
    }
}

impl<'a> From<&'a [Vec<u32>]> for Events<'a> {
    fn from(ids: &'a [Vec<u32>]) -> Self {
        Events::new(ids, &[])
    }
}

impl<'a> From<&'a Vec<Vec<u32>>> for Events<'a> {
    fn from(ids: &'a Vec<Vec<u32>>) -> Self {
        Events::new(ids, &[])
    }
}

impl<'a, const N: usize> From<&'a [Vec<u32>; N]> for Events<'a> {
    fn from(ids: &'a [Vec<u32>; N]) -> Self {
        Events::new(ids, &[])
    }
}

impl<'a> From<&'a [u32]> for Event<'a> {
    fn from(ids: &'a [u32]) -> Self {
        Event::new(ids, &[])
    }
}

impl<'a> From<&'a Vec<u32>> for Event<'a> {
    fn from(ids: &'a Vec<u32>) -> Self {
        Event::new(ids, &[])
    }
}

impl<'a, const N: usize> From<&'a [u32; N]> for Event<'a> {
    fn from(ids: &'a [u32; N]) -> Self {
        Event::new(ids, &[])
    }
}
