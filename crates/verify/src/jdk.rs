//! Where Debian puts the JDK 17, whichever other one `/usr/bin/java` may be.

/// What Debian calls the machine's architecture is part of the path.
#[cfg(target_arch = "aarch64")]
macro_rules! home {
    () => {
        "/usr/lib/jvm/java-17-openjdk-arm64"
    };
}
#[cfg(not(target_arch = "aarch64"))]
macro_rules! home {
    () => {
        "/usr/lib/jvm/java-17-openjdk-amd64"
    };
}

pub(super) const HOME: &str = home!();
pub(super) const JAVA: &str = concat!(home!(), "/bin/java");
pub(super) const JAVAC: &str = concat!(home!(), "/bin/javac");
pub(super) const JAR: &str = concat!(home!(), "/bin/jar");

/// Settings of the virtual machine, to which links of the JDK lead and without
/// which it does not start.
pub(super) const CONFIGURATION: &str = "/etc/java-17-openjdk";
