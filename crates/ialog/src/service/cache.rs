//! What is learned about a service at the cost of requests is worth keeping until the next run: how it pages, and which
//! contracts there are. It lies in the user's cache folder, by the address of the API, and nothing depends on it: a file
//! that is missing, old or damaged is as good as none.

use std::path::{Path, PathBuf};
use std::{fs, io};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use ionos_activitylog::{Contract, ServiceProfile};
use serde_json::{Value, json};

/// The form of the files.
const VERSION: u64 = 1;

/// A service may have changed since.
const VALID: TimeDelta = TimeDelta::days(30);

/// The user's cache folder; none where there is no place for one.
#[derive(Clone, Debug, Default)]
pub struct Cache(Option<PathBuf>);

impl Cache {
    /// That of the process: `$XDG_CACHE_HOME/ialog`, or `~/.cache/ialog`.
    #[must_use]
    pub fn of_process() -> Self {
        let variable = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        // A relative folder would depend on where the program is started; the XDG rules say to pass over it.
        let folder = variable.filter(|folder| folder.is_absolute()).or_else(|| {
            let home = std::env::home_dir().filter(|home| home.is_absolute());
            Some(home?.join(".cache"))
        });
        Self(folder.map(|folder| folder.join("ialog")))
    }

    /// The profile of the service at an address; none where none is kept that is young enough.
    ///
    /// Fails with a sentence when there is a file and it is damaged.
    pub(crate) fn profile(&self, address: &str, now: DateTime<Utc>) -> Result<Option<ServiceProfile>, String> {
        let Some(kept) = self.read("profile", address)? else {
            return Ok(None);
        };
        let profile = kept.value.get("profile").cloned().unwrap_or_default();
        let profile = serde_json::from_value(profile).map_err(|_| damaged(&kept.path))?;
        let measured = kept.value.get("measured_at").and_then(Value::as_str);
        let measured: DateTime<Utc> = measured.and_then(|time| time.parse().ok()).ok_or_else(|| damaged(&kept.path))?;
        Ok((now - measured).abs().le(&VALID).then_some(profile))
    }

    /// Keeps a profile, and says where.
    pub(crate) fn keep_profile(
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

    /// The contracts that were listed at an address; none where that is not known.
    pub(crate) fn contracts(&self, address: &str) -> Vec<String> {
        let kept = self.read("contracts", address).ok().flatten();
        let listed = kept.and_then(|kept| Some(kept.value.get("contracts")?.as_array()?.clone()));
        let numbers = listed.unwrap_or_default().into_iter();
        numbers
            .filter_map(|number| Some(number.as_str()?.to_owned()))
            // It goes into a shell's list of words.
            .filter(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
            .collect()
    }

    /// Keeps the contracts that were listed. That it cannot is not worth a word.
    pub(crate) fn keep_contracts(&self, address: &str, contracts: &[Contract]) {
        let numbers: Vec<&str> = contracts.iter().map(|contract| contract.number.as_str()).collect();
        let value = json!({"version": VERSION, "address": address, "contracts": numbers});
        let _ = self.write("contracts", address, value);
    }

    fn path(&self, what: &str, address: &str) -> Option<PathBuf> {
        let name: String = address
            .chars()
            .map(|char| match char {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '.' => char,
                _ => '-',
            })
            .collect();
        Some(self.0.as_ref()?.join(format!("{what}-{name}.json")))
    }

    fn read(&self, what: &str, address: &str) -> Result<Option<CacheFile>, String> {
        let Some(path) = self.path(what, address) else {
            return Ok(None);
        };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(format!("{} cannot be read ({error})", path.display())),
        };
        let value: Value = serde_json::from_slice(&text).map_err(|_| damaged(&path))?;
        let version = value.get("version").and_then(Value::as_u64);
        let version = version.ok_or_else(|| damaged(&path))?;
        // Two addresses may have one name.
        let same = value.get("address").and_then(Value::as_str) == Some(address);
        Ok((version == VERSION && same).then_some(CacheFile { path, value }))
    }

    /// Replaces the file as a whole, so that nobody reads half of it.
    fn write(&self, what: &str, address: &str, value: Value) -> io::Result<PathBuf> {
        let path = self.path(what, address);
        let path = path.ok_or_else(|| io::Error::other("there is no cache folder"))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = path.with_extension(format!("{}.tmp", std::process::id()));
        let written = fs::write(&beside, format!("{value:#}\n"));
        let moved = written.and_then(|()| fs::rename(&beside, &path));
        if moved.is_err() {
            let _ = fs::remove_file(&beside);
        }
        moved.map(|()| path)
    }
}

/// A file that was kept.
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
    fn a_profile_counts_for_its_address_and_for_a_month() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache(Some(folder.path().join("a/ialog")));
        assert_eq!(cache.profile(ADDRESS, now()), Ok(None));
        let path = cache.keep_profile(ADDRESS, &profile(), now()).unwrap();
        assert_eq!(path.file_name().unwrap(), "profile-https---api.example.json");
        assert_eq!(cache.profile(ADDRESS, now()), Ok(Some(profile())));
        for days in [31, -31] {
            let other = now() + TimeDelta::days(days);
            assert_eq!(cache.profile(ADDRESS, other), Ok(None), "{days}");
        }
        // The name of its file is the same.
        assert_eq!(cache.profile("https:--api.example", now()), Ok(None));
        // Nothing is left beside it.
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(Cache(None).profile(ADDRESS, now()), Ok(None));
        assert!(Cache(None).keep_profile(ADDRESS, &profile(), now()).is_err());
    }

    #[test]
    fn what_is_damaged_is_said_and_what_is_newer_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache(Some(folder.path().to_owned()));
        let path = cache.keep_profile(ADDRESS, &profile(), now()).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        let cases = [
            ("half of it", whole[..whole.len() / 2].to_owned()),
            ("nothing", String::new()),
            ("no version", "{}".to_owned()),
            ("no time", whole.replace("2026-", "x")),
            ("no word", whole.replace("newest-first", "sideways")),
            ("no number", whole.replace("100", "-1")),
        ];
        for (what, text) in cases {
            fs::write(&path, text).unwrap();
            let said = cache.profile(ADDRESS, now()).unwrap_err();
            assert!(said.ends_with(".json is damaged"), "{what}: {said}");
        }
        fs::write(&path, whole.replace("\"version\": 1", "\"version\": 2")).unwrap();
        assert_eq!(cache.profile(ADDRESS, now()), Ok(None));
    }

    #[test]
    fn contracts_are_numbers_whatever_the_file_says() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache(Some(folder.path().to_owned()));
        assert!(cache.contracts(ADDRESS).is_empty());
        let path = cache.path("contracts", ADDRESS).unwrap();
        let text = json!({"version": 1, "address": ADDRESS, "contracts": ["31721060", "$(rm)", 7, ""]});
        fs::write(&path, text.to_string()).unwrap();
        assert_eq!(cache.contracts(ADDRESS), ["31721060"]);
        fs::write(&path, "{").unwrap();
        assert!(cache.contracts(ADDRESS).is_empty());
    }
}
