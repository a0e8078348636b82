//! The folder of one contract, open for writing: what its manifests say, and the order in which files change so that
//! whoever is killed in between leaves an archive that the next export can go on with.
//!
//! Part, then manifest, then state. A manifest is the moment at which a part belongs to the archive: a part without
//! one is written again, and a state that is behind is brought up to the manifests.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use ionos_activitylog::clock::Clock;
use ionos_activitylog::{DateRange, RangeSet};

use crate::durable::{self, Kind};
use crate::layout::{ContractFolder, names};
use crate::manifest::{Covered, KnownGap, Manifest, Part, Previous};
use crate::part::Stretch;
use crate::state::{self, Certainty, Identity, Lock, OpenGap, State, Writer};
use crate::{Digest, Error, Step, Steps};

/// A contract's folder with the right to write to it.
pub(crate) struct Opened {
    pub(crate) folder: ContractFolder,
    pub(crate) days: BTreeMap<NaiveDate, (Manifest, Digest)>,
    pub(crate) state: State,
    /// What is worth a word to the user.
    pub(crate) notes: Vec<String>,
    clock: Arc<dyn Clock>,
    steps: Steps,
    /// Whether a manifest is newer than the state.
    behind: bool,
    /// Whether there was a state before: then a part in no manifest was left by an export.
    known: bool,
    _lock: Lock,
}

impl Opened {
    /// Opens the folder of a contract, which is made where it is missing. What an export that was killed has left is
    /// brought in order.
    ///
    /// Fails where the archive is of something else, where somebody else writes to it, and where it is not as it was
    /// written.
    pub(crate) fn open(
        folder: ContractFolder,
        api: &str,
        clock: Arc<dyn Clock>,
        steps: Steps,
    ) -> Result<Self, Error> {
        durable::make_folder(folder.path(), &steps)?;
        let lock = Lock::take(&folder, clock.now(), &steps)?;
        let identity = Identity::new(api, folder.contract());
        let (state, warning) = State::read(&folder)?;
        let days = read_days(&folder)?;
        let mut notes: Vec<String> = warning.into_iter().collect();
        let known = state.is_some();
        let state = match state {
            Some(state) => {
                check_identity(&folder, &state.identity, &identity)?;
                state
            }
            None => {
                if !days.is_empty() {
                    notes.push(format!(
                        "there was no state, so it was made anew from {} manifests",
                        days.len()
                    ));
                }
                State {
                    // Nobody knows how the last export ended.
                    open: true,
                    ..State::new(identity.clone(), clock.now())
                }
            }
        };
        for (manifest, _) in days.values() {
            let theirs = Identity {
                api: manifest.api.clone(),
                contract: manifest.contract.clone(),
                id_rule: manifest.id_rule.clone(),
                filter: String::new(),
            };
            check_identity(&folder, &theirs, &identity)?;
        }
        let mut opened = Self {
            folder,
            days,
            state,
            notes,
            clock,
            steps,
            behind: false,
            known,
            _lock: lock,
        };
        opened.check_against_state()?;
        if opened.state.relink.is_some() {
            opened.relink()?;
        }
        opened.check_chain()?;
        opened.sweep(None)?;
        opened.check_parts()?;
        Ok(opened)
    }

    fn check_against_state(&self) -> Result<(), Error> {
        let lost = self.state.covered().difference(&self.covered());
        if let Some(first) = lost.iter().next() {
            let path = self.folder.manifest(first.start().date_naive());
            return Err(Error::Damaged(
                path,
                format!(
                    "{first} was archived, and no manifest has it: `ialog verify` says more, and after \
                     `ialog state rebuild` it is read again"
                ),
            ));
        }
        if let Some(head) = self.state.head.filter(|_| !self.state.open) {
            let found = self.head();
            if found != Some(head) {
                return Err(Error::Damaged(
                    self.folder.manifest(head.date),
                    "it is not the last manifest that was written: `ialog verify` says more, and \
                     `ialog state rebuild` takes it as it is"
                        .to_owned(),
                ));
            }
        }
        Ok(())
    }

    fn check_chain(&self) -> Result<(), Error> {
        let mut before: Option<Previous> = None;
        for (date, (manifest, digest)) in &self.days {
            if manifest.previous != before {
                let path = before.map_or_else(
                    || self.folder.manifest(*date),
                    |before| self.folder.manifest(before.date),
                );
                return Err(Error::Damaged(
                    path,
                    format!("the manifest of {date} does not follow it: `ialog verify` says more"),
                ));
            }
            before = Some(Previous {
                date: *date,
                sha256: *digest,
            });
        }
        Ok(())
    }

