//! Options of a synthesis, one at a time.

use super::SyntheticConfig;

impl SyntheticConfig {
    /// The same with another [`users`](Self#structfield.users).
    #[must_use]
    pub fn with_users(self, users: usize) -> Self {
        SyntheticConfig { users, ..self }
    }

    /// The same with another [`categories`](Self#structfield.categories).
    #[must_use]
    pub fn with_categories(self, categories: usize) -> Self {
        SyntheticConfig { categories, ..self }
    }

    /// The same with another [`places`](Self#structfield.places).
    #[must_use]
    pub fn with_places(self, places: usize) -> Self {
        SyntheticConfig { places, ..self }
    }

    /// The same with another [`items_per_place`](Self#structfield.items_per_place).
    #[must_use]
    pub fn with_items_per_place(self, items_per_place: usize) -> Self {
        SyntheticConfig { items_per_place, ..self }
    }

    /// The same with another [`interests`](Self#structfield.interests).
    #[must_use]
    pub fn with_interests(self, interests: usize) -> Self {
        SyntheticConfig { interests, ..self }
    }

    /// The same with another [`min_length`](Self#structfield.min_length).
    #[must_use]
    pub fn with_min_length(self, min_length: usize) -> Self {
        SyntheticConfig { min_length, ..self }
    }

    /// The same with another [`max_length`](Self#structfield.max_length).
    #[must_use]
    pub fn with_max_length(self, max_length: usize) -> Self {
        SyntheticConfig { max_length, ..self }
    }

    /// The same with another [`stay`](Self#structfield.stay).
    #[must_use]
    pub fn with_stay(self, stay: f64) -> Self {
        SyntheticConfig { stay, ..self }
    }

    /// The same with another [`turn`](Self#structfield.turn).
    #[must_use]
    pub fn with_turn(self, turn: f64) -> Self {
        SyntheticConfig { turn, ..self }
    }

    /// The same with another [`noise`](Self#structfield.noise).
    #[must_use]
    pub fn with_noise(self, noise: f64) -> Self {
        SyntheticConfig { noise, ..self }
    }

    /// The same with another [`test_fraction`](Self#structfield.test_fraction).
    #[must_use]
    pub fn with_test_fraction(self, test_fraction: f64) -> Self {
        SyntheticConfig { test_fraction, ..self }
    }

    /// The same with another [`seed`](Self#structfield.seed).
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        SyntheticConfig { seed, ..self }
    }
}
