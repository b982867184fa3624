//! Arrays in NumPy's files: `.npy` and archives of them, `.npz`.
//!
//! Formats: NumPy's NEP 1 and PKWARE's APPNOTE (ZIP), as `numpy.save`, `savez` and `savez_compressed` write them.

use std::path::Path;

use predictor_pool::DataType;

use crate::failure::{Failure, Result, about_file, fail};

/// An array in row-major order, little endian.
#[derive(Debug, PartialEq)]
pub struct Array {
    pub data_type: DataType,
    pub dims: Vec<i64>,
    pub bytes: Vec<u8>,
}

/// Reads a `.npy` file.
pub fn read(path: &Path) -> Result<Array> {
    let bytes = std::fs::read(path).map_err(about_file(path))?;
    parse(&bytes).map_err(|text| Failure::new(format!("{}: {text}", path.display())))
}

/// Reads every array of a `.npz` file, with its name.
pub fn read_archive(path: &Path) -> Result<Vec<(String, Array)>> {
    let bytes = std::fs::read(path).map_err(about_file(path))?;
    let about = |text: String| Failure::new(format!("{}: {text}", path.display()));
    let mut arrays = Vec::new();
    for (file, content) in unzip(&bytes).map_err(about)? {
        let name = file.strip_suffix(".npy").unwrap_or(&file).to_owned();
        arrays.push((name, parse(&content).map_err(|text| about(format!("{file}: {text}")))?));
    }
    if arrays.is_empty() {
        fail!("{}: expected arrays, the archive is empty", path.display());
    }
    Ok(arrays)
}

/// The descriptions that NumPy gives to element types; bfloat16 has none.
const DESCRIPTIONS: [(&str, DataType); 12] = [
    ("<f4", DataType::Float32),
    ("<f2", DataType::Float16),
    ("<f8", DataType::Float64),
    ("|u1", DataType::UInt8),
    ("|i1", DataType::Int8),
    ("<u2", DataType::UInt16),
    ("<i2", DataType::Int16),
    ("<i4", DataType::Int32),
    ("<i8", DataType::Int64),
    ("<u4", DataType::UInt32),
    ("<u8", DataType::UInt64),
    ("|b1", DataType::Bool),
];

fn parse(bytes: &[u8]) -> Result<Array, String> {
    let not_npy = || "expected an array in NumPy's .npy format".to_owned();
    let body = bytes.strip_prefix(b"\x93NUMPY").ok_or_else(not_npy)?;
    let (header_length, start) = match body {
        [1, _, low, high, ..] => (usize::from(u16::from_le_bytes([*low, *high])), 4),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 6),
        _ => return Err(not_npy()),
    };
    let header = body.get(start..start + header_length).ok_or_else(not_npy)?;
    let header = std::str::from_utf8(header).map_err(|_| not_npy())?;
    let field = |name: &str| {
        let after = header.split_once(&format!("'{name}':"))?.1.trim_start();
        Some(after)
    };
    let description = field("descr").and_then(|text| text.strip_prefix('\'')?.split('\'').next());
    let description = description.ok_or("expected an array of numbers, got a structured one")?;
    let data_type =
        DESCRIPTIONS.iter().find(|row| row.0 == description).map(|row| row.1).ok_or_else(|| {
            let known: Vec<&str> = DESCRIPTIONS.iter().map(|row| row.0).collect();
            format!("elements of type {description:?}; expected one of {}", known.join(", "))
        })?;
    if field("fortran_order").is_none_or(|text| !text.starts_with("False")) {
        return Err("expected row-major order; numpy.ascontiguousarray makes it".to_owned());
    }
    let dims =
        field("shape").and_then(|text| text.strip_prefix('(')?.split(')').next()).ok_or_else(not_npy)?;
    let dims: Result<Vec<i64>, _> =
        dims.split(',').map(str::trim).filter(|dim| !dim.is_empty()).map(str::parse).collect();
    let dims = dims.map_err(|_| not_npy())?;
    let data = &body[start + header_length..];
    let expected =
        dims.iter().try_fold(data_type.size(), |bytes, dim| bytes.checked_mul(usize::try_from(*dim).ok()?));
    if expected != Some(data.len()) {
        return Err(format!("expected {expected:?} bytes of data, got {}", data.len()).replace("Some", ""));
    }
    Ok(Array { data_type, dims, bytes: data.to_vec() })
}

