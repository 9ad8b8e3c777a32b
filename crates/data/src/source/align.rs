//! Pieces of lists that hold nothing: `1|2|`, `1||3`.
//!
//! What ends a list is nothing's end: a separator too many. Between two separators nothing is a value that is
//! missing, if another list beside it has one there; else there is no such place.

use super::column::{Column, ListColumn, TextColumn};
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
        if done[i] || !wanted[i].list {
            continue;
        }
        let group: Vec<usize> = match wanted[i].blanks {
            Blanks::WithSiblings(_) => {
                let same = |&j: &usize| wanted[j].list && wanted[j].blanks == wanted[i].blanks;
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
    let mut made: Vec<(TextColumn, Vec<usize>, u64)> =
        lists.iter().map(|_| (TextColumn::default(), vec![0], 0)).collect();
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
        for ((list, range), (texts, offsets, count)) in lists.iter().zip(&ranges).zip(&mut made) {
            let before = texts.len();
            for i in kept.iter().map(|at| range.start + at).filter(|i| range.contains(i)) {
                push(list.values(), i, texts);
            }
            *count += (range.len() - (texts.len() - before)) as u64;
            offsets.push(texts.len());
        }
    }
    made.into_iter().map(|(texts, offsets, n)| (ListColumn::new(texts.into(), offsets), n)).collect()
}

fn push(values: &Column, i: usize, texts: &mut TextColumn) {
    match values {
        Column::Text(from) => texts.push(from.get(i).filter(|text| !text.is_empty())),
        _ => unreachable!("lists with blanks are of texts"),
    }
}
