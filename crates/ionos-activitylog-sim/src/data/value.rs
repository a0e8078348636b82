//! Values of records and answers: text, scalars whose JSON type varies, and undocumented members.

use std::borrow::Cow;

use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Text that is a constant or generated for one event.
pub(crate) type Text = Cow<'static, str>;

/// The value of an undocumented member, as JSON text. `None` leaves the member out.
pub(crate) type UnknownMember = Option<&'static RawValue>;

/// A value that is a number in some records and text in others.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Whole(u64),
    /// A number with a fraction, as JSON text, so that no digit is lost.
    #[serde(serialize_with = "serialize_as_number")]
    Decimal(&'static str),
    Text(Text),
}

impl Scalar {
    /// Turns a number into its text.
    pub(crate) fn convert_to_text(&mut self) {
        *self = Self::Text(match self {
            Self::Whole(number) => number.to_string().into(),
            Self::Decimal(number) => (*number).into(),
            Self::Text(text) => std::mem::take(text),
        });
    }
}

fn serialize_as_number<S: Serializer>(text: &&'static str, serializer: S) -> Result<S::Ok, S::Error> {
    let number: &RawValue = serde_json::from_str(text).map_err(S::Error::custom)?;
    number.serialize(serializer)
}

/// Serializes to compact JSON.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    // Serializing fails only for keys that are not text and for errors of the value itself; this crate has neither.
    serde_json::to_string(value).unwrap_or_default()
}
