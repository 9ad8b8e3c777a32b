//! What the tests that span dien's crates share.
