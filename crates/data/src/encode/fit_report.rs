//! What the first pass found that may be a mistake.

use super::row::Sample;
use crate::doubts::MANY;
use crate::doubts::times::Times;
use crate::error::DataError;
use crate::schema::{Part, Schema, Split};
use crate::time::TimeUnit;

/// From this share of the rows on, a column of as many ids tells rows apart, and nothing else.
const UNIQUE: f64 = 0.9;
/// Below this share, ids of histories hardly ever are candidates.
const RARE: f64 = 0.05;

/// What the rows of a log are like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FitReport {
    /// Those that train, validate and test.
    parts: [PartCounts; 3],
    /// The first and the last time.
    times: Option<(i64, i64)>,
    /// All of them.
    clock: Times,
    /// Of rows that train, by label: whether the candidate is the latest event of its own history.
    latest: [Share; 2],
    warnings: Vec<String>,
    /// What was done with the rows, a sentence each.
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct PartCounts {
    rows: u64,
    /// The least and the greatest label.
    labels: Option<(f32, f32)>,
}

/// How many of what are so.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Share {
    pub of: u64,
    pub so: u64,
}

impl Share {
    pub fn add(&mut self, so: bool) {
        self.of += 1;
        self.so += u64::from(so);
    }

    fn value(self) -> f64 {
        self.so as f64 / self.of.max(1) as f64
    }
}

const PARTS: [(Part, &str); 3] =
    [(Part::Training, "trains"), (Part::Validation, "validates"), (Part::Test, "tests")];

impl FitReport {
    /// Adds a row.
    pub fn add(&mut self, sample: &Sample) {
        let place = PARTS.iter().position(|(part, _)| *part == sample.part).expect("one of three");
        let PartCounts { rows, labels } = &mut self.parts[place];
        *rows += 1;
        let (least, most) = labels.unwrap_or((sample.label, sample.label));
        *labels = Some((least.min(sample.label), most.max(sample.label)));
        if let Some(time) = sample.time {
            let (first, last) = self.times.unwrap_or((time, time));
            self.times = Some((first.min(time), last.max(time)));
            self.clock.add(time);
        }
    }

    /// Adds a row that trains and has a history.
    pub fn add_latest(&mut self, label: f32, is_candidate: bool) {
        self.latest[usize::from(label > 0.5)].add(is_candidate);
    }

    /// Adds what else was found.
    pub fn add_warnings(&mut self, warnings: impl IntoIterator<Item = String>) {
        self.warnings.extend(warnings);
    }

    /// Adds the ids of a table's histories, and whether they are those of a candidate anywhere.
    pub fn add_histories(&mut self, table: &str, candidates: Share) {
        if candidates.of >= MANY && candidates.value() < RARE {
            let percent = 100.0 * candidates.value();
            self.warnings.push(format!(
                "`{table}`: {percent:.1} % of the ids in histories are ever a candidate; are they written as \
                 the candidates are?"
            ));
        }
    }

    /// Adds how many ids a column has that describes neither candidates nor histories.
    pub fn add_distinct(&mut self, column: &str, ids: u64) {
        let rows = self.parts[0].rows;
        if rows >= MANY && ids as f64 >= UNIQUE * rows as f64 {
            self.warnings.push(format!(
                "`{column}`: {ids} ids in {rows} rows, so that hardly one is seen again: an index? leave it \
                 out, or give it a `min_count`"
            ));
        }
    }

    /// That every part has a row that the schema's split asks for.
    ///
    /// # Errors
    /// One has none.
    pub fn check_split(&self, schema: &Schema) -> Result<(), DataError> {
        let Some(split) = &schema.split else { return Ok(()) };
        for ((part, does), counts) in PARTS.into_iter().zip(&self.parts).skip(1) {
            let own = match part {
                Part::Validation => schema.validation.is_some(),
                _ => schema.test.is_some(),
            };
            if counts.rows > 0 || own || !split.has(part) {
                continue;
            }
            let show = |time| TimeUnit::default().show(time);
            let rows: u64 = self.parts.iter().map(|counts| counts.rows).sum();
            let (found, expected) = match (split, self.times) {
                (Split::Time { .. }, Some((first, last))) => (
                    format!("no row that {does}: times run from {} to {}", show(first), show(last)),
                    "a cut between them, in their unit or as a date, that leaves some",
                ),
                _ => (
                    format!("no row that {does}, of {rows} rows"),
                    "a share that holds out a group at least, or another `seed`",
                ),
            };
            return Err(DataError::log("`[split]`", found, expected));
        }
        Ok(())
    }

    /// A sentence for each thing that may be a mistake.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = vec![];
        // What chooses the epoch is looked at where it does.
        for (place, does, what) in
            [(0, "trains", "there is nothing to learn"), (2, "tests", "an AUC cannot be measured")]
        {
            let PartCounts { rows, labels } = self.parts[place];
            if let Some((least, _)) = labels.filter(|(least, most)| least == most) {
                warnings
                    .push(format!("every one of the {rows} rows that {does} has the label {least}: {what}"));
            }
        }
        let [without, with] = self.latest;
        let enough = without.of >= MANY && with.of >= MANY;
        if enough && with.value() >= 0.5 && without.value() <= 0.1 {
            let percent = |share: Share| 100.0 * share.value();
            warnings.push(format!(
                "the candidate is the latest event of its own history in {:.0} % of the rows with label 1, \
                 and in {:.0} % of those with label 0: the history gives the answer away; expected what \
                 happened before",
                percent(with),
                percent(without)
            ));
        }
        warnings.extend(self.clock.warnings());
        warnings.extend(self.warnings.iter().cloned());
        warnings
    }
}
