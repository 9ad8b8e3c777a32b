//! Which targets those have who train, validate and test.

use dien_serving::encoding::Repeats;

use crate::behaviours::log::{Event, Log, User};
use crate::error::DataError;
use crate::sample::options::{DataOptions, TargetKind};
use crate::sample::samples::{Histories, Part, Target};
use crate::sample::split::Split;
use crate::schema;

/// The rating from which on a behaviour is a click, where labels are real.
const LIKED: f32 = 4.0;

/// The three parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub train: Part,
    pub valid: Part,
    pub test: Part,
}

impl Parts {
    /// Every user's events, and the targets of each part.
    pub fn new(log: &Log, split: &Split<'_>, options: &DataOptions) -> Result<(Histories, Self), DataError> {
        let real = options.targets == TargetKind::Real;
        if real {
            check_real(log)?;
        }
        let (mut histories, mut parts) = (Histories::default(), Parts::default());
        for (place, user) in (0..).zip(log.users()) {
            let seen: Vec<u32> = options.history(user).map(|e| e.item).collect();
            let kept = options.repeats.kept(&seen);
            histories.push(kept.iter().map(|&event| seen[event]));
            if !options.has_target(user) {
                continue;
            }
            let (part, held_out) = match split.part_of(user) {
                schema::Part::Training => (&mut parts.train, None),
                schema::Part::Validation => (&mut parts.valid, Some("validation")),
                schema::Part::Test => (&mut parts.test, Some("test")),
            };
            let first = part.targets.len();
            match held_out {
                None => training_targets(user, options, &mut part.targets),
                Some(name) => held_out_targets(user, real, name, &mut part.targets)?,
            }
            // A target sees what stays of what came before it.
            for target in part.targets[first..].iter_mut().filter(|_| kept.len() < seen.len()) {
                target.end = kept.partition_point(|&event| event < target.end as usize) as u32;
            }
            part.end(place);
        }
        Ok((histories, parts))
    }
}

impl DataOptions {
    /// A user's behaviours that targets look back on, oldest first: all of them, or those they liked where
    /// labels are real.
    pub fn history<'a>(&self, user: &'a User) -> impl Iterator<Item = &'a Event> {
        let real = self.targets == TargetKind::Real;
        user.events.iter().filter(move |e| !real || is_liked(e.rating))
    }

    /// How many behaviours of a log are repeats that are left out of histories, if some are to be, as a
    /// sentence.
    pub fn note_of_repeats(&self, log: &Log) -> Option<String> {
        let (mut events, mut kept) = (0, 0);
        for user in log.users().iter().filter(|_| self.repeats != Repeats::Keep) {
            let items: Vec<u32> = self.history(user).map(|event| event.item).collect();
            events += items.len();
            kept += self.repeats.kept(&items).len();
        }
        let (repeats, name) = (events - kept, self.repeats.name());
        (self.repeats != Repeats::Keep).then(|| {
            let share = 100.0 * repeats as f64 / events.max(1) as f64;
            format!(
                "{repeats} of {events} behaviours ({share:.1} %) repeat others of their user and are left \
                 out of histories (`data.repeats = \"{name}\"`)"
            )
        })
    }
}

impl Part {
    /// Ends a user, who is of the part if they have a target.
    fn end(&mut self, user: u32) {
        if self.targets.len() > self.offsets[self.offsets.len() - 1] {
            self.users.push(user);
            self.offsets.push(self.targets.len());
        }
    }
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
