//! Finding a model's files, and telling whether two sources are the same.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::ModelSource;
use crate::error::{Error, Result, Status, bail};

/// A file as the system tells it apart from every other, and from itself before a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileIdentity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileIdentity {
    pub fn of(path: &Path) -> Result<Self> {
        let facts = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
        // Opening a pipe would wait for a writer.
        if !facts.is_file() {
            bail!(InvalidModel, "{}: expected a regular file", path.display());
        }
        Ok(Self {
            device: facts.dev(),
            inode: facts.ino(),
            size: facts.size(),
            modified: (facts.mtime(), facts.mtime_nsec()),
            changed: (facts.ctime(), facts.ctime_nsec()),
        })
    }

    /// One line of text, for files that are kept between processes.
    pub fn to_line(&self) -> String {
        let Self { device, inode, size, modified, changed } = self;
        format!("{device} {inode} {size} {}.{:09} {}.{:09}", modified.0, modified.1, changed.0, changed.1)
    }
}

/// A source that exists.
#[derive(Clone, Debug)]
pub(crate) enum ResolvedSource {
    Files { model: (PathBuf, FileIdentity), params: Option<(PathBuf, FileIdentity)> },
    Buffers { model: Arc<[u8]>, params: Option<Arc<[u8]>> },
}

/// By what two sources are the same: files by identity, so that two paths to one file are; buffers
/// by a digest, so that nothing keeps their bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceKey {
    Files { model: FileIdentity, params: Option<FileIdentity> },
    Buffers { model: Digest, params: Option<Digest> },
}

/// Length and blake3 digest.
type Digest = (usize, [u8; blake3::OUT_LEN]);

impl SourceKey {
    pub fn of(source: &ResolvedSource) -> Self {
        match source {
            ResolvedSource::Files { model, params } => {
                Self::Files { model: model.1.clone(), params: params.as_ref().map(|file| file.1.clone()) }
            }
            ResolvedSource::Buffers { model, params } => {
                Self::Buffers { model: digest(model), params: params.as_deref().map(digest) }
            }
        }
    }
}

fn digest(bytes: &[u8]) -> Digest {
    (bytes.len(), *blake3::hash(bytes).as_bytes())
}

impl ResolvedSource {
    pub fn of(source: &ModelSource) -> Result<Self> {
        match source {
            ModelSource::None => bail!(InvalidArgument, "config: expected a model, none was set"),
            ModelSource::Buffers { model, params } => {
                Ok(Self::Buffers { model: Arc::clone(model), params: params.clone() })
            }
            ModelSource::Files { model, params } => {
                let (model, beside) = model_files(model)?;
                let identity = FileIdentity::of(&model)?;
                let params = match params.clone().or(beside) {
                    Some(path) => Some((path.clone(), FileIdentity::of(&path)?)),
                    None => None,
                };
                Ok(Self::Files { model: (model, identity), params })
            }
        }
    }

    /// The file that the model names `name`: relative to its folder, or to the working directory.
    pub fn beside(&self, name: &str) -> PathBuf {
        match self {
            Self::Files { model, .. } => model.0.parent().unwrap_or(Path::new("")).join(name),
            Self::Buffers { .. } => PathBuf::from(name),
        }
    }

    /// For messages: the model's path, or `model buffer`.
    pub fn describe(&self) -> String {
        match self {
            Self::Files { model, .. } => model.0.display().to_string(),
            Self::Buffers { .. } => "model buffer".to_owned(),
        }
    }
}

/// Files of a model in a folder, with their parameters if there are any, in order of preference: ONNX by the names
/// that its exporters use, then Paddle's own names.
const FOLDER_NAMES: [(&str, Option<&str>); 7] = [
    ("model.onnx", None),
    ("inference.onnx", None),
    ("inference.json", Some("inference.pdiparams")),
    ("inference.pdmodel", Some("inference.pdiparams")),
    ("model.json", Some("model.pdiparams")),
    ("model.pdmodel", Some("model.pdiparams")),
    ("__model__", Some("__params__")),
];

/// The path itself, or the one model of a folder and its parameters: under one of [`FOLDER_NAMES`], or the only file
/// that ends in `.onnx`.
fn model_files(path: &Path) -> Result<(PathBuf, Option<PathBuf>)> {
    if !path.is_dir() {
        return Ok((path.to_path_buf(), None));
    }
    for (model, params) in FOLDER_NAMES {
        if path.join(model).is_file() {
            let params = params.map(|name| path.join(name)).filter(|file| file.is_file());
            return Ok((path.join(model), params));
        }
    }
    let entries = fs::read_dir(path).map_err(|error| cannot_read(path, &error))?;
    let mut models: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| file.extension().is_some_and(|extension| extension == "onnx"))
        .collect();
    match (models.pop(), models.len()) {
        (Some(only), 0) => Ok((only, None)),
        (last, others) => bail!(
            NotFound,
            "{}: expected {} or one .onnx file in the folder, got {} of them",
            path.display(),
            FOLDER_NAMES.map(|(model, _)| model).join(", "),
            others + usize::from(last.is_some())
        ),
    }
}

/// The failure to read `path`, with a missing file told apart.
pub(crate) fn cannot_read(path: &Path, error: &std::io::Error) -> Error {
    let status = match error.kind() {
        std::io::ErrorKind::NotFound => Status::NotFound,
        _ => Status::InvalidArgument,
    };
    Error::new(status, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn source(path: &Path) -> Result<SourceKey> {
        let source = ResolvedSource::of(&ModelSource::Files { model: path.to_path_buf(), params: None })?;
        Ok(SourceKey::of(&source))
    }

    #[test]
    fn a_link_is_the_same_model_and_a_changed_file_is_not() {
        let folder = Folder::new();
        let (file, link) = (folder.path().join("a.onnx"), folder.path().join("b"));
        fs::write(&file, "one").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let before = source(&file).unwrap();
        assert!(before == source(&link).unwrap());
        fs::write(&file, "three").unwrap();
        assert!(before != source(&file).unwrap());
    }

    #[test]
    fn a_folder_stands_for_its_one_model() {
        let folder = Folder::new();
        assert_eq!(source(folder.path()).unwrap_err().status(), Status::NotFound);
        fs::write(folder.path().join("a.onnx"), "a").unwrap();
        assert!(source(folder.path()).is_ok());
        fs::write(folder.path().join("b.onnx"), "b").unwrap();
        assert_eq!(source(folder.path()).unwrap_err().status(), Status::NotFound);
        fs::write(folder.path().join("model.onnx"), "m").unwrap();
        assert!(source(folder.path()).is_ok());
    }

    #[test]
    #[cfg_attr(miri, ignore = "starts a process")]
    fn a_pipe_is_refused_and_not_waited_for() {
        let folder = Folder::new();
        let pipe = folder.path().join("pipe.onnx");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert_eq!(source(&pipe).unwrap_err().status(), Status::InvalidModel);
    }

    #[test]
    fn buffers_are_compared_by_content() {
        let buffer =
            |model: &[u8]| SourceKey::of(&ResolvedSource::Buffers { model: model.into(), params: None });
        assert!(buffer(b"a") == buffer(b"a"));
        assert!(buffer(b"a") != buffer(b"b"));
    }
}
