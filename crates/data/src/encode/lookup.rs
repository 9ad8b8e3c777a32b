//! Ids of what rows have, by the vocabularies.

use std::slice;

use dien_model::{Jagged, OOV};
use dien_serving::encoding::Vocabulary;

use super::bags::Bags;
use super::layout::Layout;
use super::row::View;
use crate::schema::Schema;

/// What a schema's columns look up.
pub(crate) struct Lookup<'a> {
    pub schema: &'a Schema,
    pub layout: &'a Layout,
    /// By table.
    vocabularies: Vec<&'a Vocabulary>,
}

impl<'a> Lookup<'a> {
    /// `vocabularies` are those of the layout's tables, in order.
    pub fn new(
        schema: &'a Schema,
        layout: &'a Layout,
        vocabularies: impl IntoIterator<Item = &'a Vocabulary>,
    ) -> Self {
        Lookup { schema, layout, vocabularies: vocabularies.into_iter().collect() }
    }

    /// The vocabulary of a column's ids.
    pub fn vocabulary(&self, column: usize) -> &'a Vocabulary {
        self.vocabularies[self.layout.table_of(column)]
    }

    /// A text's id; what is missing is out of vocabulary.
    pub fn id(&self, column: usize, token: Option<&str>) -> u32 {
        token.map_or(OOV, |token| self.vocabulary(column).id(token))
    }

    /// The id of each of some columns of single cells.
    pub fn ids(
        &self,
        view: &View<'_>,
        columns: &[usize],
        row: usize,
        buffer: &mut String,
        mut each: impl FnMut(usize, u32),
    ) {
        for (place, &column) in columns.iter().enumerate() {
            view.tokens(self.schema, self.layout, column, row, buffer, |token| {
                each(place, self.id(column, token));
            });
        }
    }

    /// The id of each of the candidate's columns that an event has, too; of a list its place among the bags.
    pub fn event(
        &self,
        view: &View<'_>,
        row: usize,
        bags: &mut [Bags],
        buffer: &mut String,
        mut each: impl FnMut(usize, u32),
    ) {
        for (place, column) in self.layout.candidate.iter().enumerate() {
            let Some(bag) = self.layout.bag(place) else {
                self.ids(view, slice::from_ref(column), row, buffer, |_, id| each(place, id));
                continue;
            };
            let mut list = vec![];
            self.ids(view, slice::from_ref(column), row, buffer, |_, id| list.push(id));
            each(place, bags[bag].place(&list));
        }
    }

    /// Adds the lists of some columns, to one each.
    pub fn lists(
        &self,
        view: &View<'_>,
        columns: &[usize],
        row: usize,
        buffer: &mut String,
        to: &mut [Jagged],
    ) {
        self.ids(view, columns, row, buffer, |place, id| to[place].ids.push(id));
        to.iter_mut().for_each(|list| list.offsets.push(list.ids.len() as u32));
    }
}
