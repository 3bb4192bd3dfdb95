//! Runs and subjects side by side, and a gate on how a score has changed.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod browser;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod sample_run;

use assay::store::Store;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::{Language, Outcome, Severity, Verdict};
use browser::{Browser, between};
use door::{Door, repository};
use serde_json::{Value, json};

/// A run of what is published of one model.
fn import(door: &Door, model: &str, run: &str) {
    let outcomes = repository().join("crates/core/tests/data/sec-code-bench-2.2.0-outcomes.json");
    let outcomes = outcomes.to_str().expect("UTF-8");
    let arguments = ["import", "sec-code-bench-results", outcomes, "--model", model];
    door.run(&[&arguments[..], &["--output", run]].concat()).with_code(0);
}

#[test]
fn a_change_for_the_worse_ends_with_1() {
    let door = Door::open();
    import(&door, "Claude Opus 4.6", "old.assay");
    import(&door, "Claude Sonnet 4.5", "new.assay");
    for (condition, code) in [
        // 64.90 and 56.83 are published.
        ("overall<-8", 1),
        ("overall<-8.1", 0),
        ("overall>0", 0),
        ("functional<-1", 1),
        ("gen-hints<-10", 1),
    ] {
        let arguments = ["compare", "old.assay", "new.assay", "--fail-if", condition];
        let ended = door.run(&arguments).with_code(code);
        assert_eq!(ended.stderr.contains(condition), code == 1, "{condition}: {}", ended.stderr);
        assert!(ended.stdout.contains("overall"), "{}", ended.stdout);
    }
    let arguments = ["compare", "old.assay", "new.assay", "--format", "json"];
    let comparison =
        door.run(&arguments).with_code(0).json("assay.comparison/1")["comparisons"][0].clone();
    assert_eq!(comparison["cases"], 98);
    let score = |metric: &str| -> Value {
        let scores = comparison["scores"].as_array().expect("a list");
        scores.iter().find(|score| score["metric"] == metric).expect("it is compared").clone()
    };
    let overall = score("overall");
    let number = |name: &str| overall[name].as_f64().expect("a number");
    assert!((number("first") - 0.6490).abs() < 5e-5 && (number("second") - 0.5683).abs() < 5e-5);
    assert!((number("difference") - (number("second") - number("first"))).abs() < 1e-12);
    let end = |name: &str| overall["interval"][name].as_f64().expect("a number");
    assert!(end("low") < number("difference") && number("difference") < end("high"));
    assert!(number("p-value") < 0.01, "{overall}");
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let door = Door::open();
    import(&door, "GPT-5.4", "run.assay");
    let arguments =
        ["compare", "run.assay", "run.assay", "--fail-if", "overall<0", "--format", "json"];
    let comparison = door.run(&arguments).with_code(0).json("assay.comparison/1");
    for score in comparison["comparisons"][0]["scores"].as_array().expect("a list") {
        assert_eq!(
            (&score["difference"], &score["p-value"]),
            (&0.0.into(), &1.0.into()),
            "{score}"
        );
    }
}

#[test]
fn what_cannot_be_compared_is_named() {
    let door = Door::open();
    import(&door, "GPT-5.4", "run.assay");
    for (arguments, code, expect) in [
        (vec!["--fail-if", "speed<1"], 2, "there are overall, unweighted, functional"),
        (vec!["--fail-if", "overall"], 2, "write one like overall<-2"),
        (vec!["--subject", "nobody"], 3, "has no subject \"nobody\"; it has GPT-5.4"),
    ] {
        let ended = door.run(&[&["compare", "run.assay", "run.assay"], &arguments[..]].concat());
        let ended = ended.with_code(code);
        assert!(ended.stderr.contains(expect), "{expect}: {}", ended.stderr);
    }
}

