//! Behaviours of one user at one time, and their order.

use dien_serving::encoding::{hash, scramble};
use serde::{Deserialize, Serialize};

use crate::behaviours::log::{Event, Item, Log, User};

/// In which order a user's behaviours of one time stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ties {
    /// By a hash of a seed and of what they are: neither a file's order nor a shuffle of it tells anything.
    /// (A file that is grouped by item would tell which item comes next.)
    #[default]
    Hash,
    /// As in the file, for one whose order is the true one.
    File,
}

/// Neighbours that have one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TieReport {
    /// Pairs of neighbouring behaviours of one user.
    pub neighbours: u64,
    /// Those of them that have the same time.
    pub tied: u64,
    /// How they are ordered.
    pub order: Ties,
    /// The seed of that order, if it is a hash's.
    pub seed: u64,
}

impl TieReport {
    /// The share of neighbours that tie.
    pub fn share(&self) -> f64 {
        self.tied as f64 / self.neighbours.max(1) as f64
    }

    /// What to tell of it; nothing if no neighbours tie.
    pub(crate) fn told(&self) -> Option<String> {
        let TieReport { neighbours, tied, seed, .. } = *self;
        let share = 100.0 * self.share();
        let ties = format!("{tied} of {neighbours} neighbouring behaviours ({share:.1} %) have one time");
        let told = match self.order {
            Ties::Hash => {
                format!("{ties}: ordered by a hash of what they are (seed {seed}), not as in the file")
            }
            Ties::File => format!("{ties}: they stay as in the file, whose order may tell the answer"),
        };
        (tied > 0).then_some(told)
    }
}

impl Log {
    /// Counts the ties and, if they are so, orders them by a hash of the seed, the user, the item, the time
    /// and the rating. Real targets keep their behaviours, and the item that a user's last behaviour is
    /// scored against is not its own, if another of that time is not.
    pub(crate) fn order_ties(&mut self, order: Ties, seed: u64) -> TieReport {
        let mut report = TieReport { order, seed, ..TieReport::default() };
        let (items, users) = self.parts_mut();
        for user in users {
            report.neighbours += user.events.len().saturating_sub(1) as u64;
            let tied = user.events.windows(2).filter(|pair| pair[0].time == pair[1].time).count();
            report.tied += tied as u64;
            if tied > 0 && order == Ties::Hash {
                arrange(user, items, seed);
            }
        }
        report
    }
}

fn arrange(user: &mut User, items: &[Item], seed: u64) {
    let of_user = hash(seed, user.id.as_bytes());
    let key = |event: &Event| {
        let item = &items[event.item as usize].id;
        let place = scramble(hash(of_user, item.as_bytes()) ^ scramble(event.time as u64));
        (event.time, place, item, event.rating.map(f32::to_bits))
    };
    let mut from: Vec<usize> = (0..user.events.len()).collect();
    // Cells of what stands alone are not looked at.
    from.sort_by(|&a, &b| {
        let (a, b) = (&user.events[a], &user.events[b]);
        a.time.cmp(&b.time).then_with(|| key(a).cmp(&key(b)))
    });
    if let Some(negative) = user.negative {
        let (events, last) = (&user.events, from.len() - 1);
        let latest = events[from[last]];
        let mut others = (0..last).rev().take_while(|&at| events[from[at]].time == latest.time);
        let other = others.find(|&at| events[from[at]].item != negative);
        if let Some(other) = other.filter(|_| latest.item == negative) {
            from.swap(other, last);
        }
    }
    user.events = from.iter().map(|&place| user.events[place]).collect();
    let mut to = vec![0; from.len()];
    (1..).zip(&from).for_each(|(now, &before)| to[before] = now);
    user.targets.iter_mut().for_each(|target| target.position = to[target.position as usize - 1]);
    user.targets.sort_by_key(|target| target.position);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviours::log::RealTarget;

    /// Twelve items, three a time, in the given order of lines.
    fn log(lines: impl Iterator<Item = u32>, negative: Option<u32>) -> Log {
        let mut log = Log::new(["category"]);
        for i in 0..13 {
            log.add_item(Item { id: format!("i{i}"), cells: vec![String::new()] }).unwrap();
        }
        let mut events: Vec<Event> =
            lines.map(|item| Event { item, time: i64::from(item / 3), rating: None }).collect();
        events.sort_by_key(|e| e.time);
        let targets = (1..).zip(&events).filter(|(_, e)| e.item % 2 == 0);
        let targets =
            targets.map(|(position, e)| RealTarget { position, item: e.item, label: e.item % 4 == 0 });
        let targets = targets.collect();
        log.add_user(User { id: "u".into(), events, negative, targets, ..User::default() }).unwrap();
        log
    }

    fn items(log: &Log) -> Vec<u32> {
        log.users()[0].events.iter().map(|e| e.item).collect()
    }

    #[test]
    fn order_of_lines_tells_nothing_and_a_seed_decides() {
        let mut ordered = log(0..12, None);
        let report = ordered.order_ties(Ties::Hash, 1);
        assert_eq!((report.neighbours, report.tied), (11, 8));
        let mut reversed = log((0..12).rev(), None);
        reversed.order_ties(Ties::Hash, 1);
        assert_eq!(ordered.users(), reversed.users());
        assert_ne!(items(&ordered), (0..12).collect::<Vec<_>>());
        let user = &ordered.users()[0];
        assert!(user.events.is_sorted_by_key(|e| e.time));
        for target in &user.targets {
            let item = user.events[target.position as usize - 1].item;
            assert_eq!((target.item, target.label), (item, item % 4 == 0));
        }
        assert!(user.targets.len() == 6 && user.targets.is_sorted_by_key(|t| t.position));
        let others = (2..20).filter(|&seed| {
            let mut other = log(0..12, None);
            other.order_ties(Ties::Hash, seed);
            items(&other) != items(&ordered)
        });
        assert!(others.count() > 12);
        let mut kept = log((0..12).rev(), None);
        kept.order_ties(Ties::File, 1);
        assert_eq!(items(&kept), [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9]);
    }

    #[test]
    fn each_order_of_three_is_as_likely() {
        let mut first = [0_u32; 3];
        for seed in 0..3000 {
            let mut log = log(0..3, None);
            log.order_ties(Ties::Hash, seed);
            first[items(&log)[0] as usize] += 1;
        }
        // Five standard deviations of a binomial with p = 1/3.
        assert!(first.iter().all(|&n| n.abs_diff(1000) < 130), "{first:?}");
    }

    #[test]
    fn a_negative_is_not_made_the_last_behaviour() {
        for seed in 0..20 {
            let mut log = log(0..12, Some(10));
            log.order_ties(Ties::Hash, seed);
            let found = items(&log);
            assert!(found[11] != 10 && found[9..].contains(&10), "{found:?}");
        }
    }
}
