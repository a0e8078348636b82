//! A window is read until it is verified. Where it is too full, or reading it again does not help, it is cut, and where
//! it cannot be cut any more, what is not proven is reported as a gap.

use std::sync::atomic::Ordering;

use futures_util::future::BoxFuture;

use crate::reading::evidence::Evidence;
use crate::reading::learned::Fractions;
use crate::reading::piece::{Piece, Unit};
use crate::reading::scan::{Scan, Scanned, Source, pause};
use crate::{DateRange, Error, ErrorKind, Gap, GapReason, Total, Window};

/// Scans of a window that fits on one page before it is doubted.
const SCANS: u32 = 5;

/// Scans of a window of several pages before it is cut: cutting costs fewer requests.
const SCANS_BEFORE_CUTTING: u32 = 2;

/// Scans of a window that cannot be cut, as long as they bring something new.
const MOST_SCANS: u32 = 40;

/// Scans in a row that bring nothing new before no more is hoped for. Where hits change places at random, one that is
/// missing then was missed by each of them, for which one in a thousand is a high chance.
const STALE_SCANS: u32 = 6;

/// A window whose count disagrees is halved so often to find where.
const MOST_DOUBTS: u32 = 6;

/// Windows of one reading whose count disagrees in the end before it is clear that it is not this or that second: from
/// then on no window is halved to find where. Otherwise a service that never counts right would cost a hundred windows
/// for each.
const MOST_DISAGREEMENTS: u32 = 8;

/// Pieces that a window is cut into whose events are not counted.
const BLIND_PIECES: u64 = 4;

/// How full a window is planned to be, of what it may hold. People work by day and rest on Sundays: fuller windows are
/// too full more often, and each costs a request, and emptier ones have more pages that are not full. With the rhythm
/// of an office, between 0.6 and 0.8 the fewest requests are sent, 10 % more than there are full pages.
const FILL: (u64, u64) = (7, 10);

/// The same where hits change places, so that a window must fit on one page.
const FILL_OF_A_PAGE: (u64, u64) = (3, 5);

/// What became of a piece.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was read.
    Read(Window),
    /// It is to be read in these pieces, which took so many requests to find out.
    Cut(Vec<Piece>, u64),
}

