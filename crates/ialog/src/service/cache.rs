//! Caches the measured limits of a service and its list of contracts, to save requests. Each file is named after the
//! address of the API. If a file is missing, old or damaged, the results of commands stay the same, but more requests
//! are sent.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ionos_activitylog::internal::read_regular_file;
use ionos_activitylog::{Contract, ServiceProfile};
use ionos_activitylog_archive::{AtomicFile, Error};
use serde_json::{Value, json};

/// Version of the file format.
const VERSION: u64 = 1;

/// Maximum age of a profile, which has the measured limits of a service. The limits may change over time.
const MAX_AGE: TimeDelta = TimeDelta::days(30);

/// Maximum size of a file of the cache, in MiB. A list of 50,000 contracts is smaller.
const MAX_FILE_MIB: u64 = 1;

/// The cache folder with data about services. Without a folder, nothing is cached.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceCache(Option<PathBuf>);

impl ServiceCache {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self(folder)
    }

    /// The profile of the service at an address. `None` if the cache has no profile in this version of the format, or
    /// if the profile was measured more than [`MAX_AGE`] before or after `now`.
    ///
    /// # Errors
    ///
    /// A sentence that names the file, if the file is damaged or cannot be read.
    pub(crate) fn profile(&self, address: &str, now: DateTime<Utc>) -> Result<Option<ServiceProfile>, String> {
        let Some(file) = self.read("profile", address)? else {
            return Ok(None);
        };
        let profile = file.value.get("profile").cloned().unwrap_or_default();
        let profile = serde_json::from_value(profile).map_err(|_| damaged(&file.path))?;
        let measured = file.value.get("measured_at").and_then(Value::as_str);
        let measured: DateTime<Utc> = measured.and_then(|time| time.parse().ok()).ok_or_else(|| damaged(&file.path))?;
        Ok((now - measured).abs().le(&MAX_AGE).then_some(profile))
    }

    /// Writes a profile, and returns the path of its file.
    pub(crate) fn write_profile(
        &self,
        address: &str,
        profile: &ServiceProfile,
        now: DateTime<Utc>,
    ) -> io::Result<PathBuf> {
        self.write(
            "profile",
            address,
            json!({
                "version": VERSION,
                "address": address,
                "measured_at": now.to_rfc3339_opts(SecondsFormat::Secs, true),
                "profile": profile,
            }),
        )
    }

    /// The contracts that were last listed at an address; empty if unknown.
    pub(crate) fn contracts(&self, address: &str) -> Vec<String> {
        let file = self.read("contracts", address).ok().flatten();
        let listed = file.and_then(|file| Some(file.value.get("contracts")?.as_array()?.clone()));
        let numbers = listed.unwrap_or_default().into_iter();
        numbers
            .filter_map(|number| Some(number.as_str()?.to_owned()))
            // Shell completion inserts the numbers into a command line, so only digits are safe.
            .filter(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
            .collect()
    }

    /// Writes the contracts of an address. Errors are ignored, because the contracts are used only for completion in a
    /// shell.
    pub(crate) fn write_contracts(&self, address: &str, contracts: &[Contract]) {
        let numbers: Vec<&str> = contracts.iter().map(|contract| contract.number.as_str()).collect();
        let value = json!({"version": VERSION, "address": address, "contracts": numbers});
        let _ = self.write("contracts", address, value);
    }

    fn path(&self, kind: &str, address: &str) -> Option<PathBuf> {
        let name: String = address
            .chars()
            .map(|char| match char {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '.' => char,
                _ => '-',
            })
            .collect();
        Some(self.0.as_ref()?.join(format!("{kind}-{name}.json")))
    }

    fn read(&self, kind: &str, address: &str) -> Result<Option<CacheFile>, String> {
        let Some(path) = self.path(kind, address) else {
            return Ok(None);
        };
        let text = match read_regular_file(&path, MAX_FILE_MIB) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(format!("{} cannot be read ({error})", path.display())),
        };
        let value: Value = serde_json::from_slice(&text).map_err(|_| damaged(&path))?;
        let version = value.get("version").and_then(Value::as_u64);
        let version = version.ok_or_else(|| damaged(&path))?;
        // Two addresses may have the same file name.
        let is_same = value.get("address").and_then(Value::as_str) == Some(address);
        Ok((version == VERSION && is_same).then_some(CacheFile { path, value }))
    }

    /// Replaces the file atomically.
    fn write(&self, kind: &str, address: &str, value: Value) -> io::Result<PathBuf> {
        let path = self.path(kind, address);
        let path = path.ok_or_else(|| io::Error::other("no cache folder found"))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = AtomicFile::create(&path, true).map_err(to_io_error)?;
        file.write_all(format!("{value:#}\n").as_bytes())?;
        file.commit().map_err(to_io_error)?;
        Ok(path)
    }
}