    /// Fails where a part is gone or was cut off: what is counted again would be taken for complete, and whatever is
    /// written next would make it look as if all were well.
    fn check_parts(&self) -> Result<(), Error> {
        for (date, (manifest, _)) in &self.days {
            for part in &manifest.parts {
                let path = self.folder.day(*date).join(part.file.to_string());
                let wrong = match std::fs::metadata(&path) {
                    Ok(found) if found.len() == part.bytes => continue,
                    Ok(found) => format!(
                        "it has {} bytes, and the manifest says {}",
                        found.len(),
                        part.bytes
                    ),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                        "it is gone".to_owned()
                    }
                    Err(error) => return Err(Error::Open(path, error)),
                };
                return Err(Error::Damaged(
                    path,
                    format!(
                        "{wrong}: put it back from a copy, or remove the folder of its day and run \
                         `ialog state rebuild --relink` to have the day read again; `ialog verify` says what else is wrong"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// What was read.
    pub(crate) fn covered(&self) -> RangeSet {
        let days = self.days.values();
        days.flat_map(|(manifest, _)| manifest.ranges.iter().filter_map(Covered::range))
            .collect()
    }

    /// Everything that was read and is not proven to be complete, each as it was read.
    pub(crate) fn unverified(&self) -> Vec<DateRange> {
        let ranges = self
            .days
            .values()
            .flat_map(|(manifest, _)| &manifest.ranges);
        ranges
            .filter(|range| !range.verified)
            .filter_map(Covered::range)
            .collect()
    }

    /// The latest manifest.
    pub(crate) fn head(&self) -> Option<Previous> {
        let (date, (_, sha256)) = self.days.last_key_value()?;
        Some(Previous {
            date: *date,
            sha256: *sha256,
        })
    }

    /// Says that an export is on its way.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        self.state.open = true;
        self.state.writer = Writer::this(self.clock.now());
        self.save()
    }

    /// Brings everything in order after the last part. Where the reading failed, the export stays open, so that the next
    /// one looks for what this one has left.
    pub(crate) fn end(&mut self, failed: bool) -> Result<(), Error> {
        self.relink()?;
        self.sweep(None)?;
        for date in self.folder.days()? {
            if !self.days.contains_key(&date) {
                // Made for a part that was given up. One that is not empty stays.
                let _ = std::fs::remove_dir(self.folder.day(date));
            }
        }
        self.state.open = failed;
        self.save()
    }

    /// The folder of a day, made where it is missing.
    pub(crate) fn day_folder(
        folder: &ContractFolder,
        date: NaiveDate,
        steps: &Steps,
    ) -> Result<PathBuf, Error> {
        let path = folder.day(date);
        durable::make_folder(&path, steps)?;
        Ok(path)
    }

    /// Takes what was read, whose parts are on the disk, into the manifests: stretches in order, in place of what was
    /// there of their time.
    pub(crate) fn take(&mut self, stretches: Vec<Stretch>) -> Result<(), Error> {
        let mut by_day: BTreeMap<NaiveDate, Vec<Stretch>> = BTreeMap::new();
        for stretch in stretches {
            let date = stretch.range.start().date_naive();
            by_day.entry(date).or_default().push(stretch);
        }
        for (date, stretches) in by_day {
            let mut manifest = self.manifest(date);
            let replaced: RangeSet = stretches.iter().map(|stretch| stretch.range).collect();
            let before = manifest.parts.len();
            manifest
                .parts
                .retain(|part| !replaced.covers(part.file.range));
            let replaces = manifest.parts.len() < before;
            manifest
                .gaps
                .retain(|gap| gap.range().is_some_and(|range| !replaced.covers(range)));
            for stretch in stretches {
                cover(
                    &mut manifest.ranges,
                    Covered::of(stretch.range, stretch.verified).counted_if(stretch.counted),
                );
                self.note_gaps(&stretch.gaps);
                manifest.parts.extend(stretch.part);
                manifest.gaps.extend(stretch.gaps);
            }
            self.write(manifest)?;
            if replaces {
                self.sweep(Some(date))?;
            }
        }
        Ok(())
    }

    /// Adds a part with late events.
    pub(crate) fn take_late(&mut self, date: NaiveDate, part: Part) -> Result<(), Error> {
        let mut manifest = self.manifest(date);
        manifest.parts.retain(|known| known.file != part.file);
        manifest.parts.push(part);
        self.write(manifest)
    }

    /// Takes back that a verified time of a day is proven to be complete. So it is read again as a whole, and what is
    /// archived of it stays until then.
    pub(crate) fn doubt(
        &mut self,
        date: NaiveDate,
        range: DateRange,
        gaps: Vec<KnownGap>,
        new: Option<Part>,
    ) -> Result<(), Error> {
        self.unseal(range);
        let mut manifest = self.manifest(date);
        let inside = RangeSet::from(range);
        if let Some(new) = new {
            manifest.parts.retain(|known| known.file != new.file);
            manifest.parts.push(new);
        }
        for part in &mut manifest.parts {
            if inside.covers(part.file.range) {
                part.verified = false;
                part.total = None;
            }
        }
        cover(&mut manifest.ranges, Covered::of(range, false));
        self.note_gaps(&gaps);
        manifest.gaps.extend(gaps);
        self.write(manifest)
    }

    fn manifest(&self, date: NaiveDate) -> Manifest {
        self.days.get(&date).map_or_else(
            || {
                let Identity { api, contract, .. } = &self.state.identity;
                Manifest::new(api, contract.clone(), date)
            },
            |(manifest, _)| manifest.clone(),
        )
    }

    fn write(&mut self, mut manifest: Manifest) -> Result<(), Error> {
        let date = manifest.date;
        manifest.settle();
        manifest.tool = crate::manifest::Tool::this();
        let followed = self.days.range(date..).any(|(later, _)| *later > date);
        if followed && self.state.relink.is_none_or(|from| from > date) {
            // Known before it is so: whoever finds the chain broken must know that nobody else broke it.
            self.state.relink = Some(date);
            self.save()?;
        }
        self.write_linked(manifest)?;
        self.behind = true;
        Ok(())
    }

    fn write_linked(&mut self, mut manifest: Manifest) -> Result<(), Error> {
        let date = manifest.date;
        let before = self.days.range(..date).next_back();
        manifest.previous = before.map(|(date, (_, sha256))| Previous {
            date: *date,
            sha256: *sha256,
        });
        let bytes = manifest.to_bytes();
        Self::day_folder(&self.folder, date, &self.steps)?;
        durable::write(
            &self.folder.manifest(date),
            &bytes,
            Kind::Manifest,
            &self.steps,
        )?;
        self.days.insert(date, (manifest, Digest::of(&bytes)));
        Ok(())
    }

    /// Has each manifest after the first that was changed follow the one before it.
    fn relink(&mut self) -> Result<(), Error> {
        let Some(from) = self.state.relink else {
            return Ok(());
        };
        let dates: Vec<NaiveDate> = self.days.range(from..).map(|(date, _)| *date).collect();
        for date in dates {
            let before = self.days.range(..date).next_back();
            let right = before.map(|(date, (_, sha256))| Previous {
                date: *date,
                sha256: *sha256,
            });
            if let Some((manifest, _)) = self.days.get(&date)
                && manifest.previous != right
            {
                self.write_linked(manifest.clone())?;
                self.steps.pass(Step::ChainLinked);
            }
        }
        self.state.relink = None;
        self.save()
    }

    /// Brings the state up to the manifests, if it is behind.
    pub(crate) fn catch_up(&mut self) -> Result<(), Error> {
        if self.behind { self.save() } else { Ok(()) }
    }

    pub(crate) fn save(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        self.state.generation += 1;
        self.state.updated = now;
        self.state.head = self.head();
        self.state.coverage = self.coverage();
        self.state.gaps = self.gaps(now);
        state::write(&self.folder, &self.state, &self.steps)?;
        self.behind = false;
        Ok(())
    }

    /// What the manifests say together, touching stretches of one certainty as one.
    fn coverage(&self) -> Vec<state::Stretch> {
        let sealed = self.state.sealed();
        let mut stretches = Vec::new();
        for (manifest, _) in self.days.values() {
            state::extend(&mut stretches, manifest, &sealed);
        }
        stretches
    }

    /// What is known of the gaps that the manifests have.
    fn gaps(&self, now: DateTime<Utc>) -> Vec<OpenGap> {
        let known = |from, to| {
            let gaps = self.state.gaps.iter();
            gaps.clone().find(|gap| (gap.from, gap.to) == (from, to))
        };
        let gaps = self.days.values().flat_map(|(manifest, _)| &manifest.gaps);
        gaps.map(|gap| {
            let before = known(gap.from, gap.to);
            OpenGap {
                tries: before.map_or(1, |before| before.tries),
                next: before.map_or(now, |before| before.next),
                ..OpenGap::of(gap, now)
            }
        })
        .collect()
    }

    /// Remembers that gaps were tried once more.
    fn note_gaps(&mut self, gaps: &[KnownGap]) {
        let now = self.clock.now();
        for gap in gaps {
            let overlaps = |open: &OpenGap| {
                let both = open.range().zip(gap.range());
                both.is_some_and(|(a, b)| a.intersection(&b).is_some())
            };
            let before = self.state.gaps.iter().filter(|open| overlaps(open));
            let tries = 1 + before.map(|open| open.tries).max().unwrap_or_default();
            self.state.gaps.retain(|open| !overlaps(open));
            self.state.gaps.push(OpenGap {
                tries,
                next: State::next_try(tries, now),
                ..OpenGap::of(gap, now)
            });
        }
    }

    /// Marks what was counted again long enough after it happened; it counts once the state is written.
    pub(crate) fn seal(&mut self, range: DateRange) {
        self.state.coverage.push(state::Stretch {
            from: range.start(),
            to: range.end(),
            state: Certainty::Sealed,
            count: 0,
        });
        self.behind = true;
    }

    /// Takes the mark back where something new came.
    pub(crate) fn unseal(&mut self, range: DateRange) {
        let left = self.state.sealed().difference(&range.into());
        let sealed = left.iter().map(|range| state::Stretch {
            from: range.start(),
            to: range.end(),
            state: Certainty::Sealed,
            count: 0,
        });
        self.state.coverage = sealed.collect();
    }

    /// Removes what an export that was killed or has failed has left, and parts that were replaced: files in the making,
    /// and parts in no manifest. Where no export is known that may have left one, only if a manifest has its time.
    fn sweep(&self, only: Option<NaiveDate>) -> Result<(), Error> {
        let dates = match only {
            Some(date) => vec![date],
            None => {
                self.sweep_partial(self.folder.path())?;
                self.folder.days()?
            }
        };
        for date in dates {
            let folder = self.folder.day(date);
            self.sweep_partial(&folder)?;
            let manifest = self.days.get(&date).map(|(manifest, _)| manifest);
            let covered =
                manifest.map(|manifest| manifest.verified().union(&manifest.unverified()));
            for name in self.folder.parts(date)? {
                let listed = manifest
                    .is_some_and(|manifest| manifest.parts.iter().any(|part| part.file == name));
                let left = only.is_none() && self.known && self.state.open
                    || covered
                        .as_ref()
                        .is_some_and(|covered| covered.covers(name.range));
                if !listed && left {
                    durable::remove(&folder.join(name.to_string()), &self.steps)?;
                }
            }
        }
        Ok(())
    }

    fn sweep_partial(&self, folder: &std::path::Path) -> Result<(), Error> {
        for name in names(folder)? {
            if durable::is_leftover(&name) {
                durable::remove(&folder.join(name), &self.steps)?;
            }
        }
        Ok(())
    }
}

/// The manifests of a contract. A day without one was not finished.
pub(crate) fn read_days(
    folder: &ContractFolder,
) -> Result<BTreeMap<NaiveDate, (Manifest, Digest)>, Error> {
    let mut days = BTreeMap::new();
    for date in folder.days()? {
        let path = folder.manifest(date);
        match Manifest::read(&path) {
            Err(Error::Open(_, error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            read => {
                let (manifest, digest) = read?;
                if manifest.date != date || manifest.contract != *folder.contract() {
                    return Err(Error::Damaged(
                        path,
                        format!("it is of contract {}, {}", manifest.contract, manifest.date),
                    ));
                }
                days.insert(date, (manifest, digest));
            }
        }
    }
    Ok(days)
}

fn check_identity(
    folder: &ContractFolder,
    archived: &Identity,
    wanted: &Identity,
) -> Result<(), Error> {
    let say = |identity: &Identity| {
        let filter = match identity.filter.as_str() {
            "" => String::new(),
            filter => format!(", filter {filter:?}"),
        };
        format!(
            "contract {} at {}{filter} (ids by {})",
            identity.contract, identity.api, identity.id_rule
        )
    };
    if archived == wanted {
        return Ok(());
    }
    Err(Error::Foreign {
        path: folder.path().to_path_buf(),
        archived: say(archived),
        wanted: say(wanted),
    })
}

/// Puts a range in the place of whatever there was of its time. Verified ranges that touch become one; others stay as
/// they were read, so that they can be read again as such.
fn cover(ranges: &mut Vec<Covered>, new: Covered) {
    let mut all = Vec::new();
    let taken: RangeSet = new.range().into_iter().collect();
    for covered in ranges.iter() {
        let Some(old) = covered.range() else {
            continue;
        };
        let left = RangeSet::from(old).difference(&taken);
        let left = left.iter();
        all.extend(
            left.map(|left| Covered::of(left, covered.verified).counted_if(covered.counted)),
        );
    }
    all.push(new);
    all.sort_by_key(|covered| covered.from);
    all.dedup_by(|next, kept| {
        let joined = kept.verified && next.verified && kept.to == next.from;
        if joined {
            kept.to = next.to;
            kept.counted &= next.counted;
        }
        joined
    });
    *ranges = all;
}
