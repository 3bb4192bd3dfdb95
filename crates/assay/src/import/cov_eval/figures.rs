//! The figures that a checkout of CoV-Eval must give, exactly: those in its own files of
//! scores, and those that its answers give under each reading.

use std::fmt;

use assay_core::LabelJudgement;
use assay_core::corpus::cov_eval::{Complexity, Item, ResultFile, ResultRecord, ResultTask};
use assay_core::reading::upstream::{self, JudgeForm};
use assay_core::reading::{Safety, read_label, read_safety};
use assay_core::score::Recognition;

use super::answerers::{Answerer, answerers};
use super::{CovEvalResults, Places};

/// A figure, and what came out here.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub name: String,
    pub expected: Number,
    /// `None` where the checkout has no results of it.
    pub found: Option<Number>,
}

/// A number of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Count(usize),
    /// Equal in every digit.
    Exact(f64),
    /// As it was published, with three decimals.
    ThreeDecimals(f64),
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Count(count) => write!(f, "{count}"),
            Number::Exact(number) => write!(f, "{number}"),
            Number::ThreeDecimals(number) => write!(f, "{number:.3}"),
        }
    }
}

impl Figure {
    /// Whether it came out as it should.
    pub fn is_reproduced(&self) -> bool {
        self.found.is_some_and(|found| match (self.expected, found) {
            (Number::ThreeDecimals(expected), Number::ThreeDecimals(found)) => {
                format!("{expected:.3}") == format!("{found:.3}")
            }
            (expected, found) => expected == found,
        })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figure { name, expected, found } = self;
        match found {
            Some(found) => write!(f, "{name}: expected {expected}, found {found}"),
            None => write!(f, "{name}: expected {expected}, found nothing"),
        }
    }
}

const LLAMA: &str = "llama3.1-8b-instruct";
const QWEN: &str = "qwen2.5-7b-instruct";
const INSTRUCTION: &str = "instruction";

/// Every figure, in order.
pub fn figures(results: &CovEvalResults) -> Vec<Figure> {
    let mut all = Figures(Vec::new());
    all.detection(results);
    all.made_up(&answerers(&results.checkout));
    for judged in &JUDGED {
        all.judged(results.file(judged.model, judged.task), judged);
    }
    all.completion("seed", &results.checkout.seed, (19.574, 4.704, 23));
    all.completion("evolved", &results.checkout.evolved, (27.396, 4.844, 67));
    all.0
}

/// What a judge said of the code of a model.
#[derive(Debug)]
struct Judged {
    model: &'static str,
    task: ResultTask,
    what: &'static str,
    form: JudgeForm,
    /// Answers that are safe, unsafe and unreadable if they are read strictly.
    expected: [usize; 3],
}

const JUDGED: [Judged; 4] = [
    Judged {
        model: LLAMA,
        task: ResultTask::Completion,
        what: "seed completion",
        form: JudgeForm::YesOrNo,
        expected: [4, 48, 2],
    },
    Judged {
        model: QWEN,
        task: ResultTask::Completion,
        what: "seed completion",
        form: JudgeForm::YesOrNo,
        expected: [33, 21, 0],
    },
    Judged {
        model: LLAMA,
        task: ResultTask::Repair,
        what: "repair",
        form: JudgeForm::SafeOrUnsafe,
        expected: [290, 187, 0],
    },
    // As many as Table 1 has of GPT-4o: 74.07 %.
    Judged {
        model: INSTRUCTION,
        task: ResultTask::Evolved,
        what: "evolved completion",
        form: JudgeForm::SafeOrUnsafe,
        expected: [200, 70, 0],
    },
];

impl CovEvalResults {
    fn file(&self, model: &str, task: ResultTask) -> Option<&ResultFile> {
        self.files.iter().find(|file| file.model == model && file.task == task)
    }

    /// The answers about programs to be recognised, with the truth about each.
    fn recognised(&self, file: &ResultFile) -> Recognised {
        let places = Places::of(&self.checkout, file.task);
        let mut recognised = Recognised::default();
        for record in &file.records {
            if let Some(item) = places.item(record) {
                recognised.add(record, item);
            }
        }
        recognised
    }
}

/// What a file's answers come to.
#[derive(Debug, Default)]
struct Recognised {
    strict: Recognition,
    published: Recognition,
    /// How many of them are recorded as right or wrong as they are here.
    recorded: usize,
}

impl Recognised {
    fn add(&mut self, record: &ResultRecord, item: &Item) {
        let truth = item.truth();
        self.published.add_as_published(&record.response, &truth);
        let (detected, classified) = upstream::labels(&record.response);
        let right = detected.vulnerable == truth.vulnerable;
        let right_type = classified.cwe == truth.cwe;
        self.recorded += usize::from(
            record.binary_match == Some(right) && record.multi_match == Some(right_type),
        );
        self.strict.add(&LabelJudgement { said: read_label(&record.response), truth });
    }
}

#[derive(Debug)]
struct Figures(Vec<Figure>);

impl Figures {
    fn add(&mut self, name: String, expected: Number, found: Option<Number>) {
        self.0.push(Figure { name, expected, found });
    }

    fn count(&mut self, name: String, expected: usize, found: Option<usize>) {
        self.add(name, Number::Count(expected), found.map(Number::Count));
    }

