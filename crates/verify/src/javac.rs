//! A warm Java compiler: services in sandboxes that compile one request after
//! another, each as if it were the first.

#[cfg(test)]
mod properties;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use assay_core::InfraError;
use assay_core::execution::{Ending, Usage};
use assay_core::infra_error::InfraClass;
use assay_harness::java;
use assay_sandbox::{
    Command, Exit, File, Launcher, Limits, Mount, Sandbox, SandboxError, Service, Spec,
};
use tracing::debug;

use super::jdk::{CONFIGURATION, JAVA};
use super::processes::Used;
use super::{ENVIRONMENT, ending, infra};

const SERVER: &str = java::ASSAY_COMPILER.1;
const SERVER_FILE: &str = "AssayCompiler.java";

/// Where a compiler sees the folder of jars.
pub const JARS: &str = "/opt/java";

/// How long a compiler may take to start, which is part of its first request.
const START: Duration = Duration::from_secs(60);

/// With what a virtual machine exits that has no memory left.
const HEAP_EXHAUSTED: i32 = 3;

const MEMORY_BYTES: u64 = 2 << 30;

/// The second compiler of the virtual machine optimizes better than thousands of
/// requests would pay back.
const MACHINE: [&str; 6] = [
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Xms128m",
    "-Xmx768m",
];

/// No answer to a project of the size that artifacts have is larger.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// What is to be compiled.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The folder of the host that compilers see at [`JARS`], the same for as many
    /// requests as possible. Nothing in it that was once named in a class path may
    /// change.
    pub jars: &'a Path,
    /// Jars and folders below [`JARS`].
    pub class_path: &'a [String],
    /// Options of javac, other than those about files, paths and annotation processors.
    pub options: &'a [String],
    /// Path and text of each source.
    pub sources: &'a [(String, String)],
    /// Classes that come before the class path: `com/example/Name.class` and content.
    pub classes: &'a [(String, Vec<u8>)],
    /// Whether annotation processors of the jars may run.
    pub processors: bool,
    /// How long it may take.
    pub wall: Duration,
}

/// The result of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// `Exited(0)` if there are classes, `Exited(1)` if the sources have errors.
    pub ending: Ending,
    /// Errors and warnings as javac writes them.
    pub diagnostics: String,
    /// Path (`com/example/Name.class`) and content of what was written.
    pub classes: Vec<(String, Vec<u8>)>,
    pub usage: Usage,
}

/// What is compiled takes a second or two, and may take a minute. A machine has too little left for
/// that if it is less than one processor in so many.
const TOO_LITTLE: u32 = 8;

/// Compilers: one for each concurrent request, started when none is idle.
#[derive(Debug, Default)]
pub struct Compilers {
    launcher: Launcher,
    idle: Mutex<Vec<Compiler>>,
}

impl Compilers {
    pub fn new(launcher: Launcher) -> Compilers {
        Compilers { launcher, idle: Mutex::default() }
    }

    /// Compiles. A request that ends a compiler, by a timeout or a crash, is repeated once in a
    /// fresh one; only the result of that counts.
    pub fn compile(&self, request: &Request<'_>) -> Result<Compiled, InfraError> {
        let frame = frame(request);
        if let Some(compiler) = self.take(request.jars) {
            match self.attempt(compiler, &frame, request.wall, None)? {
                Attempt::Answered(compiled) => return Ok(compiled),
                Attempt::Ended { ending, wall, .. } => {
                    debug!(
                        ending = ending.to_string(),
                        ?wall,
                        "a warm Java compiler ended; the request is repeated in a fresh one"
                    );
                }
            }
        }
        let fresh = Compiler::start(&self.launcher, request.jars)?;
        match self.attempt(fresh, &frame, request.wall, Some(Used::now()))? {
            Attempt::Answered(compiled) => Ok(compiled),
            Attempt::Ended { ending: Ending::WallTimeout, wall, is_starved: true } => {
                let message = format!(
                    "other work left nearly no processor for a Java compiler in {} s; validate again when less else runs",
                    wall.as_secs()
                );
                Err(InfraError::new(InfraClass::Sandbox, message))
            }
            Attempt::Ended { ending, wall, .. } => Ok(Compiled {
                ending,
                diagnostics: String::new(),
                classes: Vec::new(),
                // It used what it had, and nobody is left to say how much.
                usage: Usage::new(wall, wall, 0),
            }),
        }
    }

    fn attempt(
        &self,
        mut compiler: Compiler,
        frame: &[u8],
        wall: Duration,
        before: Option<Used>,
    ) -> Result<Attempt, InfraError> {
        let begun = Instant::now();
        match compiler.ask(frame, begun + wall) {
            Ok(bytes) => {
                let answer = Answer::read(&bytes, begun.elapsed())?;
                debug!(
                    ending = answer.compiled.ending.to_string(),
                    took = ?begun.elapsed(),
                    bytes = frame.len(),
                    is_last = answer.is_last,
                    "a Java compiler answered"
                );
                if !answer.is_last {
                    self.idle().push(compiler);
                }
                Ok(Attempt::Answered(answer.compiled))
            }
            Err(error) => {
                let wall = begun.elapsed();
                // While it is there, so that what it used is not taken for that of others.
                let is_starved = before.is_some_and(|before| is_starved(before, wall));
                Ok(Attempt::Ended { ending: compiler.end(&error), wall, is_starved })
            }
        }
    }

