//! NumPy's file format, as far as the cases use it: version 1, little endian, row-major.

use predictor_pool::DataType;

use crate::common::golden::{Bytes, Data, Value};

const TYPES: [(&str, DataType); 12] = [
    ("<f4", DataType::Float32),
    ("|u1", DataType::UInt8),
    ("|i1", DataType::Int8),
    ("<u2", DataType::UInt16),
    ("<i2", DataType::Int16),
    ("<i4", DataType::Int32),
    ("<i8", DataType::Int64),
    ("|b1", DataType::Bool),
    ("<f2", DataType::Float16),
    ("<f8", DataType::Float64),
    ("<u4", DataType::UInt32),
    ("<u8", DataType::UInt64),
];

/// The array of a file, under the name of the tensor that it belongs to.
pub fn value(name: &str, file: &[u8]) -> Value {
    assert_eq!(&file[..8], b"\x93NUMPY\x01\x00", "{name}: no NumPy file of version 1");
    let length = usize::from(u16::from_le_bytes([file[8], file[9]]));
    let header = std::str::from_utf8(&file[10..10 + length]).unwrap();
    assert!(header.contains("'fortran_order': False"), "{name}: {header}");
    let descr = between(header, "'descr': '", "'");
    let (_, data_type) = TYPES.iter().find(|row| row.0 == descr).unwrap_or_else(|| panic!("{name}: {descr}"));
    let dims = between(header, "'shape': (", ")").split(',').map(str::trim).filter(|dim| !dim.is_empty());
    Value {
        name: name.to_owned(),
        data_type: *data_type,
        dims: dims.map(|dim| dim.parse().unwrap()).collect(),
        data: Data::Bytes(Bytes::from_slice(&file[10 + length..])),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}
