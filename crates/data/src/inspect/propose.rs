//! A schema that might fit a log: guesses from names and contents.

use std::collections::HashMap;

use dien_serving::encoding::{IdTypeInference, Transform};

use super::proposal::{ColumnRoles, Proposal};
use super::{ColumnStats, TableStats, split};
use crate::error::{DataError, quoted};
use crate::roles::{Role, is_index, is_list_of, may_be_index};
use crate::schema::{Behaviours, Column, ColumnKind, Format, MissingValue, Schema};

/// A list's ids must be those of a column to this share for the two to have one vocabulary, unless the names
/// say it, too.
const SHARED: f64 = 0.5;

/// Numbers that are not integers, with no more distinct values than this, are ids.
const FEW: usize = 12;

/// # Errors
/// There is no column of a role's name.
pub(super) fn proposal(stats: &TableStats, roles: &ColumnRoles) -> Result<Proposal, DataError> {
    let mut guess = Guess::new(stats, roles)?;
    guess.kinds();
    share(stats, &mut guess);
    guess.leave_out_unique();
    if stats.whole {
        state_types(stats, &mut guess.schema);
    }
    guess.tell_lists();
    let (found, told) = split::split(stats, &guess.schema);
    guess.schema.split = found;
    guess.notes.push(told);
    let name = |at: Option<usize>| at.map(|at| stats.columns[at].name().to_owned());
    let named = |role: Role| {
        let columns = stats.columns.iter().filter(move |c| !c.is_nested() && c.distinct().0 > 0);
        columns.filter(move |c| role.rank(c.name()).is_some())
    };
    let rating = named(Role::Rating).find(|c| !c.is_list() && c.range().is_some());
    let rating = rating.map(|c| ("rating".to_owned(), c.name().to_owned()));
    let item = guess.item;
    let features =
        named(Role::Feature).filter(|c| item.is_none_or(|at| stats.columns[at].name() != c.name()));
    // The first is what `data.behaviours` asks for by default.
    let features = features.enumerate().map(|(i, c)| {
        let name = if i == 0 { "category".to_owned() } else { c.name().to_owned() };
        (name, c)
    });
    let features: Vec<(String, &ColumnStats)> = features.collect();
    let lists = features.iter().filter(|(_, c)| c.is_list()).map(|(name, _)| name.clone()).collect();
    let features = features.into_iter().map(|(name, c)| (name, c.name().to_owned()));
    let features = rating.into_iter().chain(features).collect();
    let roles = ColumnRoles {
        label: name(guess.label),
        user: name(guess.user),
        item: name(guess.item),
        time: name(guess.time),
    };
    let Guess { schema, labels, notes, comments, .. } = guess;
    Ok(Proposal { schema, roles, labels, features, lists, notes, comments })
}

/// A proposal that grows.
struct Guess<'a> {
    stats: &'a TableStats,
    schema: Schema,
    label: Option<usize>,
    user: Option<usize>,
    item: Option<usize>,
    time: Option<usize>,
    labels: Vec<String>,
    notes: Vec<String>,
    comments: Vec<(String, String)>,
}

impl<'a> Guess<'a> {
    fn new(stats: &'a TableStats, roles: &ColumnRoles) -> Result<Self, DataError> {
        let columns = &stats.columns;
        let given = |role: &str, name: &Option<String>| {
            let Some(name) = name else { return Ok(None) };
            let place = columns.iter().position(|c| c.name() == name);
            let known = || quoted(columns.iter().map(ColumnStats::name));
            let found = || format!("no column `{name}` for the {role}");
            place.map(Some).ok_or_else(|| DataError::log("columns", found(), known()))
        };
        let likeliest = |role: Role, fits: &dyn Fn(&ColumnStats) -> bool| {
            let fitting = columns.iter().enumerate().filter(|(_, c)| c.distinct().0 > 0 && fits(c));
            let ranked = fitting.filter_map(|(i, c)| Some((role.rank(c.name())?, i)));
            ranked.min().map(|(_, i)| i)
        };
        let whole = |c: &ColumnStats| c.nulls() == 0 && !c.is_list();
        let label = given("label", &roles.label)?;
        let binary = |c: &ColumnStats| !c.is_list() && c.is_integral() && c.range() == Some((0.0, 1.0));
        let share = |c: &ColumnStats| !c.is_list() && c.range().is_some_and(|(a, b)| a >= 0.0 && b <= 1.0);
        let label =
            label.or_else(|| likeliest(Role::Label, &binary)).or_else(|| likeliest(Role::Label, &share));
        let user = given("user", &roles.user)?;
        let user =
            user.or_else(|| likeliest(Role::User, &|c| whole(c) && (c.range().is_none() || c.is_integral())));
        let time = given("time", &roles.time)?;
        let time = time.or_else(|| likeliest(Role::Time, &|c| whole(c) && c.times().is_some()));
        // What says itself that it is one, whatever it is called.
        let time = time.or_else(|| {
            columns.iter().position(|c| whole(c) && c.times().is_some_and(|t| t.declared && t.are_moments()))
        });
        let item = given("item", &roles.item)?;
        let item = item
            .or_else(|| likeliest(Role::Item, &|c| !c.is_list() && (c.range().is_none() || c.is_integral())));
        let item = item.filter(|&at| Some(at) != user);
        let schema = Schema { width: 18, source: stats.source.clone(), ..Schema::default() };
        let mut guess =
            Guess { stats, schema, label, user, item, time, labels: vec![], notes: vec![], comments: vec![] };
        guess.only_binary(&binary);
        guess.tell_roles();
        Ok(guess)
    }

