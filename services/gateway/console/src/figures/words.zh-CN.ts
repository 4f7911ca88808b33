/** 统计。 */

export const zhCN = {
  title: "统计", span: "时间范围", spans: { week: "本周", days30: "近 30 天", term: "本学期", custom: "自选" }, from: "起始日期", to: "结束日期", site: "学校", allSites: "全部学校", retry: "重试",
  by: "分组", groups: { site: "按学校", class: "按违规类型", rule: "按规则", day: "按日", risk: "按风险等级", model: "按模型" },
  metric: "比较", metrics: { alerts: "告警数", false_alarm_rate: "误报率", eye_median_s: "首次查看用时", order_median_s: "下单用时", correction_rate: "整改率", overdue: "逾期未改" },
  parts: { confirmed: "已确认", false: "误报", unclear: "看不清", unreviewed: "未复核" },
  count: {
    alerts: "告警", confirmed: "已确认", falseRate: "误报率", eye: "首次查看用时（中位）", order: "下单用时（中位）", orders: "整改单", correction: "整改率", overdue: "逾期未改",
    ofReviewed: "误报 {n}，已判定 {all}", unreviewed: "未复核 {n}，看不清 {m}", p95: "95% 在 {time} 内", unseen: "还有 {n} 条无人查看，不计入", corrected: "已整改 {n} / {all}", late: "逾期后反馈 {n}", ofAlerts: "占全部告警 {share}",
  },
  lasted: { none: "—", s: "{n} 秒", min: "{n} 分钟", h: "{n} 小时", d: "{n} 天" },
  line: { day: "每日告警", week: "每周告警（周一起）", summary: "{from} 至 {to}，共 {n} 条告警，最多的一{step} {most} 条。", day1: "日", week1: "周", column: "{day}：{n} 条告警" },
  bars: "分组比较", table: "查看数据表", key: "分组", day: "日期",
  risks: {
    title: "学校风险分", text: "分数是各项之和；20 分起为 Ⅰ 类，5 分起为 Ⅱ 类，其余为 Ⅲ 类。确认的告警每过 30 天分量减半。", score: "{n} 分", term: "项目", amount: "数量", weight: "权重", points: "得分", none: "没有扣分项。", more: "显示全部 {n} 所学校",
    terms: { confirmed_1: "Ⅰ 类确认告警", confirmed_2: "Ⅱ 类确认告警", confirmed_3: "Ⅲ 类确认告警", overdue: "逾期未改的整改单", answered_late: "逾期后反馈", reopened: "退回重改", found_at_inspection: "抽查发现违规" },
  },
  exports: { title: "导出", what: "导出内容", whats: { figures: "统计表（按所选分组）", alerts: "告警明细", orders: "整改单明细", inspections: "抽查明细", kitchens: "学校风险分" }, busy: "正在准备…", note: "导出所选时间内您能看到的全部学校，并记入审计。" },
  empty: "这段时间没有告警", emptyText: "换一个时间范围或学校再看。", noGroup: "没有可比较的数据。",
};
