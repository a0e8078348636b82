//! Whether a record fits the model is asked of every event that is archived, and what does not fit is asked of hardly
//! any. So the first question has an answer of its own, in one pass over the record that keeps nothing. It may be "not
//! surely", and then the long way decides.

use super::model::EVENT;
use super::model::Shape::{self, List, Object, Scalar, Text, Time};
use crate::json::Cursor;

/// Whether a record whose time can be read surely has no issue.
pub(super) fn surely_fits(record: &str) -> bool {
    value_fits(&EVENT, &mut Cursor::of(record))
}

fn value_fits(shape: &Shape, cursor: &mut Cursor<'_>) -> bool {
    match (shape, cursor.peek()) {
        (Object(members), Some(b'{')) => members_fit(members, cursor),
        (List(of), Some(b'[')) => elements_fit(of, cursor),
        // Of two times in one record the last counts, but no key that occurs twice gets here.
        (Text | Scalar | Time, Some(b'"')) => cursor.pass_whole_text(),
        (Scalar, Some(b'-' | b'0'..=b'9')) => cursor.value().is_some(),
        (shape, Some(b'n')) => shape.may_be_missing() && cursor.value().is_some(),
        _ => false,
    }
}

fn members_fit(members: &[(&str, Shape)], cursor: &mut Cursor<'_>) -> bool {
    let mut seen = 0_u32;
    let mut expected = 0;
    cursor.pass(b'{');
    loop {
        cursor.pass(b',');
        cursor.peek();
        // Most records have their members in one order, so the one behind the last is tried first.
        let (before, after) = members.split_at(expected.min(members.len()));
        let tried = after.iter().chain(before).zip(0..);
        let mut tried = tried.filter(|((name, _), _)| cursor.pass_key(name));
        if let Some(((_, shape), ahead)) = tried.next() {
            let place = (expected + ahead) % members.len();
            let bit = 1 << place;
            if seen & bit != 0 || !value_fits(shape, cursor) {
                return false;
            }
            seen |= bit;
            expected = place + 1;
            continue;
        }
        let Some(key) = cursor.next_key() else { break };
        let known_by_another_spelling = members.iter().any(|(name, _)| key.is(name));
        if known_by_another_spelling || cursor.value().is_none() {
            return false;
        }
    }
    cursor.pass(b'}');
    let mut missing = members.iter().zip(0_u32..).filter(|(_, place)| seen & (1 << place) == 0);
    missing.all(|((_, shape), _)| shape.may_be_missing())
}

/// In a list, null does not stand for what is missing.
fn elements_fit(shape: &Shape, cursor: &mut Cursor<'_>) -> bool {
    cursor.pass(b'[');
    while let Some(first) = cursor.next_element() {
        if first == b'n' || !value_fits(shape, cursor) {
            return false;
        }
    }
    cursor.pass(b']');
    true
}
