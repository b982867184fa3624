//! Where cases are read from: a zip file, or a folder of what is in one.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use zip::ZipArchive;

use crate::common::Folder;

pub struct Archive {
    pub family: String,
    contents: Contents,
}

enum Contents {
    Zip(Mutex<ZipArchive<Cursor<Vec<u8>>>>),
    Folder(PathBuf),
}

/// A model's files on disk.
pub enum ModelFolder {
    Unpacked(Folder),
    InPlace(PathBuf),
}

impl ModelFolder {
    pub fn path(&self) -> &Path {
        match self {
            ModelFolder::Unpacked(folder) => folder.path(),
            ModelFolder::InPlace(path) => path,
        }
    }
}

/// The families of a folder, by name.
pub fn all(folder: &Path) -> Vec<Archive> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| is_family(path))
        .collect();
    paths.sort();
    paths.into_iter().map(open).collect()
}

fn is_family(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zip") || path.join("cases.json").exists()
}

fn open(path: PathBuf) -> Archive {
    let family = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let contents = match path.is_dir() {
        true => Contents::Folder(path),
        false => Contents::Zip(Mutex::new(ZipArchive::new(Cursor::new(fs::read(path).unwrap())).unwrap())),
    };
    Archive { family, contents }
}

impl Archive {
    pub fn read(&self, name: &str) -> Vec<u8> {
        match &self.contents {
            Contents::Folder(path) => {
                fs::read(path.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
            }
            Contents::Zip(zip) => {
                let mut zip = zip.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                let mut file = zip.by_name(name).unwrap_or_else(|error| panic!("{name}: {error}"));
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).unwrap();
                bytes
            }
        }
    }

    /// The folder `name`, whose files are unpacked if they have to be.
    pub fn model_folder(&self, name: &str) -> ModelFolder {
        let zip = match &self.contents {
            Contents::Folder(path) => return ModelFolder::InPlace(path.join(name)),
            Contents::Zip(zip) => zip,
        };
        let start = format!("{name}/");
        let files: Vec<String> = {
            let zip = zip.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let names = zip.file_names().map(|file| file.unwrap().into_owned());
            names.filter(|file| file.starts_with(&start)).collect()
        };
        let folder = Folder::new();
        for file in files {
            fs::write(folder.join(&file[start.len()..]), self.read(&file)).unwrap();
        }
        ModelFolder::Unpacked(folder)
    }
}