    /// Without a label by name, the only column of zeros and ones beside lists, if it is one.
    fn only_binary(&mut self, binary: &dyn Fn(&ColumnStats) -> bool) {
        let columns = &self.stats.columns;
        if self.label.is_some() {
            return;
        }
        let apart = |i: usize| [self.user, self.item, self.time].iter().all(|taken| *taken != Some(i));
        let all: Vec<usize> = (0..columns.len()).filter(|&i| binary(&columns[i]) && apart(i)).collect();
        match all[..] {
            [one] if columns.iter().any(ColumnStats::is_list) => self.label = Some(one),
            _ => self.labels = all.iter().map(|&i| columns[i].name().to_owned()).collect(),
        }
    }

    fn name(&self, at: usize) -> &'a str {
        self.stats.columns[at].name()
    }

    fn tell_roles(&mut self) {
        let mut told = vec![];
        let roles = [("label", self.label), ("user", self.user), ("item", self.item), ("time", self.time)];
        for (role, at) in roles {
            told.extend(at.map(|at| format!("{role} `{}`", self.name(at))));
        }
        if !told.is_empty() {
            self.notes.push(format!("taken for {}", told.join(", ")));
        }
        if let Some(time) = self.time
            && let Some(times) = self.stats.columns[time].times()
        {
            self.notes.push(format!("`{}` is {}", self.name(time), times.told()));
        }
        if !self.labels.is_empty() {
            let all = quoted(&self.labels);
            self.notes.push(format!("{all}: 0 or 1 each, any of which may be the label"));
        } else if self.label.is_none() {
            self.notes.push("no column looks like a label of 0 and 1".into());
        }
        if let Some(column) = self.label.map(|at| &self.stats.columns[at]).filter(|c| c.nulls() > 0) {
            let note = "rows without a label are an error, but with `--on-error skip`";
            self.notes.push(format!("`{}`: {} missing; {note}", column.name(), column.nulls()));
        }
    }

    fn leave_out(&mut self, column: &str, reason: &str) {
        self.schema.columns.shift_remove(column);
        self.notes.push(format!("`{column}` left out: {reason}"));
    }

    /// A kind for each column.
    fn kinds(&mut self) {
        for (i, column) in self.stats.columns.iter().enumerate() {
            let name = column.name();
            let kind = match i {
                _ if Some(i) == self.label => ColumnKind::Label,
                _ if column.distinct().0 == 0 => {
                    let but = if self.stats.faults > 0 { " but in rows that cannot be read" } else { "" };
                    self.leave_out(name, &format!("it holds nothing{but}"));
                    continue;
                }
                _ if Some(i) == self.user => ColumnKind::Group,
                _ if Some(i) == self.time => ColumnKind::Time,
                _ => match self.other(i, column) {
                    Ok(kind) => kind,
                    Err(reason) => {
                        self.leave_out(name, &reason);
                        continue;
                    }
                },
            };
            let mut of = Column::new(kind);
            if kind == ColumnKind::Dense {
                of.transform = Some(Transform::Standardise);
                self.default(column, &mut of);
            }
            self.schema.columns.insert(name.into(), of);
        }
    }

    /// The kind of a column that has no role, or why it has none.
    fn other(&self, at: usize, column: &ColumnStats) -> Result<ColumnKind, String> {
        if let Some(label) = self.label {
            let twin = self.stats.twins.of(label).find(|(other, _)| *other == at);
            if let Some((_, opposite)) = twin {
                let label = self.name(label);
                let of = if opposite { format!("1 - `{label}`") } else { format!("`{label}` once more") };
                return Err(format!("it is {of}, known only with it"));
            }
        }
        if column.is_list() {
            return Ok(ColumnKind::Sequence);
        }
        if is_index(column.name()) || may_be_index(column.name()) && column.counts_rows() {
            return Err("it numbers the rows".into());
        }
        let is_time = Role::Time.rank(column.name()).is_some() || column.times().is_some_and(|t| t.declared);
        if is_time && column.times().is_some_and(|times| times.are_moments()) {
            let reason = match self.time {
                Some(time) => format!("a time, as `{}` is", self.name(time)),
                None => "a time, which is missing in some rows".into(),
            };
            return Err(reason);
        }
        let (distinct, _) = column.distinct();
        let weights = self.schema.of_kind(ColumnKind::Weight).count();
        Ok(match column.range() {
            Some((least, _))
                if Role::Weight.rank(column.name()).is_some() && weights == 0 && least >= 0.0 =>
            {
                ColumnKind::Weight
            }
            Some(_) if !column.is_integral() && distinct > FEW => ColumnKind::Dense,
            _ => ColumnKind::Sparse,
        })
    }

    /// What a missing number counts as: the mean, which standardised is 0.
    fn default(&mut self, column: &ColumnStats, of: &mut Column) {
        if column.nulls() == 0 && self.stats.whole {
            return;
        }
        let mean = column.mean().unwrap_or_default();
        let mean: f64 = format!("{mean:.3e}").parse().unwrap_or(mean);
        of.default = Some(MissingValue::Number(mean));
        if column.nulls() > 0 {
            let comment = format!("{} of {} missing: they count as the mean", column.nulls(), column.cells());
            self.notes.push(format!("`{}`: {comment}, {mean}", column.name()));
            self.comments.push((column.name().into(), comment));
        }
    }

    /// Ids that hardly come twice teach nothing, but of items; integers may be numbers.
    fn leave_out_unique(&mut self) {
        for column in self.stats.columns.iter().filter(|c| !c.is_list()) {
            let name = column.name();
            let is_sparse = self.schema.columns.get(name).is_some_and(|c| c.kind == ColumnKind::Sparse);
            let is_used = self.schema.candidate.iter().any(|own| own == name)
                || self.schema.columns.values().any(|c| c.shares.as_deref() == Some(name))
                || self.item.is_some_and(|item| self.name(item) == name);
            if !is_sparse || is_used {
                continue;
            }
            if column.is_unique() {
                self.leave_out(name, "hardly one of its ids comes twice");
            } else if column.is_integral() && column.distinct().0 > FEW {
                let comment = "integers, read as ids; `kind = \"dense\"` reads them as numbers";
                self.comments.push((name.into(), comment.into()));
            }
        }
    }

    /// Which columns are lists, and of what.
    fn tell_lists(&mut self) {
        let lists: Vec<&str> = self.schema.of_kind(ColumnKind::Sequence).map(|(name, _)| name).collect();
        if !lists.is_empty() && self.stats.format() != Some(Format::Parquet) {
            let separator = self.stats.source.csv.separator.as_deref().unwrap_or("|");
            let lists = quoted(&lists);
            // In JSON a list may be one; what is a guess is how a text is one.
            let of = if self.stats.format() == Some(Format::Json) { "; texts among them" } else { "," };
            let guess = format!("{lists} read as lists{of} of ids between `{separator}` or in brackets");
            self.notes.push(format!("{guess}: a guess; `separator` in `[source.csv]` says otherwise"));
        }
        let mut notes = vec![];
        for sequence in &mut self.schema.behaviours {
            let names = sequence.columns.iter().zip(&self.schema.candidate);
            let pairs: Vec<String> = names.map(|(list, of)| format!("`{list}` (ids of `{of}`)")).collect();
            notes.push(format!("histories {}, oldest event first, which `order` changes", pairs.join(", ")));
            let padding =
                sequence.columns.iter().zip(&self.schema.candidate).next().and_then(|(list, of)| {
                    let column = |name: &String| self.stats.columns.iter().find(|c| c.name() == name);
                    let padding = column(list)?.padding()?;
                    (!column(of)?.ids().contains(padding)).then_some(padding)
                });
            if let Some(padding) = padding {
                sequence.padding = Some(padding.into());
                let list = &sequence.columns[0];
                notes.push(format!("`{list}` is filled up with `{padding}`, which is left out as `padding`"));
            }
        }
        self.notes.extend(notes);
    }
}

