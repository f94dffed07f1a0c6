//! Text with declared columns: one row of the market on each line.

use std::collections::VecDeque;

use super::Row;
use super::cells::{Cells, Context};
use super::decode::{Decode, Fault, Piece};
use super::error::Place;
use super::layout::Layout;
use super::source::Bytes;
use super::text::{Lines, fields, split};

/// Reads lines of a layout.
pub(super) struct Table {
    lines: Lines,
    layout: Layout,
    /// For each column of the file, which column of the layout it is.
    places: Option<Vec<Option<usize>>>,
    context: Context,
}

impl Table {
    pub(super) fn new(bytes: Bytes, layout: Layout, context: Context) -> Self {
        Self {
            lines: Lines::new(bytes),
            layout,
            places: None,
            context,
        }
    }
}

impl Decode for Table {
    fn decode_one(&mut self) -> Result<Piece, Fault> {
        let is_first = self.lines.number() == 0;
        let Some(line) = self.lines.next()? else {
            return Ok(Piece::End);
        };
        if is_first && self.layout.has_headers() {
            self.places = Some(places(&self.layout, line)?);
            return Ok(Piece::Nothing);
        }
        match row(&self.layout, self.places.as_deref(), &self.context, line) {
            Ok(row) => Ok(Piece::Row(row)),
            // A first line without a number is a header.
            Err(_) if is_first && is_header(line, self.layout.separator) => Ok(Piece::Nothing),
            Err(fault) => Err(fault),
        }
    }

    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        match self.decode_one()? {
            Piece::Row(row) => out.push_back(row),
            Piece::Nothing | Piece::Any => {}
            Piece::End => return Ok(false),
        }
        Ok(true)
    }

    fn place(&self) -> Place {
        Place::Line(self.lines.number())
    }
}

/// Whether no field of a line begins as a number does.
fn is_header(line: &[u8], separator: u8) -> bool {
    fields(line, separator).all(|field| {
        !matches!(
            field,
            [b'0'..=b'9' | b'-' | b'+' | b'.', ..] | [b' ', b'0'..=b'9', ..]
        )
    })
}

fn places(layout: &Layout, header: &[u8]) -> Result<Vec<Option<usize>>, Fault> {
    let mut names: Vec<&[u8]> = fields(header, layout.separator)
        .map(<[u8]>::trim_ascii)
        .collect();
    while names.last().is_some_and(|name| name.is_empty()) {
        names.pop();
    }
    for column in &layout.columns {
        let wanted = column.header.as_deref().unwrap_or_default();
        let count = names.iter().filter(|name| **name == wanted.as_bytes());
        let problem = match count.count() {
            1 => continue,
            0 => "no column".to_owned(),
            count => format!("{count} columns"),
        };
        return Err(Fault::damaged(format_args!(
            "the header has {problem} '{wanted}': '{}'; accepted: names that are each there once, as they are written there",
            String::from_utf8_lossy(header).escape_default()
        )));
    }
    let place = |name: &&[u8]| {
        layout
            .columns
            .iter()
            .position(|column| column.header.as_deref().map(str::as_bytes) == Some(name))
    };
    Ok(names.iter().map(place).collect())
}

fn row(
    layout: &Layout,
    places: Option<&[Option<usize>]>,
    context: &Context,
    line: &[u8],
) -> Result<Row, Fault> {
    let separator = layout.separator;
    // What could be a part of a number is told by where it is.
    let is_apart = !matches!(separator, b'0'..=b'9' | b'.');
    let mut cells = Cells::default();
    let mut found = 0;
    let mut rest = Some(line);
    let least = places.map_or(layout.required, <[_]>::len);
    while let Some(text) = rest {
        // A separator behind the last column that has to be there begins no other.
        if text.is_empty() && found >= least {
            break;
        }
        let column = match places {
            Some(places) => places
                .get(found)
                .copied()
                .flatten()
                .and_then(|at| layout.columns.get(at)),
            None => layout.columns.get(found),
        };
        found += 1;
        let Some((field, divisor)) = column.and_then(|it| Some((it.field?, it.divisor))) else {
            (_, rest) = split(text, separator);
            continue;
        };
        if is_apart && let Some(end) = cells.plain(field, divisor, text, separator) {
            rest = text.get(end + 1..);
            continue;
        }
        let (value, behind) = split(text, separator);
        rest = behind;
        cells.text(field, divisor, value, context)?;
    }
    let accepted = match places {
        Some(places) => (found != places.len()).then(|| format!("{}", places.len())),
        None if found < layout.required => Some(format!("{} or more", layout.required)),
        None if found > layout.columns.len() && !layout.has_more => {
            Some(format!("at most {}", layout.columns.len()))
        }
        None => None,
    };
    if let Some(accepted) = accepted {
        return Err(Fault::value("the number of columns", found, accepted));
    }
    if let Some(tick) = context.tick.filter(|_| layout.has_floats) {
        cells.round(tick);
    }
    cells.row(layout.shape, context)
}
