//! Reading a record means two passes over it: one that makes sure that it is JSON, and one that finds in it what is
//! wanted. Both look at every key, every colon and every bracket, and these are the same in one record after the other:
//! a log has a few dozen shapes. So a shape is learned once, from a record that was read the long way, and from then on
//! whatever has this shape is compared with it, which is one pass that looks at nothing but the values.
//!
//! A shape is what is left of a value's text when the contents of its strings and the digits of its numbers are taken
//! out: literal text, and holes between. Text that agrees with every literal of a value that is JSON, with a string or a
//! number in every hole, is JSON too; and where in it a member is found depends on its literals alone. Shapes that begin
//! alike share their beginnings.
//!
//! Text that agrees with no shape may be anything, and is read the long way. So nothing here is more than a short cut.

use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use super::hole::{contents, end_of_number};
use super::scan::is_blank;

/// A value longer than this is not learned from; records have less than a thousand bytes. It keeps a key of a million
/// letters from being remembered.
const LONGEST: usize = 16 << 10;

/// From so many pieces on nothing more is remembered: those of about a hundred shapes that have little in common. A log
/// has fewer.
const MOST_PIECES: usize = 2048;

/// From so many bytes of literals on nothing more is remembered. Usual ones have twenty.
const MOST_BYTES: usize = 256 << 10;

/// So many pieces are compared in one place at the most. What has more, such as keys that are numbers of something, would
/// take longer to compare than to read.
const MOST_IN_PLACE: usize = 32;

/// A value of more pieces is not learned from: records have less than fifty, and few of those that have more are alike.
const MOST_IN_ONE: usize = 64;

/// The shapes of values that were seen, and what of such a value is wanted: `N` parts of it.
#[derive(Clone, Debug)]
pub(crate) struct Shapes<const N: usize> {
    pieces: Vec<Piece>,
    /// The literals of all pieces.
    literals: Vec<u8>,
    /// The marks of all shapes.
    marks: Vec<Mark>,
    /// Pieces that a value may begin with.
    first: Option<usize>,
}