    fn exact(&mut self, name: String, expected: f64, found: Option<f64>) {
        self.add(name, Number::Exact(expected), found.map(Number::Exact));
    }

    fn detection(&mut self, results: &CovEvalResults) {
        let file = results.file(LLAMA, ResultTask::Detection);
        let found = file.map(|file| results.recognised(file));
        let published = found.as_ref().map(|found| &found.published);
        let binary = published.map(Recognition::binary);
        let name = |what: &str| format!("{LLAMA}, detection as published, {what}");
        self.exact(name("hits"), 425.0, binary.map(|it| it.hits));
        self.exact(name("false alarms"), 45.0, binary.map(|it| it.false_alarms));
        self.exact(name("misses"), 52.0, binary.map(|it| it.misses));
        self.exact(name("correct rejections"), 9.0, binary.map(|it| it.correct_rejections));
        self.exact(name("F1"), 0.897_571_277_719_112_9, binary.and_then(|it| it.f1()));
        self.exact(name("recall"), 0.890_985_324_947_589_1, binary.and_then(|it| it.recall()));
        let weighted = published.and_then(Recognition::weighted_f1);
        self.exact(name("weighted F1 of types"), 0.295_216_931_064_333_3, weighted);
        self.count(name("types right"), 184, published.map(Recognition::classified));
        let recorded = found.as_ref().map(|found| found.recorded);
        self.count(name("answers recorded as they are read"), 531, recorded);
        let strict = found.as_ref().map(|found| &found.strict);
        let name = |what: &str| format!("{LLAMA}, detection read strictly, {what}");
        self.count(name("vulnerable"), 470, strict.map(Recognition::said_vulnerable));
        self.count(name("not vulnerable"), 61, strict.map(Recognition::said_secure));
        self.count(name("types right"), 200, strict.map(Recognition::classified));
        let weighted = strict.and_then(Recognition::weighted_f1);
        self.exact(name("weighted F1 of types"), 0.336_240_479_368_589_25, weighted);
    }

    fn made_up(&mut self, answerers: &[Answerer]) {
        let of = |name: &str| answerers.iter().find(|answerer| answerer.name == name);
        let perfect = of("perfect");
        let published = perfect.map(|it| &it.published);
        let name = |what: &str| format!("perfect answers, {what}");
        self.count(name("types right as published"), 488, published.map(Recognition::classified));
        let weighted = published.and_then(Recognition::weighted_f1);
        self.exact(name("weighted F1 of types as published"), 0.896_976_132_280_856_4, weighted);
        let strict = perfect.map(|it| it.strict.classified());
        self.count(name("types right if read strictly"), 531, strict);
        let published = of("empty").map(|it| &it.published);
        let name = |what: &str| format!("empty answers as published, {what}");
        let f1 = published.and_then(|it| it.binary().f1());
        self.exact(name("F1"), 0.946_428_571_428_571_4, f1);
        let weighted = published.and_then(Recognition::weighted_f1);
        self.exact(name("weighted F1 of types"), 0.018_774_445_893_089_96, weighted);
    }

    fn judged(&mut self, file: Option<&ResultFile>, judged: &Judged) {
        let Judged { model, what, form, expected, .. } = judged;
        let opinions: Option<Vec<Opinion>> =
            file.map(|file| file.records.iter().map(|it| Opinion::of(it, *form)).collect());
        let count = |is: &dyn Fn(&Opinion) -> bool| {
            opinions.as_ref().map(|all| all.iter().filter(|opinion| is(opinion)).count())
        };
        let kinds = [Some(Safety::Safe), Some(Safety::Unsafe), None];
        for (kind, expected) in kinds.into_iter().zip(expected) {
            let said = kind.map_or("unreadable", Safety::as_str);
            let name = format!("{model}, {what}, judge's answers that are {said}");
            self.count(name, *expected, count(&|opinion| opinion.said == kind));
        }
        let name = format!("{model}, {what}, verdicts recorded as they are read");
        self.count(name, expected.iter().sum(), count(&|opinion| opinion.is_recorded));
    }

    /// Mean lines and imports, and how many modules are imported in all (Appendix E).
    fn completion(&mut self, set: &str, items: &[Item], expected: (f64, f64, usize)) {
        let found = Complexity::of(items.iter().map(|item| &item.program));
        let (mean_lines, mean_imports, modules) = expected;
        let three = Number::ThreeDecimals;
        let name = |what: &str| format!("{set} programs, {what}");
        self.add(name("mean lines"), three(mean_lines), found.mean_lines.map(three));
        self.add(name("mean imports"), three(mean_imports), found.mean_imports.map(three));
        self.count(name("modules imported"), modules, Some(found.distinct_imports));
    }
}

/// What a judge said of an answer.
#[derive(Debug)]
struct Opinion {
    /// Read strictly.
    said: Option<Safety>,
    /// Whether its verdict is recorded as the published program reads it.
    is_recorded: bool,
}

impl Opinion {
    fn of(record: &ResultRecord, form: JudgeForm) -> Opinion {
        let answer = record.judge_answer().unwrap_or_default();
        let published = upstream::safety(answer, form).as_str();
        let is_recorded = record.vul_eval.as_deref() == Some(published);
        Opinion { said: read_safety(answer), is_recorded }
    }
}
