//! The fixed wording of messages to subjects, in each locale.

use crate::locale::Locale;

/// The fixed wording of composed prompts in one locale.
pub(super) struct Words {
    pub(super) write: &'static str,
    pub(super) mend: &'static str,
    pub(super) interface: &'static str,
    pub(super) given: &'static str,
    pub(super) code: &'static str,
    pub(super) security: &'static str,
    pub(super) answer: &'static str,
    pub(super) form: &'static str,
    pub(super) unread: &'static str,
    pub(super) repair: &'static str,
    pub(super) repair_again: &'static str,
    pub(super) repair_in_place: &'static str,
    pub(super) place: &'static str,
    pub(super) in_place: &'static str,
}

pub(super) fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::EnUs => &ENGLISH,
        Locale::ZhCn => &CHINESE,
    }
}

const ENGLISH: Words = Words {
    write: "Implement what is described below in {language}.",
    mend: "The code under \"Current code\" was written for the task described below, in {language}. Find what is wrong with it and correct it. Keep its interface and its intended behaviour.",
    interface: "Interface",
    given: "Files of the project (given, not to be changed)",
    code: "Current code",
    security: "Security",
    answer: "Answer",
    form: "Answer with the complete content of {paths}, in exactly this form, one `<code>` item for each file:",
    unread: "No code could be taken from your answer: {reason}.",
    repair: "Your code does not pass the functional checks. This is what they printed:",
    repair_again: "Correct the code and answer with all of it again, in the same form.",
    repair_in_place: "What you wrote lies in its place. Correct it there.",
    place: "Where to work",
    in_place: "The current folder is the project. Write your work into {paths} there; other files that you add or change do not count, and no answer in any other form does. You may build, run and test what you write, with what is installed; there is no network. Nobody can answer questions: decide what is open yourself, and end when you are done.",
};

const CHINESE: Words = Words {
    write: "请用 {language} 实现下述功能。",
    mend: "“当前代码”一节中的 {language} 代码是为下述任务编写的。请找出其中的问题并加以修正，保持其接口和预期行为不变。",
    interface: "接口",
    given: "项目中的文件（已给定，不可修改）",
    code: "当前代码",
    security: "安全要求",
    answer: "输出",
    form: "请严格按照以下格式输出 {paths} 的完整内容，每个文件对应一个 `<code>` 项：",
    unread: "无法从你的回答中提取代码：{reason}。",
    repair: "你的代码没有通过功能检查，检查的输出如下：",
    repair_again: "请修正代码，并以相同的格式重新输出完整代码。",
    repair_in_place: "你之前写的文件仍在原处，请就地修正。",
    place: "工作方式",
    in_place: "当前文件夹就是该项目。请把成果写入其中的 {paths}；新增或修改的其他文件以及任何其他形式的回答都不计入。你可以使用已安装的工具构建、运行和测试所写的代码，但没有网络。没有人能回答提问：有疑问之处请自行决定，完成后即结束。",
};
