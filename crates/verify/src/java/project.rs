//! What a Maven project says of its class path, its compiler and its tests.

use roxmltree::{Document, Node};
use serde::{Deserialize, Serialize};

/// What is prepared for a case, beside its jars.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Project {
    /// The jars of the tests' class path, in order, as names in the prepared
    /// folder.
    pub(super) jars: Vec<Jar>,
    pub(super) compiler: Compiler,
    /// The same for the tests' sources.
    pub(super) test_compiler: Compiler,
    /// What the virtual machine of the tests is started with.
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    /// Whether its tests attach an agent to the machine that they run in, as some
    /// versions of Mockito do.
    pub(super) attaches: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Jar {
    pub(super) path: String,
    /// Whether the project itself is compiled with it, and not its tests alone.
    pub(super) is_of_project: bool,
}

/// Options of the Java compiler. Sources are UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Compiler {
    pub(super) options: Vec<String>,
    /// Whether a jar brings annotation processors, which run where the compiler
    /// runs.
    pub(super) runs_processors: bool,
}

/// What the plugins of a project are configured to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) compiler: Compiler,
    pub(super) test_compiler: Compiler,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
}

/// The oldest release that compilers of today take; what Maven's plugin sets
/// where a project sets nothing is older.
const OLDEST_RELEASE: &str = "8";

impl Settings {
    /// Reads a project's effective model, in which all is inherited and
    /// interpolated.
    pub(super) fn of(model: &str) -> Result<Settings, String> {
        let document = Document::parse(model)
            .map_err(|error| format!("failed to read the project's effective model: {error}"))?;
        let project = document.root_element();
        let compiler = plugin(project, "maven-compiler-plugin");
        let surefire = plugin(project, "maven-surefire-plugin");
        let (arguments, environment) = test_run(surefire);
        Ok(Settings {
            compiler: options(project, compiler, "default-compile", "")?,
            test_compiler: options(project, compiler, "default-testCompile", "test")?,
            arguments,
            environment,
        })
    }
}

type Element<'a> = Node<'a, 'a>;

fn child<'a>(parent: Element<'a>, name: &str) -> Option<Element<'a>> {
    parent.children().find(|node| node.tag_name().name() == name)
}

fn text<'a>(parent: Element<'a>, name: &str) -> Option<&'a str> {
    child(parent, name).and_then(|node| node.text()).map(str::trim).filter(|text| !text.is_empty())
}

fn elements<'a>(parent: Option<Element<'a>>) -> impl Iterator<Item = Element<'a>> {
    parent.into_iter().flat_map(|node| node.children()).filter(Node::is_element)
}

fn plugin<'a>(project: Element<'a>, name: &str) -> Option<Element<'a>> {
    let plugins = child(project, "build").and_then(|build| child(build, "plugins"));
    elements(plugins).find(|plugin| text(*plugin, "artifactId") == Some(name))
}

/// The configurations of a plugin that hold for an execution, the most specific
/// one first.
fn configurations<'a>(plugin: Option<Element<'a>>, execution: &str) -> Vec<Element<'a>> {
    let Some(plugin) = plugin else { return Vec::new() };
    let executions = elements(child(plugin, "executions"));
    let named = executions.filter(|it| text(*it, "id") == Some(execution));
    named.chain([plugin]).filter_map(|it| child(it, "configuration")).collect()
}