/// What the ids of each vocabulary are, if every row was looked at.
fn state_types(stats: &TableStats, schema: &mut Schema) {
    let mut types: HashMap<String, IdTypeInference> = HashMap::new();
    for column in &stats.columns {
        let owner = schema.vocabulary_of(column.name()).to_owned();
        types.entry(owner).or_default().merge(column.id_type());
    }
    for (name, column) in &mut schema.columns {
        if matches!(column.kind, ColumnKind::Sparse | ColumnKind::Sequence) && column.shares.is_none() {
            column.id_type = types.get(name).map(|inference| inference.id_type());
        }
    }
}

/// Lists that hold a sparse column's ids share its vocabulary, and lists of lists that of a column of lists;
/// those that are aligned with each other are behaviours, and what they share is the candidate.
fn share(stats: &TableStats, guess: &mut Guess<'_>) {
    let columns = &stats.columns;
    let schema = &mut guess.schema;
    let sparse =
        |c: &&ColumnStats| schema.columns.get(c.name()).is_some_and(|c| c.kind == ColumnKind::Sparse);
    let mut shares: Vec<Option<String>> = vec![None; columns.len()];
    // Lists of lists first: a column of lists whose ids they hold is the candidate's.
    let mut order: Vec<usize> = (0..columns.len()).filter(|&i| columns[i].is_list()).collect();
    order.sort_by_key(|&i| !columns[i].is_nested());
    for i in order {
        let list = &columns[i];
        if shares.iter().flatten().any(|shared| shared == list.name()) {
            continue;
        }
        let named = |c: &ColumnStats| is_list_of(list.name(), c.name());
        let owns = |c: &&ColumnStats| match list.is_nested() {
            true => c.is_list() && !c.is_nested(),
            false => sparse(c),
        };
        let alike = columns.iter().filter(owns).map(|c| (list.share_in(c), c));
        let best = alike.max_by(|a, b| {
            let enough = |(share, c): &(f64, &ColumnStats)| (*share >= SHARED && named(c), *share);
            let ((own, share), (other, its)) = (enough(a), enough(b));
            own.cmp(&other).then(share.total_cmp(&its)).then_with(|| {
                // Of two that hold all its ids, the one whose own are fewer.
                b.1.distinct().0.cmp(&a.1.distinct().0)
            })
        });
        let best = best.filter(|(share, _)| *share >= SHARED);
        // Where few rows know few of the ids, the names tell.
        let by_name = || {
            let mut named = columns.iter().filter(owns).filter(|c| named(c) && list.share_in(c) > 0.0);
            named.next().filter(|_| named.next().is_none())
        };
        shares[i] = best.map(|(_, c)| c).or_else(by_name).map(|c| c.name().into());
    }
    for (column, shared) in columns.iter().zip(&shares) {
        if let Some(column) = schema.columns.get_mut(column.name()) {
            column.shares.clone_from(shared);
        }
    }
    let mut left: Vec<usize> = (0..columns.len()).filter(|&i| shares[i].is_some()).collect();
    // What an event has one id of stands first.
    left.sort_by_key(|&i| columns[i].is_nested());
    while let Some(&first) = left.first().filter(|&&first| !columns[first].is_nested()) {
        // Aligned lists, one of each vocabulary.
        let mut sequence: Vec<usize> = vec![];
        for &i in &left {
            let aligned = i == first || stats.aligned.contains(&(first.min(i), first.max(i)));
            if aligned && sequence.iter().all(|&j| shares[j] != shares[i]) {
                sequence.push(i);
            }
        }
        left.retain(|i| !sequence.contains(i));
        let of: Vec<&String> = sequence.iter().filter_map(|&i| shares[i].as_ref()).collect();
        if schema.candidate.is_empty() {
            schema.candidate = of.iter().map(|&name| name.clone()).collect();
        }
        // Another sequence must describe its events as the first one does.
        let in_order = schema.candidate.iter().map(|name| of.iter().position(|&other| other == name));
        if let Some(order) = in_order.collect::<Option<Vec<usize>>>().filter(|order| order.len() == of.len())
        {
            let names: Vec<String> = order.iter().map(|&at| columns[sequence[at]].name().into()).collect();
            schema.behaviours.push(Behaviours::new(names));
        }
    }
    for column in columns.iter().filter(|c| c.is_nested()) {
        let is_used = schema.behaviours.iter().any(|of| of.columns.iter().any(|own| own == column.name()));
        if !is_used && schema.columns.shift_remove(column.name()).is_some() {
            let reason = "lists of lists, beside no list of events' ids or of ids of no column of lists";
            guess.notes.push(format!("`{}` left out: {reason}", column.name()));
        }
    }
}
