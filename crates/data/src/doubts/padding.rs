//! An id that fills lists up to one length, where nobody says that it does.

use super::MANY;

/// What stands at the two ends of lists, by the vote of Boyer and Moore: an id at one end of most lists is
/// found in a single pass, whatever their number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ListEnds {
    /// Those of at least two ids.
    lists: u64,
    /// The least and the greatest length.
    lengths: Option<(usize, usize)>,
    ends: [Vote; 2],
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Vote {
    id: String,
    lead: u64,
    /// How often it was there since it leads, and how often twice in a row.
    count: u64,
    twice: u64,
}

impl Vote {
    fn add(&mut self, id: &str, twice: bool) {
        if self.id != id {
            if self.lead > 0 {
                self.lead -= 1;
                return;
            }
            *self = Vote::default();
            self.id.push_str(id);
        }
        self.lead += 1;
        self.count += 1;
        self.twice += u64::from(twice);
    }
}

/// An end of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    First,
    Last,
}

impl ListEnds {
    /// Adds an end of a list of at least two ids, and whether its neighbour is the same id.
    pub fn add(&mut self, end: End, id: &str, twice: bool) {
        self.ends[end as usize].add(id, twice);
    }

    /// Adds the length of a list of at least two ids.
    pub fn add_length(&mut self, ids: usize) {
        self.lists += 1;
        let (least, most) = self.lengths.unwrap_or((ids, ids));
        self.lengths = Some((least.min(ids), most.max(ids)));
    }

    /// What looks like padding, if `is_candidate` says that it is none of what is shown: an id at one end of
    /// a third of the lists or more, which either repeats there or fills all lists to one length.
    pub fn warning(&self, column: &str, is_candidate: impl Fn(&str) -> bool) -> Option<String> {
        let one_length = self.lengths.is_some_and(|(least, most)| least == most);
        let ends = self.ends.iter().zip(["begins", "ends"]);
        let suspect = |(vote, _): &(&Vote, &str)| {
            let fills = one_length || 10 * vote.twice >= vote.count;
            3 * vote.count >= self.lists && fills && !is_candidate(&vote.id)
        };
        let (vote, does) = ends.into_iter().find(suspect).filter(|_| self.lists >= MANY)?;
        let Vote { id, count, .. } = vote;
        Some(format!(
            "`{column}`: `{id}` {does} {count} of {} lists or more, and never is a candidate: if it only \
             fills them up, say `padding = \"{id}\"` in `[[behaviours]]`",
            self.lists
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(
        lists: impl IntoIterator<Item = Vec<u32>>,
        candidates: std::ops::Range<u32>,
    ) -> Option<String> {
        let mut ends = ListEnds::default();
        for list in lists.into_iter().filter(|list| list.len() > 1) {
            let n = list.len();
            ends.add_length(n);
            ends.add(End::First, &list[0].to_string(), list[0] == list[1]);
            ends.add(End::Last, &list[n - 1].to_string(), list[n - 1] == list[n - 2]);
        }
        ends.warning("seen", |id| candidates.contains(&id.parse().unwrap()))
    }

    /// Histories of 1 to 10 of 50 items, filled to 8 at an end.
    fn lists(padding: u32, at_end: bool) -> Vec<Vec<u32>> {
        let list = |i: u32| {
            let real: Vec<u32> = (0..1 + i % 10).map(|k| 1 + (7 * i + 13 * k) % 50).take(8).collect();
            let fill = vec![padding; 8 - real.len()];
            if at_end { [real, fill].concat() } else { [fill, real].concat() }
        };
        (0..500).map(list).collect()
    }

    #[test]
    fn padding_at_either_end_is_told() {
        let first = warning(lists(0, false), 1..51).unwrap();
        assert!(first.starts_with("`seen`: `0` begins "), "{first}");
        let last = warning(lists(0, true), 1..51).unwrap();
        assert!(last.starts_with("`seen`: `0` ends "), "{last}");
        // What is shown is an item.
        assert_eq!(warning(lists(7, true), 1..51), None);
        // Lists of their own lengths that hold no filling.
        let bare = lists(0, true).into_iter().map(|list| list.into_iter().filter(|&id| id > 0).collect());
        assert_eq!(warning(bare, 1..51), None);
    }

    #[test]
    fn one_favourite_is_no_padding() {
        // Most begin with one item that is not shown, but each list once and of its own length.
        let lists = (0..500).map(|i| {
            let real = (0..1 + i % 9).map(|k| 1 + (7 * i + 13 * k) % 50);
            [99].into_iter().chain(real).collect()
        });
        assert_eq!(warning(lists, 1..51), None);
    }
}