/// A run of ten cases, two rounds of each: a model alone, under an agent, under the same agent with
/// instructions, and another model. One attempt of the agent errored, and one case is missing of
/// the agent with instructions.
fn under_agents(door: &Door, name: &str) {
    let model = |name: &str| json!({"provider": "openai", "model": name});
    let agent = |name: &str| {
        json!({"provider": "agent", "agent": "codex", "name": name,
        "model": {"provider": "openai-responses", "model": "m"}})
    };
    let mut told = agent("codex, told");
    told["instructions"] = "rules.md".into();
    let subjects = ["m", "codex", "codex, told", "n"];
    let cases = (0..10).map(|case| {
        let id = format!("Case{case}");
        sample_run::case(&id, &id, Language::C, Severity::High)
    });
    let mut info = sample_run::info("under-agents", &subjects, cases.collect(), 80);
    info.settings = json!({"rounds": 2, "max-answers": 3, "agent-max-answers": 1,
        "reading": "lenient", "subjects": [model("m"), agent("codex"), told, model("n")]});
    let mut store = Store::create(&door.path(name), &info).expect("a new store");
    for (subject, secure, works) in
        [("m", 3, 5), ("codex", 4, 8), ("codex, told", 7, 8), ("n", 1, 1)]
    {
        for case in 0..10 {
            if subject == "codex, told" && case == 9 {
                continue;
            }
            for round in 1..=2 {
                let verdict = match case {
                    case if case < secure => Verdict::Secure,
                    case if case < works => Verdict::Insecure,
                    _ => Verdict::Nonfunctional,
                };
                let turns = vec![sample_run::turn(verdict, "int a;\n", "it does not")];
                let (id, scenario) = (format!("Case{case}"), sec_code_bench_v2::GEN);
                let mut attempt = sample_run::attempt(subject, &id, scenario, round, turns);
                if subject == "codex" && case == 9 && round == 2 {
                    attempt.turns.clear();
                    attempt.outcome =
                        Outcome::Errored(InfraError::new(InfraClass::RateLimit, "too many"));
                }
                store.record(&attempt).expect("recorded");
            }
        }
    }
}

/// The pairs that were compared, by the names of both.
fn pairs(comparison: &Value) -> Vec<String> {
    let pairs = comparison["comparisons"].as_array().expect("a list").iter();
    pairs.map(|it| format!("{} > {}", it["first"], it["second"]).replace('"', "")).collect()
}

fn metric(comparison: &Value, metric: &str) -> Value {
    let scores = comparison["scores"].as_array().expect("a list");
    scores.iter().find(|score| score["metric"] == metric).expect("it is compared").clone()
}

#[test]
fn a_model_is_held_against_itself_under_agents_and_an_agent_against_itself_with_instructions() {
    let door = Door::open();
    under_agents(&door, "run.assay");
    let json = |arguments: &[&str]| {
        let all = [&["compare"], arguments, &["--format", "json"]].concat();
        door.run(&all).with_code(0).json("assay.comparison/1")
    };
    let all = json(&["run.assay"]);
    assert_eq!(pairs(&all), ["m > codex, told", "m > codex", "codex > codex, told"]);
    let named = json(&["run.assay", "--baseline", "m", "--with", "codex"]);
    assert_eq!(pairs(&named), ["m > codex"]);
    assert_eq!(
        pairs(&json(&["run.assay", "--with", "codex, told"])),
        ["m > codex, told", "codex > codex, told"]
    );
    assert_eq!(pairs(&json(&["run.assay", "--baseline", "n", "--with", "m"])), ["n > m"]);
    // Across two runs in the same way.
    assert_eq!(
        pairs(&json(&["run.assay", "run.assay", "--baseline", "m", "--with", "codex"])),
        ["m > codex"]
    );

    let comparison = &named["comparisons"][0];
    let number = |name: &str, key: &str| metric(comparison, name)[key].as_f64().expect("a number");
    for (name, first, second) in
        [("overall", 0.3, 0.4), ("functional", 0.5, 0.8), ("secure-if-functional", 0.6, 0.5)]
    {
        assert!((number(name, "first") - first).abs() < 1e-12, "{name}: {comparison}");
        assert!((number(name, "second") - second).abs() < 1e-12, "{name}: {comparison}");
        assert!((number(name, "difference") - (second - first)).abs() < 1e-12, "{name}");
        let interval = &metric(comparison, name)["interval"];
        assert!(interval["low"].as_f64() <= Some(number(name, "difference")), "{interval}");
    }
    let side = |which: &str, key: &str| comparison["pairing"][which][key].clone();
    assert_eq!((&comparison["cases"], &comparison["pairing"]["tasks"]), (&10.into(), &10.into()));
    assert_eq!((side("first", "attempts"), side("second", "attempts")), (20.into(), 19.into()));
    assert_eq!((side("second", "errored"), side("second", "missing")), (1.into(), 0.into()));
    let differing = comparison["differing"].as_array().expect("a list");
    for (setting, first, second) in [
        ("answers allowed", "3", "1"),
        ("agent", "none", "codex"),
        ("sampling", "the server's own", "the agent's own"),
    ] {
        let expect = json!({"setting": setting, "first": first, "second": second});
        assert!(differing.contains(&expect), "{expect} in {differing:?}");
    }
    assert_eq!(comparison["effort"][0]["requests"], 20);
    assert_eq!(comparison["effort"][1]["output-tokens"], 19 * 1_280);
    let told = &all["comparisons"][2];
    let told_side = |which: &str, key: &str| told["pairing"][which][key].clone();
    assert_eq!(
        (told["pairing"]["tasks"].clone(), told_side("second", "missing")),
        (9.into(), 2.into())
    );
    assert_eq!(told_side("first", "alone"), 1);
    let settings: Vec<&Value> =
        told["differing"].as_array().expect("a list").iter().map(|it| &it["setting"]).collect();
    assert_eq!(settings, ["instructions"]);
}

