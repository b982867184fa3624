//! The option `optimized_model_cache`: the same results, faster and with less memory; whatever is
//! wrong with the folder costs time and never a result.

mod processes;

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::ptr::null;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use predictor_pool::{Config, Predictor, PredictorPool, Severity, TensorSpec};
use processes::{Folder, Random, alone, assert_same_bits, child, memory, model, onnxruntime, start_child};

const OPTION: &str = "optimized_model_cache";
const RUNTIME: &str = "PREDICTOR_POOL_ORT_LIB";
/// Where a child finds the folder of its test.
const CACHE: &str = "TEST_CACHE";

fn plain(model: &Path) -> Config {
    let mut config = Config::new();
    config.set_model(model, None);
    config
}

fn cached(model: &Path, cache: &Path) -> Config {
    let mut config = plain(model);
    config.set_option(OPTION, cache.to_str().unwrap()).unwrap();
    config
}

/// Loads the model anew and gives the bits of `y` for an input `x` of this shape.
fn run(config: &Config, dims: &[i64]) -> Vec<f32> {
    run_predictor(&Predictor::new(config).unwrap(), dims)
}

fn run_predictor(predictor: &Predictor, dims: &[i64]) -> Vec<f32> {
    let x = predictor.input("x").unwrap();
    x.reshape(dims).unwrap();
    x.copy_from_host(&Random::new(3).floats(dims.iter().product::<i64>() as usize)).unwrap();
    predictor.run().unwrap();
    let y = predictor.output("y").unwrap();
    let mut data = vec![0.0f32; y.byte_length().unwrap() / 4];
    y.copy_to_host(&mut data).unwrap();
    data
}

const MLP: [i64; 2] = [3, 64];

/// Entries of the cache; whatever else is there is known too.
fn entries(cache: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    let (entries, others): (Vec<_>, Vec<_>) =
        all.partition(|path| path.file_name().unwrap().len() == 64 && !path.ends_with("sources"));
    assert!(others.iter().all(|path| path.ends_with("sources")), "{others:?}");
    entries
}

#[track_caller]
fn only_entry(cache: &Path) -> PathBuf {
    let entries = entries(cache);
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries[0].clone()
}

/// Name and content of each file.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|file| (PathBuf::from(file.file_name().unwrap()), fs::read(&file).unwrap())).collect()
}

/// The library's own warnings since the last look.
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn listen() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&lines);
        let hear = move |_, category: &str, message: &str| {
            if category == "predictor_pool" && message.contains(OPTION) {
                heard.lock().unwrap().push(message.to_owned());
            }
        };
        predictor_pool::set_log_callback(Some(Arc::new(hear)), Severity::Warning);
        Self(lines)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    #[track_caller]
    fn assert_none(&self) {
        assert_eq!(self.take(), [""; 0]);
    }

    #[track_caller]
    fn assert_some(&self, why: &str) {
        assert!(!self.take().is_empty(), "no warning: {why}");
    }
}

#[test]
fn results_are_bit_by_bit_those_without_the_cache() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        for (name, dims) in [
            ("add.onnx", &[1i64, 4][..]),
            ("convolution.onnx", &[2, 3, 16, 24]),
            ("external_data.onnx", &[3, 8]),
            ("external_data_two.onnx", &[2, 8]),
            ("mlp.onnx", &MLP),
            ("with_default.onnx", &[5]),
        ] {
            let expected = run(&plain(&model(name)), dims);
            for _ in 0..2 {
                assert_same_bits(&run(&cached(&model(name), folder.path()), dims), &expected);
                warnings.assert_none();
            }
        }
        assert_eq!(entries(folder.path()).len(), 6);
    });
}

#[test]
fn pools_and_clones_of_two_threads_use_it_too() {
    alone(&[], || {
        let folder = Folder::new();
        let dims = [2, 3, 32, 32];
        let two_threads = |mut config: Config| {
            config.set_intra_op_threads(2).unwrap();
            config
        };
        let expected = run(&two_threads(plain(&model("convolution.onnx"))), &dims);
        for _ in 0..2 {
            let config = two_threads(cached(&model("convolution.onnx"), folder.path()));
            let pool = PredictorPool::new(&config, 2).unwrap();
            assert_same_bits(&run_predictor(&pool.acquire(None).unwrap(), &dims), &expected);
            let clone = pool.retrieve(1).unwrap().try_clone().unwrap();
            assert_same_bits(&run_predictor(&clone, &dims), &expected);
        }
    });
}

