//! A resource has a history only if the log speaks of it more than once. So a contract has an inventory, some resources
//! of each type that it has all along, and most of what is done is done to them. Like the log, the inventory is drawn
//! when it is needed and never kept; a resource that is created in the log does not join it.

use crate::world::random::{Key, Random, fingerprint, text_of};
use crate::world::record::Resource;
use crate::world::vocabulary::Change;

/// Resources of each type in the inventory of a contract.
const RESOURCES_OF_A_TYPE: u64 = 12;

impl Change {
    /// Whether the resource is new.
    pub(crate) fn makes(&self) -> bool {
        !self.uri.contains("{id}")
    }
}

/// The URI of a change, and the resources it touches: first the one it is about, then the data center around it.
pub(crate) fn target(key: Key, random: &mut Random, change: &Change) -> (String, Vec<Resource>) {
    let id = if change.makes() { text_of(random.uuid()) } else { existing(key, random, change.resource_type) };
    let uri = fill(key, random, change.uri, &id);
    let around = datacenter(&uri).filter(|datacenter| *datacenter != id);
    let around = around.map(|datacenter| Resource {
        action: vec![],
        id: datacenter.to_owned(),
        kind: "datacenter",
        unknown: None,
    });
    let mut resources = vec![Resource { action: vec![change.action], id, kind: change.resource_type, unknown: None }];
    resources.extend(around);
    (uri, resources)
}

/// Puts identifiers in the place of the words in braces: `{id}` is the one given, any other word is a resource type.
pub(crate) fn fill(key: Key, random: &mut Random, template: &str, id: &str) -> String {
    // Room for two identifiers besides.
    let mut uri = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((text, word, after)) = first_word(rest) {
        uri.push_str(text);
        match word {
            "id" => uri.push_str(id),
            resource_type => uri.push_str(&existing(key, random, resource_type)),
        }
        rest = after;
    }
    uri + rest
}

/// The text before the first word in braces, the word, and the text after it.
fn first_word(template: &str) -> Option<(&str, &str, &str)> {
    let (text, rest) = template.split_once('{')?;
    let (word, after) = rest.split_once('}')?;
    Some((text, word, after))
}

/// The identifier of one of the inventory's resources.
pub(crate) fn existing(key: Key, random: &mut Random, resource_type: &str) -> String {
    let key = Key { part: Key::RESOURCES, ..key };
    let number = random.below(RESOURCES_OF_A_TYPE);
    let stream = fingerprint([resource_type]).wrapping_add(number);
    text_of(Random::new(key, stream).uuid())
}

/// The identifier of the data center in a URI.
fn datacenter(uri: &str) -> Option<&str> {
    uri.strip_prefix("/cloudapi/v6/datacenters/")?.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::vocabulary::{CHANGES, READS};

    const KEY: Key = Key { seed: 1, contract: 12_345_678, part: 7 };

    #[test]
    fn every_template_is_filled_and_names_its_data_center() {
        let mut random = Random::new(KEY, 0);
        for (_, change) in CHANGES {
            let (uri, resources) = target(KEY, &mut random, change);
            assert!(!uri.contains(['{', '}']), "{uri}");
            assert_eq!(uri.contains(&resources[0].id), !change.makes(), "{uri}");
            let inside = change.uri.contains("{datacenter}");
            assert_eq!(resources.len(), 1 + usize::from(inside), "{uri}");
        }
        for (_, (uri, _)) in READS {
            let uri = fill(KEY, &mut random, uri, "1466");
            assert!(uri.contains("1466") && !uri.contains(['{', '}']), "{uri}");
        }
    }

    #[test]
    fn the_inventory_is_the_same_in_every_hour_and_another_one_in_every_contract() {
        let ids = |key: Key| -> std::collections::BTreeSet<String> {
            let mut random = Random::new(key, 0);
            (0..500).map(|_| existing(key, &mut random, "server")).collect()
        };
        let own = ids(KEY);
        assert_eq!(own.len() as u64, RESOURCES_OF_A_TYPE);
        assert_eq!(ids(Key { part: 8, ..KEY }), own);
        let contract = 87_654_321;
        assert!(ids(Key { contract, ..KEY }).is_disjoint(&own));
    }
}
