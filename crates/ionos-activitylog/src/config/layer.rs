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
    /// For each place that was asked for credentials and has none: what it said.
    pub(super) without_credentials: Vec<String>,
}

/// A setting and where it comes from.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

impl<T> Found<T> {
    pub(super) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

impl Layer {
    /// This layer, with what it lacks taken from the `next` one.
    pub(super) fn or(mut self, next: Self) -> Self {
        self.without_credentials.extend(next.without_credentials);
        Self {
            credentials: self.credentials.or(next.credentials),
            base_url: self.base_url.or(next.base_url),
            contract: self.contract.or(next.contract),
            pinned_certificate: self.pinned_certificate.or(next.pinned_certificate),
            root_certificates: self.root_certificates.or(next.root_certificates),
            without_credentials: self.without_credentials,
        }
    }
}