#[test]
fn a_comparison_says_which_differences_so_many_cases_would_show() {
    let door = Door::open();
    under_agents(&door, "run.assay");
    let text = door
        .run(&["compare", "run.assay", "--with", "codex", "--detect", "20"])
        .with_code(0)
        .stdout;
    for expect in [
        "codex against m: 10 cases, 10 tasks paired",
        "second, codex: 19 attempts; left out: 1 attempt errored",
        "Compare with care: the two differ in",
        "a difference of 20 would need about ",
        "To show is to find the difference in 80 of 100 such comparisons",
    ] {
        assert!(text.contains(expect), "{expect} in\n{text}");
    }
    assert!(!text.contains("-0.00"), "{text}");
    let json = |detect: &str| {
        let arguments =
            ["compare", "run.assay", "--with", "codex", "--detect", detect, "--format", "json"];
        let comparison = door.run(&arguments).with_code(0).json("assay.comparison/1");
        comparison["comparisons"][0]["power"][0]["needed"][0]["cases"].as_u64().expect("a number")
    };
    // A difference half as large needs about four times the cases.
    let (small, large) = (json("5"), json("10"));
    assert!((3 * large..=4 * large + 4).contains(&small), "{small} {large}");
    for (arguments, expect) in [
        (["--detect", "0"], "write percentage points above 0"),
        (["--power", "100"], "write a percentage between 0 and 100"),
    ] {
        let ended = door.run(&[&["compare", "run.assay"], &arguments[..]].concat()).with_code(2);
        assert!(ended.stderr.contains(expect), "{}", ended.stderr);
    }
}

#[test]
fn who_cannot_be_held_against_whom_is_said_with_what_to_name() {
    let door = Door::open();
    under_agents(&door, "run.assay");
    import(&door, "GPT-5.4", "alone.assay");
    for (arguments, expect) in [
        (vec!["alone.assay"], "has one subject, GPT-5.4; name a second run"),
        (
            vec!["run.assay", "--baseline", "n"],
            "no other subject of the run under-agents asks the model n of n",
        ),
        (
            vec!["run.assay", "--baseline", "m", "--with", "m"],
            "--with names m, which is the baseline itself",
        ),
        (vec!["run.assay", "--with", "nobody"], "has no subject \"nobody\""),
        (
            vec!["run.assay", "--with", "n"],
            "name the subject that others are held against with --baseline",
        ),
    ] {
        let ended = door.run(&[vec!["compare"], arguments].concat()).with_code(3);
        assert!(ended.stderr.contains(expect), "{expect}: {}", ended.stderr);
    }
}

