//! The words that variants exchange: names of things that cases are about, each with others of
//! about the same meaning. None of them is a keyword, or usual in the names of a library.

/// A word in the singular, in lower case, with its Chinese form where it has one.
type Word = (&'static str, &'static str);

/// A word, and those that may stand in its place, the best first.
pub(super) struct Entry {
    pub(super) word: Word,
    pub(super) instead: &'static [Word],
}

macro_rules! entries {
    ($(($word:literal, $chinese:literal) => [$(($other:literal, $other_chinese:literal)),+];)+) => {
        &[$(Entry { word: ($word, $chinese), instead: &[$(($other, $other_chinese)),+] }),+]
    };
}

pub(super) const WORDS: &[Entry] = entries! {
    ("account", "账户") => [("ledger", "台账"), ("membership", "会籍")];
    ("address", "地址") => [("location", "位置")];
    ("album", "相册") => [("gallery", "画廊")];
    ("archive", "归档") => [("bundle", "打包件"), ("parcel", "包裹")];
    ("article", "文章") => [("essay", "短文"), ("post", "帖子")];
    ("asset", "资产") => [("holding", "持有物")];
    ("attachment", "附件") => [("enclosure", "随附文件")];
    ("avatar", "头像") => [("portrait", "肖像")];
    ("backup", "备份") => [("safekeeping", "留存"), ("rescue", "救援")];
    ("badge", "徽章") => [("emblem", "标徽")];
    ("basket", "购物篮") => [("trolley", "购物车")];
    ("booking", "预订") => [("reservation", "预约")];
    ("bookmark", "书签") => [("favourite", "收藏")];
    ("branch", "分支") => [("offshoot", "支线")];
    ("calendar", "日历") => [("agenda", "日程")];
    ("campaign", "活动") => [("promotion", "推广")];
    ("catalog", "目录") => [("listing", "清单")];
    ("catalogue", "目录") => [("listing", "清单")];
    ("channel", "通道") => [("lane", "线路")];
    ("client", "客户") => [("patron", "主顾")];
    ("column", "列") => [("heading", "栏")];
    ("comment", "评论") => [("remark", "备注")];
    ("config", "配置") => [("setup", "设定")];
    ("contract", "合同") => [("agreement", "协议")];
    ("coupon", "优惠券") => [("voucher", "代金券")];
    ("course", "课程") => [("lesson", "课")];
    ("customer", "客户") => [("buyer", "买家")];
    ("delivery", "投递") => [("consignment", "寄送"), ("dispatch", "派送")];
    ("device", "设备") => [("appliance", "装置")];
    ("document", "文档") => [("paper", "文稿")];
    ("draft", "草稿") => [("sketch", "底稿")];
    ("employee", "员工") => [("worker", "职员")];
    ("feed", "动态") => [("stream", "信息流"), ("newsline", "资讯")];
    ("font", "字体") => [("typeface", "字型")];
    ("form", "表单") => [("questionnaire", "问卷")];
    ("forum", "论坛") => [("board", "讨论区")];
    ("frame", "帧") => [("packet", "包")];
    ("gain", "增益") => [("boost", "放大值")];
    ("gallery", "画廊") => [("exhibit", "展厅")];
    ("glyph", "字形") => [("symbol", "符号")];
    ("grid", "表格") => [("lattice", "格表"), ("sheet", "表")];
    ("guest", "访客") => [("visitor", "来客")];
    ("inbox", "收件箱") => [("mailroom", "收发室"), ("intake", "接收处")];
    ("inventory", "库存") => [("stock", "存货")];
    ("invoice", "发票") => [("bill", "账单")];
    ("label", "标签") => [("caption", "题签")];
    ("layer", "层") => [("tier", "级")];
    ("library", "库") => [("collection", "藏库")];
    ("listing", "清单") => [("roster", "名册")];
    ("mailbox", "邮箱") => [("letterbox", "信箱")];
    ("manual", "手册") => [("handbook", "指南")];
    ("member", "会员") => [("subscriber", "订户"), ("participant", "参与者")];
    ("memo", "备忘") => [("remark", "附注")];
    ("merchant", "商家") => [("shopkeeper", "店主")];
    ("note", "附注") => [("remark", "说明")];
    ("notice", "通知") => [("announcement", "公告"), ("bulletin", "通告")];
    ("order", "订单") => [("purchase", "购货单")];
    ("owner", "店主") => [("holder", "持有者")];
    ("parcel", "包裹") => [("shipment", "货件")];
    ("password", "密码") => [("passphrase", "口令")];
    ("patient", "患者") => [("outpatient", "门诊者")];
    ("payment", "付款") => [("remittance", "汇款")];
    ("photo", "照片") => [("snapshot", "快照")];
    ("picture", "图片") => [("image", "图像")];
    ("playlist", "播放列表") => [("mixtape", "歌单")];
    ("portal", "门户") => [("gateway", "入口")];
    ("preview", "预览") => [("glimpse", "速览")];
    ("profile", "个人资料") => [("dossier", "档案")];
    ("project", "项目") => [("undertaking", "工程")];
    ("provider", "服务商") => [("operator", "运营商")];
    ("receipt", "收据") => [("voucher", "凭单")];
    ("recipe", "食谱") => [("formula", "配方")];
    ("record", "记录") => [("entry", "条目")];
    ("report", "报告") => [("summary", "摘要")];
    ("room", "房间") => [("chamber", "室")];
    ("sample", "样本") => [("reading", "读数")];
    ("sensor", "传感器") => [("probe", "探头")];
    ("session", "会话") => [("visit", "访问期")];
    ("setting", "设置") => [("preference", "偏好")];
    ("shipment", "货运") => [("freight", "货物")];
    ("shop", "店铺") => [("store", "商店")];
    ("shopper", "顾客") => [("buyer", "买家")];
    ("snippet", "片段") => [("excerpt", "节选")];
    ("status", "状态") => [("stage", "阶段")];
    ("student", "学生") => [("pupil", "学员")];
    ("subscriber", "订户") => [("reader", "读者")];
    ("supplier", "供应商") => [("vendor", "供货商")];
    ("survey", "调查") => [("poll", "问卷")];
    ("teacher", "教师") => [("tutor", "导师")];
    ("telemetry", "遥测") => [("metering", "计量")];
    ("tenant", "租户") => [("organisation", "机构")];
    ("theme", "主题") => [("skin", "皮肤")];
    ("ticket", "工单") => [("docket", "单据")];
    ("tolerance", "容差") => [("leeway", "余量")];
    ("track", "曲目") => [("tune", "曲子")];
    ("unit", "单元") => [("station", "站点")];
    ("vehicle", "车辆") => [("truck", "货车")];
    ("visitor", "访客") => [("guest", "来宾")];
    ("warehouse", "仓库") => [("depot", "库房")];
    ("webhook", "网络钩子") => [("callback", "回调")];
    ("wizard", "向导") => [("assistant", "助手")];
};

/// The plural of a word of the table.
pub(super) fn plural(word: &str) -> String {
    let consonant_y = word.len() > 1
        && word.ends_with('y')
        && !word[..word.len() - 1].ends_with(['a', 'e', 'i', 'o', 'u']);
    match word {
        _ if consonant_y => format!("{}ies", &word[..word.len() - 1]),
        _ if ["s", "x", "ch", "sh"].iter().any(|end| word.ends_with(end)) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_are_there_once_and_stand_for_others() {
        let mut seen = BTreeSet::new();
        for Entry { word: (word, _), instead } in WORDS {
            assert!(seen.insert(word), "{word} is there twice");
            assert!(word.chars().all(|c| c.is_ascii_lowercase()), "{word}");
            assert!(instead.iter().all(|(other, _)| other != word), "{word} stands for itself");
        }
    }

    #[test]
    fn plurals_are_those_of_english() {
        let plurals = ["delivery", "invoice", "inbox", "branch", "survey"].map(plural);
        assert_eq!(plurals, ["deliveries", "invoices", "inboxes", "branches", "surveys"]);
    }
}