impl Source<'_> {
    /// Reads one piece. `range` is what was asked for as a whole: what lies outside of it is left out.
    pub(super) async fn read(self, piece: Piece, range: DateRange) -> Result<Outcome, Error> {
        let mut requests = 0;
        // Whether fractions of a second are taken is found out at most once.
        loop {
            let assumed = self.learned().is_assumed();
            let done = match self.attempt(piece, Unit::Second).await? {
                Attempt::Cut(pieces, own) => return Ok(Outcome::Cut(pieces, requests + own)),
                Attempt::Done(done) => done,
                Attempt::Stuck(stuck) if self.is_finest(piece) => stuck,
                Attempt::Stuck(stuck) => {
                    requests += stuck.requests;
                    let (finer, own) = self.finer(piece, stuck.evidence.seen()).await?;
                    requests += own;
                    match finer {
                        Some(done) => done,
                        // What came of it may be because of what was assumed.
                        None if assumed => {
                            self.learned().doubt();
                            continue;
                        }
                        None => continue,
                    }
                }
            };
            // Nothing is missing because of what was assumed and not seen.
            if assumed && done.has_gap() {
                self.learned().doubt();
                requests += done.requests;
                continue;
            }
            return Ok(Outcome::Read(done.window(range, requests)));
        }
    }

    /// Whether no part of a piece can be asked for.
    fn is_finest(self, piece: Piece) -> bool {
        self.learned().fractions() == Fractions::Refused || !piece.can_be_cut(Unit::Millisecond)
    }

    /// Scans a piece until it is verified, should be cut, or is stuck.
    async fn attempt(self, piece: Piece, unit: Unit) -> Result<Attempt, Error> {
        let mut evidence = Evidence::new(piece.range);
        let mut requests = 0;
        loop {
            let page = self.page_hits();
            let most = match self.learned().is_unstable() && piece.can_be_cut(unit) {
                true => page,
                false => self.learned().window_size(page),
            };
            let scan = match self.scan(piece.range, most).await? {
                Scanned::All(scan) => scan,
                Scanned::TooFull { total, requests: own } => {
                    requests += own;
                    if piece.can_be_cut(unit) {
                        return Ok(Attempt::Cut(self.too_full(piece, total, unit), requests));
                    }
                    return self.overfull(piece, total, requests).await.map(Attempt::Stuck);
                }
            };
            requests += scan.requests;
            let (pages, total) = (scan.pages, scan.agreed.or(scan.total.map(|total| total.count)));
            let finest = !piece.can_be_cut(unit) && (unit == Unit::Millisecond || self.is_finest(piece));
            if evidence.add(scan, finest) {
                return Ok(Attempt::Done(Done::of(piece, evidence, requests)));
            }
            if evidence.unstable {
                self.learned().found_unstable();
            }
            if pages > 1 && piece.can_be_cut(unit) && evidence.scans >= SCANS_BEFORE_CUTTING {
                return Ok(Attempt::Cut(self.too_full(piece, total, unit), requests));
            }
            let enough = match pages {
                1 => evidence.scans >= SCANS && evidence.stale >= SCANS,
                // A part of a second costs fewer requests than many scans, if it can be had.
                _ if unit == Unit::Second && !self.is_finest(piece) => evidence.scans >= SCANS_BEFORE_CUTTING,
                _ => evidence.stale >= STALE_SCANS,
            };
            if enough
                && piece.can_be_cut(unit)
                && piece.doubts < MOST_DOUBTS
                && self.disagreements.load(Ordering::Relaxed) < MOST_DISAGREEMENTS
                && evidence.strays == 0
            {
                return Ok(Attempt::Cut(piece.cut(2, unit, piece.doubts + 1), requests));
            }
            if enough || evidence.scans >= MOST_SCANS {
                self.disagreements.fetch_add(1, Ordering::Relaxed);
                let done = Done::disagreeing(piece, evidence, requests);
                return Ok(if piece.can_be_cut(unit) || pages == 1 {
                    Attempt::Done(done)
                } else {
                    Attempt::Stuck(done)
                });
            }
            pause(self.clock(), evidence.scans).await;
        }
    }

    /// Pieces that are not too full, as far as one can tell.
    fn too_full(self, piece: Piece, total: Option<u64>, unit: Unit) -> Vec<Piece> {
        let page = self.page_hits();
        let (size, (part, of)) = match self.learned().is_unstable() {
            true => (page, FILL_OF_A_PAGE),
            false => (self.learned().window_size(page), FILL),
        };
        let fill = (size * part / of).max(1);
        let pieces = total.map_or(BLIND_PIECES, |total| total.div_ceil(fill));
        piece.cut(pieces, unit, piece.doubts)
    }

    /// Reads what can be reached of a piece that is too full and cannot be cut.
    async fn overfull(self, piece: Piece, total: Option<u64>, requests: u64) -> Result<Done, Error> {
        let most = self.learned().window_size(self.page_hits());
        let mut evidence = Evidence::new(piece.range);
        let scan = self.scan_beginning(piece.range, most).await?;
        let requests = requests + scan.requests;
        let said = scan.total;
        let unproven = Scan { agreed: None, ..scan };
        evidence.add(unproven, false);
        let total = total.map(|count| Total { count, exact: true }).or(said);
        let mut done = Done::of(piece, evidence, requests);
        done.gap = Some((GapReason::Overflow, total));
        Ok(done)
    }

    /// Tries whether the service takes fractions of a second, and reads a second in pieces if it does; `seen` is what
    /// came of it as a whole. Nothing of that counts before all pieces are read, and show that they are pieces: a
    /// service that cuts fractions off gives an empty answer for one and a whole second for another.
    async fn finer(self, whole: Piece, seen: u64) -> Result<(Option<Done>, u64), Error> {
        let mut requests = 0;
        let mut pieces = whole.cut(BLIND_PIECES, Unit::Millisecond, 0);
        pieces.reverse();
        let mut read: Vec<Done> = Vec::new();
        while let Some(piece) = pieces.pop() {
            let refused = match self.attempt_finer(piece).await {
                Ok(Attempt::Cut(cut, own)) => {
                    requests += own;
                    pieces.extend(cut.into_iter().rev());
                    continue;
                }
                Ok(Attempt::Done(done) | Attempt::Stuck(done)) => {
                    let refused = done.evidence.strays > 0;
                    read.push(done);
                    refused
                }
                // Only a service that does not know what to do with the date says so.
                Err(error) if may_be_about_the_date(error.kind()) => true,
                Err(error) => return Err(error),
            };
            if refused {
                break;
            }
        }
        requests += read.iter().map(|done| done.requests).sum::<u64>();
        let strays = read.iter().any(|done| done.evidence.strays > 0);
        let parts: u64 = read.iter().map(|done| done.evidence.seen()).sum();
        // What was there for the whole second must be there for its parts.
        let taken = pieces.is_empty() && !strays && parts >= seen;
        self.learned().found_fractions(taken);
        Ok((taken.then(|| Done::joined(whole, read)), requests))
    }

    /// As [`Source::attempt`], for a piece that begins or ends within a second.
    fn attempt_finer<'a>(self, piece: Piece) -> BoxFuture<'a, Result<Attempt, Error>>
    where
        Self: 'a,
    {
        Box::pin(self.attempt(piece, Unit::Millisecond))
    }
}