/// The compiler's options, as Maven's plugin makes them from its configuration
/// and the project's properties. `prefix` is `test` for the tests' own.
fn options(
    project: Element<'_>,
    plugin: Option<Element<'_>>,
    execution: &str,
    prefix: &str,
) -> Result<Compiler, String> {
    let configurations = configurations(plugin, execution);
    let configured = |name: &str| configurations.iter().find_map(|it| text(*it, name));
    let properties = child(project, "properties");
    let property = |name: &str| properties.and_then(|it| text(it, name));
    let named = |name: &str| {
        let own = format!("test{}{}", name[..1].to_uppercase(), &name[1..]);
        let own = (!prefix.is_empty())
            .then(|| configured(&own).or_else(|| property(&format!("maven.compiler.{own}"))));
        own.flatten()
            .or_else(|| configured(name))
            .or_else(|| property(&format!("maven.compiler.{name}")))
    };
    if configurations.iter().any(|it| child(*it, "annotationProcessorPaths").is_some()) {
        return Err("annotation processors with a path of their own are not supported; \
                    make them dependencies"
            .to_owned());
    }
    let mut options = vec!["-g".to_owned(), "-nowarn".to_owned()];
    if let Some(release) = named("release") {
        options.extend(["--release".to_owned(), release.to_owned()]);
    } else {
        let source = named("source").unwrap_or(OLDEST_RELEASE);
        let target = named("target").unwrap_or(source);
        options.extend(["-source", source, "-target", target].map(str::to_owned));
    }
    if named("parameters") == Some("true") {
        options.push("-parameters".to_owned());
    }
    for configuration in &configurations {
        let arguments = elements(child(*configuration, "compilerArgs"));
        options.extend(arguments.filter_map(|it| it.text()).map(|text| text.trim().to_owned()));
        options.extend(text(*configuration, "compilerArgument").map(str::to_owned));
    }
    Ok(Compiler { options, runs_processors: false })
}

/// What Surefire is configured to start tests with.
fn test_run(plugin: Option<Element<'_>>) -> (Vec<String>, Vec<(String, String)>) {
    let mut arguments = Vec::new();
    let mut environment = Vec::new();
    for configuration in configurations(plugin, "default-test") {
        let line = text(configuration, "argLine").unwrap_or_default();
        // What other plugins would put in its place is not there.
        let words = line.split_whitespace().filter(|word| !word.contains("{"));
        arguments.extend(words.map(str::to_owned));
        for property in elements(child(configuration, "systemPropertyVariables")) {
            let value = property.text().unwrap_or_default().trim();
            arguments.push(format!("-D{}={value}", property.tag_name().name()));
        }
        for variable in elements(child(configuration, "environmentVariables")) {
            let value = variable.text().unwrap_or_default().trim();
            environment.push((variable.tag_name().name().to_owned(), value.to_owned()));
        }
    }
    (arguments, environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_configured_by_its_execution_then_by_itself_then_by_properties() {
        let model = "<project><properties><maven.compiler.source>8</maven.compiler.source>\
            <maven.compiler.target>8</maven.compiler.target></properties><build><plugins>\
            <plugin><artifactId>maven-compiler-plugin</artifactId><configuration>\
            <source>11</source><target>11</target><parameters>true</parameters>\
            <compilerArgs><arg>-Xlint:all</arg></compilerArgs></configuration>\
            <executions><execution><id>default-testCompile</id><configuration>\
            <release>17</release></configuration></execution></executions></plugin>\
            <plugin><artifactId>maven-surefire-plugin</artifactId><configuration>\
            <argLine>@{argLine} -Xmx64m  --add-opens a/b=ALL-UNNAMED</argLine>\
            <systemPropertyVariables><a.b>c d</a.b></systemPropertyVariables>\
            <environmentVariables><E>f</E></environmentVariables></configuration></plugin>\
            </plugins></build></project>";
        let settings = Settings::of(model).expect("a model");
        assert_eq!(
            settings.compiler.options.join(" "),
            "-g -nowarn -source 11 -target 11 -parameters -Xlint:all"
        );
        assert_eq!(
            settings.test_compiler.options.join(" "),
            "-g -nowarn --release 17 -parameters -Xlint:all"
        );
        assert_eq!(settings.arguments, ["-Xmx64m", "--add-opens", "a/b=ALL-UNNAMED", "-Da.b=c d"]);
        assert_eq!(settings.environment, [("E".to_owned(), "f".to_owned())]);
        let bare = Settings::of("<project/>").expect("a model");
        assert_eq!(bare.compiler.options.join(" "), "-g -nowarn -source 8 -target 8");
    }
}
