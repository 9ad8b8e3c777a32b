//! That the ids of a row are of the types that a schema declares.

use dien_serving::encoding::IdType;

use super::layout::{Layout, TypeRule};
use super::row::{View, Wrong};
use super::rows::Row;
use crate::schema::Schema;

/// Checks the rows that train, one after the other.
#[derive(Default)]
pub(crate) struct IdCheck {
    /// The last history of a table of them, and what is wrong with it: many targets may look back on it.
    last: Option<(u64, Option<Wrong>)>,
}

impl IdCheck {
    /// # Errors
    /// The first id that is of another type than is declared. Padding is none.
    pub fn check(
        &mut self,
        of: &Row<'_, '_>,
        schema: &Schema,
        layout: &Layout,
        buffer: &mut String,
    ) -> Result<(), Wrong> {
        if !layout.declares_types() {
            return Ok(());
        }
        let Row { view, row, past, .. } = of;
        for &column in layout.candidate.iter().chain(&layout.sparse).chain(&layout.multi_hot) {
            let Some(id_type) = declared(layout, column) else { continue };
            let mut checked = Ok(());
            view.tokens(schema, layout, column, *row, buffer, |token| {
                if let (Ok(()), Some(token)) = (&checked, token) {
                    checked = fit(column, id_type, token);
                }
            });
            checked?;
        }
        let Some(past) = past else { return check_behaviours(schema, layout, view, *row, buffer) };
        if self.last.as_ref().is_none_or(|(index, _)| *index != past.index) {
            let checked = check_behaviours(schema, layout, &past.view, past.row, buffer);
            self.last = Some((past.index, checked.err()));
        }
        self.last.as_ref().and_then(|(_, wrong)| wrong.clone()).map_or(Ok(()), Err)
    }
}

fn check_behaviours(
    schema: &Schema,
    layout: &Layout,
    view: &View<'_>,
    row: usize,
    buffer: &mut String,
) -> Result<(), Wrong> {
    for (sequence, columns) in schema.behaviours.iter().zip(&layout.behaviours) {
        if columns.iter().all(|&column| declared(layout, column).is_none()) {
            continue;
        }
        for event in 0..view.list(columns[0], row).len() {
            if view.is_padding(layout, sequence, columns[0], row, event, buffer) {
                continue;
            }
            for &column in columns {
                if let Some(id_type) = declared(layout, column) {
                    let at = view.list(column, row).start + event;
                    let mut checked = Ok(());
                    view.event_tokens(column, at, layout.form(column), buffer, |token| {
                        if let (Ok(()), Some(token)) = (&checked, token) {
                            checked = fit(column, id_type, token);
                        }
                    });
                    checked?;
                }
            }
        }
    }
    Ok(())
}

/// The type of a column whose ids may be of another; every text is a text.
fn declared(layout: &Layout, column: usize) -> Option<IdType> {
    match layout.type_rule(column) {
        Some(TypeRule::Declared(id_type)) if id_type != IdType::Text => Some(id_type),
        _ => None,
    }
}

fn fit(column: usize, id_type: IdType, token: &str) -> Result<(), Wrong> {
    // What is white space alone is missing.
    if id_type.canonical(token).is_some() || token.trim_ascii().is_empty() {
        return Ok(());
    }
    Err(Wrong { column, found: format!("`{token}`"), expected: id_type.expected() })
}