/// Inputs and outputs as callers see them.
fn specs(config: &Config) -> Vec<(String, String, bool)> {
    let predictor = Predictor::new(config).unwrap();
    let describe = |spec: &TensorSpec| {
        let names = spec.shape().map(|dims| (0..dims.len()).map(|axis| spec.dimension_name(axis)).collect());
        let names: Result<Vec<_>, _> = names;
        let text = format!("{:?} {:?} {names:?}", spec.data_type(), spec.shape());
        (spec.name().to_owned(), text, spec.has_default())
    };
    predictor.inputs().iter().chain(predictor.outputs()).map(describe).collect()
}

#[test]
fn every_model_declares_what_it_declares_without_the_cache() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        let mut compared = 0;
        for file in fs::read_dir(model("")).unwrap() {
            let path = file.unwrap().path();
            let loads =
                path.extension().is_some_and(|end| end == "onnx") && Predictor::new(&plain(&path)).is_ok();
            if loads {
                let expected = specs(&plain(&path));
                for _ in 0..2 {
                    assert_eq!(specs(&cached(&path, folder.path())), expected, "{}", path.display());
                }
                compared += 1;
            }
        }
        assert!(compared > 30, "{compared}");
        warnings.assert_none();
    });
}

#[test]
fn an_input_with_a_default_keeps_it() {
    alone(&[], || {
        let folder = Folder::new();
        for _ in 0..2 {
            let config = cached(&model("with_default.onnx"), folder.path());
            let predictor = Predictor::new(&config).unwrap();
            assert_eq!(predictor.inputs().len(), 1);
            let x = predictor.input("x").unwrap();
            x.reshape(&[2]).unwrap();
            x.copy_from_host(&[1.0f32, 2.0]).unwrap();
            let mut y = [0.0f32; 2];
            predictor.run().unwrap();
            predictor.output("y").unwrap().copy_to_host(&mut y).unwrap();
            assert_eq!(y, [1.5, 2.5]);
            predictor.input("bias").unwrap().copy_from_host(&[10.0f32]).unwrap();
            predictor.run().unwrap();
            predictor.output("y").unwrap().copy_to_host(&mut y).unwrap();
            assert_eq!(y, [11.0, 12.0]);
        }
        only_entry(folder.path());
    });
}

#[test]
fn a_fixed_dimension_is_fixed_and_has_an_entry_of_its_own() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        let free = cached(&model("mlp.onnx"), folder.path());
        let expected = run(&free, &MLP);
        for _ in 0..2 {
            let mut fixed = free.clone();
            fixed.set_option("free_dimension:batch", "3").unwrap();
            let predictor = Predictor::new(&fixed).unwrap();
            assert_eq!(predictor.inputs()[0].shape().unwrap(), [3, 64]);
            assert!(predictor.input("x").unwrap().reshape(&[2, 64]).is_err());
            assert_same_bits(&run_predictor(&predictor, &MLP), &expected);
        }
        assert_eq!(entries(folder.path()).len(), 2);
        assert_eq!(run(&free, &[2, 64]).len(), 20);
        warnings.assert_none();
    });
}

#[test]
fn a_model_in_memory_is_cached_with_and_without_params() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        let bytes = |name: &str| fs::read(model(name)).unwrap();
        let in_memory = |name: &str, params: Option<&[u8]>| {
            let mut config = cached(Path::new(""), folder.path());
            config.set_model_buffer(&bytes(name), params);
            config
        };
        let mlp = run(&plain(&model("mlp.onnx")), &MLP);
        let external = run(&plain(&model("external_data.onnx")), &[3, 8]);
        for _ in 0..2 {
            assert_same_bits(&run(&in_memory("mlp.onnx", None), &MLP), &mlp);
            let params = bytes("external_data.bin");
            assert_same_bits(&run(&in_memory("external_data.onnx", Some(&params)), &[3, 8]), &external);
            let other: Vec<u8> =
                params.chunks(4).flat_map(|one| [one[0], one[1], one[2], one[3] ^ 0x80]).collect();
            let negated = run(&in_memory("external_data.onnx", Some(&other)), &[3, 8]);
            assert_ne!(negated, external);
        }
        assert_eq!(entries(folder.path()).len(), 3);
        warnings.assert_none();
    });
}