/// A literal, and the hole behind it.
#[derive(Clone, Debug)]
struct Piece {
    /// Where it is in the literals.
    literal: (usize, usize),
    hole: Hole,
    /// Where the marks of the shape are that ends here. Not before that is it clear what is wanted: of a key that occurs
    /// twice, the last counts.
    marks: (usize, usize),
    /// Whether values of the shape that ends here fit.
    fits: bool,
    /// The first of the pieces that may come behind it.
    first: Option<usize>,
    /// The next of those that may be in its place.
    other: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hole {
    /// The contents of a string; its quotes belong to the literals.
    Text,
    Number,
    /// None: the value ends here.
    End,
}

/// Where a piece is that is looked for.
enum Found {
    There(usize),
    /// It is not among so many others.
    Nowhere(usize),
}

/// Where a part that is wanted begins or ends.
#[derive(Clone, Copy, Debug)]
struct Mark {
    part: usize,
    edge: Edge,
    /// In which of the pieces of the shape.
    piece: usize,
    /// How far behind the beginning of its literal.
    ahead: usize,
}

#[derive(Clone, Copy, Debug)]
enum Edge {
    Begin,
    End,
}

/// A value whose shape is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known<'a, const N: usize> {
    /// The place behind it.
    pub(crate) end: usize,
    /// What is wanted of it.
    pub(crate) parts: [Option<&'a str>; N],
    /// Whether it fits: see [`Shapes::learn`].
    pub(crate) fits: bool,
}

impl<const N: usize> Default for Shapes<N> {
    fn default() -> Self {
        Self { pieces: Vec::new(), literals: Vec::new(), marks: Vec::new(), first: None }
    }
}

impl<const N: usize> Shapes<N> {
    /// The value that begins at `start`, which nobody need have read; none where it has no shape that is known.
    #[inline]
    pub(crate) fn read<'a>(&self, text: &'a str, start: usize) -> Option<Known<'a, N>> {
        let bytes = text.as_bytes();
        let mut places = [0; MOST_IN_ONE];
        let mut by_number = false;
        let (mut at, mut tried) = (start, self.first);
        for place in &mut places {
            let (piece, next) = loop {
                let piece = self.pieces.get(tried?)?;
                match self.pass(piece, bytes, at, &mut by_number) {
                    Some(next) => break (piece, next),
                    None => tried = piece.other,
                }
            };
            *place = at;
            if piece.hole == Hole::End {
                return Some(Known {
                    end: next,
                    parts: self.parts(text, piece, &places),
                    fits: piece.fits && !by_number,
                });
            }
            (at, tried) = (next, piece.first);
        }
        None
    }

    /// What is wanted of a text, whose pieces begin at these places.
    #[inline]
    fn parts<'a>(&self, text: &'a str, last: &Piece, places: &[usize]) -> [Option<&'a str>; N] {
        let mut edges = [[usize::MAX; 2]; N];
        let (from, to) = last.marks;
        for mark in self.marks.get(from..to).unwrap_or_default() {
            let edges = edges.get_mut(mark.part);
            if let (Some(edges), Some(place)) = (edges, places.get(mark.piece)) {
                edges[mark.edge as usize] = place + mark.ahead;
            }
        }
        // One that has no marks is nowhere in the text.
        edges.map(|[begin, end]| text.get(begin..end))
    }

    /// The place behind a piece and its hole; none where the text does not agree. Notes where a string is spelled with
    /// the number of a character.
    #[inline]
    fn pass(&self, piece: &Piece, text: &[u8], at: usize, by_number: &mut bool) -> Option<usize> {
        let (from, to) = piece.literal;
        let literal = self.literals.get(from..to)?;
        let behind = at + literal.len();
        if text.get(at..behind)? != literal {
            return None;
        }
        match piece.hole {
            Hole::Text => {
                let contents = contents(text, behind)?;
                *by_number |= contents.by_number;
                Some(contents.end)
            }
            Hole::Number => end_of_number(text, behind),
            Hole::End => Some(behind),
        }
    }

    /// Whether the shape of a value, which a JSON reader has accepted, may still be remembered.
    pub(crate) fn takes(&self, value: &str) -> bool {
        self.pieces_of(value).is_some()
    }

    /// What would be remembered of a value; none where there is no room for it.
    fn pieces_of(&self, value: &str) -> Option<Vec<(Range<usize>, Hole)>> {
        let room = value.len() <= LONGEST && self.pieces.len() < MOST_PIECES && self.literals.len() < MOST_BYTES;
        pieces(room.then_some(value.as_bytes())?)
    }

    /// Remembers the shape of a value that a JSON reader has accepted, without white space around it, unless there is no
    /// room for more. The parts were cut out of it, and must be what is wanted of every value of its shape: what strings
    /// and numbers say has no say in it. `fits` is whether it is as its reader expects, by its keys and the types of what
    /// they name. A value in which some string is spelled with the number of a character is never said to fit: it may be
    /// half of one.
    pub(crate) fn learn(&mut self, value: &str, parts: &[Option<&str>; N], fits: bool) {
        let Some(pieces) = self.pieces_of(value) else {
            return;
        };
        let marks = marks_of(value, parts, &pieces);
        let mut above = None;
        for (literal, hole) in pieces {
            let literal = value.as_bytes().get(literal).unwrap_or_default();
            let place = match self.find(above, literal, hole) {
                Found::There(place) => place,
                // What was added by now leads nowhere, and does no harm.
                Found::Nowhere(MOST_IN_PLACE..) => return,
                Found::Nowhere(_) => {
                    let place = self.add(above, literal, hole);
                    if hole == Hole::End {
                        self.end(place, &marks, fits);
                    }
                    place
                }
            };
            above = Some(place);
        }
    }

    /// The first of the pieces that may come behind another one, or at the beginning.
    fn first_behind(&mut self, above: Option<usize>) -> &mut Option<usize> {
        match above.and_then(|above| self.pieces.get_mut(above)) {
            Some(above) => &mut above.first,
            None => &mut self.first,
        }
    }

    /// A shape ends with this piece.
    fn end(&mut self, place: usize, marks: &[Mark], fits: bool) {
        let first = self.marks.len();
        self.marks.extend(marks);
        if let Some(piece) = self.pieces.get_mut(place) {
            (piece.marks, piece.fits) = ((first, self.marks.len()), fits);
        }
    }

    fn find(&mut self, above: Option<usize>, literal: &[u8], hole: Hole) -> Found {
        let (mut tried, mut others) = (*self.first_behind(above), 0);
        while let Some(place) = tried {
            let Some(piece) = self.pieces.get(place) else {
                break;
            };
            let (from, to) = piece.literal;
            if piece.hole == hole && self.literals.get(from..to) == Some(literal) {
                return Found::There(place);
            }
            (tried, others) = (piece.other, others + 1);
        }
        Found::Nowhere(others)
    }

    /// A new piece, which is tried after those that were seen first: they are the common ones.
    fn add(&mut self, above: Option<usize>, literal: &[u8], hole: Hole) -> usize {
        let place = self.pieces.len();
        let piece = Piece {
            literal: (self.literals.len(), self.literals.len() + literal.len()),
            hole,
            marks: (0, 0),
            fits: false,
            first: None,
            other: None,
        };
        self.literals.extend(literal);
        self.pieces.push(piece);
        let mut last = *self.first_behind(above);
        if last.is_none() {
            *self.first_behind(above) = Some(place);
        }
        while let Some(piece) = last.and_then(|last| self.pieces.get_mut(last)) {
            last = piece.other;
            if last.is_none() {
                piece.other = Some(place);
            }
        }
        place
    }
}

