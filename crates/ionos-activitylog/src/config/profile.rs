//! A profile that is named and does not exist is most often one that was renamed. To go on without it would mean to
//! use other credentials than the ones that were asked for.

use std::path::Path;

use super::document::{Document, Profile, same_name};
use super::environment::CURRENT_PROFILE;
use super::{list, refuse};
use crate::Error;
use crate::nearest::guess;

/// The profile in force: the one that was asked for, else the one that `IONOS_CURRENT_PROFILE` names, else the file's `currentProfile`. None where
/// neither names one, as in the vendor's tools, also when the file has only one.
///
/// Fails when there is no profile of that name. Of two with the same name the first counts.
pub(super) fn current<'a>(
    document: &'a Document,
    asked_for: Option<&str>,
    named: Option<&str>,
    path: &Path,
) -> Result<Option<&'a Profile>, Error> {
    let of_file = document.current_profile();
    let in_file = of_file.as_deref();
    let (name, said_by) = match (asked_for, named, in_file) {
        (Some(name), _, _) => (name, "was asked for".to_owned()),
        (None, Some(name), _) => (name, format!("{CURRENT_PROFILE} names")),
        (None, None, Some(name)) => (name, "its currentProfile names".to_owned()),
        (None, None, None) => return Ok(None),
    };
    let mut profiles = document.profiles().iter();
    let known = || document.profiles().iter().map(Profile::name);
    match profiles.find(|profile| same_name(profile.name(), name)) {
        Some(profile) => Ok(Some(profile)),
        None => Err(refuse(format!(
            "{} has no profile {:?}{}, which {said_by}; its profiles: {}",
            path.display(),
            name.trim(),
            guess(name.trim(), known()),
            list(known())
        ))
        .with_hint("choose one of these, or write another")),
    }
}

impl Profile {
    /// Its name as the file writes it, without white space round it.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default().trim()
    }
}