#[test]
fn a_file_of_params_counts_by_its_content() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        let (params, cache) = (folder.path().join("params"), folder.path().join("cache"));
        fs::copy(model("external_data.bin"), &params).unwrap();
        let with_params = |mut config: Config| {
            config.set_model(model("external_data.onnx"), Some(params.clone()));
            run(&config, &[3, 8])
        };
        let before = with_params(cached(Path::new(""), &cache));
        assert_same_bits(&before, &run(&plain(&model("external_data.onnx")), &[3, 8]));
        let mut bytes = fs::read(&params).unwrap();
        bytes.iter_mut().skip(3).step_by(4).for_each(|byte| *byte ^= 0x80);
        fs::write(&params, bytes).unwrap();
        let after = with_params(cached(Path::new(""), &cache));
        assert_ne!(before, after);
        assert_same_bits(&after, &with_params(plain(Path::new(""))));
        assert_eq!(entries(&cache).len(), 2);
        warnings.assert_none();
    });
}

/// A model that looks `ids` up in a table of 64 MiB: nothing that a load could make smaller.
fn write_large_model(path: &Path) {
    fn number(value: u64) -> Vec<u8> {
        let last = (value & 0x7f) as u8;
        if value < 0x80 { vec![last] } else { [vec![last | 0x80], number(value >> 7)].concat() }
    }
    fn int(field: u64, value: u64) -> Vec<u8> {
        [number(field << 3), number(value)].concat()
    }
    fn bytes(field: u64, value: &[u8]) -> Vec<u8> {
        [&number(field << 3 | 2), &number(value.len() as u64), value].concat()
    }
    fn tensor_type(name: &str, element: u64, dims: &[Vec<u8>]) -> Vec<u8> {
        let shape: Vec<u8> = dims.iter().flat_map(|dim| bytes(1, dim)).collect();
        let tensor = [int(1, element), bytes(2, &shape)].concat();
        [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat()
    }
    let (rows, width) = (1u64 << 16, 256u64);
    let data: Vec<u8> = (0..rows * width).flat_map(|index| (index as f32).to_le_bytes()).collect();
    let table = [int(1, rows), int(1, width), int(2, 1), bytes(8, b"table"), bytes(9, &data)].concat();
    let node = [bytes(1, b"table"), bytes(1, b"ids"), bytes(2, b"y"), bytes(4, b"Gather")].concat();
    let free = || bytes(2, b"n");
    let graph = [
        bytes(1, &node),
        bytes(2, b"large"),
        bytes(5, &table),
        bytes(11, &tensor_type("ids", 7, &[free()])),
        bytes(12, &tensor_type("y", 1, &[free(), int(1, width)])),
    ];
    let model = [int(1, 8), bytes(8, &int(2, 17)), bytes(7, &graph.concat())].concat();
    fs::write(path, model).unwrap();
}

/// Memory that is this process's alone, after a load and a run of the large model.
#[test]
fn a_cached_model_maps_its_weights_and_takes_next_to_no_memory() {
    let folder = Folder::new();
    let cache = folder.path().join("cache");
    let mut before = None;
    for way in ["plain", "build", "use"] {
        let variables = [("WAY", way), (CACHE, folder.path().to_str().unwrap())];
        let outcome = child(&variables, || {
            let folder = PathBuf::from(std::env::var(CACHE).unwrap());
            let (large, cache) = (folder.join("large.onnx"), folder.join("cache"));
            let way = std::env::var("WAY").unwrap();
            if way == "plain" {
                write_large_model(&large);
            }
            let warnings = Warnings::listen();
            let config = if way == "plain" { plain(&large) } else { cached(&large, &cache) };
            let predictor = Predictor::new(&config).unwrap();
            warnings.assert_none();
            let ids = predictor.input("ids").unwrap();
            ids.reshape(&[2]).unwrap();
            ids.copy_from_host(&[0i64, 65535]).unwrap();
            predictor.run().unwrap();
            let mut y = [0.0f32; 512];
            predictor.output("y").unwrap().copy_to_host(&mut y).unwrap();
            assert_eq!((y[1], y[511]), (1.0, 16_777_215.0));

            let own = memory("RssAnon") >> 20;
            let maps = fs::read_to_string("/proc/self/maps").unwrap();
            let mapped = maps.lines().any(|line| line.contains("cache") && line.ends_with("weights.bin"));
            assert_eq!(mapped, way != "plain");
            match &*way {
                "plain" => assert!(own >= 64, "{own} MiB: the test measures nothing"),
                "use" => assert!(own < 32, "{own} MiB"),
                _ => (),
            }
        });
        let Some(outcome) = outcome else { return };
        outcome.expect_code(0);
        // The second process has built nothing.
        if way != "plain" {
            let facts = fs::metadata(only_entry(&cache).join("weights.bin")).unwrap();
            let identity = (facts.ino(), facts.mtime(), facts.mtime_nsec());
            assert_eq!(*before.get_or_insert(identity), identity);
        }
    }
}

type Breakage = (&'static str, fn(&Path));

fn flip_a_byte(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

const BREAKAGES: [Breakage; 11] = [
    ("a byte of the weights", |entry| flip_a_byte(&entry.join("weights.bin"))),
    ("a byte of the weights, with the old time stamp", |entry| {
        let file = entry.join("weights.bin");
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        flip_a_byte(&file);
        File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    }),
    ("a byte of the model", |entry| flip_a_byte(&entry.join("model.onnx"))),
    ("a truncated model", |entry| {
        let file = File::options().write(true).open(entry.join("model.onnx")).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    }),
    ("truncated weights", |entry| {
        File::options().write(true).open(entry.join("weights.bin")).unwrap().set_len(1000).unwrap();
    }),
    ("no manifest", |entry| fs::remove_file(entry.join("manifest")).unwrap()),
    ("an empty manifest", |entry| fs::write(entry.join("manifest"), "").unwrap()),
    ("a cut manifest", |entry| {
        let text = fs::read_to_string(entry.join("manifest")).unwrap();
        fs::write(entry.join("manifest"), text.lines().next().unwrap()).unwrap();
    }),
    ("no weights", |entry| fs::remove_file(entry.join("weights.bin")).unwrap()),
    ("no model", |entry| fs::remove_file(entry.join("model.onnx")).unwrap()),
    ("a file in place of the entry", |entry| {
        fs::remove_dir_all(entry).unwrap();
        fs::write(entry, "no folder").unwrap();
    }),
];

#[test]
fn a_broken_entry_is_built_anew() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        let config = cached(&model("mlp.onnx"), folder.path());
        let expected = run(&plain(&model("mlp.onnx")), &MLP);
        run(&config, &MLP);
        let entry = only_entry(folder.path());
        let good = content(&entry);
        for (what, make_it) in BREAKAGES {
            make_it(&entry);
            assert_same_bits(&run(&config, &MLP), &expected);
            warnings.assert_some(what);
            let rebuilt = content(&only_entry(folder.path()));
            for name in ["model.onnx", "weights.bin"].map(Path::new) {
                assert!(rebuilt.get(name) == good.get(name), "{what}: {} is not as it was", name.display());
            }
            assert_same_bits(&run(&config, &MLP), &expected);
            warnings.assert_none();
        }
    });
}

