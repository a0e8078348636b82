//! The inventory of a contract: a few resources of each type that exist throughout the log. Every change that does not
//! create a resource is made to one of these resources, so that resources have a history. Like the log, the inventory
//! is drawn on demand and never stored; a resource that is created in the log does not join the inventory.

use crate::data::random::{Random, RandomKey, fingerprint, to_text};
use crate::data::record::EventResource;
use crate::data::vocabulary::ChangeTemplate;

/// Number of resources of each type in the inventory of a contract.
const RESOURCES_PER_TYPE: u64 = 12;

impl ChangeTemplate {
    /// Whether the change creates the resource.
    pub(crate) fn creates(&self) -> bool {
        !self.uri.contains("{id}")
    }
}

/// Draws the target of a change: the URI, and the affected resources. The changed resource comes first, followed by the
/// data center that contains it, if any.
pub(crate) fn draw_target(
    key: RandomKey,
    random: &mut Random,
    change: &ChangeTemplate,
) -> (String, Vec<EventResource>) {
    let id = if change.creates() { to_text(random.uuid()) } else { existing_id(key, random, change.resource_type) };
    let uri = fill_template(key, random, change.uri, &id);
    let datacenter = datacenter_id(&uri).filter(|datacenter| *datacenter != id);
    let datacenter = datacenter.map(|datacenter| EventResource {
        action: vec![],
        id: datacenter.to_owned(),
        kind: "datacenter",
        unknown: None,
    });
    let mut resources =
        vec![EventResource { action: vec![change.action], id, kind: change.resource_type, unknown: None }];
    resources.extend(datacenter);
    (uri, resources)
}

/// Replaces the words in braces by identifiers: `{id}` by `id`, and any other word, which is a resource type, by the
/// identifier of a resource of that type.
pub(crate) fn fill_template(key: RandomKey, random: &mut Random, template: &str, id: &str) -> String {
    // Capacity for two identifiers.
    let mut uri = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((text, word, after)) = split_at_braces(rest) {
        uri.push_str(text);
        match word {
            "id" => uri.push_str(id),
            resource_type => uri.push_str(&existing_id(key, random, resource_type)),
        }
        rest = after;
    }
    uri + rest
}

/// Splits a template at its first braces: the text before, the word in braces, the text after. `None` without braces.
fn split_at_braces(template: &str) -> Option<(&str, &str, &str)> {
    let (text, rest) = template.split_once('{')?;
    let (word, after) = rest.split_once('}')?;
    Some((text, word, after))
}

/// Draws the identifier of a resource of this type from the inventory.
pub(crate) fn existing_id(key: RandomKey, random: &mut Random, resource_type: &str) -> String {
    let key = RandomKey { part: RandomKey::RESOURCES, ..key };
    let number = random.below(RESOURCES_PER_TYPE);
    let stream = fingerprint([resource_type]).wrapping_add(number);
    to_text(Random::new(key, stream).uuid())
}

/// The identifier of the data center in a URI, if there is one.
fn datacenter_id(uri: &str) -> Option<&str> {
    uri.strip_prefix("/cloudapi/v6/datacenters/")?.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::vocabulary::{CHANGES, READS};

    const KEY: RandomKey = RandomKey { seed: 1, contract: 12_345_678, part: 7 };

    #[test]
    fn every_template_is_filled_and_its_data_center_is_a_resource() {
        let mut random = Random::new(KEY, 0);
        for (_, change) in CHANGES {
            let (uri, resources) = draw_target(KEY, &mut random, change);
            assert!(!uri.contains(['{', '}']), "{uri}");
            assert_eq!(uri.contains(&resources[0].id), !change.creates(), "{uri}");
            let inside = change.uri.contains("{datacenter}");
            assert_eq!(resources.len(), 1 + usize::from(inside), "{uri}");
        }
        for (_, (uri, _)) in READS {
            let uri = fill_template(KEY, &mut random, uri, "1466");
            assert!(uri.contains("1466") && !uri.contains(['{', '}']), "{uri}");
        }
    }

    #[test]
    fn the_inventory_depends_on_the_contract_and_not_on_the_time() {
        let ids = |key: RandomKey| -> std::collections::BTreeSet<String> {
            let mut random = Random::new(key, 0);
            (0..500).map(|_| existing_id(key, &mut random, "server")).collect()
        };
        let own = ids(KEY);
        assert_eq!(own.len() as u64, RESOURCES_PER_TYPE);
        assert_eq!(ids(RandomKey { part: 8, ..KEY }), own);
        let contract = 87_654_321;
        assert!(ids(RandomKey { contract, ..KEY }).is_disjoint(&own));
    }
}