/// The pieces of a value: where each literal is, and what is behind it. None for what is no JSON, and for too many.
fn pieces(value: &[u8]) -> Option<Vec<(Range<usize>, Hole)>> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    while pieces.len() < MOST_IN_ONE {
        let (hole, behind, next) = hole_behind(value, start)?;
        pieces.push((start..behind, hole));
        if hole == Hole::End {
            return Some(pieces);
        }
        start = next;
    }
    None
}

/// Where parts of a value begin and end.
fn marks_of<const N: usize>(value: &str, parts: &[Option<&str>; N], pieces: &[(Range<usize>, Hole)]) -> Vec<Mark> {
    let mut marks = Vec::with_capacity(2 * N);
    for (part, found) in parts.iter().enumerate() {
        let Some(found) = found else { continue };
        let begin = found.as_ptr() as usize - value.as_ptr() as usize;
        for (edge, at) in [(Edge::Begin, begin), (Edge::End, begin + found.len())] {
            // A part begins and ends in a literal or at its ends, as its quotes belong to it.
            let behind = pieces.partition_point(|(literal, _)| literal.start <= at);
            let piece = behind.saturating_sub(1);
            let start = pieces.get(piece).map_or(0, |(literal, _)| literal.start);
            marks.push(Mark { part, edge, piece, ahead: at - start });
        }
    }
    marks
}

/// The next hole from `start` on, which is not within a string: what it is, where it begins, and the place behind it.
/// None for what is no JSON.
fn hole_behind(value: &[u8], start: usize) -> Option<(Hole, usize, usize)> {
    // Behind a hole for the contents of a string, its closing quote comes first.
    let closes = start > 0 && value.get(start) == Some(&b'"');
    let mut at = start + usize::from(closes);
    while let Some(byte) = value.get(at) {
        match byte {
            b'"' => {
                let quote = contents(value, at + 1)?.end;
                let behind = value.get(quote + 1..).unwrap_or_default();
                let next = behind.iter().find(|byte| !is_blank(**byte));
                // Keys are what a shape is known by.
                if next != Some(&b':') {
                    return Some((Hole::Text, at + 1, quote));
                }
                at = quote + 1;
            }
            b'-' | b'0'..=b'9' => return Some((Hole::Number, at, end_of_number(value, at)?)),
            _ => at += 1,
        }
    }
    Some((Hole::End, at, at))
}

/// Shapes that several readers learn together: each has its own while it reads, and hands on what it learned.
#[derive(Debug, Default)]
pub(crate) struct SharedShapes<const N: usize>(RwLock<Arc<Shapes<N>>>);

impl<const N: usize> SharedShapes<N> {
    /// Those that are known by now.
    pub(crate) fn get(&self) -> Arc<Shapes<N>> {
        let shapes = self.0.read();
        shapes.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes what somebody has learned in addition, unless others have learned more meanwhile.
    pub(crate) fn offer(&self, learned: Arc<Shapes<N>>) {
        let mut shapes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if learned.pieces.len() > shapes.pieces.len() {
            *shapes = learned;
        }
    }
}

#[cfg(test)]
mod tests;