/// Other users must not be able to plant a model.
const FOREIGN: [Breakage; 5] = [
    ("a folder that all may write", |entry| {
        fs::set_permissions(entry, Permissions::from_mode(0o777)).unwrap();
    }),
    ("a folder that its group may write", |entry| {
        fs::set_permissions(entry, Permissions::from_mode(0o770)).unwrap();
    }),
    ("weights that all may write", |entry| {
        fs::set_permissions(entry.join("weights.bin"), Permissions::from_mode(0o666)).unwrap();
    }),
    ("another user's folder", |entry| chown(entry, Some(12345), None).unwrap()),
    ("another user's manifest", |entry| chown(entry.join("manifest"), Some(12345), None).unwrap()),
];

#[test]
fn an_entry_that_others_can_write_is_not_used() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        let config = cached(&model("mlp.onnx"), folder.path());
        let expected = run(&config, &MLP);
        let entry = only_entry(folder.path());
        let is_root = unsafe { libc::geteuid() } == 0;
        for (what, make_it) in FOREIGN {
            if what.starts_with("another user") && !is_root {
                println!("skipped: only root can make {what}");
                continue;
            }
            make_it(&entry);
            assert_same_bits(&run(&config, &MLP), &expected);
            warnings.assert_some(what);
            let files = fs::read_dir(&entry).unwrap().map(|file| file.unwrap().path());
            for path in files.chain([entry.clone()]) {
                let facts = fs::metadata(&path).unwrap();
                assert_eq!(facts.mode() & 0o077, 0, "{what}: {}", path.display());
                assert_eq!(facts.uid(), unsafe { libc::geteuid() }, "{what}: {}", path.display());
            }
        }
    });
}