/// The error of the operating system, without the path, which the caller knows.
fn to_io_error(error: Error) -> io::Error {
    match error {
        Error::Create { source, .. } | Error::Write { source, .. } => source,
        error => io::Error::other(error.to_string()),
    }
}

/// A file of the cache.
struct CacheFile {
    path: PathBuf,
    value: Value,
}

fn damaged(path: &Path) -> String {
    format!("{} is damaged", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://api.example";

    fn now() -> DateTime<Utc> {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn profile() -> ServiceProfile {
        serde_json::from_str(r#"{"page_cap":100,"order":"newest-first"}"#).unwrap()
    }

    #[test]
    fn a_profile_is_valid_for_its_address_and_for_a_month() {
        let folder = tempfile::tempdir().unwrap();
        let cache = ServiceCache(Some(folder.path().join("a/ialog")));
        assert_eq!(cache.profile(ADDRESS, now()), Ok(None));
        let path = cache.write_profile(ADDRESS, &profile(), now()).unwrap();
        assert_eq!(path.file_name().unwrap(), "profile-https---api.example.json");
        assert_eq!(cache.profile(ADDRESS, now()), Ok(Some(profile())));
        for days in [31, -31] {
            let other = now() + TimeDelta::days(days);
            assert_eq!(cache.profile(ADDRESS, other), Ok(None), "{days}");
        }
        // An address with the same file name.
        assert_eq!(cache.profile("https:--api.example", now()), Ok(None));
        // No temporary file is left.
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(ServiceCache(None).profile(ADDRESS, now()), Ok(None));
        assert!(ServiceCache(None).write_profile(ADDRESS, &profile(), now()).is_err());
    }

    #[test]
    fn a_damaged_file_is_an_error_and_a_newer_version_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let cache = ServiceCache(Some(folder.path().to_owned()));
        let path = cache.write_profile(ADDRESS, &profile(), now()).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        let cases = [
            ("half of the file", whole[..whole.len() / 2].to_owned()),
            ("an empty file", String::new()),
            ("no version", "{}".to_owned()),
            ("no valid time", whole.replace("2026-", "x")),
            ("an unknown order", whole.replace("newest-first", "sideways")),
            ("a negative number", whole.replace("100", "-1")),
        ];
        for (what, text) in cases {
            fs::write(&path, text).unwrap();
            let error = cache.profile(ADDRESS, now()).unwrap_err();
            assert!(error.ends_with(".json is damaged"), "{what}: {error}");
        }
        fs::write(&path, whole.replace("\"version\": 1", "\"version\": 2")).unwrap();
        assert_eq!(cache.profile(ADDRESS, now()), Ok(None));
    }

    #[test]
    fn a_folder_or_an_oversized_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let cache = ServiceCache(Some(folder.path().to_owned()));
        let path = cache.path("profile", ADDRESS).unwrap();
        fs::create_dir(&path).unwrap();
        let error = cache.profile(ADDRESS, now()).unwrap_err();
        assert!(error.ends_with("cannot be read (it is not a regular file)"), "{error}");
        fs::remove_dir(&path).unwrap();
        fs::File::create(&path).unwrap().set_len((MAX_FILE_MIB << 20) + 1).unwrap();
        let error = cache.profile(ADDRESS, now()).unwrap_err();
        assert!(error.ends_with("cannot be read (it is larger than 1 MiB)"), "{error}");
    }

    #[test]
    fn contracts_without_a_valid_number_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let cache = ServiceCache(Some(folder.path().to_owned()));
        assert!(cache.contracts(ADDRESS).is_empty());
        let path = cache.path("contracts", ADDRESS).unwrap();
        let text = json!({"version": 1, "address": ADDRESS, "contracts": ["31721060", "$(rm)", 7, ""]});
        fs::write(&path, text.to_string()).unwrap();
        assert_eq!(cache.contracts(ADDRESS), ["31721060"]);
        fs::write(&path, "{").unwrap();
        assert!(cache.contracts(ADDRESS).is_empty());
    }
}
