//! An audit log is about who did what. A few people and programs are known by name, with the addresses and services
//! they use; where a contract is to have more users than that, the others are made up when they act.

use std::borrow::Cow;

use crate::world::random::Random;
use crate::world::record::Text;
use crate::world::vocabulary::service;

/// Users of a contract by default: those that are known by name.
pub(crate) const USERS: u64 = (PEOPLE.len() + MACHINES.len()) as u64;

/// Services by default: the public ones.
pub(crate) const SERVICES: u64 = 5;

/// Someone who acts, and from where.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) username: Text,
    /// The identifier as a resource of type `user`.
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

/// Programs.
#[rustfmt::skip]
const MACHINES: &[Actor] = &[
    actor("ci@example.com", "2001", &["198.51.100.7", "198.51.100.8", "2001:db8:c1::7"], &[service::REST_V6]),
    actor("billing@example.com", "2002", &["198.51.100.41"], &[service::RESELLER]),
];

/// People.
#[rustfmt::skip]
const PEOPLE: &[Actor] = &[
    actor("anna.schmidt@example.com", "1466", &["203.0.113.17", "192.0.2.88"], &[service::DCD, service::DCD, service::REST_V6]),
    actor("joerg.mueller@example.com", "1467", &["203.0.113.18", "2001:db8:2a::18"], &[service::DCD]),
    actor("maria.rossi@example.com", "1502", &["192.0.2.130"], &[service::REST_V6, service::REST]),
    actor("tomasz.nowak@example.com", "1519", &["203.0.113.64", "2001:db8:51::f00d"], &[service::REST_V6, service::DCD]),
    actor("admin@example.com", "1401", &["203.0.113.2"], &[service::DCD, service::REST]),
];

/// How many users and services there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population {
    /// At least 1.
    pub(crate) users: u64,
    /// At least [`SERVICES`].
    pub(crate) services: u64,
}

impl Population {
    /// Programs: about two users in seven.
    fn machines(self) -> u64 {
        self.users * 2 / 7
    }

    /// A person.
    pub(crate) fn person(self, random: &mut Random) -> Cow<'static, Actor> {
        known_or_made_up(PEOPLE, random.below(self.users - self.machines()), "user", 5000)
    }

    /// A person, or once in three times a program if there is one.
    pub(crate) fn anyone(self, random: &mut Random) -> Cow<'static, Actor> {
        if self.machines() > 0 && random.one_in(3) {
            known_or_made_up(MACHINES, random.below(self.machines()), "service-account", 900_000)
        } else {
            self.person(random)
        }
    }

    /// The service that someone used: one of their own, or once in four times one of those that are not public, if
    /// there are any.
    pub(crate) fn service(self, random: &mut Random, actor: &Actor) -> Text {
        let others = self.services.saturating_sub(SERVICES);
        if others > 0 && random.one_in(4) {
            format!("EXAMPLE_SERVICE_{}", random.between(1, others)).into()
        } else {
            Cow::Borrowed(*random.pick(actor.services))
        }
    }
}

fn known_or_made_up(known: &'static [Actor], index: u64, name: &str, first_id: u64) -> Cow<'static, Actor> {
    match known.get(index as usize) {
        Some(actor) => Cow::Borrowed(actor),
        None => {
            let like = &known[index as usize % known.len()];
            Cow::Owned(Actor {
                username: format!("{name}-{index}@example.net").into(),
                id: (first_id + index).to_string().into(),
                ..like.clone()
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::random::Key;

    #[test]
    fn there_are_as_many_users_and_services_as_were_asked_for() {
        for (users, services) in [(1, 5), (2, 5), (7, 5), (8, 6), (1000, 40)] {
            let population = Population { users, services };
            let mut random = Random::new(Key { seed: 1, contract: 2, part: 3 }, 0);
            let mut names = std::collections::BTreeSet::new();
            let mut used = std::collections::BTreeSet::new();
            for _ in 0..40_000 {
                let actor = population.anyone(&mut random);
                used.insert(population.service(&mut random, &actor));
                names.insert(actor.username.clone());
            }
            assert_eq!(names.len() as u64, users);
            let made_up = used.iter().filter(|name| name.starts_with("EXAMPLE")).count();
            assert_eq!(made_up as u64, services - SERVICES);
        }
    }
}
