//! Computes the column widths of a table. If all columns fit, each column is as wide as its widest cell. Otherwise wide
//! columns shrink, down to their minimum if necessary. If the minimum widths do not fit either, the least important
//! columns are dropped.

/// The width limits of a table column, in terminal columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct WidthRequest {
    /// Width of the widest cell.
    pub(super) widest: usize,
    /// Minimum width; a narrower column would be useless.
    pub(super) min_width: usize,
    /// The columns with the lowest importance are dropped first. A column with `None` is never dropped.
    pub(super) importance: Option<u8>,
    /// Preferred width. First, all columns get their minimum width. If the remaining width is sufficient, this column
    /// then gets its preferred width before other columns grow. Otherwise, this column has no priority and grows evenly
    /// with the other columns: a few more characters would not help, because a whole word may not fit into them.
    pub(super) preferred: usize,
}

impl WidthRequest {
    fn min_needed(&self) -> usize {
        self.min_width.min(self.widest)
    }
}

/// The width of each column; `None` for a column that is dropped. `gap` is the space between two columns.
pub(super) fn column_widths(requests: &[WidthRequest], max_width: Option<usize>, gap: usize) -> Vec<Option<usize>> {
    let Some(max_width) = max_width else {
        return requests.iter().map(|request| Some(request.widest)).collect();
    };
    let mut shown: Vec<bool> = vec![true; requests.len()];
    let total_width = |shown: &[bool], width: &dyn Fn(&WidthRequest) -> usize| -> usize {
        let widths = requests.iter().zip(shown).filter(|(_, shown)| **shown);
        let (count, sum) = widths.fold((0, 0), |(count, sum), (request, _)| (count + 1, sum + width(request)));
        sum + gap * usize::saturating_sub(count, 1)
    };
    while total_width(&shown, &WidthRequest::min_needed) > max_width {
        let candidates = requests.iter().enumerate().filter(|(index, _)| shown.get(*index) == Some(&true));
        let least_important = candidates.filter_map(|(index, request)| Some((request.importance?, index))).min();
        let Some((_, index)) = least_important else { break };
        if let Some(shown) = shown.get_mut(index) {
            *shown = false;
        }
    }
    let mut spare = max_width.saturating_sub(total_width(&shown, &WidthRequest::min_needed));
    let mut widths: Vec<usize> = requests.iter().map(WidthRequest::min_needed).collect();
    for ((width, request), shown) in widths.iter_mut().zip(requests).zip(&shown) {
        let more = request.preferred.min(request.widest).saturating_sub(*width);
        if *shown && more <= spare {
            *width += more;
            spare -= more;
        }
    }
    // The truncated columns grow by one terminal column at a time, so that they share the spare width evenly.
    while spare > 0 {
        let before = spare;
        for ((width, request), shown) in widths.iter_mut().zip(requests).zip(&shown) {
            if *shown && spare > 0 && *width < request.widest {
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

    fn request(widest: usize, min_width: usize, importance: Option<u8>) -> WidthRequest {
        WidthRequest { widest, min_width, importance, preferred: 0 }
    }

    #[test]
    fn a_preferred_width_is_granted_before_others_grow() {
        let words = WidthRequest { preferred: 20, ..request(14, 6, Some(9)) };
        let requests = [request(30, 6, None), words, request(30, 6, None)];
        let cases = [(22, [6, 6, 6]), (29, [9, 8, 8]), (30, [6, 14, 6]), (33, [8, 14, 7])];
        for (max_width, expected) in cases {
            let expected = expected.map(Some).to_vec();
            assert_eq!(column_widths(&requests, Some(max_width), 2), expected, "{max_width}");
        }
    }

    #[test]
    fn columns_shrink_before_they_are_dropped() {
        let requests = [request(8, 8, None), request(30, 6, Some(2)), request(20, 6, Some(1))];
        let cases = [
            (None, vec![Some(8), Some(30), Some(20)]),
            (Some(62), vec![Some(8), Some(30), Some(20)]),
            (Some(40), vec![Some(8), Some(14), Some(14)]),
            (Some(24), vec![Some(8), Some(6), Some(6)]),
            (Some(23), vec![Some(8), Some(13), None]),
            (Some(10), vec![Some(8), None, None]),
            (Some(1), vec![Some(8), None, None]),
        ];
        for (max_width, expected) in cases {
            assert_eq!(column_widths(&requests, max_width, 2), expected, "{max_width:?}");
        }
    }
}
