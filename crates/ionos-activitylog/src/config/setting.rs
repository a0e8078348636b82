//! A setting in force with its origin, so that a program can show users which variable or file each value comes from.

use std::fmt;
use std::path::PathBuf;

use crate::error::text::replace_control_chars;
use crate::redact::redact_name;

/// A setting in force and its origin. Secrets are shown as `[redacted]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    name: &'static str,
    origin: Origin,
    shown: String,
    overridden: Vec<Setting>,
}

impl Setting {
    pub(super) fn new(name: &'static str, shown: &str, origin: Origin) -> Self {
        let shown = replace_control_chars(shown);
        Self { name, origin, shown, overridden: Vec::new() }
    }

    /// Sets the values that this setting overrides.
    pub(super) fn with_overridden(mut self, overridden: Vec<Self>) -> Self {
        self.overridden = overridden;
        self
    }

    /// This setting without its overridden values, followed by each of those values as a setting.
    pub(super) fn flattened(&self) -> Vec<Self> {
        let own = Self { overridden: Vec::new(), ..self.clone() };
        [own].into_iter().chain(self.overridden.clone()).collect()
    }

    /// The name of the setting: "credentials", "API address", "contract", "pinned certificate", "root certificates",
    /// "config file" or "profile".
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// The source of the value.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The value for users, with `[redacted]` in place of secrets; for root certificates, their number.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.shown
    }

    /// The values that this setting overrides, in order of precedence. A source that is not read is not listed. For
    /// example, ionosctl's JSON file is not read if earlier sources have decided all settings that it can have.
    #[must_use]
    pub fn overridden(&self) -> &[Self] {
        &self.overridden
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.name, self.shown, self.origin)
    }
}

/// The source of a setting. [`fmt::Display`] prints it for users.
///
/// Variables and files are those of the vendor's tools: the variables of its SDKs, ionosctl's `config.yaml`, the SDKs'
/// `~/.ionos/config`, and ionosctl's older `config.json`. Order of precedence: program, variables, files. If the
/// program names a profile, the YAML file (`config.yaml` or `~/.ionos/config`) comes before the variables.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The program itself.
    Program,
    /// An environment variable, by name; for a username and its password, both names.
    Environment(&'static str),
    /// A config file of the vendor's tools.
    File {
        /// The path of the file as it was looked up, not canonicalized.
        path: PathBuf,
        /// The profile in use, as the file spells its name. `None` if no profile of the file is in use. Also `None` for
        /// the setting "profile" itself.
        profile: Option<String>,
    },
    /// No source has the setting. The setting "config file" also has this origin if the file is in a default place.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("set in the program"),
            Self::Environment(name) => f.write_str(name),
            Self::File { path, profile } => {
                if let Some(profile) = profile {
                    write!(f, "profile {:?} of ", redact_name(profile))?;
                }
                f.write_str(&replace_control_chars(&path.display().to_string()))
            }
            Self::Default => f.write_str("the default"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_printed_in_terms_of_the_users_setup() {
        let file =
            |path: &str, profile: Option<&str>| Origin::File { path: path.into(), profile: profile.map(str::to_owned) };
        let cases = [
            (Origin::Program, "set in the program"),
            (Origin::Environment("IONOS_TOKEN"), "IONOS_TOKEN"),
            (file("/home/u/.ionos/config", Some("prod")), "profile \"prod\" of /home/u/.ionos/config"),
            (file("/home/u/.ionos/config", None), "/home/u/.ionos/config"),
            (file("/a\x1b[2J", Some("b\x07")), "profile \"[redacted]\" of /a [2J"),
            (Origin::Default, "the default"),
        ];
        for (origin, words) in cases {
            assert_eq!(origin.to_string(), words);
        }
    }

    #[test]
    fn a_setting_prints_name_value_and_origin_on_one_line() {
        let setting = Setting::new("contract", "31721060\n", Origin::Environment("IONOS_CONTRACT_NUMBER"));
        assert_eq!(setting.to_string(), "contract: 31721060  (IONOS_CONTRACT_NUMBER)");
        assert_eq!(setting.name(), "contract");
        assert_eq!(setting.value(), "31721060 ");
    }
}
