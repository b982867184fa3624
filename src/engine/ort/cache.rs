//! Optimised models kept on disk: loading one takes a fraction of the time, and its weights are
//! mapped from the file, so that they cost no heap and processes on a machine share them.
//!
//! An entry is a folder named by a digest of everything that the result depends on: `model.onnx`,
//! `weights.bin` and `manifest`. It appears by one rename, so it is whole or not there. Whatever is
//! wrong with the cache costs time, never a result: a bad entry is built anew, and a folder that
//! cannot be written means no cache and a warning to the log callback.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::engine::onnx::scan_file;
use crate::error::{Error, Result, Status};
use crate::log;
use crate::mapping::Mapping;
use crate::options::CacheFolder;
use crate::source::{FileIdentity, ResolvedSource};

use super::environment::Environment;
use super::library;
use super::options::{Form, LoadPlan, c_path};
use super::session::RawSession;

/// Counts up whenever entries of older versions must not be used.
const FORMAT: &str = "predictor_pool optimized model 1";
const MODEL: &str = "model.onnx";
const WEIGHTS: &str = "weights.bin";
const MANIFEST: &str = "manifest";
/// Smaller weights stay in the model file.
const SMALLEST_MAPPED: &str = "1024";
/// A file changed within this time may change again without a new time stamp.
const RACY: Duration = Duration::from_secs(2);
/// What a crashed process left behind is removed after this time.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The cache's folder, if the plan is to be cached.
pub(super) fn folder(plan: &LoadPlan) -> Option<PathBuf> {
    let options = &plan.settings.options;
    let folder = match options.optimized_model_cache.as_ref()? {
        CacheFolder::At(folder) => folder.clone(),
        CacheFolder::Automatic => user_cache()?,
    };
    if !plan.cpu_only {
        log::warn("optimized_model_cache: only models of the CPU provider are cached");
        return None;
    }
    let is_worth_it = plan.settings.optimization_level > 0 && options.optimized_model_path.is_none();
    is_worth_it.then_some(folder)
}

fn user_cache() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    if cache.is_none() {
        log::warn("optimized_model_cache: auto needs XDG_CACHE_HOME or HOME");
    }
    Some(cache?.join("predictor_pool"))
}

/// The plan's model from the cache, or loaded plainly and left in the cache for the next time.
pub(super) fn load(plan: &LoadPlan, folder: &Path) -> Result<RawSession> {
    match load_cached(plan, folder) {
        Ok(session) => Ok(session),
        Err(error) => {
            log::warn(&format!("optimized_model_cache: {}: {error}", folder.display()));
            RawSession::load(plan)
        }
    }
}

fn load_cached(plan: &LoadPlan, folder: &Path) -> Result<RawSession> {
    make_folder(folder)?;
    check_owner(folder)?;
    let sources = source_identities(plan)?;
    let key = key(plan, folder)?;
    let entry = folder.join(&key);
    if entry.symlink_metadata().is_ok() {
        match open(plan, &entry, &key) {
            Ok(session) => return Ok(session),
            Err(error) => {
                log::warn(&format!("optimized_model_cache: {}: {error}; it is built anew", entry.display()));
                let _ = fs::remove_dir_all(&entry).or_else(|_| fs::remove_file(&entry));
            }
        }
    }
    let built = build(plan, folder, &entry, &key, &sources)?;
    open(plan, &entry, &key).or(Ok(built))
}

/// Loads plainly, saves the optimised graph beside and renames it into place. Who loses the race
/// with another process leaves the other's entry. A model that was replaced since `sources` were
/// looked at is not kept: it would stand under the old one's key.
fn build(
    plan: &LoadPlan,
    folder: &Path,
    entry: &Path,
    key: &str,
    sources: &[FileIdentity],
) -> Result<RawSession> {
    remove_abandoned(folder);
    let work = Work::new(folder)?;
    let environment = Environment::get()?;
    let options = plan.options(environment)?;
    options.save_optimized_model(&work.0.join(MODEL))?;
    options.set_entry("session.optimized_model_external_initializers_file_name", WEIGHTS)?;
    options.set_entry("session.optimized_model_external_initializers_min_size_in_bytes", SMALLEST_MAPPED)?;
    let session = RawSession::load_with(plan, environment, &options)?;

    if let Err(error) = publish(plan, &work.0, entry, key, sources) {
        log::warn(&format!("optimized_model_cache: {error}; the model is not kept"));
    }
    Ok(session)
}

