//! A column's values, row by row, and the slices that they make.

use std::collections::HashMap;

use dien_serving::encoding::{Date, Timestamp};

use super::by::Cut;

/// What a slice is of: its rows, ascending.
pub(super) struct Group {
    /// None where there is no value.
    pub value: Option<String>,
    pub rows: Vec<u32>,
}

/// Values so far.
#[derive(Debug)]
pub(super) enum Values {
    Texts {
        /// By value, its number.
        known: HashMap<Option<String>, u32>,
        /// By row.
        of: Vec<u32>,
    },
    Numbers {
        cut: Cut,
        /// By row; NaN where there is none.
        of: Vec<f64>,
        /// Whether a number is a moment, in seconds since the beginning of 1970.
        moments: bool,
    },
}

impl Values {
    pub fn new(cut: Cut) -> Self {
        match cut {
            Cut::Values => Values::Texts { known: HashMap::new(), of: vec![] },
            cut => Values::Numbers { cut, of: vec![], moments: false },
        }
    }

    /// Adds a row's.
    ///
    /// # Errors
    /// The text, where it had to be a number.
    pub fn push<'t>(&mut self, text: Option<&'t str>) -> Result<(), &'t str> {
        match self {
            Values::Texts { known, of } => {
                let next = known.len() as u32;
                of.push(*known.entry(text.map(str::to_owned)).or_insert(next));
            }
            Values::Numbers { of, moments, .. } => of.push(match text {
                None => f64::NAN,
                Some(text) => match text.parse::<f64>() {
                    Ok(number) => number,
                    Err(_) => {
                        let date = |_| text.parse::<Date>().map(Timestamp::from);
                        let at = text.parse::<Timestamp>().or_else(date).map_err(|_| text)?;
                        *moments = true;
                        at.seconds() as f64
                    }
                },
            }),
        }
        Ok(())
    }

    /// Adds a row's number.
    pub fn push_number(&mut self, number: f64) {
        match self {
            Values::Numbers { of, .. } => of.push(number),
            Values::Texts { .. } => drop(self.push(Some(&number.to_string()))),
        }
    }

    /// Values by the number of their rows, the greatest first; ranges as they ascend, those of no row left
    /// out, and what has no number after them.
    pub fn groups(self) -> Vec<Group> {
        match self {
            Values::Texts { known, of } => {
                let mut groups: Vec<Group> =
                    (0..known.len()).map(|_| Group { value: None, rows: vec![] }).collect();
                known.into_iter().for_each(|(value, number)| groups[number as usize].value = value);
                (0..).zip(of).for_each(|(row, number)| groups[number as usize].rows.push(row));
                groups.sort_by(|a, b| b.rows.len().cmp(&a.rows.len()).then_with(|| a.value.cmp(&b.value)));
                groups
            }
            Values::Numbers { cut, of, moments } => {
                let bounds = match cut {
                    Cut::Values => vec![],
                    Cut::Quantiles(parts) => quantiles(&of, parts),
                    Cut::Bounds(bounds) => bounds,
                };
                let name = |place: usize| Some(range(&bounds, place, moments));
                let named = (0..=bounds.len()).map(|place| Group { value: name(place), rows: vec![] });
                let mut groups: Vec<Group> = named.chain([Group { value: None, rows: vec![] }]).collect();
                for (row, x) in (0..).zip(of) {
                    let place = match x.is_nan() {
                        true => bounds.len() + 1,
                        false => bounds.partition_point(|&bound| bound <= x),
                    };
                    groups[place].rows.push(row);
                }
                groups.retain(|group| !group.rows.is_empty());
                groups
            }
        }
    }
}

/// The bounds between parts of about as many numbers, each the least of the part above it.
fn quantiles(of: &[f64], parts: usize) -> Vec<f64> {
    let mut numbers: Vec<f64> = of.iter().copied().filter(|x| !x.is_nan()).collect();
    numbers.sort_by(f64::total_cmp);
    let mut bounds: Vec<f64> =
        (1..parts).filter_map(|i| numbers.get(i * numbers.len() / parts)).copied().collect();
    bounds.dedup();
    bounds.retain(|&bound| bound > numbers[0]);
    bounds
}

/// `< 18`, `[18, 30)`, `≥ 30`.
fn range(bounds: &[f64], place: usize, moments: bool) -> String {
    let say = |bound: f64| match moments {
        true => Timestamp::new(bound as i64, 0).to_string(),
        false => bound.to_string(),
    };
    match (place.checked_sub(1).map(|below| bounds[below]), bounds.get(place).copied()) {
        (None, None) => "all".into(),
        (None, Some(to)) => format!("< {}", say(to)),
        (Some(from), None) => format!("≥ {}", say(from)),
        (Some(from), Some(to)) => format!("[{}, {})", say(from), say(to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(cut: Cut, texts: &[&str]) -> Vec<(String, Vec<u32>)> {
        let mut values = Values::new(cut);
        for text in texts {
            values.push(Some(*text).filter(|text| !text.is_empty())).unwrap();
        }
        values.groups().into_iter().map(|g| (g.value.unwrap_or("-".into()), g.rows)).collect()
    }

    #[test]
    fn values_stand_by_size_and_ranges_as_they_ascend() {
        let of = |value: &str, rows: &[u32]| (value.to_owned(), rows.to_vec());
        assert_eq!(
            groups(Cut::Values, &["b", "a", "", "b", "a", "c"]),
            [of("a", &[1, 4]), of("b", &[0, 3]), of("-", &[2]), of("c", &[5])]
        );
        assert_eq!(
            groups(Cut::Bounds(vec![1.0, 2.5]), &["2.5", "0", "", "1e0", "7"]),
            [of("< 1", &[1]), of("[1, 2.5)", &[3]), of("≥ 2.5", &[0, 4]), of("-", &[2])]
        );
        assert_eq!(
            groups(Cut::Quantiles(3), &["5", "1", "4", "2", "3", "6"]),
            [of("< 3", &[1, 3]), of("[3, 5)", &[2, 4]), of("≥ 5", &[0, 5])]
        );
        // Equal numbers stay together, and a part of none is none.
        assert_eq!(
            groups(Cut::Quantiles(4), &["1", "1", "1", "9"]),
            [of("< 9", &[0, 1, 2]), of("≥ 9", &[3])]
        );
        assert_eq!(groups(Cut::Quantiles(4), &["1", "1"]), [of("all", &[0, 1])]);
        assert_eq!(groups(Cut::Quantiles(4), &[""]), [of("-", &[0])]);
        assert_eq!(
            groups(Cut::Quantiles(2), &["2024-01-02", "2024-01-01T12:00:00"]),
            [of("< 2024-01-02T00:00:00", &[1]), of("≥ 2024-01-02T00:00:00", &[0])]
        );
        assert_eq!(Values::new(Cut::Quantiles(2)).push(Some("dear")), Err("dear"));
    }
}
