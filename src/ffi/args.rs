//! Checked conversions of what C callers pass.

use std::ffi::{CStr, c_char};
use std::time::Duration;

use crate::dtype::DataType;
use crate::error::{Error, Result, Status, bail};

/// A text that must be there.
///
/// # Safety
/// `text` is NULL or a NUL-terminated text that stays valid while the result is used.
pub(super) unsafe fn text<'a>(what: &str, text: *const c_char) -> Result<&'a str> {
    // SAFETY: what the caller promised.
    match unsafe { optional_text(what, text)? } {
        Some(text) => Ok(text),
        None => bail!(InvalidArgument, "{what}: expected a text, got NULL"),
    }
}

/// A text that may be NULL.
///
/// # Safety
/// As [`text`].
pub(super) unsafe fn optional_text<'a>(what: &str, text: *const c_char) -> Result<Option<&'a str>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: what the caller promised.
    match unsafe { CStr::from_ptr(text) }.to_str() {
        Ok(text) => Ok(Some(text)),
        Err(_) => bail!(InvalidArgument, "{what}: expected UTF-8"),
    }
}

/// Where a result goes. It is checked before the work and written after it.
pub(super) struct Out<T>(*mut T);

impl<T> Out<T> {
    pub fn new(what: &str, out: *mut T) -> Result<Self> {
        check_pointer(what, out)?;
        Ok(Self(out))
    }

    pub fn set(self, value: T) {
        // SAFETY: not NULL and aligned; that it points to a T is the C caller's promise.
        unsafe { self.0.write(value) }
    }
}

fn check_pointer<T>(what: &str, pointer: *const T) -> Result<()> {
    if pointer.is_null() {
        bail!(InvalidArgument, "{what}: expected a pointer, got NULL");
    }
    if !pointer.is_aligned() {
        bail!(
            InvalidArgument,
            "{what}: expected a pointer aligned to {} bytes, got {pointer:p}",
            align_of::<T>()
        );
    }
    Ok(())
}

/// `count` values; NULL is legal where there are none.
///
/// # Safety
/// `start` is NULL or points to `count` values that stay valid while the result is used.
pub(super) unsafe fn slice<'a, T>(what: &str, start: *const T, count: usize) -> Result<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    check_pointer(what, start)?;
    check_size::<T>(what, count)?;
    // SAFETY: not NULL, aligned, not too long; the rest is the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(start, count) })
}

/// `count` values that may be written.
///
/// # Safety
/// As [`slice`], and nobody else reads or writes them meanwhile.
pub(super) unsafe fn slice_mut<'a, T>(what: &str, start: *mut T, count: usize) -> Result<&'a mut [T]> {
    if count == 0 {
        return Ok(&mut []);
    }
    check_pointer(what, start)?;
    check_size::<T>(what, count)?;
    // SAFETY: as above.
    Ok(unsafe { std::slice::from_raw_parts_mut(start, count) })
}

#[inline]
fn check_size<T>(what: &str, count: usize) -> Result<()> {
    match count.checked_mul(size_of::<T>()) {
        Some(bytes) if isize::try_from(bytes).is_ok() => Ok(()),
        _ => Err(too_long(what, count)),
    }
}

#[cold]
fn too_long(what: &str, count: usize) -> Error {
    let text = format!("{what}: expected a length that fits in memory, got {count}");
    Error::new(Status::InvalidArgument, text)
}

/// NULL data is only legal where there is none.
#[inline]
pub(super) fn check_data(what: &str, data: *const u8, length: usize) -> Result<()> {
    if data.is_null() && length > 0 {
        return Err(no_data(what, length));
    }
    check_size::<u8>(what, length)
}

#[cold]
fn no_data(what: &str, length: usize) -> Error {
    Error::new(Status::InvalidArgument, format!("{what}: expected {length} bytes, got NULL"))
}

/// An element type of the table.
#[inline]
pub(super) fn data_type(code: i32) -> Result<DataType> {
    match DataType::from_code(code) {
        Some(data_type) => Ok(data_type),
        None => Err(no_such_type(code)),
    }
}

#[cold]
fn no_such_type(code: i32) -> Error {
    let text = format!("data_type: expected one of PREDICTOR_FLOAT32 ..., got {code}");
    Error::new(Status::InvalidArgument, text)
}

/// A time limit; below 0 is none.
pub(super) fn limit(milliseconds: i64) -> Option<Duration> {
    u64::try_from(milliseconds).ok().map(Duration::from_millis)
}

/// Writes a shape: the rank always, the dimensions if there is room. `dims` NULL or capacity 0 asks
/// for the rank only.
///
/// # Safety
/// `dims` is NULL or has room for `capacity` numbers.
pub(super) unsafe fn write_dims(
    shape: &[i64],
    dims: *mut i64,
    capacity: usize,
    out_rank: Out<usize>,
) -> Result<()> {
    let capacity = if dims.is_null() { 0 } else { capacity };
    // SAFETY: what the caller promised.
    let dims = unsafe { slice_mut("dims", dims, capacity)? };
    out_rank.set(shape.len());
    if dims.is_empty() {
        return Ok(());
    }
    match dims.get_mut(..shape.len()) {
        Some(dims) => dims.copy_from_slice(shape),
        None => bail!(OutOfRange, "dims: expected room for {} dimensions, got {capacity}", shape.len()),
    }
    Ok(())
}

/// Copies a text with a NUL at the end, cut to the room there is; cut at a character.
///
/// # Safety
/// `buffer` is NULL or has room for `capacity` bytes.
pub(super) unsafe fn write_text(text: &[u8], buffer: *mut c_char, capacity: usize) {
    if buffer.is_null() || capacity == 0 {
        return;
    }
    let mut length = text.len().min(capacity - 1);
    while length < text.len() && length > 0 && text[length] & 0xc0 == 0x80 {
        length -= 1;
    }
    // SAFETY: `length` + 1 bytes fit.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast(), length);
        buffer.add(length).write(0);
    }
}

/// `count` strings with their lengths; `lengths` NULL means that each ends at its NUL.
///
/// # Safety
/// `strings` is NULL or holds `count` pointers, each NULL or valid for its length while the result is
/// used; `lengths` is NULL or holds `count` numbers.
pub(super) unsafe fn strings<'a>(
    strings: *const *const c_char,
    lengths: *const usize,
    count: usize,
) -> Result<Vec<&'a [u8]>> {
    // SAFETY: what the caller promised.
    let starts = unsafe { slice("strings", strings, count)? };
    let lengths = match lengths.is_null() {
        true => None,
        // SAFETY: as above.
        false => Some(unsafe { slice("lengths", lengths, count)? }),
    };
    let one = |(index, start): (usize, &*const c_char)| match lengths.map(|lengths| lengths[index]) {
        // SAFETY: as above.
        Some(length) => unsafe { slice("string", start.cast::<u8>(), length) },
        None if start.is_null() => bail!(InvalidArgument, "strings: number {index} is NULL"),
        // SAFETY: as above.
        None => Ok(unsafe { CStr::from_ptr(*start) }.to_bytes()),
    };
    starts.iter().enumerate().map(one).collect()
}