    /// An idle compiler that sees these jars.
    fn take(&self, jars: &Path) -> Option<Compiler> {
        let mut idle = self.idle();
        let place = idle.iter().rposition(|compiler| compiler.jars == jars)?;
        Some(idle.swap_remove(place))
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Compiler>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether since a moment, for so long, less was left for a compiler than the slowest compilation
/// needs: by others, and by what this process has started.
fn is_starved(before: Used, wall: Duration) -> bool {
    let Used { by_us, idle } = Used::now().since(before);
    idle.is_some_and(|idle| idle + by_us < wall / TOO_LITTLE)
}

enum Attempt {
    Answered(Compiled),
    Ended { ending: Ending, wall: Duration, is_starved: bool },
}

/// A running compiler.
#[derive(Debug)]
struct Compiler {
    jars: PathBuf,
    service: Service,
}

impl Compiler {
    fn start(launcher: &Launcher, jars: &Path) -> Result<Compiler, InfraError> {
        let begun = Instant::now();
        let service = serve(launcher, jars).map_err(|error| infra(&error))?;
        let mut compiler = Compiler { jars: jars.to_owned(), service };
        // The answer to nothing says that it has started.
        let nothing = Request {
            jars,
            class_path: &[],
            options: &[],
            sources: &[],
            classes: &[],
            processors: false,
            wall: START,
        };
        match compiler.ask(&frame(&nothing), Instant::now() + START) {
            Ok(_) => {
                debug!(took = ?begun.elapsed(), "a Java compiler started");
                Ok(compiler)
            }
            Err(error) => {
                let message = format!("the Java compiler does not start: {}", compiler.end(&error));
                Err(InfraError::new(InfraClass::Sandbox, message))
            }
        }
    }

    fn ask(&mut self, frame: &[u8], deadline: Instant) -> io::Result<Vec<u8>> {
        self.service.send(frame, deadline)?;
        let mut length = [0; 4];
        self.service.receive(&mut length, deadline)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > MAX_ANSWER_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut answer = vec![0; length];
        self.service.receive(&mut answer, deadline)?;
        Ok(answer)
    }

    /// How it ended, or why it is ended now.
    fn end(self, error: &io::Error) -> Ending {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Ending::WallTimeout,
            io::ErrorKind::InvalidData => Ending::OutputLimit,
            _ => match self.service.end() {
                Some(Exit::Code(HEAP_EXHAUSTED)) => Ending::OutOfMemory,
                Some(exit) => ending(exit),
                None => Ending::Signalled(9),
            },
        }
    }
}

fn serve(launcher: &Launcher, jars: &Path) -> Result<Service, SandboxError> {
    let spec = Spec {
        launcher: launcher.clone(),
        mounts: vec![Mount::new(CONFIGURATION, CONFIGURATION), Mount::new(jars, JARS)],
        ..Spec::default()
    };
    let mut sandbox = Sandbox::start(&spec)?;
    sandbox.write(&[File::new(SERVER_FILE, SERVER)])?;
    // The server is compiled as it starts, which also warms the compiler.
    let command = ENVIRONMENT
        .iter()
        .fold(Command::new(JAVA), |command, (name, value)| command.env(*name, *value))
        .args(MACHINE)
        .arg(SERVER_FILE)
        .limits(Limits { memory_bytes: MEMORY_BYTES, ..Limits::default() });
    sandbox.serve(&command)
}

/// A request as the server reads it: numbers in network order, everything else after
/// its length.
fn frame(request: &Request<'_>) -> Vec<u8> {
    let mut frame = vec![0; 4];
    frame.push(u8::from(request.processors));
    for list in [request.options, request.class_path] {
        put_length(&mut frame, list.len());
        list.iter().for_each(|text| put(&mut frame, text.as_bytes()));
    }
    put_length(&mut frame, request.sources.len());
    for (path, text) in request.sources {
        put(&mut frame, path.as_bytes());
        put(&mut frame, text.as_bytes());
    }
    put_length(&mut frame, request.classes.len());
    for (path, content) in request.classes {
        put(&mut frame, path.as_bytes());
        put(&mut frame, content);
    }
    let length = u32::try_from(frame.len() - 4).unwrap_or(u32::MAX);
    frame[..4].copy_from_slice(&length.to_be_bytes());
    frame
}

fn put(frame: &mut Vec<u8>, bytes: &[u8]) {
    put_length(frame, bytes.len());
    frame.extend(bytes);
}

fn put_length(frame: &mut Vec<u8>, length: usize) {
    frame.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

struct Answer {
    compiled: Compiled,
    /// Whether the compiler asks to be replaced.
    is_last: bool,
}

impl Answer {
    fn read(bytes: &[u8], wall: Duration) -> Result<Answer, InfraError> {
        Answer::parse(bytes, wall).ok_or_else(|| {
            let message = "the Java compiler answered what cannot be understood";
            InfraError::new(InfraClass::Sandbox, message)
        })
    }

    fn parse(mut bytes: &[u8], wall: Duration) -> Option<Answer> {
        let [status, is_last] = *take::<2>(&mut bytes)?;
        let cpu = Duration::from_nanos(u64::from_be_bytes(*take(&mut bytes)?));
        let memory_bytes = u64::from_be_bytes(*take(&mut bytes)?);
        let diagnostics = String::from_utf8_lossy(take_long(&mut bytes)?).into_owned();
        let count = u32::from_be_bytes(*take(&mut bytes)?);
        let classes = (0..count)
            .map(|_| {
                let path = String::from_utf8(take_long(&mut bytes)?.to_vec()).ok()?;
                Some((path, take_long(&mut bytes)?.to_vec()))
            })
            .collect::<Option<Vec<_>>>()?;
        let compiled = Compiled {
            ending: Ending::Exited(status.into()),
            diagnostics,
            classes,
            usage: Usage::new(wall, cpu, memory_bytes),
        };
        bytes.is_empty().then_some(Answer { compiled, is_last: is_last != 0 })
    }
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(first)
}

fn take_long<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_be_bytes(*take(bytes)?) as usize;
    let (first, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(first)
}
