//! Every source may have some settings and lack others, and a person whose program finds no credentials wants to
//! know what each source said. So a source is read into one shape, and two of them are laid over each other.

use super::{Credentials, Origin};

/// What one source has, or several laid over each other.
#[derive(Default)]
pub(super) struct Layer {
    pub(super) credentials: Option<Found<Credentials>>,
    pub(super) base_url: Option<Found<String>>,
    pub(super) contract: Option<Found<String>>,
    pub(super) pinned_certificate: Option<Found<String>>,
    pub(super) root_certificates: Option<Found<String>>,
    /// The YAML file that was read.
    pub(super) config_file: Option<Found<String>>,
    /// The profile in force in it.
    pub(super) profile: Option<Found<String>>,
    /// For each place that was asked for credentials and has none: what it said.
    pub(super) without_credentials: Vec<String>,
}

/// A setting and where it comes from.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
    /// What later sources say, which does not count.
    pub(super) overruled: Vec<(T, Origin)>,
}

impl<T> Found<T> {
    pub(super) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin, overruled: Vec::new() }
    }

    /// What the first source says, and what the next one says after it.
    pub(super) fn before(first: Option<Self>, next: Option<Self>) -> Option<Self> {
        match (first, next) {
            (Some(mut first), Some(next)) => {
                first.overruled.push((next.value, next.origin));
                first.overruled.extend(next.overruled);
                Some(first)
            }
            (first, next) => first.or(next),
        }
    }
}

impl Layer {
    /// This layer, with what it lacks taken from the `next` one.
    pub(super) fn or(mut self, next: Self) -> Self {
        self.without_credentials.extend(next.without_credentials);
        Self {
            credentials: Found::before(self.credentials, next.credentials),
            base_url: Found::before(self.base_url, next.base_url),
            contract: Found::before(self.contract, next.contract),
            pinned_certificate: Found::before(self.pinned_certificate, next.pinned_certificate),
            root_certificates: Found::before(self.root_certificates, next.root_certificates),
            config_file: Found::before(self.config_file, next.config_file),
            profile: Found::before(self.profile, next.profile),
            without_credentials: self.without_credentials,
        }
    }
}
