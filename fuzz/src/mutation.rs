//! Makes inputs from inputs.

use crate::calls::{OPERATION_COUNT, RECORD};
use crate::random::Random;

const MAX_RECORDS: usize = 160;

/// Random records, after some that make things to work on.
pub fn new_calls(random: &mut Random) -> Vec<u8> {
    let count = 8 + random.below(60);
    let mut records: Vec<u8> = (0..count * RECORD).map(|_| random.byte()).collect();
    for record in 0..3 {
        // The first three operations make predictors and pools.
        records[record * RECORD] = random.below(3) as u8;
        records[record * RECORD + 1] = record as u8;
    }
    records
}

/// Another row of records: some changed, added, removed, or taken from another input.
pub fn change_calls(input: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut records: Vec<Vec<u8>> = input.chunks_exact(RECORD).map(<[u8]>::to_vec).collect();
    for _ in 0..1 + random.below(6) {
        let at = random.below(records.len() + 1);
        let place = at.min(records.len().saturating_sub(1));
        match random.below(8) {
            0..3 if !records.is_empty() => records[place][random.below(RECORD)] = random.byte(),
            3 => records.insert(at, (0..RECORD).map(|_| random.byte()).collect()),
            4 if !records.is_empty() => _ = records.remove(place),
            5 if !records.is_empty() => records[place][0] = random.below(OPERATION_COUNT) as u8,
            6 if !records.is_empty() => {
                let copy = records[place].clone();
                records.insert(at, copy);
            }
            _ => {
                let others: Vec<&[u8]> = other.chunks_exact(RECORD).collect();
                let from = random.below(others.len() + 1);
                let some = others[from..].iter().take(1 + random.below(12)).map(|record| record.to_vec());
                records.splice(at..at, some.collect::<Vec<_>>());
            }
        }
    }
    records.truncate(MAX_RECORDS);
    records.concat()
}

/// A field of a protobuf message: where its tag, its length or number, and its content are.
#[derive(Clone, Copy)]
struct Field {
    start: usize,
    number: usize,
    content: usize,
    end: usize,
    is_number: bool,
}

fn read_number(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (index, byte) in bytes.get(at..)?.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * index as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, at + index + 1));
        }
    }
    None
}

/// The fields between `at` and `end`, and those inside them that look like messages themselves.
fn collect_fields(
    bytes: &[u8],
    mut at: usize,
    end: usize,
    depth: usize,
    fields: &mut Vec<Field>,
) -> Option<()> {
    while at < end {
        let start = at;
        let (tag, number) = read_number(bytes, at)?;
        let (content, after, is_number) = match tag & 7 {
            0 => (number, read_number(bytes, number)?.1, true),
            1 => (number, number + 8, false),
            5 => (number, number + 4, false),
            2 => {
                let (length, content) = read_number(bytes, number)?;
                (content, content.checked_add(usize::try_from(length).ok()?)?, false)
            }
            _ => return None,
        };
        if tag >> 3 == 0 || after > end {
            return None;
        }
        fields.push(Field { start, number, content, end: after, is_number });
        if tag & 7 == 2 && depth < 8 {
            let known = fields.len();
            if collect_fields(bytes, content, after, depth + 1, fields).is_none() {
                fields.truncate(known);
            }
        }
        at = after;
    }
    Some(())
}

fn write_number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

const NUMBERS: [u64; 14] =
    [0, 1, 2, 3, 7, 8, 16, 127, 255, 1 << 31, 1 << 32, 1 << 40, i64::MAX as u64, u64::MAX];

/// Another model: bits, bytes, lengths, numbers and whole fields changed, parts of another put in.
pub fn change_model(model: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = model.to_vec();
    for _ in 0..1 + random.below(4) {
        let mut fields = Vec::new();
        let _ = collect_fields(&bytes, 0, bytes.len(), 0, &mut fields);
        let at = random.below(bytes.len().max(1));
        match random.below(10) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = *random.pick(&[0, 1, 0x7f, 0x80, 0xff, random.0 as u8]),
            2 => bytes.truncate(at),
            3 if !other.is_empty() => {
                let from = random.below(other.len());
                let some = &other[from..(from + 1 + random.below(64)).min(other.len())];
                let end = (at + random.below(64)).min(bytes.len());
                bytes.splice(at.min(end)..end, some.iter().copied());
            }
            4..10 if !fields.is_empty() => change_field(&mut bytes, &fields, other, random),
            _ => {}
        }
    }
    bytes
}

fn change_field(bytes: &mut Vec<u8>, fields: &[Field], other: &[u8], random: &mut Random) {
    let field = *random.pick(fields);
    let value = write_number(*random.pick(&NUMBERS));
    let (place, replacement) = match (random.below(5), field.is_number) {
        // A number, or a length that no longer fits what is there.
        (0..3, true) => (field.number..field.end, value),
        (0, false) if field.content > field.number => (field.number..field.content, value),
        // A field gone, twice, or another in its place.
        (1, _) => (field.start..field.end, Vec::new()),
        (2, _) => (field.end..field.end, bytes[field.start..field.end].to_vec()),
        (3, _) => {
            let another = *random.pick(fields);
            (field.start..field.end, bytes[another.start..another.end].to_vec())
        }
        _ => {
            let mut theirs = Vec::new();
            let _ = collect_fields(other, 0, other.len(), 0, &mut theirs);
            if theirs.is_empty() {
                return;
            }
            let another = *random.pick(&theirs);
            (field.start..field.end, other[another.start..another.end].to_vec())
        }
    };
    let grown = replacement.len() as i64 - place.len() as i64;
    let start = place.start;
    // The fields around it get their new lengths, innermost first, unless a wrong one is wanted.
    let mut around: Vec<Field> = fields
        .iter()
        .copied()
        .filter(|outer| {
            !outer.is_number
                && outer.content > outer.number
                && outer.content <= field.start
                && field.end <= outer.end
                && outer.start < field.start
        })
        .collect();
    around.sort_by_key(|outer| std::cmp::Reverse(outer.start));
    bytes.splice(place, replacement);
    if random.below(8) == 0 {
        return;
    }
    let mut grown = grown;
    for outer in around {
        debug_assert!(outer.start <= start);
        let length = write_number(((outer.end - outer.content) as i64 + grown).max(0) as u64);
        grown += length.len() as i64 - (outer.content - outer.number) as i64;
        bytes.splice(outer.number..outer.content, length);
    }
}
