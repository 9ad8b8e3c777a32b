//! Which columns of a file are read.

use crate::schema::{ColumnKind, Schema};
use crate::source::{Blanks, Wanted};

/// What is read from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// Rows with labels.
    Targets,
    /// Rows to be scored.
    Unlabelled,
    /// Behaviours alone.
    Histories,
    /// What describes a candidate.
    Items,
}

/// The columns that a schema wants of a file, each once, and where among them each of the schema's columns
/// is. What is not read has no place.
pub(crate) fn wanted(schema: &Schema, from: From) -> (Vec<Wanted>, Vec<Option<usize>>) {
    let (mut wanted, mut places) = (Vec::<Wanted>::new(), vec![]);
    let has_histories = schema.of_kind(ColumnKind::History).count() > 0;
    for (feature, column) in &schema.columns {
        let is_behaviour = schema.behaviours.iter().any(|sequence| sequence.columns.contains(feature));
        let is_read = match from {
            From::Histories => is_behaviour,
            From::Items => schema.candidate.contains(feature),
            From::Targets => !(has_histories && is_behaviour),
            From::Unlabelled => {
                let unread = matches!(
                    column.kind,
                    ColumnKind::Label | ColumnKind::Weight | ColumnKind::Group | ColumnKind::Time
                );
                !(unread || has_histories && is_behaviour)
            }
        };
        if !is_read {
            places.push(None);
            continue;
        }
        let name = schema.source_name(feature);
        // Behaviours stand beside each other.
        let sequence = schema.behaviours.iter().position(|sequence| sequence.columns.contains(feature));
        let one = match column.kind {
            ColumnKind::Sequence => {
                let blanks = sequence.map_or(Blanks::Dropped, Blanks::WithSiblings);
                match schema.is_nested(feature) {
                    true => Wanted::nested(name, blanks),
                    false => Wanted::lists(name, blanks),
                }
            }
            _ => Wanted::single(name),
        };
        let place = wanted.iter().position(|other| *other == one).unwrap_or(wanted.len());
        if place == wanted.len() {
            wanted.push(one);
        }
        places.push(Some(place));
    }
    (wanted, places)
}
