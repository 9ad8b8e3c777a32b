//! How large a request may be.

use crate::error::{Error, ErrorKind, Result};

/// The most that one request may have: a larger one is refused before anything is looked up or computed for
/// it, by [`ErrorKind::TooMany`]; the candidates are counted first. [`Default`] allows 100,000 of each.
///
/// Not limited here is what a request's size in bytes bounds, and what costs little more than to read it: the
/// ids in a candidate's lists, the fields of a record, the users of one
/// [`score_many`](crate::Ranker::score_many). How many bytes of JSON there may be is for the server to say.
///
/// ```no_run
/// use dien_serving::{Limits, Ranker};
///
/// let limits = Limits::default().with_candidates(500).with_history(1000);
/// let ranker = Ranker::load("model.safetensors")?.with_limits(limits);
/// # Ok::<(), dien_serving::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Candidates of one user.
    pub candidates: usize,
    /// Events in one sequence of behaviours, of a request or of a state that is appended to. The model reads
    /// the latest `max_history` of them, and most models' states keep no more; those of a model whose
    /// recurrence reads before the window (`gru-attention`) keep all, up to this limit.
    pub history: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { candidates: 100_000, history: 100_000 }
    }
}

impl Limits {
    /// The same with another limit of candidates.
    #[must_use]
    pub fn with_candidates(self, candidates: usize) -> Self {
        Limits { candidates, ..self }
    }

    /// The same with another limit of events.
    #[must_use]
    pub fn with_history(self, history: usize) -> Self {
        Limits { history, ..self }
    }

    pub(super) fn check_candidates(&self, found: usize) -> Result<()> {
        check("candidates", found, self.candidates, "`Limits::candidates`")
    }

    pub(super) fn check_history(&self, field: &str, found: usize) -> Result<()> {
        check(field, found, self.history, "`Limits::history`")
    }
}

fn check(field: &str, found: usize, most: usize, limit: &str) -> Result<()> {
    if found <= most {
        return Ok(());
    }
    let (found, expected) = (format!("{found} entries"), format!("at most {most} ({limit})"));
    Err(Error::Request { kind: ErrorKind::TooMany, field: field.into(), found, expected })
}
