//! Checks how the settings of a machine are resolved, and that no text for users shows a token. An input has three
//! sections, separated by lines with `%%`: a line `NAME=value` for each environment variable, the YAML file of
//! ionosctl, and the JSON file of ionosctl.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ionos_activitylog::internal::resolve_settings;

const YAML: &str = "/home/u/.config/ionosctl/config.yaml";
const JSON: &str = "/home/u/.config/ionosctl/config.json";

/// A secret that no text for users may show.
const TOKEN: &str = "planted-token-4711";

/// Resolves the settings with and without a token in the environment.
pub fn check(bytes: &[u8]) {
    let mut sections = split(bytes);
    let variables = sections.next().unwrap_or_default();
    let files: BTreeMap<PathBuf, Vec<u8>> =
        [YAML, JSON].into_iter().zip(sections).map(|(path, text)| (path.into(), text.to_vec())).collect();
    let variables = String::from_utf8_lossy(variables);
    let mut variables: BTreeMap<String, String> =
        variables.lines().filter_map(|line| line.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
    // If the input itself contains the token, a setting that is not secret may have the token as its value. The texts
    // may show such a setting.
    let mentions_token = bytes.windows(TOKEN.len()).any(|part| part == TOKEN.as_bytes());
    check_output(&variables, &files, true);
    variables.insert("IONOS_TOKEN".to_owned(), TOKEN.to_owned());
    check_output(&variables, &files, mentions_token);
}

/// Checks that no text for users has a control character. If `may_have_token` is false, also checks that no such text
/// contains the token.
fn check_output(variables: &BTreeMap<String, String>, files: &BTreeMap<PathBuf, Vec<u8>>, may_have_token: bool) {
    let texts: Vec<String> = match resolve_settings(variables, files) {
        Ok((settings, profiles)) => {
            settings.iter().map(|setting| format!("{setting}\u{2028}{setting:?}")).chain(profiles).collect()
        }
        Err(error) => [error.to_string()].into_iter().chain(error.hint().map(str::to_owned)).collect(),
    };
    for text in texts {
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(may_have_token || !text.contains(TOKEN), "the token is shown: {text:?}");
    }
}

/// The sections of an input, at most three.
fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    let sections = std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let Some(at) = bytes.windows(4).position(|part| part == b"\n%%\n") else { return Some(bytes) };
        rest = bytes.get(at + 4..);
        bytes.get(..at)
    });
    sections.take(3)
}