/// The names of entries are all that tells them apart.
#[test]
fn an_entry_under_the_name_of_another_model_is_not_used() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        let other = folder.path().join("other.onnx");
        let cache = folder.path().join("cache");
        write_changed_mlp(&other);
        let first = run(&cached(&model("mlp.onnx"), &cache), &MLP);
        let first_entry = only_entry(&cache);
        let second = run(&cached(&other, &cache), &MLP);
        assert_ne!(first, second);
        let second_entry = entries(&cache).into_iter().find(|entry| *entry != first_entry).unwrap();
        fs::remove_dir_all(&first_entry).unwrap();
        fs::rename(&second_entry, &first_entry).unwrap();
        assert_same_bits(&run(&cached(&model("mlp.onnx"), &cache), &MLP), &first);
        warnings.assert_some("another model's entry");
    });
}

#[test]
fn a_copied_cache_is_still_good() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        let (here, there) = (folder.path().join("here"), folder.path().join("there"));
        let expected = run(&cached(&model("mlp.onnx"), &here), &MLP);
        let entry = only_entry(&here);
        let copy = there.join(entry.file_name().unwrap());
        fs::create_dir_all(&copy).unwrap();
        fs::set_permissions(&copy, Permissions::from_mode(0o700)).unwrap();
        for name in content(&entry).keys() {
            fs::copy(entry.join(name), copy.join(name)).unwrap();
        }
        let inode = fs::metadata(&copy).unwrap().ino();
        assert_same_bits(&run(&cached(&model("mlp.onnx"), &there), &MLP), &expected);
        warnings.assert_none();
        assert_eq!(fs::metadata(only_entry(&there)).unwrap().ino(), inode, "it was built anew");
    });
}

/// The same network with other weights: the sign bit of many is flipped.
fn write_changed_mlp(path: &Path) {
    let mut bytes = fs::read(model("mlp.onnx")).unwrap();
    let (start, end) = (bytes.len() / 2, bytes.len() / 2 + 4000);
    // The exponent stays below infinity whatever byte of a number this is.
    bytes[start..end].iter_mut().step_by(16).for_each(|byte| *byte ^= 0x01);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_changed_model_gets_a_new_entry_and_the_old_one_stays() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        let (path, cache) = (folder.path().join("mlp.onnx"), folder.path().join("cache"));
        let original = fs::read(model("mlp.onnx")).unwrap();
        let mut results = Vec::new();
        for round in 0..4 {
            match round % 2 {
                0 => fs::write(&path, &original).unwrap(),
                _ => write_changed_mlp(&path),
            }
            // The path, the size and the time stamp say nothing.
            File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
            let result = run(&cached(&path, &cache), &MLP);
            assert_same_bits(&result, &run(&plain(&path), &MLP));
            assert_eq!(entries(&cache).len(), (round + 1).min(2));
            results.push(result);
        }
        assert_ne!(results[0], results[1]);
        assert_same_bits(&results[0], &results[2]);
        assert_same_bits(&results[1], &results[3]);
        warnings.assert_none();
    });
}

/// A settled file's digest is remembered; a later change must be seen all the same.
#[test]
fn a_model_that_changes_after_a_while_gets_a_new_entry_too() {
    alone(&[], || {
        let folder = Folder::new();
        let (path, cache) = (folder.path().join("mlp.onnx"), folder.path().join("cache"));
        fs::copy(model("mlp.onnx"), &path).unwrap();
        thread::sleep(Duration::from_millis(3100));
        let before = run(&cached(&path, &cache), &MLP);
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        write_changed_mlp(&path);
        File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        let after = run(&cached(&path, &cache), &MLP);
        assert_ne!(before, after);
        assert_same_bits(&after, &run(&plain(&path), &MLP));
        assert_eq!(entries(&cache).len(), 2);
    });
}

