//! Finding and loading ONNX Runtime's shared library, once per process.

use std::ffi::{CStr, c_char};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::error::{Result, bail};
use crate::own_file::{file_of, own_file};
use crate::process::{Indivisible, PerProcess};
use crate::sync::Mutex;

use super::calls::{api, expect};
use super::environment::text;

const FILE_NAME: &str = "libonnxruntime.so.1";
/// A file, or a folder with `libonnxruntime.so.1` in it; ours first, then the one `ort` knows.
const ENVIRONMENT: [&str; 2] = ["PREDICTOR_POOL_ORT_LIB", "ORT_DYLIB_PATH"];

/// The ONNX Runtime in use.
pub(super) struct Library {
    pub version: String,
    pub path: PathBuf,
    /// As [`crate::config::provider_name`] writes them, ONNX Runtime's preferred ones first.
    pub providers: Vec<String>,
}

static LIBRARY: OnceLock<Library> = OnceLock::new();
static LOADING: PerProcess<Mutex<()>> = PerProcess::new(|| Mutex::new(()));

/// Loads ONNX Runtime, or returns the one loaded before; another path than that one's is
/// INVALID_ARGUMENT. A failure is not remembered.
pub(super) fn load(path: Option<&Path>) -> Result<&'static Library> {
    if let Some(library) = LIBRARY.get() {
        return same_library(library, path);
    }
    let _one_at_a_time = LOADING.get().lock();
    if let Some(library) = LIBRARY.get() {
        return same_library(library, path);
    }
    let _indivisible = Indivisible::start();
    let library = open(&candidates(path))?;
    Ok(LIBRARY.get_or_init(|| library))
}

fn same_library<'a>(library: &'a Library, path: Option<&Path>) -> Result<&'a Library> {
    let Some(path) = path.map(in_folder) else { return Ok(library) };
    let same = path.canonicalize().is_ok_and(|path| Some(path) == library.path.canonicalize().ok());
    if !same {
        bail!(
            InvalidArgument,
            "ONNX Runtime: {} is loaded already, got {}",
            library.path.display(),
            path.display()
        );
    }
    Ok(library)
}

fn in_folder(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(FILE_NAME) } else { path.to_path_buf() }
}

/// Where to look, in order. A place that somebody named is the only one: falling back to another
/// version without a word would be a trap.
fn candidates(path: Option<&Path>) -> Vec<PathBuf> {
    if let Some(path) = path {
        return vec![in_folder(path)];
    }
    let named = ENVIRONMENT.iter().find_map(|name| std::env::var_os(name).filter(|path| !path.is_empty()));
    if let Some(path) = named {
        return vec![in_folder(Path::new(&path))];
    }
    let beside = own_folder().map(|folder| folder.join(FILE_NAME));
    beside.into_iter().chain([PathBuf::from(FILE_NAME)]).collect()
}

/// The folder of the file that this code was loaded from.
fn own_folder() -> Option<PathBuf> {
    let file = own_file()?;
    Some(file.canonicalize().unwrap_or(file).parent()?.to_path_buf())
}

fn open(candidates: &[PathBuf]) -> Result<Library> {
    let mut tried = Vec::new();
    for path in candidates {
        match open_one(path) {
            Ok(library) => return Ok(library),
            Err(reason) => tried.push(reason),
        }
    }
    bail!(
        RuntimeUnavailable,
        "ONNX Runtime 1.{} or newer was not found; set {} or put {FILE_NAME} beside this library; tried {}",
        ::ort::MINOR_VERSION,
        ENVIRONMENT[0],
        tried.join("; ")
    );
}

/// Opens the library and has `ort` use it; the reason if that cannot be.
fn open_one(path: &Path) -> Result<Library, String> {
    let version = version(path)?;
    // `ort` checks that the version is at least the API's that it uses. It opens the file again, with
    // RTLD_LOCAL as well, which only counts a reference.
    ::ort::init_from(path).map_err(|error| error.to_string())?;
    let path = file_of(api().Run as *const libc::c_void).unwrap_or_else(|| path.to_path_buf());
    let providers = providers().map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Library { version, path, providers })
}

/// Opens the library, which stays open, and asks for its version. `ort` knows it too, and keeps it
/// and the loader's reasons to itself.
fn version(path: &Path) -> Result<String, String> {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::CString::new(path.as_os_str().as_bytes())
        .map_err(|_| format!("{}: contains a NUL", path.display()))?;
    // SAFETY: the symbol is ONNX Runtime's documented entry, and the texts are static or copied.
    unsafe {
        let handle = libc::dlopen(name.as_ptr(), libc::RTLD_LAZY | libc::RTLD_LOCAL);
        if handle.is_null() {
            return Err(text(libc::dlerror()).into_owned());
        }
        let symbol = libc::dlsym(handle, c"OrtGetApiBase".as_ptr());
        if symbol.is_null() {
            return Err(format!("{}: is not ONNX Runtime", path.display()));
        }
        type GetBase = unsafe extern "C" fn() -> *const ::ort::sys::OrtApiBase;
        let base = std::mem::transmute::<*mut libc::c_void, GetBase>(symbol)();
        Ok(text(((*base).GetVersionString)()).into_owned())
    }
}

fn providers() -> Result<Vec<String>> {
    let (mut names, mut count): (*mut *mut c_char, i32) = (std::ptr::null_mut(), 0);
    // SAFETY: ONNX Runtime writes an array of `count` texts, which is released after the copy.
    unsafe {
        expect((api().GetAvailableProviders)(&mut names, &mut count))?;
        let texts = std::slice::from_raw_parts(names, usize::try_from(count).unwrap_or(0));
        let copy =
            |text: &*mut c_char| crate::config::provider_name(&CStr::from_ptr(*text).to_string_lossy());
        let copied = texts.iter().map(copy).collect();
        expect((api().ReleaseAvailableProviders)(names, count))?;
        Ok(copied)
    }
}
