//! What is kept of a user between requests.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Fingerprint, Profile, factored_state, full};

/// The number of the form in which states are serialised.
const FORMAT: u32 = 1;

/// All that scoring needs of a user, computed once. It belongs to the model that made it, by its
/// [fingerprint](super::Serving::fingerprint): another one refuses it.
///
/// It can be kept anywhere by `serde`; one that was read from there gives the same bits as before, on the
/// same machine. Its size is some kilobytes an event where the work is split, and the events' ids elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct UserState {
    format: u32,
    pub(super) model: Fingerprint,
    pub(super) profile: Profile,
    pub(super) data: StateData,
}

/// What a backend keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum StateData {
    Factored(factored_state::State),
    Full(full::State),
}

impl UserState {
    pub(super) fn new(model: Fingerprint, profile: Profile, data: StateData) -> Self {
        UserState { format: FORMAT, model, profile, data }
    }

    /// How many events of the first sequence attention, evolution and pooling see: at most the model's
    /// `max_history`.
    pub fn len(&self) -> usize {
        match &self.data {
            StateData::Factored(state) => state.len(),
            StateData::Full(state) => state.len(),
        }
    }

    /// Whether there is no such event.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known beside the behaviours.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The model that it is of.
    pub fn model(&self) -> Fingerprint {
        self.model
    }
}

/// What [`UserState`] serialises to.
#[derive(Deserialize)]
struct Stored {
    format: u32,
    model: Fingerprint,
    profile: Profile,
    data: StateData,
}

impl<'de> Deserialize<'de> for UserState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { format, model, profile, data } = Stored::deserialize(deserializer)?;
        if format != FORMAT {
            let message = format!("a user state of format {format}; this version of dien reads {FORMAT}");
            return Err(serde::de::Error::custom(message));
        }
        Ok(UserState { format, model, profile, data })
    }
}