/// Names and contents of a ZIP archive's files, by its central directory.
fn unzip(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    const END: &[u8] = b"PK\x05\x06";
    const ENTRY: &[u8] = b"PK\x01\x02";
    const LOCAL: &[u8] = b"PK\x03\x04";
    let broken = || "expected an archive in ZIP format".to_owned();
    let end = bytes.windows(4).rposition(|window| window == END).ok_or_else(broken)?;
    let number = |at: usize, length: usize| {
        let field = bytes.get(at..at.checked_add(length)?)?;
        Some(field.iter().rev().fold(0usize, |number, byte| number << 8 | usize::from(*byte)))
    };
    let (count, mut at) = number(end + 10, 2).zip(number(end + 16, 4)).ok_or_else(broken)?;
    let mut files = Vec::new();
    for _ in 0..count {
        if bytes.get(at..at + 4) != Some(ENTRY) {
            return Err(broken());
        }
        let field = |offset, length| number(at + offset, length).ok_or_else(broken);
        let (method, packed, size) = (field(10, 2)?, field(20, 4)?, field(24, 4)?);
        let (name_length, extra, comment, local) =
            (field(28, 2)?, field(30, 2)?, field(32, 2)?, field(42, 4)?);
        let name = bytes.get(at + 46..at + 46 + name_length).ok_or_else(broken)?;
        let name = String::from_utf8_lossy(name).into_owned();
        if bytes.get(local..local + 4) != Some(LOCAL) {
            return Err(format!("{name}: archives above 4 GB are not read"));
        }
        let skip = number(local + 26, 2).zip(number(local + 28, 2)).ok_or_else(broken)?;
        let start = local + 30 + skip.0 + skip.1;
        let content = start.checked_add(packed).and_then(|end| bytes.get(start..end)).ok_or_else(broken)?;
        let content = match method {
            0 => content.to_vec(),
            8 => miniz_oxide::inflate::decompress_to_vec_with_limit(content, size)
                .map_err(|error| format!("{name}: {error}"))?,
            other => return Err(format!("{name}: compression method {other} is not read")),
        };
        if content.len() != size {
            return Err(format!("{name}: expected {size} bytes, got {}", content.len()));
        }
        files.push((name, content));
        at += 46 + name_length + extra + comment;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn an_array_has_type_shape_and_data() {
        let data: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|number| number.to_le_bytes()).collect();
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }  \n";
        let array = parse(&npy(header, &data)).unwrap();
        assert_eq!(array, Array { data_type: DataType::Float32, dims: vec![2, 1], bytes: data });
        let scalar = parse(&npy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n", &[7])).unwrap();
        assert_eq!((scalar.dims, scalar.bytes), (vec![], vec![7]));
    }

    /// A file that NumPy wrote (tests/bench/make_arrays.py).
    fn file(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench").join(name)
    }

    #[test]
    fn files_of_numpy_are_read() {
        let numbers = |array: &Array| -> Vec<f32> {
            array.bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        let x = read(&file("x.npy")).unwrap();
        assert_eq!((x.data_type, x.dims.as_slice()), (DataType::Float32, [2, 4].as_slice()));
        assert_eq!(numbers(&x), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_eq!(read(&file("float64.npy")).unwrap().data_type, DataType::Float64);
        assert_eq!(read_archive(&file("stored.npz")).unwrap(), [("x".to_owned(), x)]);
        let compressed = read_archive(&file("compressed.npz")).unwrap();
        assert_eq!((compressed[0].0.as_str(), compressed[0].1.dims.as_slice()), ("x", [64, 4].as_slice()));
        assert_eq!(numbers(&compressed[0].1), [0.0; 256]);
    }

    #[test]
    fn files_that_cannot_be_used_are_refused() {
        let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
        for (header, length) in [
            (good.to_owned(), 7),
            (good.replace("<f4", ">f4"), 8),
            (good.replace("<f4", "<U3"), 8),
            (good.replace("False", "True"), 8),
            (good.replace("'<f4'", "[('a', '<f4')]"), 8),
            (good.replace("(2,)", "(-2,)"), 8),
        ] {
            assert!(parse(&npy(&header, &vec![0; length])).is_err(), "{header}");
        }
        assert!(parse(b"").is_err());
        assert!(parse(b"\x93NUMPY\x01\x00\xff\xff").is_err());
        assert!(unzip(b"PK\x05\x06").is_err());
        assert!(unzip(b"").is_err());
    }
}
