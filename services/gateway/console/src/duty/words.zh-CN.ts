/** 值班与升级：值班表、升级流程、通知预览。 */

export const zhCN = {
  readOnly: "仅管理员可以修改值班表和升级流程。", remove: "移除", nobody: "无人值班", and: "、",
  now: { title: "现在值班", until: "至 {time}", then: "之后：{who}", always: "长期" },
  rota: {
    title: "值班表", add: "新建值班表", edit: "修改值班表", emptyTitle: "还没有值班表", emptyText: "建立值班表后，规则和升级流程可以按“谁在值班”来通知，换班时不必修改规则。", removeTitle: "移除“{name}”？", removeText: "之后不再有人因它被通知。", zone: "时区", week: "{from} – {to}", before: "上一周", after: "下一周", this: "本周", exception: "例外", clock: "按 {zone} 时间", row: "{from}–{to} {who}",
    name: "名称", nameHint: "例如：局值班、节假日值班", shifts: "每周班次", shiftsHint: "结束早于开始的班次到次日结束。", people: "值班人员", peopleHint: "选择人员", exceptions: "例外与换班", exceptionsHint: "这段时间内以此为准，不按每周班次。后添加的优先。", addException: "添加例外", from: "从", to: "到", nobodyHint: "留空：无人值班", past: "清除已过去的 {n} 条", saved: "值班表已保存",
    needTitle: "请填写名称。", badZone: "没有这个时区，例如 Asia/Shanghai。", needDays: "请选择星期。", needPeople: "请选择值班人员。", sameTime: "开始和结束不能相同。", needTimes: "请填写开始和结束时间。", endFirst: "结束须晚于开始。",
  },
  chain: {
    title: "升级流程", add: "新建升级流程", edit: "修改升级流程", emptyTitle: "还没有升级流程", emptyText: "告警没有人处理时，按分钟依次通知下一个人，直到有人受理。", removeTitle: "移除“{name}”？", removeText: "之后不再按它通知任何人。", step: "第 {n} 步", at0: "立即", after: "{n} 分钟后仍无人受理", who: "通知", ends: "有人受理后不再往下通知。", onDuty: "{rota}（现为 {who}）",
    name: "名称", nameHint: "例如：Ⅰ 类告警升级", isEnabled: "启用", risk: "等级", sites: "学校", sitesHint: "单位与单个学校合并计算；均留空：全部学校", sitesEmpty: "单个学校", units: "单位", unitsEmpty: "单位：其下全部学校", allOf: "{unit} 全部学校", kinds: "事项", steps: "依次通知", minutes: "多少分钟后", whoHint: "选择值班表或人员", addStep: "添加一步", removeStep: "移除第 {n} 步", saved: "升级流程已保存",
    needTitle: "请填写名称。", needKinds: "至少选择一个事项。", needSteps: "至少需要一步。", badMinutes: "分钟数为 0 到 10080 的整数。", needWho: "请选择值班表或人员。", order: "分钟数不能小于上一步。",
  },
  preview: {
    title: "会通知谁", text: "假设此校此刻出现一条告警，依次通知的人。仅预览，不会通知任何人。", site: "学校", risk: "等级", rule: "规则", ruleAny: "通知监管人员的规则", at: "时间", atHint: "留空：现在", now: "立即", after: "{n} 分钟后", chain: "{name} 第 {n} 步", asked: "按规则和各人的通知设置", later: "等到 {time}", again: "已通知过，不重复", noChannel: "所有通知方式都已停用", nobody: "没有人会被通知。", noChain: "没有升级流程适用：若无人处理，不再通知其他人。", emptyRota: "{rota}：此时无人值班",
    missed: { no_account: "没有这个账号，或已停用", not_their_school: "看不到此校", switched_off: "本人已关闭通知", not_reviewed: "学校人员在人工复核前不通知" },
  },
};

export const refusalZh = {
  bad_window: "每个时段请选择星期，且开始与结束不能相同。", bad_exception: "例外的结束须晚于开始。", no_such_zone: "没有这个时区，例如 Asia/Shanghai。", bad_chain: "请按分钟先后排列各步，每步至少有一人或一个值班表。", no_such_rota: "该值班表已被移除，请重新选择。", rota_in_use: "有升级流程在使用这个值班表：请先修改该流程。", no_such_rule: "该规则已不存在，请重新选择。", bad_range: "一次最多查看 32 天。", peer_away: "告警服务暂时没有响应，请稍后重试。",
};

export type DutyWords = typeof zhCN;
export type DutyRefusals = typeof refusalZh;
