//! Times in another unit than the rest, or of no year in which a log is written.

use std::time::SystemTime;

use dien_serving::encoding::Date;

/// By the size of a number, what since the beginning of 1970 it counts: seconds lie between 1973 and 5138.
const UNITS: [(&str, u64, i64); 4] = [
    ("seconds", 100_000_000, 1),
    ("milliseconds", 100_000_000_000, 1_000),
    ("microseconds", 100_000_000_000_000, 1_000_000),
    ("nanoseconds", 100_000_000_000_000_000, 1_000_000_000),
];
/// 1990, in days: no log of behaviours is older.
const EARLIEST: i64 = 7_305;
const DAY: i64 = 86_400;

/// The times of a log, as they come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Times {
    /// Numbers that are none of the units, then those of each.
    counts: [u64; 5],
    /// One of each.
    examples: [i64; 5],
    /// By unit, those before 1990 or after today, and one of them.
    outside: [(u64, i64); 4],
    /// Days since 1970: tomorrow has begun nowhere.
    tomorrow: i64,
}

impl Default for Times {
    fn default() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let today = since.map_or(i64::MAX / DAY / 2, |since| since.as_secs() as i64 / DAY);
        Times { counts: [0; 5], examples: [0; 5], outside: [(0, 0); 4], tomorrow: today + 2 }
    }
}

impl Times {
    /// Adds a time.
    pub fn add(&mut self, time: i64) {
        let unit = UNITS.iter().take_while(|(_, from, _)| time.unsigned_abs() >= *from).count();
        if self.counts[unit] == 0 {
            self.examples[unit] = time;
        }
        self.counts[unit] += 1;
        if let Some(of) = unit.checked_sub(1) {
            let day = time.div_euclid(UNITS[of].2 * DAY);
            if day < EARLIEST || day >= self.tomorrow {
                let (n, example) = &mut self.outside[of];
                *n += 1;
                *example = time;
            }
        }
    }

    /// A sentence for what may be a mistake. Small numbers (places, days) are taken as they are.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = vec![];
        let all: u64 = self.counts.iter().sum();
        let most = (1..5).max_by_key(|&unit| self.counts[unit]).expect("four units");
        if 2 * self.counts[most] <= all {
            return warnings;
        }
        let (name, _, per_second) = UNITS[most - 1];
        let others: Vec<usize> = (0..5).filter(|&unit| unit != most && self.counts[unit] > 0).collect();
        if !others.is_empty() {
            let n: u64 = others.iter().map(|&unit| self.counts[unit]).sum();
            let examples: Vec<_> = others.iter().map(|&unit| self.examples[unit].to_string()).collect();
            warnings.push(format!(
                "{n} of {all} times are no {name} since 1970 as the rest are, such as {}: they are ordered \
                 by their number as it stands",
                examples.join(", ")
            ));
        }
        let (n, example) = self.outside[most - 1];
        if n > 0 {
            let day = Date::from_days(example.div_euclid(per_second * DAY));
            warnings.push(format!(
                "{n} of {all} times, read as {name} since 1970, are before 1990 or after today, such as \
                 {example} ({day})"
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(times: impl IntoIterator<Item = i64>) -> Vec<String> {
        let mut all = Times::default();
        times.into_iter().for_each(|time| all.add(time));
        all.warnings()
    }

    #[test]
    fn units_that_are_mixed_and_years_that_cannot_be_are_told() {
        let usual = || (0..1000).map(|i| 1_511_544_070 + 60 * i);
        assert_eq!(warnings(usual()), [""; 0]);
        assert_eq!(warnings(0..1000), [""; 0]);
        assert_eq!(warnings(usual().map(|t| 1_000 * t)), [""; 0]);
        let mixed = warnings(usual().chain([1_511_544_070_000, 5]));
        assert!(
            mixed.len() == 1 && mixed[0].starts_with("2 of 1002 times are no seconds since"),
            "{mixed:?}"
        );
        assert!(mixed[0].contains("such as 5, 1511544070000:"), "{mixed:?}");
        // Both of the original of Taobao's behaviours, which are of 2017.
        let outside = warnings(usual().chain([2_122_867_355, -2_134_949_234]));
        assert!(outside.len() == 1 && outside[0].contains("-2134949234 (1902-05-07)"), "{outside:?}");
        assert!(outside[0].starts_with("2 of 1002 times, read as seconds"), "{outside:?}");
    }
}