#[test]
fn changed_external_data_gets_a_new_entry() {
    alone(&[], || {
        let folder = Folder::new();
        let cache = folder.path().join("cache");
        let path = folder.path().join("external_data.onnx");
        let data = folder.path().join("external_data.bin");
        fs::copy(model("external_data.onnx"), &path).unwrap();
        fs::copy(model("external_data.bin"), &data).unwrap();
        let before = run(&cached(&path, &cache), &[3, 8]);
        let mut bytes = fs::read(&data).unwrap();
        bytes.iter_mut().skip(3).step_by(4).for_each(|byte| *byte ^= 0x80);
        fs::write(&data, bytes).unwrap();
        let after = run(&cached(&path, &cache), &[3, 8]);
        assert_ne!(before, after);
        assert_same_bits(&after, &run(&plain(&path), &[3, 8]));
        assert_eq!(entries(&cache).len(), 2);
    });
}

#[test]
fn two_models_of_one_content_share_an_entry() {
    alone(&[], || {
        let (folder, warnings) = (Folder::new(), Warnings::listen());
        let (copy, cache) = (folder.path().join("copy.onnx"), folder.path().join("cache"));
        fs::copy(model("mlp.onnx"), &copy).unwrap();
        let first = run(&cached(&model("mlp.onnx"), &cache), &MLP);
        assert_same_bits(&run(&cached(&copy, &cache), &MLP), &first);
        only_entry(&cache);
        warnings.assert_none();
    });
}

#[test]
fn other_options_get_an_entry_of_their_own() {
    alone(&[], || {
        let folder = Folder::new();
        let changes: [fn(&mut Config); 4] = [
            |_| (),
            |config| config.set_optimization_level(1).unwrap(),
            |config| config.set_optimization_level(2).unwrap(),
            |config| config.set_option("optimization.enable_gelu_approximation", "1").unwrap(),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut config = cached(&model("convolution.onnx"), folder.path());
            change(&mut config);
            let mut without = plain(&model("convolution.onnx"));
            change(&mut without);
            let dims = [1, 3, 16, 16];
            for _ in 0..2 {
                assert_same_bits(&run(&config, &dims), &run(&without, &dims));
                assert_eq!(entries(folder.path()).len(), number + 1);
            }
        }
    });
}

#[test]
fn each_release_of_onnx_runtime_has_its_own_entries() {
    let folder = Folder::new();
    for (number, flavour) in ["current", "oldest", "current", "oldest"].iter().enumerate() {
        let runtime = onnxruntime(flavour);
        let variables = [(RUNTIME, runtime.to_str().unwrap()), (CACHE, folder.path().to_str().unwrap())];
        let outcome = child(&variables, || {
            let warnings = Warnings::listen();
            let cache = PathBuf::from(std::env::var(CACHE).unwrap());
            let expected = run(&plain(&model("convolution.onnx")), &[1, 3, 16, 16]);
            assert_same_bits(&run(&cached(&model("convolution.onnx"), &cache), &[1, 3, 16, 16]), &expected);
            warnings.assert_none();
        });
        let Some(outcome) = outcome else { return };
        outcome.expect_code(0);
        assert_eq!(entries(folder.path()).len(), (number + 1).min(2));
    }
}

/// For this thread, `/proc/cpuinfo` is `file` from now on; false where the process may not mount.
fn pretend_cpu(file: &Path) -> bool {
    let (root, target) = (c"/".as_ptr(), c"/proc/cpuinfo".as_ptr());
    let file = processes::c_text(file);
    unsafe {
        libc::unshare(libc::CLONE_NEWNS) == 0
            && libc::mount(null(), root, null(), libc::MS_REC | libc::MS_PRIVATE, null()) == 0
            && libc::mount(file.as_ptr(), target, null(), libc::MS_BIND, null()) == 0
    }
}

#[test]
fn another_cpu_has_its_own_entries() {
    alone(&[], || {
        let folder = Folder::new();
        let cache = folder.path().join("cache");
        run(&cached(&model("mlp.onnx"), &cache), &MLP);
        let first = only_entry(&cache);
        let other = fs::read_to_string("/proc/cpuinfo").unwrap().replace(" avx2", "").replace(" asimd", "");
        fs::write(folder.path().join("cpuinfo"), other).unwrap();
        if !pretend_cpu(&folder.path().join("cpuinfo")) {
            println!("skipped: this process may not mount: {}", std::io::Error::last_os_error());
            return;
        }
        let warnings = Warnings::listen();
        for _ in 0..2 {
            run(&cached(&model("mlp.onnx"), &cache), &MLP);
            let entries = entries(&cache);
            assert!(entries.len() == 2 && entries.contains(&first), "{entries:?} after {first:?}");
        }
        warnings.assert_none();
    });
}