#[test]
fn a_comparison_is_a_page_that_is_complete_in_one_file() {
    let door = Door::open();
    under_agents(&door, "run.assay");
    let arguments = ["compare", "run.assay", "--html", "page.html"];
    let ended = door.run(&arguments).with_code(0);
    assert!(ended.stderr.contains("comparison written to "), "{}", ended.stderr);
    let again = door.run(&arguments).with_code(3);
    assert!(again.stderr.contains("page.html exists already"), "{}", again.stderr);
    door.run(&[&arguments[..], &["--force"]].concat()).with_code(0);
    let over_run =
        door.run(&["compare", "run.assay", "--html", "run.assay", "--force"]).with_code(3);
    assert!(over_run.stderr.contains("run.assay"), "{}", over_run.stderr);

    let page = door.path("page.html");
    let text = std::fs::read_to_string(&page).expect("UTF-8");
    assert!(
        !text.contains("<script") && !text.contains("href=\"style.css\""),
        "it needs other files"
    );
    assert!(!text.contains("href=\"search.html\""), "it leads to a page that is not there");
    let dom = Browser::find().dom(page.to_str().expect("UTF-8"));
    assert!(dom.contains("codex, told against codex"), "{dom}");
    let plot = between(&dom, "<figure class=\"plot differences\">", "</figure>");
    assert_eq!(plot.matches("<g class=\"difference-").count(), 6, "{plot}");
    assert!(plot.contains("+10.00") && !plot.contains("-0.00") && !plot.contains(">-0<"), "{plot}");
    assert!(dom.contains("Compare with care") && dom.contains("Which differences would show"));
    assert_eq!(dom.matches("<table class=\"settings\">").count(), 3);
}

#[test]
fn a_report_has_the_page_where_a_model_was_asked_alone_and_by_an_agent() {
    let door = Door::open();
    under_agents(&door, "run.assay");
    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let read =
        |name: &str| std::fs::read_to_string(door.path("report").join(name)).expect("a page");
    assert!(read("index.html").contains("href=\"compare.html\""), "no link");
    let page = read("compare.html");
    assert!(page.contains("The harness tax") && page.contains("codex against m"), "{page}");
    // It goes with the report.
    import(&door, "GPT-5.4", "alone.assay");
    door.run(&["report", "alone.assay", "--output", "report"]).with_code(0);
    assert!(!door.path("report/compare.html").exists());
    assert!(!read("index.html").contains("compare.html"));
}

#[test]
fn a_plan_says_how_many_cases_and_rounds_show_a_difference() {
    let door = Door::open();
    let json = |arguments: &[&str]| {
        let all = [&["plan"], arguments, &["--format", "json"]].concat();
        door.run(&all).with_code(0).json("assay.plan/1")
    };
    let needed = |plan: &Value, place: usize| {
        plan["rounds"][place]["cases-needed"].as_u64().expect("a number")
    };
    let usual = json(&["--detect", "5", "--cases", "98", "--rounds", "2"]);
    let rounds: Vec<&Value> =
        usual["rounds"].as_array().expect("a list").iter().map(|it| &it["rounds"]).collect();
    assert_eq!(rounds, [1, 2, 3, 5, 10]);
    assert!(
        needed(&usual, 0) > needed(&usual, 2) && needed(&usual, 2) > needed(&usual, 4),
        "{usual}"
    );
    let power = |place: usize| usual["rounds"][place]["power"].as_f64().expect("a number");
    assert!(power(0) < power(4) && power(4) < 0.8, "{usual}");
    // Scores near the end vary less.
    assert!(needed(&json(&["--rate", "90"]), 0) < needed(&usual, 0));
    let text = door.run(&["plan", "--detect", "5"]).with_code(0).stdout;
    for expect in [
        "published results of SecCodeBench-V2 at scores around 50 %",
        "cases needed",
        "paired by case",
    ] {
        assert!(text.contains(expect), "{expect} in\n{text}");
    }

    // The published runs of two models say it themselves.
    let outcomes = repository().join("crates/core/tests/data/sec-code-bench-2.2.0-outcomes.json");
    let outcomes = outcomes.to_str().expect("UTF-8");
    let models =
        ["--model", "Claude Opus 4.6", "--model", "Claude Sonnet 4.5", "--model", "GPT-5.4"];
    let import = ["import", "sec-code-bench-results", outcomes, "--output", "three.assay"];
    door.run(&[&import[..], &models].concat()).with_code(0);
    let pair = ["three.assay", "--baseline", "Claude Opus 4.6", "--with", "GPT-5.4"];
    let of_pair = json(&pair);
    assert_eq!(of_pair["cases"], 98);
    let text = door.run(&["plan", "three.assay"]).with_code(0).stdout;
    assert!(text.contains("on average of 3 pairs") && text.contains("98 cases find it"), "{text}");
    let ended = door.run(&["plan", "three.assay", "--score", "ruby"]).with_code(3);
    assert!(ended.stderr.contains("with the score ruby in common"), "{}", ended.stderr);
    let ended = door.run(&["plan", "--score", "secure-if-functional"]).with_code(3);
    assert!(ended.stderr.contains("plan by another --score"), "{}", ended.stderr);
}