fn publish(plan: &LoadPlan, work: &Path, entry: &Path, key: &str, sources: &[FileIdentity]) -> Result<()> {
    write_manifest(work, key)?;
    if source_identities(plan)? != sources {
        return Err(Error::new(Status::InvalidModel, "the model changed while it was loaded"));
    }
    match fs::rename(work, entry) {
        Err(error) if !entry.is_dir() => Err(failed(entry, &error)),
        _ => Ok(()),
    }
}

/// The files that the optimised graph is made from, as they are now.
fn source_identities(plan: &LoadPlan) -> Result<Vec<FileIdentity>> {
    let (model, params) = match &plan.source {
        ResolvedSource::Files { model, params } => (Some(&model.0), params.as_ref().map(|file| &file.0)),
        ResolvedSource::Buffers { .. } => (None, None),
    };
    let libraries = &plan.settings.options.custom_op_libraries;
    let paths = model.into_iter().chain(params).chain(&plan.external).chain(libraries);
    paths.map(|path| FileIdentity::of(path)).collect()
}

/// A folder that goes away, unless it was renamed.
struct Work(PathBuf);

impl Work {
    /// A folder that nobody else has: processes of several containers may share the cache and have
    /// the same number.
    fn new(folder: &Path) -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("tmp-{}-{count}-{}", std::process::id(), time.as_nanos()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(failed(&path, &error)),
            }
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open(plan: &LoadPlan, entry: &Path, key: &str) -> Result<RawSession> {
    check_owner(entry)?;
    check_manifest(entry, key)?;
    let environment = Environment::get()?;
    let options = plan.options(environment)?;
    options.set_optimization_level(0)?;
    let model = entry.join(MODEL);
    let path = c_path(&model)?;
    match &plan.form {
        Form::Onnx(facts) => RawSession::from_path(environment, &path, &options, facts),
        // Not converted: the entry has the same inputs and outputs.
        Form::Paddle(_) => RawSession::from_path(environment, &path, &options, &scan_file(&model)?),
    }
}

/// Other users must not be able to plant a model, nor to put one folder in another's place.
fn check_owner(entry: &Path) -> Result<()> {
    let facts = fs::symlink_metadata(entry).map_err(|error| failed(entry, &error))?;
    // SAFETY: asks for a number.
    let user = unsafe { libc::geteuid() };
    if facts.uid() != user || facts.mode() & 0o022 != 0 {
        return Err(Error::new(
            Status::InvalidArgument,
            format!("{}: it belongs to, or can be written by, others", entry.display()),
        ));
    }
    Ok(())
}

/// The first line of a manifest: an entry that was renamed is not the one it seems.
fn title(key: &str) -> String {
    format!("{FORMAT} {key}")
}

/// After the title one line per file: name, digest, identity.
fn write_manifest(folder: &Path, key: &str) -> Result<()> {
    let mut text = format!("{}\n", title(key));
    for name in [MODEL, WEIGHTS] {
        let path = folder.join(name);
        if !path.exists() {
            continue;
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(|error| failed(&path, &error))?;
        File::open(&path).and_then(|file| file.sync_all()).map_err(|error| failed(&path, &error))?;
        let identity = FileIdentity::of(&path)?.to_line();
        text += &format!("{name} {} {identity}\n", digest_of_file(&path)?);
    }
    let path = folder.join(MANIFEST);
    write_file(&path, &text).map_err(|error| failed(&path, &error))
}

fn write_file(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Every file is the one that was written: by its identity, which any change would have changed, or
/// (in a copied folder) by its digest.
fn check_manifest(entry: &Path, key: &str) -> Result<()> {
    let broken = |what: &str| Error::new(Status::InvalidModel, format!("the entry is broken: {what}"));
    let path = entry.join(MANIFEST);
    check_owner(&path)?;
    let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
    let mut lines = text.lines();
    if lines.next() != Some(title(key).as_str()) {
        return Err(broken("it is for another model, or of another format"));
    }
    let mut has_model = false;
    for line in lines {
        let mut fields = line.splitn(3, ' ');
        let (Some(name), Some(digest), Some(identity)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(broken("the manifest is cut"));
        };
        if ![MODEL, WEIGHTS].contains(&name) {
            return Err(broken("an unknown file"));
        }
        has_model |= name == MODEL;
        let path = entry.join(name);
        check_owner(&path)?;
        let unchanged = FileIdentity::of(&path)?.to_line() == identity;
        if !unchanged && digest_of_file(&path)? != digest {
            return Err(broken(name));
        }
    }
    if !has_model {
        return Err(broken("no model"));
    }
    Ok(())
}

/// A digest of everything that the optimised graph depends on.
fn key(plan: &LoadPlan, folder: &Path) -> Result<String> {
    let mut key = blake3::Hasher::new();
    let mut add = |part: &[u8]| {
        key.update(&(part.len() as u64).to_le_bytes());
        key.update(part);
    };
    let library = library::load(None)?;
    add(FORMAT.as_bytes());
    add(library.version.as_bytes());
    add(FileIdentity::of(&library.path)?.to_line().as_bytes());
    add(cpu_description().as_bytes());
    add(&[plan.settings.optimization_level]);
    add(format!("{:?}", plan.settings.options.free_dimensions).as_bytes());
    add(format!("{:?}", plan.settings.session_entries).as_bytes());
    match &plan.source {
        ResolvedSource::Files { model, .. } => add(known_digest(folder, &model.0)?.as_bytes()),
        ResolvedSource::Buffers { model, .. } => add(digest(model).as_bytes()),
    }
    if let Some((name, params)) = &plan.params {
        add(name.as_bytes());
        match &plan.source {
            ResolvedSource::Files { params: Some((path, _)), .. } => {
                add(known_digest(folder, path)?.as_bytes())
            }
            _ => add(digest(params.bytes()).as_bytes()),
        }
    }
    if let Form::Paddle(_) = plan.form {
        add(crate::paddle::CONVERTER.as_bytes());
    }
    for path in plan.external.iter().chain(&plan.settings.options.custom_op_libraries) {
        add(known_digest(folder, path)?.as_bytes());
    }
    Ok(key.finalize().to_hex().to_string())
}

/// The CPU's model and features: ONNX Runtime lays weights out for them.
fn cpu_description() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let first_core = text.split("\n\n").next().unwrap_or("");
    let tells = ["model name", "flags", "Features", "CPU implementer", "CPU part"];
    let lines = first_core.lines().filter(|line| tells.iter().any(|name| line.starts_with(name)));
    lines.collect::<Vec<_>>().join("\n")
}

fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn digest_of_file(path: &Path) -> Result<String> {
    Ok(digest(Mapping::open(path)?.bytes()))
}

/// The digest of a file, remembered under the file's identity, so that a large model is not read
/// again at each load.
fn known_digest(folder: &Path, path: &Path) -> Result<String> {
    let identity = FileIdentity::of(path)?;
    let host = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let name = digest(format!("{host} {}", identity.to_line()).as_bytes());
    let note = folder.join("sources").join(name);
    if let Ok(known) = fs::read_to_string(&note)
        && known.len() == blake3::OUT_LEN * 2
        && check_owner(&note).is_ok()
    {
        return Ok(known);
    }
    let digest = digest_of_file(path)?;
    if FileIdentity::of(path)? == identity && is_settled(path) {
        let _ = remember(&note, &digest);
    }
    Ok(digest)
}

fn is_settled(path: &Path) -> bool {
    let Ok(facts) = fs::metadata(path) else { return false };
    let changed = Duration::new(u64::try_from(facts.ctime()).unwrap_or(0), 0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(changed) > RACY
}

fn remember(note: &Path, digest: &str) -> Result<()> {
    let Some(folder) = note.parent() else { return Ok(()) };
    make_folder(folder)?;
    let draft = note.with_extension(std::process::id().to_string());
    write_file(&draft, digest).and_then(|()| fs::rename(&draft, note)).map_err(|error| failed(note, &error))
}

fn make_folder(folder: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| failed(folder, &error))
}

fn remove_abandoned(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_draft = entry.file_name().to_string_lossy().starts_with("tmp-");
        let age =
            entry.metadata().and_then(|facts| facts.modified()).ok().and_then(|time| time.elapsed().ok());
        if is_draft && age.is_some_and(|age| age > ABANDONED) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Status::InvalidArgument, format!("{}: {error}", path.display()))
}
