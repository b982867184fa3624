//! Both ends of the pipe to the process that measures a point: lines of JSON on the child's stdout.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::args::PointArguments;
use crate::failure::{Failure, INTERRUPTED, Result};
use crate::point;
use crate::system;

/// How often the child tells how far it is.
const REPORT: Duration = Duration::from_millis(200);
/// How often the parent looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(50);
/// What an interrupted child gets to end by itself: a run in progress may be long.
const GRACE: Duration = Duration::from_secs(3);

/// The child: measures and writes what it found.
pub fn serve(arguments: &PointArguments) -> Result<()> {
    system::end_with_parent();
    let mut pipe = take_stdout()?;
    let mut reported = Instant::now();
    let result = point::measure(arguments, |share, runs| {
        if reported.elapsed() >= REPORT {
            reported = Instant::now();
            // A parent that is gone ends this process as well.
            let _ = writeln!(pipe, "{}", json!({"progress": share, "runs": runs}));
        }
    });
    let line = match result {
        Ok(result) => json!({"result": result}),
        Err(failure) => json!({"failure": {"code": failure.code, "text": failure.text}}),
    };
    writeln!(pipe, "{line}").map_err(|error| Failure::new(format!("report to the parent: {error}")))
}

/// The pipe to the parent. What libraries print to stdout goes to stderr from here on.
fn take_stdout() -> Result<File> {
    // SAFETY: the duplicate is a descriptor of nobody else's; standard output stays open.
    unsafe {
        let copy = libc::fcntl(libc::STDOUT_FILENO, libc::F_DUPFD_CLOEXEC, 3);
        if copy < 0 || libc::dup2(libc::STDERR_FILENO, std::io::stdout().as_raw_fd()) < 0 {
            return Err(Failure::new(format!("stdout: {}", std::io::Error::last_os_error())));
        }
        Ok(File::from_raw_fd(copy))
    }
}

/// The parent: has a child measure the point. `progress` hears the share of the time that is over.
pub fn measure(arguments: &PointArguments, mut progress: impl FnMut(f64)) -> Result<Value> {
    let mut child = start(arguments)?;
    let lines = read_lines(&mut child);
    let mut answer = None;
    let mut interrupted_at = None;
    loop {
        match lines.recv_timeout(LOOK) {
            Ok(line) => match parse(&line) {
                Some(Line::Progress(share)) => progress(share),
                Some(Line::Answer(result)) => answer = Some(result),
                None => (),
            },
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => (),
        }
        if !system::is_interrupted() {
            continue;
        }
        let since = *interrupted_at.get_or_insert_with(|| {
            system::interrupt(child.id());
            Instant::now()
        });
        if since.elapsed() > GRACE {
            // It may have ended by itself meanwhile.
            let _ = child.kill();
            break;
        }
    }
    let status = child.wait().map_err(|error| Failure::new(format!("measuring process: {error}")))?;
    match answer {
        Some(answer) => answer,
        None if interrupted_at.is_some() => {
            Err(Failure { code: INTERRUPTED, text: "interrupted".to_owned() })
        }
        None => Err(Failure::new(format!("the measuring process ended early: {}", describe(status)))),
    }
}

fn start(arguments: &PointArguments) -> Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    command.args(arguments.to_command_line()).stdin(Stdio::null()).stdout(Stdio::piped());
    // In a process group of its own: Ctrl-C reaches it through the parent, once.
    command.process_group(0);
    command.spawn().map_err(|error| Failure::new(format!("measuring process: {error}")))
}

fn read_lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

enum Line {
    Progress(f64),
    Answer(Result<Value>),
}

fn parse(line: &str) -> Option<Line> {
    let mut value: Value = serde_json::from_str(line).ok()?;
    if let Some(share) = value["progress"].as_f64() {
        return Some(Line::Progress(share));
    }
    if let Some(text) = value["failure"]["text"].as_str() {
        let code = value["failure"]["code"].as_u64().and_then(|code| u8::try_from(code).ok());
        return Some(Line::Answer(Err(Failure { code: code?, text: text.to_owned() })));
    }
    let result = value["result"].take();
    result.is_object().then_some(Line::Answer(Ok(result)))
}

fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (_, Some(code)) => format!("exit code {code}"),
        _ => "unknown reason".to_owned(),
    }
}