#[test]
fn processes_that_build_one_entry_at_once_all_succeed() {
    for _ in 0..5 {
        let folder = Folder::new();
        let mut children = Vec::new();
        for _ in 0..4 {
            let running = start_child(&[(CACHE, folder.path().to_str().unwrap())], || {
                let warnings = Warnings::listen();
                let cache = PathBuf::from(std::env::var(CACHE).unwrap());
                let expected = run(&plain(&model("mlp.onnx")), &MLP);
                for _ in 0..2 {
                    assert_same_bits(&run(&cached(&model("mlp.onnx"), &cache), &MLP), &expected);
                }
                warnings.assert_none();
            });
            let Some(running) = running else { return };
            children.push(running);
        }
        children.into_iter().for_each(|child| child.wait().expect_code(0));
        only_entry(folder.path());
    }
}

#[test]
fn threads_that_build_one_entry_at_once_all_succeed() {
    alone(&[], || {
        let warnings = Warnings::listen();
        let expected = run(&plain(&model("mlp.onnx")), &MLP);
        for _ in 0..5 {
            let folder = Folder::new();
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        let mut config = cached(&model("mlp.onnx"), folder.path());
                        config.set_option("share_model", "0").unwrap();
                        assert_same_bits(&run(&config, &MLP), &expected);
                    });
                }
            });
            only_entry(folder.path());
        }
        warnings.assert_none();
    });
}

/// No cache, a warning, and the right result, however often.
fn assert_works_without_cache(cache: &Path) {
    let warnings = Warnings::listen();
    let expected = run(&plain(&model("mlp.onnx")), &MLP);
    for _ in 0..2 {
        assert_same_bits(&run(&cached(&model("mlp.onnx"), cache), &MLP), &expected);
        warnings.assert_some(cache.to_str().unwrap());
    }
}

#[test]
fn a_folder_that_cannot_be_made_means_no_cache() {
    alone(&[], || {
        let folder = Folder::new();
        let file = folder.path().join("file");
        fs::write(&file, "no folder").unwrap();
        assert_works_without_cache(&file.join("cache"));
        assert_works_without_cache(&file);
        assert_works_without_cache(Path::new("/proc/no/such/folder"));
        let loose = folder.path().join("loose");
        symlink("nowhere/at/all", &loose).unwrap();
        assert_works_without_cache(&loose);
    });
}

#[test]
fn a_read_only_folder_means_no_cache() {
    alone(&[], || {
        let folder = Folder::new();
        let open = |mode| fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
        // What root may do would tell nothing, and another user needs a model that it can read.
        let copy = folder.path().join("mlp.onnx");
        fs::copy(model("mlp.onnx"), &copy).unwrap();
        let cache = folder.path().join("cache");
        fs::create_dir(&cache).unwrap();
        fs::set_permissions(&cache, Permissions::from_mode(0o555)).unwrap();
        open(0o755);
        let expected = run(&plain(&copy), &MLP);
        unsafe {
            if libc::geteuid() == 0 {
                assert_eq!(libc::seteuid(65534), 0);
            }
        }
        assert!(fs::create_dir(cache.join("probe")).is_err(), "the folder can be written");
        let warnings = Warnings::listen();
        for _ in 0..2 {
            assert_same_bits(&run(&cached(&copy, &cache), &MLP), &expected);
            warnings.assert_some("a read-only folder");
        }
        unsafe {
            libc::seteuid(libc::getuid());
        }
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 0);
    });
}

/// A limit on the size of files stands for a disk that is full.
#[test]
fn a_full_disk_means_no_cache() {
    alone(&[], || {
        let folder = Folder::new();
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        let mut set_limit = |bytes: libc::rlim_t| unsafe {
            assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit), 0);
            limit.rlim_cur = bytes;
            assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
        };
        // Writing on then fails as it does on a full disk, in place of killing the process.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        // At the first byte, in the model and in the weights. A failure cannot be written either.
        for bytes in [0, 1000, 100_000] {
            set_limit(bytes);
            let tried = std::panic::catch_unwind(|| {
                assert_works_without_cache(folder.path());
                assert_eq!(entries(folder.path()).len(), 0);
            });
            set_limit(libc::RLIM_INFINITY);
            assert!(tried.is_ok(), "a disk with room for {bytes} bytes");
        }
        let warnings = Warnings::listen();
        run(&cached(&model("mlp.onnx"), folder.path()), &MLP);
        only_entry(folder.path());
        warnings.assert_none();
    });
}

