//! How wide each column is: as wide as its widest cell if all fit; or else the wide ones give way, down to what can
//! still be read; or else the least important columns go.

/// What a column needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct WidthRequest {
    /// For all of its cells.
    pub(super) widest: usize,
    /// To be of any use.
    pub(super) least: usize,
    /// Those with the lowest go first; none stays whatever happens.
    pub(super) importance: Option<u8>,
    /// So much of it before others get more than their least: what is only shown in whole words gains nothing by a bit
    /// of room.
    pub(super) first: usize,
}

impl WidthRequest {
    fn least(&self) -> usize {
        self.least.min(self.widest)
    }
}

/// The width of each column; none for one that goes. Between two columns are `gap` columns of the terminal.
pub(super) fn widths(needs: &[WidthRequest], room: Option<usize>, gap: usize) -> Vec<Option<usize>> {
    let Some(room) = room else {
        return needs.iter().map(|need| Some(need.widest)).collect();
    };
    let mut shown: Vec<bool> = vec![true; needs.len()];
    let taken = |shown: &[bool], width: &dyn Fn(&WidthRequest) -> usize| -> usize {
        let widths = needs.iter().zip(shown).filter(|(_, shown)| **shown);
        let (count, sum) = widths.fold((0, 0), |(count, sum), (need, _)| (count + 1, sum + width(need)));
        sum + gap * usize::saturating_sub(count, 1)
    };
    while taken(&shown, &WidthRequest::least) > room {
        let candidates = needs.iter().enumerate().filter(|(place, _)| shown.get(*place) == Some(&true));
        let least = candidates.filter_map(|(place, need)| Some((need.importance?, place))).min();
        let Some((_, place)) = least else { break };
        if let Some(shown) = shown.get_mut(place) {
            *shown = false;
        }
    }
    let mut spare = room.saturating_sub(taken(&shown, &WidthRequest::least));
    let mut widths: Vec<usize> = needs.iter().map(WidthRequest::least).collect();
    for ((width, need), shown) in widths.iter_mut().zip(needs).zip(&shown) {
        let more = need.first.min(need.widest).saturating_sub(*width);
        if *shown && more <= spare {
            *width += more;
            spare -= more;
        }
    }
    // Column by column, one at a time, so that all that are cut are cut alike.
    while spare > 0 {
        let before = spare;
        for ((width, need), shown) in widths.iter_mut().zip(needs).zip(&shown) {
            if *shown && spare > 0 && *width < need.widest {
                *width += 1;
                spare -= 1;
            }
        }
        if spare == before {
            break;
        }
    }
    let all = widths.into_iter().zip(shown);
    all.map(|(width, shown)| shown.then_some(width)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(widest: usize, least: usize, importance: Option<u8>) -> WidthRequest {
        WidthRequest { widest, least, importance, first: 0 }
    }

    #[test]
    fn what_has_no_use_for_a_bit_of_room_gets_enough_or_as_the_others() {
        let words = WidthRequest { first: 20, ..need(14, 6, Some(9)) };
        let needs = [need(30, 6, None), words, need(30, 6, None)];
        let cases = [(22, [6, 6, 6]), (29, [9, 8, 8]), (30, [6, 14, 6]), (33, [8, 14, 7])];
        for (room, expected) in cases {
            let expected = expected.map(Some).to_vec();
            assert_eq!(widths(&needs, Some(room), 2), expected, "{room}");
        }
    }

    #[test]
    fn columns_give_way_and_then_go() {
        let needs = [need(8, 8, None), need(30, 6, Some(2)), need(20, 6, Some(1))];
        let cases = [
            (None, vec![Some(8), Some(30), Some(20)]),
            (Some(62), vec![Some(8), Some(30), Some(20)]),
            (Some(40), vec![Some(8), Some(14), Some(14)]),
            (Some(24), vec![Some(8), Some(6), Some(6)]),
            (Some(23), vec![Some(8), Some(13), None]),
            (Some(10), vec![Some(8), None, None]),
            (Some(1), vec![Some(8), None, None]),
        ];
        for (room, expected) in cases {
            assert_eq!(widths(&needs, room, 2), expected, "{room:?}");
        }
    }
}
