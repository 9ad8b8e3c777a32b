//! Pieces of lists that hold nothing: `1|2|`, `1||3`.
//!
//! What ends a list is nothing's end: a separator too many. Between two separators nothing is a value that is
//! missing, if another list beside it has one there; else there is no such place.

use super::column::{Column, ListColumn};
use super::{Block, Wanted};

/// What becomes of a list's pieces that hold nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blanks {
    /// They are left out.
    Dropped,
    /// Those at the end are left out.
    DroppedAtEnd,
    /// They are left out where all lists of the sequence, beside each other in the row, have none; else they
    /// are values that are missing.
    WithSiblings(usize),
}

/// Leaves pieces that hold nothing out of a block's lists; tells by column how many.
pub(super) fn align(block: &mut Block, wanted: &[Wanted]) -> Vec<u64> {
    let mut dropped = vec![0; wanted.len()];
    let mut done = vec![false; wanted.len()];
    for i in 0..wanted.len() {
        if done[i] || !wanted[i].is_list() {
            continue;
        }
        let group: Vec<usize> = match wanted[i].blanks {
            Blanks::WithSiblings(_) => {
                let same = |&j: &usize| wanted[j].is_list() && wanted[j].blanks == wanted[i].blanks;
                (i..wanted.len()).filter(same).collect()
            }
            _ => vec![i],
        };
        group.iter().for_each(|&j| done[j] = true);
        if group.iter().all(|&j| block.lists.get(j).is_none_or(|counts| counts.blank == 0)) {
            continue;
        }
        let at_end = wanted[i].blanks == Blanks::DroppedAtEnd;
        let lists: Vec<&ListColumn> = group.iter().map(|&j| block.columns[j].lists()).collect();
        let made: Vec<(ListColumn, u64)> = without_blanks(&lists, block.rows, at_end);
        for (&j, (column, count)) in group.iter().zip(made) {
            block.columns[j] = Column::List(column);
            dropped[j] = count;
        }
    }
    dropped
}

/// Lists beside each other without what is blank in all of them, or at their end.
fn without_blanks(lists: &[&ListColumn], rows: usize, at_end: bool) -> Vec<(ListColumn, u64)> {
    let blank = |list: &ListColumn, i: usize| match list.values() {
        Column::Text(texts) => texts.get(i) == Some(""),
        _ => false,
    };
    // By list, the places of the values that stay, where each row's end, and how many are left out.
    let mut made: Vec<(Vec<usize>, Vec<usize>, u64)> = lists.iter().map(|_| (vec![], vec![0], 0)).collect();
    for row in 0..rows {
        let ranges: Vec<_> = lists.iter().map(|list| list.range(row)).collect();
        // Up to the last place where one of them has something.
        let last = lists.iter().zip(&ranges).map(|(list, range)| {
            range.clone().rev().find(|&i| !blank(list, i)).map_or(0, |i| i + 1 - range.start)
        });
        let last = last.max().unwrap_or(0);
        let nothing = |at: usize| {
            let there = |range: &std::ops::Range<usize>| range.start + at < range.end;
            !at_end && lists.iter().zip(&ranges).all(|(list, r)| !there(r) || blank(list, r.start + at))
        };
        let kept: Vec<usize> = (0..last).filter(|&at| !nothing(at)).collect();
        for (range, (places, offsets, count)) in ranges.iter().zip(&mut made) {
            let before = places.len();
            places.extend(kept.iter().map(|at| range.start + at).filter(|i| range.contains(i)));
            *count += (range.len() - (places.len() - before)) as u64;
            offsets.push(places.len());
        }
    }
    let list = |(list, (places, offsets, n)): (&&ListColumn, (Vec<usize>, Vec<usize>, u64))| {
        (ListColumn::new(picked(list.values(), &places), offsets), n)
    };
    lists.iter().zip(made).map(list).collect()
}

/// The values at some places; a text that holds nothing is missing.
fn picked(values: &Column, places: &[usize]) -> Column {
    match values {
        Column::Text(from) => {
            let texts = places.iter().map(|&i| from.get(i).filter(|text| !text.is_empty()));
            Column::Text(texts.collect())
        }
        other => other.pick(places),
    }
}