#[test]
fn a_full_file_system_means_no_cache() {
    alone(&[], || {
        let folder = Folder::new();
        let path = processes::c_text(folder.path());
        let (kind, size) = (c"tmpfs".as_ptr(), c"size=64k".as_ptr());
        if unsafe { libc::mount(kind, path.as_ptr(), kind, 0, size.cast()) } != 0 {
            println!("skipped: this process may not mount: {}", std::io::Error::last_os_error());
            return;
        }
        let tried = std::panic::catch_unwind(|| {
            assert_works_without_cache(folder.path());
            assert_eq!(entries(folder.path()).len(), 0);
        });
        unsafe { libc::umount2(path.as_ptr(), libc::MNT_DETACH) };
        tried.unwrap();
    });
}

#[test]
fn nobody_else_can_read_or_write_what_is_kept() {
    alone(&[], || {
        let folder = Folder::new();
        let cache = folder.path().join("made/anew");
        let path = folder.path().join("mlp.onnx");
        fs::copy(model("mlp.onnx"), &path).unwrap();
        // Old enough for its digest to be remembered, in a file too.
        thread::sleep(Duration::from_millis(3100));
        unsafe { libc::umask(0) };
        run(&cached(&path, &cache), &MLP);
        let mut files = 0;
        let mut folders = vec![cache];
        while let Some(folder) = folders.pop() {
            let mode = fs::metadata(&folder).unwrap().mode() & 0o7777;
            assert_eq!(mode, 0o700, "{}: {mode:o}", folder.display());
            for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let mode = fs::metadata(&path).unwrap().mode() & 0o7777;
                assert_eq!(mode, 0o600, "{}: {mode:o}", path.display());
                files += 1;
            }
        }
        assert!(files >= 4, "model, weights, manifest and the remembered digest, got {files}");
    });
}

#[test]
fn what_a_crashed_process_left_behind_is_removed_after_a_while() {
    alone(&[], || {
        let folder = Folder::new();
        let (old, fresh) = (folder.path().join("tmp-1-0"), folder.path().join("tmp-2-0"));
        for path in [&old, &fresh] {
            fs::create_dir(path).unwrap();
            fs::write(path.join("model.onnx"), "half").unwrap();
        }
        let yesterday = SystemTime::now() - Duration::from_secs(86_400);
        File::open(&old).unwrap().set_times(FileTimes::new().set_modified(yesterday)).unwrap();
        run(&cached(&model("mlp.onnx"), folder.path()), &MLP);
        assert!(!old.exists());
        // Another process may be at work there.
        assert!(fresh.exists());
    });
}

#[test]
fn auto_is_the_users_cache_folder() {
    let home = Folder::new();
    let path = home.path().to_str().unwrap();
    let xdg = home.path().join("xdg");
    for variables in [
        [("HOME", path), ("XDG_CACHE_HOME", "")],
        [("HOME", path), ("XDG_CACHE_HOME", xdg.to_str().unwrap())],
    ] {
        let outcome = child(&variables, || {
            let warnings = Warnings::listen();
            let mut config = plain(&model("mlp.onnx"));
            config.set_option(OPTION, "auto").unwrap();
            assert_same_bits(&run(&config, &MLP), &run(&plain(&model("mlp.onnx")), &MLP));
            warnings.assert_none();
        });
        let Some(outcome) = outcome else { return };
        outcome.expect_code(0);
    }
    only_entry(&home.path().join(".cache/predictor_pool"));
    only_entry(&xdg.join("predictor_pool"));
}

#[test]
fn without_the_option_nothing_is_kept() {
    let home = Folder::new();
    let outcome = child(&[("HOME", home.path().to_str().unwrap()), ("XDG_CACHE_HOME", "")], || {
        let mut config = plain(&model("mlp.onnx"));
        run(&config, &MLP);
        config.set_option(OPTION, "").unwrap();
        run(&config, &MLP);
    });
    let Some(outcome) = outcome else { return };
    outcome.expect_code(0);
    assert!(!home.path().join(".cache/predictor_pool").exists());
}