/// Failures that a date with a fraction may lead to.
fn may_be_about_the_date(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::BadRequest | ErrorKind::Server)
}

/// What became of a piece so far.
enum Attempt {
    Done(Done),
    Cut(Vec<Piece>, u64),
    /// Not verified, and it cannot be cut.
    Stuck(Done),
}

/// A piece that was read as well as it can be.
#[derive(Debug)]
struct Done {
    piece: Piece,
    evidence: Evidence,
    requests: u64,
    gap: Option<(GapReason, Option<Total>)>,
    /// Parts of it that were read apart from each other.
    parts: Vec<Done>,
}

impl Done {
    fn of(piece: Piece, evidence: Evidence, requests: u64) -> Self {
        Self { piece, evidence, requests, gap: None, parts: Vec::new() }
    }

    fn disagreeing(piece: Piece, evidence: Evidence, requests: u64) -> Self {
        let reason = if evidence.strays > 0 { GapReason::OutsideOfWindow } else { GapReason::Disagreement };
        let total = evidence.total;
        Self { gap: Some((reason, total)), ..Self::of(piece, evidence, requests) }
    }

    fn has_gap(&self) -> bool {
        self.gap.is_some() || self.parts.iter().any(Self::has_gap)
    }

    /// The requests of its parts are counted already.
    fn joined(piece: Piece, mut parts: Vec<Self>) -> Self {
        parts.iter_mut().for_each(|part| part.requests = 0);
        Self { parts, ..Self::of(piece, Evidence::new(piece.range), 0) }
    }

    /// The window, without what lies outside of a range; so many requests were made before.
    fn window(self, range: DateRange, requests: u64) -> Window {
        let own = self.piece.range.intersection(&range).unwrap_or(self.piece.range);
        let gap =
            self.gap.map(|(reason, total)| Gap { range: self.piece.range, seen: self.evidence.seen(), total, reason });
        let (mut evidence, parts) = (self.evidence, self.parts);
        let counted = match parts.is_empty() {
            true => evidence.counted(),
            false => Some(0),
        };
        let (events, strays) = evidence.take_events(range);
        let mut window = Window {
            range: own,
            events,
            strays,
            counted,
            gaps: gap.into_iter().collect(),
            scans: evidence.scans,
            requests: self.requests + requests,
            duplicates: evidence.duplicates,
            amended: evidence.amended,
            filtered: 0,
            bytes: evidence.bytes,
        };
        for part in parts {
            window.join(part.window(range, 0));
        }
        window
    }
}

impl Window {
    /// Adds a part of it that was read apart.
    fn join(&mut self, part: Self) {
        self.events.extend(part.events);
        self.strays.extend(part.strays);
        self.counted = self.counted.zip(part.counted).map(|(one, more)| one + more);
        self.gaps.extend(part.gaps);
        self.scans += part.scans;
        self.requests += part.requests;
        self.duplicates += part.duplicates;
        self.amended += part.amended;
        self.bytes += part.bytes;
    }
}
