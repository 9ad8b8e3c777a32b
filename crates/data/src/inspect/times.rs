//! The times of a column.

use dien_serving::encoding::{Date, Timestamp};

use crate::schema::TimeCut;
use crate::source::Cells;
use crate::time::{Tick, TimeUnit};

/// Times that are kept to cut at, at most.
const KEPT: usize = 1 << 13;

/// A column's times, as long as every cell is one.
#[derive(Clone, Debug)]
pub(super) struct TimeStats {
    /// What they count, if it is one thing.
    tick: Option<Tick>,
    /// Whether the column or its texts say what they count.
    pub declared: bool,
    count: usize,
    pub first: i64,
    pub last: i64,
    /// One of `stride`.
    kept: Vec<i64>,
    stride: usize,
}

impl Default for TimeStats {
    fn default() -> Self {
        TimeStats {
            tick: None,
            declared: true,
            count: 0,
            first: i64::MAX,
            last: i64::MIN,
            kept: vec![],
            stride: 1,
        }
    }
}

impl TimeStats {
    /// Adds a cell that is not missing; false if it is no time.
    pub fn add(&mut self, cells: Cells<'_>, i: usize) -> bool {
        let Ok(Some(time)) = cells.time(i) else { return false };
        let said = cells.tick(i);
        self.declared &= said.is_some();
        let tick = said.or_else(|| Tick::of(time.into()));
        self.tick = if self.count == 0 { tick } else { self.tick.filter(|own| tick == Some(*own)) };
        (self.first, self.last) = (self.first.min(time), self.last.max(time));
        if self.count.is_multiple_of(self.stride) {
            self.kept.push(time);
            if self.kept.len() > KEPT {
                let mut place = 0;
                self.kept.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
                self.stride *= 2;
            }
        }
        self.count += 1;
        true
    }

    /// Whether they are dates or moments, by what the column says or by their size.
    pub fn are_moments(&self) -> bool {
        self.tick.is_some()
    }

    /// Cuts that leave about a tenth of the rows after each; none if there are too few times.
    pub fn cuts(&self) -> Option<[TimeCut; 2]> {
        let mut times = self.kept.clone();
        times.sort_unstable();
        let at = |share: f64| times.get((share * times.len() as f64) as usize).copied();
        let validation = at(0.8).filter(|&time| time > self.first);
        let validation = validation.or_else(|| times.iter().copied().find(|&time| time > self.first))?;
        let test = at(0.9).filter(|&time| time > validation);
        let test = test.or_else(|| times.iter().copied().find(|&time| time > validation))?;
        Some([validation, test].map(|time| self.cut(time)))
    }

    fn cut(&self, time: i64) -> TimeCut {
        match self.tick {
            Some(tick) if self.declared => moment(tick, time).into(),
            _ => time.into(),
        }
    }

    /// What they count, and from when to when they run, for people.
    pub fn told(&self) -> String {
        let show = |time: i64| match self.tick {
            Some(tick) if self.declared => format!("{}Z", moment(tick, time)),
            _ => TimeUnit::default().show(time),
        };
        let unit =
            self.tick.map_or("of a unit that is not told".into(), |tick| format!("in {}", tick.name()));
        format!("{unit}, from {} to {}", show(self.first), show(self.last))
    }
}

fn moment(tick: Tick, time: i64) -> Timestamp {
    match tick {
        Tick::Days => Date::from_days(time).into(),
        Tick::Seconds => Timestamp::from_units(time, 1),
        Tick::Milliseconds => Timestamp::from_units(time, 1000),
        Tick::Microseconds => Timestamp::from_units(time, 1_000_000),
        Tick::Nanoseconds => Timestamp::from_units(time, 1_000_000_000),
    }
}
