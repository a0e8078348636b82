//! Reads and writes the JSON files of an archive. Each names its schema, which is checked before anything else is read.

use std::path::Path;

use serde::Deserialize;

use crate::error::Error;

/// A file of this project as JSON for people and programs: members in their fixed order, a line end at its end.
pub(crate) fn to_pretty(value: &impl serde::Serialize) -> Vec<u8> {
    // What is written here are structures with texts as keys, which always can be.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Fails when a file is of another form than the one that is known here, before anything else of it is read.
pub(crate) fn check_schema(bytes: &[u8], known: &str, path: &Path) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct SchemaHeader {
        schema: String,
    }
    let damaged = |detail: String| Error::damaged(path.to_path_buf(), detail);
    let form: SchemaHeader = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    if form.schema == known {
        return Ok(());
    }
    let (kind, _) = known.split_once('/').unwrap_or((known, ""));
    match form.schema.split_once('/') {
        Some((other, _)) if other == kind => {
            Err(Error::Newer { path: path.to_path_buf(), found: form.schema, known: known.to_owned() })
        }
        _ => Err(damaged(format!("it has the form {:?}", form.schema))),
    }
}
