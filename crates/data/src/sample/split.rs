//! Who trains, who validates, who tests, and on which targets.

use rand::seq::SliceRandom;

use crate::behaviours::log::{Event, Log, User};
use crate::error::DataError;
use crate::sample::draw::{self, Use};
use crate::sample::options::{DataOptions, TargetKind};
use crate::sample::samples::{Histories, Part, Target};

/// The rating from which on a behaviour is a click, where labels are real.
const LIKED: f32 = 4.0;

/// The three parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Split {
    pub train: Part,
    pub valid: Part,
    pub test: Part,
}

impl Split {
    /// Every user's events, and who trains, validates and tests on them.
    pub fn new(log: &Log, options: &DataOptions) -> Result<(Histories, Self), DataError> {
        let real = options.targets == TargetKind::Real;
        if real {
            check_real(log)?;
        }
        let (mut histories, mut split) = (Histories::default(), Split::default());
        for user in log.users() {
            histories.push(options.history(user).map(|e| e.item));
        }
        let has_target = |u: &User| if real { !u.targets.is_empty() } else { u.events.len() >= 2 };
        let (mut training, mut test) = (vec![], vec![]);
        for (i, user) in (0..).zip(log.users()).filter(|(_, u)| has_target(u)) {
            if user.test { test.push(i) } else { training.push(i) }
        }
        let valid = hold_out(&mut training, options);
        split.train = Part::new(training, log, |user, targets| {
            training_targets(user, options, targets);
            Ok(())
        })?;
        split.valid =
            Part::new(valid, log, |user, targets| held_out_targets(user, real, "validation", targets))?;
        split.test = Part::new(test, log, |user, targets| held_out_targets(user, real, "test", targets))?;
        Ok((histories, split))
    }
}

impl DataOptions {
    /// A user's behaviours that targets look back on, oldest first: all of them, or those they liked where
    /// labels are real.
    pub fn history<'a>(&self, user: &'a User) -> impl Iterator<Item = &'a Event> {
        let real = self.targets == TargetKind::Real;
        user.events.iter().filter(move |e| !real || is_liked(e.rating))
    }
}

impl Part {
    fn new(
        users: Vec<u32>,
        log: &Log,
        mut fill: impl FnMut(&User, &mut Vec<Target>) -> Result<(), DataError>,
    ) -> Result<Self, DataError> {
        let mut part = Part { users: vec![], offsets: vec![0], targets: vec![] };
        for index in users {
            fill(&log.users()[index as usize], &mut part.targets)?;
            if part.targets.len() > part.offsets[part.offsets.len() - 1] {
                part.users.push(index);
                part.offsets.push(part.targets.len());
            }
        }
        Ok(part)
    }
}

/// Moves a seeded share of the training users out of the list; both lists stay in the log's order.
fn hold_out(training: &mut Vec<u32>, options: &DataOptions) -> Vec<u32> {
    if options.valid_fraction == 0.0 || training.len() < 2 {
        return vec![];
    }
    let wanted = (options.valid_fraction * training.len() as f64).round() as usize;
    training.shuffle(&mut draw::rng(Use::Split, options.split_seed, 0, 0));
    let mut valid = training.split_off(training.len() - wanted.clamp(1, training.len() - 1));
    training.sort_unstable();
    valid.sort_unstable();
    valid
}

/// Positives alone where negatives are drawn.
fn training_targets(user: &User, options: &DataOptions, targets: &mut Vec<Target>) {
    let first = match options.targets {
        TargetKind::Real => return real_targets(user, targets),
        TargetKind::Every => options.first_target - 1,
        TargetKind::Last => user.events.len() - 1,
    };
    let positions = user.events.iter().enumerate().skip(first);
    targets.extend(positions.map(|(end, e)| Target { end: end as u32, item: e.item, label: 1.0 }));
}

fn held_out_targets(user: &User, real: bool, part: &str, targets: &mut Vec<Target>) -> Result<(), DataError> {
    if real {
        real_targets(user, targets);
        return Ok(());
    }
    let Some((last, history)) = user.events.split_last() else { return Ok(()) };
    let place = || format!("{part} user `{}`", user.id);
    let negative = user.negative.ok_or_else(|| {
        DataError::log(place(), "no negative item", "one to score the last behaviour against (negatives.csv)")
    })?;
    if negative == last.item {
        let found = "the last behaviour's own item as its negative";
        return Err(DataError::log(place(), found, "another item (negatives.csv)"));
    }
    let end = history.len() as u32;
    targets.push(Target { end, item: last.item, label: 1.0 });
    targets.push(Target { end, item: negative, label: 0.0 });
    Ok(())
}

fn real_targets(user: &User, targets: &mut Vec<Target>) {
    let (mut liked, mut next) = (0, 0);
    for target in &user.targets {
        let before = target.position as usize - 1;
        liked += user.events[next..before].iter().filter(|e| is_liked(e.rating)).count();
        next = before;
        targets.push(Target {
            end: liked as u32,
            item: target.item,
            label: f32::from(u8::from(target.label)),
        });
    }
}

fn is_liked(rating: Option<f32>) -> bool {
    rating.is_some_and(|r| r >= LIKED)
}

fn check_real(log: &Log) -> Result<(), DataError> {
    let lacks = if log.users().iter().all(|u| u.targets.is_empty()) {
        "no real targets (targets_real.csv)"
    } else if log.users().iter().flat_map(|u| &u.events).all(|e| e.rating.is_none()) {
        "no ratings (interactions.csv)"
    } else {
        return Ok(());
    };
    let found = format!("`real`, but the log has {lacks}");
    Err(DataError::option("targets", found, "`every` or `last`, or a log with real labels"))
}