#[test]
fn a_scorecard_says_how_attempts_vary_and_which_cases_tell_subjects_apart() {
    let door = Door::open();
    let outcomes = repository().join("crates/core/tests/data/sec-code-bench-2.2.0-outcomes.json");
    let outcomes = outcomes.to_str().expect("UTF-8");
    let models = ["Claude Opus 4.6", "Claude Sonnet 4.5", "GPT-5.4", "Claude Haiku 4.5"];
    let models = models.iter().flat_map(|model| ["--model", model]);
    let import = ["import", "sec-code-bench-results", outcomes, "--output", "all.assay"];
    door.run(&import.into_iter().chain(models).collect::<Vec<_>>()).with_code(0);
    let text = door.run(&["score", "all.assay"]).with_code(0).stdout;
    for expect in [
        "pass@10",
        "pass^10",
        "where attempts vary:",
        "separate the better subjects from the others",
    ] {
        assert!(text.contains(expect), "{expect} in\n{text}");
    }
    let scores = door.run(&["score", "all.assay", "--format", "json"]).with_code(0);
    let card = scores.json("assay.scores/1")["runs"][0].clone();
    for subject in card["subjects"].as_array().expect("a list") {
        let number = |value: &Value| value.as_f64().expect("a number");
        let (at, all) = (&subject["pass-at"], &subject["pass-all"]);
        assert!((number(&at["1"]) - number(&all["1"])).abs() < 1e-9, "{subject}");
        assert!(number(&all["10"]) < number(&all["2"]) && number(&all["2"]) < number(&at["2"]));
        // Together it is about the variance of a share, which is 0.25 at most.
        let split = &subject["variance"];
        let parts = ["cases", "scenarios", "rounds"].map(|part| number(&split[part]));
        assert!(parts.iter().all(|part| *part >= 0.0), "{split}");
        assert!((0.05..0.26).contains(&parts.iter().sum::<f64>()), "{split}");
    }
    let items = card["items"].as_array().expect("a list");
    assert_eq!(items.len(), 98);
    let count = |telling: &str| items.iter().filter(|it| it["telling"] == telling).count();
    assert!(count("separates") > count("against"), "{items:?}");
    for item in items.iter().filter(|it| it["telling"] == "all-pass") {
        assert_eq!(
            (&item["least"], &item["discrimination"]),
            (&1.0.into(), &Value::Null),
            "{item}"
        );
    }

    under_agents(&door, "run.assay");
    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let index = std::fs::read_to_string(door.path("report/index.html")).expect("a page");
    let table = between(&index, "<details class=\"items\">", "</details>");
    assert_eq!(table.matches("<th scope=\"row\"").count(), 10);
    assert!(table.contains("nothing: none succeeds") && table.contains("separates the better"));
}

#[test]
fn two_that_do_not_vary_say_nothing_of_how_many_cases_would_show_more() {
    let door = Door::open();
    let run = ["run", "--subject", "reference", "--subject", "vulnerable", "--scenario", "gen"];
    let run = [&run[..], &["--language", "python", "--output", "r.assay"]].concat();
    door.run(&run).with_code(0);
    let pair = ["compare", "r.assay", "--baseline", "reference", "--with", "vulnerable"];
    let human = door.run(&pair).with_code(0).stdout;
    assert!(human.contains("do not vary against each other"), "{human}");
    let json = door.run(&[&pair[..], &["--format", "json"]].concat()).with_code(0);
    let json = json.json("assay.comparison/1");
    for power in json["comparisons"][0]["power"].as_array().expect("a list") {
        let needed = power["needed"].as_array().expect("a list");
        assert!(needed.iter().all(|it| it["cases"].is_null()), "{power:#}");
    }
}
