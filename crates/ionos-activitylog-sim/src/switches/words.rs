//! Most switches are a choice between a few words, which the command line, error messages and tests must spell the
//! same way. So the words are written once, beside the settings they stand for.

use std::fmt;

/// A setting of a switch that cannot be read. Displays as one sentence: what was understood, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchError(String);

impl SwitchError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for SwitchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SwitchError {}

/// Declares a switch: an enumeration, its default, and the word for each setting.
macro_rules! words {
    (
        $(#[$about:meta])*
        $name:ident, default $default:ident {
            $($(#[$doc:meta])* $setting:ident = $word:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $setting,)+
        }

        impl $name {
            /// All settings.
            pub const ALL: &[Self] = &[$(Self::$setting,)+];
            /// The words for the settings, in their order.
            pub const WORDS: &[&str] = &[$($word,)+];
        }

        impl Default for $name {
            fn default() -> Self {
                Self::$default
            }
        }

        /// The word for the setting.
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$setting => $word,)+
                })
            }
        }

        /// Reads the word for a setting.
        impl std::str::FromStr for $name {
            type Err = $crate::switches::SwitchError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$setting),)+
                    _ => Err($crate::switches::SwitchError::new(format!(
                        "{text:?} is none of the settings {}",
                        Self::WORDS.join(", ")
                    ))),
                }
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    words! {
        /// A switch.
        Light, default Off {
            /// Dark.
            Off = "off",
            /// Bright.
            FullyOn = "fully-on",
        }
    }

    #[test]
    fn every_setting_has_a_word_that_is_read_and_shown() {
        assert_eq!(Light::default(), Light::Off);
        for (setting, word) in Light::ALL.iter().zip(Light::WORDS) {
            assert_eq!(setting.to_string(), *word);
            assert_eq!(word.parse(), Ok(*setting));
        }
        assert_eq!("Off".parse::<Light>().unwrap_err().to_string(), "\"Off\" is none of the settings off, fully-on");
    }
}
