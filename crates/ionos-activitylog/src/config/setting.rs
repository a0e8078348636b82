//! "Why does it use that address?" has one answer and many places to look for it. So every setting in force can say
//! where it comes from, in words that a person finds in their own setup.

use std::fmt;
use std::path::PathBuf;

use super::printable;

/// A setting in force and where it comes from. It holds no secret: what it shows of one is `[redacted]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    name: &'static str,
    origin: Origin,
    shown: String,
    overruled: Vec<Setting>,
}

impl Setting {
    pub(super) fn new(name: &'static str, shown: &str, origin: Origin) -> Self {
        let shown = printable(shown);
        Self { name, origin, shown, overruled: Vec::new() }
    }

    /// The setting, going before others.
    pub(super) fn before(mut self, overruled: Vec<Self>) -> Self {
        self.overruled = overruled;
        self
    }

    /// Itself, and what it goes before.
    pub(super) fn with_overruled(&self) -> Vec<Self> {
        let own = Self { overruled: Vec::new(), ..self.clone() };
        [own].into_iter().chain(self.overruled.clone()).collect()
    }

    /// What is set, in words for people: "credentials", "API address", "contract", "pinned certificate",
    /// "root certificates", "config file" or "profile".
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// Where the value comes from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The value as it may be shown, with `[redacted]` for secrets; for certificates, how many there are.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.shown
    }

    /// What later sources say of the same, in their order: it is not in force. A source that is not asked once everything
    /// it may decide is decided, such as ionosctl's old file, is not among them.
    #[must_use]
    pub fn overruled(&self) -> &[Self] {
        &self.overruled
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.name, self.shown, self.origin)
    }
}

/// Where a setting comes from. [`fmt::Display`] says it for people.
///
/// Names and places are those of the vendor's tools: the variables of its SDKs, ionosctl's `config.yaml` and the
/// SDKs' `~/.ionos/config`, and ionosctl's older `config.json`. The program goes first, then variables, then files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The program itself.
    Program,
    /// An environment variable, by its name; for credentials of two variables, both names.
    Environment(&'static str),
    /// A file of the vendor's tools.
    File {
        /// Its path, as it was looked for.
        path: PathBuf,
        /// The profile in force in it, as the file writes its name; none where the file has none in force.
        profile: Option<String>,
    },
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("set in the program"),
            Self::Environment(name) => f.write_str(name),
            Self::File { path, profile } => {
                if let Some(profile) = profile {
                    write!(f, "profile {profile:?} of ")?;
                }
                f.write_str(&printable(&path.display().to_string()))
            }
            Self::Default => f.write_str("the default"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_said_in_words_that_people_find_in_their_setup() {
        let file =
            |path: &str, profile: Option<&str>| Origin::File { path: path.into(), profile: profile.map(str::to_owned) };
        let cases = [
            (Origin::Program, "set in the program"),
            (Origin::Environment("IONOS_TOKEN"), "IONOS_TOKEN"),
            (file("/home/u/.ionos/config", Some("prod")), "profile \"prod\" of /home/u/.ionos/config"),
            (file("/home/u/.ionos/config", None), "/home/u/.ionos/config"),
            (file("/a\x1b[2J", Some("b\x07")), "profile \"b\\u{7}\" of /a [2J"),
            (Origin::Default, "the default"),
        ];
        for (origin, words) in cases {
            assert_eq!(origin.to_string(), words);
        }
    }

    #[test]
    fn a_setting_says_name_value_and_origin_on_one_line() {
        let setting = Setting::new("contract", "31721060\n", Origin::Environment("IONOS_CONTRACT_NUMBER"));
        assert_eq!(setting.to_string(), "contract: 31721060  (IONOS_CONTRACT_NUMBER)");
        assert_eq!(setting.name(), "contract");
        assert_eq!(setting.value(), "31721060 ");
    }
}
