//! Declares settings whose value is one of several names. The command line, error messages and tests must spell a name
//! in the same way, so the macro `setting!` declares each setting together with its names.

use std::fmt;

/// Error for a setting that cannot be parsed. Displays as one sentence with the rejected text and the valid forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BehaviorError(String);

impl BehaviorError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for BehaviorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BehaviorError {}

/// Declares a setting: an enumeration, its default, and the name of each value.
macro_rules! setting {
    (
        $(#[$about:meta])*
        $setting:ident, default $default:ident {
            $($(#[$doc:meta])* $value:ident = $name:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $setting {
            $($(#[$doc])* $value,)+
        }

        impl $setting {
            /// All values.
            pub const ALL: &[Self] = &[$(Self::$value,)+];
            /// The names of the values, in the order of [`Self::ALL`].
            pub const NAMES: &[&str] = &[$($name,)+];
        }

        impl Default for $setting {
            fn default() -> Self {
                Self::$default
            }
        }

        /// Writes the name of the value.
        impl std::fmt::Display for $setting {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$value => $name,)+
                })
            }
        }

        /// Parses the name of a value.
        impl std::str::FromStr for $setting {
            type Err = $crate::behavior::setting::BehaviorError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($name => Ok(Self::$value),)+
                    _ => Err($crate::behavior::setting::BehaviorError::new(format!(
                        "{text:?} is not a valid value: use one of {}",
                        Self::NAMES.join(", ")
                    ))),
                }
            }
        }
    };
}

pub(crate) use setting;

#[cfg(test)]
mod tests {
    setting! {
        /// A setting.
        Light, default Off {
            /// Dark.
            Off = "off",
            /// Bright.
            FullyOn = "fully-on",
        }
    }

    #[test]
    fn every_value_has_a_name_that_is_parsed_and_displayed() {
        assert_eq!(Light::default(), Light::Off);
        for (value, name) in Light::ALL.iter().zip(Light::NAMES) {
            assert_eq!(value.to_string(), *name);
            assert_eq!(name.parse(), Ok(*value));
        }
        assert_eq!(
            "Off".parse::<Light>().unwrap_err().to_string(),
            "\"Off\" is not a valid value: use one of off, fully-on"
        );
    }
}
