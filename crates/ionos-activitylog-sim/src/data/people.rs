//! The users of a contract. A few people and service accounts are fixed, with the addresses and services they use. If a
//! contract has more users, each additional user is derived from its index.

use std::borrow::Cow;

use crate::data::random::Random;
use crate::data::value::Text;
use crate::data::vocabulary::service;

/// Default number of users per contract: the number of fixed users.
pub(crate) const FIXED_USERS: u64 = (PEOPLE.len() + SERVICE_ACCOUNTS.len()) as u64;

/// Default number of services: the number of services with public names.
pub(crate) const PUBLIC_SERVICES: u64 = 5;

/// A user, with the addresses that the user acts from and the services that the user acts through.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) username: Text,
    /// The identifier of the user in a resource of type `user`.
    pub(crate) id: Text,
    pub(crate) addresses: &'static [&'static str],
    pub(crate) services: &'static [&'static str],
}

const fn actor(
    username: &'static str,
    id: &'static str,
    addresses: &'static [&'static str],
    services: &'static [&'static str],
) -> Actor {
    Actor { username: Cow::Borrowed(username), id: Cow::Borrowed(id), addresses, services }
}

/// The fixed service accounts.
#[rustfmt::skip]
const SERVICE_ACCOUNTS: &[Actor] = &[
    actor("ci@example.com", "2001", &["198.51.100.7", "198.51.100.8", "2001:db8:c1::7"], &[service::REST_V6]),
    actor("billing@example.com", "2002", &["198.51.100.41"], &[service::RESELLER]),
];

/// The fixed people.
#[rustfmt::skip]
const PEOPLE: &[Actor] = &[
    actor("anna.schmidt@example.com", "1466", &["203.0.113.17", "192.0.2.88"], &[service::DCD, service::DCD, service::REST_V6]),
    actor("joerg.mueller@example.com", "1467", &["203.0.113.18", "2001:db8:2a::18"], &[service::DCD]),
    actor("maria.rossi@example.com", "1502", &["192.0.2.130"], &[service::REST_V6, service::REST]),
    actor("tomasz.nowak@example.com", "1519", &["203.0.113.64", "2001:db8:51::f00d"], &[service::REST_V6, service::DCD]),
    actor("admin@example.com", "1401", &["203.0.113.2"], &[service::DCD, service::REST]),
];

/// The number of users and services per contract.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population {
    /// Number of users, at least 1.
    pub(crate) users: u64,
    /// Number of services, at least [`PUBLIC_SERVICES`].
    pub(crate) services: u64,
}

impl Population {
    /// The number of service accounts: about two sevenths of the users.
    fn service_accounts(self) -> u64 {
        self.users * 2 / 7
    }

    /// Draws a person.
    pub(crate) fn person(self, random: &mut Random) -> Cow<'static, Actor> {
        fixed_or_derived(PEOPLE, random.below(self.users - self.service_accounts()), "user", 5000)
    }

    /// Draws a user. If the contract has service accounts, the user is a service account with a probability of 1/3, and
    /// a person with a probability of 2/3. If the contract has no service accounts, the user is a person.
    pub(crate) fn anyone(self, random: &mut Random) -> Cow<'static, Actor> {
        if self.service_accounts() > 0 && random.one_in(3) {
            fixed_or_derived(SERVICE_ACCOUNTS, random.below(self.service_accounts()), "service-account", 900_000)
        } else {
            self.person(random)
        }
    }

    /// Draws the service that a user acts through. If there are services without a public name, one of these services
    /// is drawn with a probability of 1/4. In all other cases, one of the user's own services is drawn.
    pub(crate) fn service(self, random: &mut Random, actor: &Actor) -> Text {
        let others = self.services.saturating_sub(PUBLIC_SERVICES);
        if others > 0 && random.one_in(4) {
            format!("EXAMPLE_SERVICE_{}", random.between(1, others)).into()
        } else {
            Cow::Borrowed(*random.pick(actor.services))
        }
    }
}

/// The fixed user at this index, or a user that is derived from the index.
fn fixed_or_derived(known: &'static [Actor], index: u64, name: &str, first_id: u64) -> Cow<'static, Actor> {
    match known.get(index as usize) {
        Some(actor) => Cow::Borrowed(actor),
        None => {
            let template = &known[index as usize % known.len()];
            Cow::Owned(Actor {
                username: format!("{name}-{index}@example.net").into(),
                id: (first_id + index).to_string().into(),
                ..template.clone()
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::RandomKey;

    #[test]
    fn the_population_has_the_chosen_numbers_of_users_and_services() {
        for (users, services) in [(1, 5), (2, 5), (7, 5), (8, 6), (1000, 40)] {
            let population = Population { users, services };
            let mut random = Random::new(RandomKey { seed: 1, contract: 2, part: 3 }, 0);
            let mut names = std::collections::BTreeSet::new();
            let mut used = std::collections::BTreeSet::new();
            for _ in 0..40_000 {
                let actor = population.anyone(&mut random);
                used.insert(population.service(&mut random, &actor));
                names.insert(actor.username.clone());
            }
            assert_eq!(names.len() as u64, users);
            let derived = used.iter().filter(|name| name.starts_with("EXAMPLE")).count();
            assert_eq!(derived as u64, services - PUBLIC_SERVICES);
        }
    }
}
