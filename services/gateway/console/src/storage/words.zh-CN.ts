/** 存储与保留：留了多久、占多少、缺多少，以及改期限会删掉什么。 */

export const zhCN = {
  intro: "每台摄像机要保留多少天、实际能回看多少天、占用多少空间、缺了多少。缩短期限会删除较早的录像；证据和未结案件锁定的部分除外。",
  readOnly: "可以查看；修改由管理员或运维进行。",
  totals: { bytes: "录像占用", cameras: "达到保留天数", troubled: "需要处理", over: "超出上限的学校", gaps: "缺失合计", of: "{n} / {all} 台", count: "{n} 台", schools: "{n} 所" },
  bar: { find: "学校或摄像机", state: "状态", order: "排序", all: "全部", trouble: "需要处理", over: "超出上限的学校", none: "没有符合条件的摄像机。", clear: "清除条件", more: "再显示 {n} 所", shown: "{n} 台摄像机" },
  order: { name: "按名称", trouble: "问题在前", days: "天数最少在前", bytes: "占用最多在前", gaps: "缺失最多在前" },
  state: { cut: "因上限提前删除", none: "还没有录像", stale: "没有新录像", filling: "尚未录满", longer: "超过保留天数", full: "已录满", off: "不录像", gone: "已移除" },
  about: {
    cut: "{time} 因学校超出上限，未到期的录像被删除。请提高上限，或缩短其他摄像机的天数。", none: "按计划应当录像，但一段也没有。请看摄像机是否在线、录制服务是否正常。", stale: "最新一段止于 {time}。请看摄像机是否在线、录制服务是否正常。",
    filling: "还差 {n} 天。新装的摄像机逐日增加；未到期的录像没有因上限被删除。", longer: "有 {n} 处因证据或案件锁定而继续保留。", deleting: "到期部分将在十分钟内开始删除。", off: "计划为不录像；已录的部分到期删除。", gone: "摄像机已不在登记中，已录的部分到期删除。",
  },
  school: { limit: "上限 {n}", noLimit: "不设上限", over: "超出 {n}", select: "选择 {name} 的全部摄像机", plan: "修改全校", setLimit: "设置上限", bar: "{name}：占用 {used}，上限 {limit}", count: "{n} 台摄像机" },
  camera: { select: "选择 {name}", kept: "{have} / {want} 天", days: "{n} 天", gaps: "缺 {n} 处，共 {time}", noGaps: "无缺失", held: "锁定 {n} 处", edit: "修改", bar: "{name}：可回看 {have} 天，应保留 {want} 天", since: "{from} 至 {to}", nothing: "没有录像", wanted: "应保留至" },
  axis: { now: "现在", ago: "{n} 天前", label: "从左到右：{n} 天前至现在", kept: "已保留", wanted: "应保留" },
  mode: { continuous: "全天录像", calendar: "按时段", alerts: "仅告警前后", off: "不录像" }, stream: { main: "主码流", sub: "子码流" },
  selected: { n: "已选 {n} 台", edit: "修改保留与录像", clear: "取消选择", all: "全选列出的" },
  time: { s: "{n} 秒", min: "{n} 分钟", h: "{n} 小时", d: "{n} 天" },
  empty: { title: "还没有录像", text: "登记摄像机后，录制服务会按计划开始录像。", cameras: "登记摄像机" },
  away: { title: "暂时读不到录像情况", text: "录制服务没有应答。录像不因此中断：画面先留在消息总线上，恢复后补存。请在“系统状态”中查看原因。", status: "查看系统状态" },
  form: {
    one: "{name}：保留与录像", many: "{n} 台摄像机：保留与录像", days: "保留天数", daysHint: "{least} 至 {most} 天；规定不少于 {least} 天", keep: "各自不变", mode: "录像方式", stream: "录哪一路", pre: "告警前（秒）", post: "告警后（秒）", windows: "录像时段", ownWindows: "改为统一的时段", keepWindows: "各摄像机现有的时段不变。",
    badDays: "请填 7 至 3650 之间的整数。", badPre: "请填 0 至 120 之间的整数。", badPost: "请填 0 至 600 之间的整数。", noWindows: "按时段录像需要至少一个时段。", noWeekday: "每个时段至少选一天。", lacks: "{n} 台摄像机还没有时段：请填写统一的时段。",
    next: "看看会怎样", nothing: "没有改动。", back: "返回修改", apply: "应用到 {n} 台", applyDelete: "删除并应用到 {n} 台", close: "完成", cancel: "取消",
    counting: "正在统计会删除什么：{n} / {all} 台", willChange: "将修改 {n} 台摄像机，其余 {rest} 台不变。", nobodyLoses: "不会删除任何已有录像。", longer: "延长只对尚未删除的录像有效；已删除的不能恢复。",
    loses: "将删除 {bytes} 录像（{n} 台摄像机，{from} 至 {to}），不能恢复。", held: "{bytes} 因证据或未结案件锁定，继续保留。", soon: "约十分钟内开始删除。", which: "涉及的摄像机", more: "另有 {n} 台", understood: "我知道这些录像将被永久删除", silenced: "{n} 台摄像机将停止录像，之后发生的事无法回看。",
    estimate: "按目前速度，录满后这些摄像机约占 {bytes}（现为 {now}）。", overLimit: "{site} 录满后约 {bytes}，超过上限 {limit}：会提前删除最早的录像。",
    running: "正在修改 {n} / {all}", ran: "已修改 {done} 台，无需修改 {same} 台，失败 {failed} 台。", retry: "重试失败的 {n} 台", keepOpen: "请勿关闭此窗口。", noSub: "此摄像机没有子码流：请先在“摄像机”中填写子码流地址，或改录主码流。", gone: "此摄像机已被移除。", became: { waiting: "等待", running: "进行中", done: "已修改", unchanged: "无需修改", failed: "失败" },
  },
  limit: {
    title: "{name}：录像上限", gigabytes: "上限（GB）", hint: "留空：不设上限，只按天数。超出时从最早的删起，7 天以内的不删。", bad: "请填 1 至 1000000 之间的整数，或留空。", used: "现占用 {bytes}。", fits: "低于上限，不会删除任何录像。",
    goes: "超出 {over}：将删除约 {bytes} 最早的录像，不能恢复。", stays: "仍超出 {bytes}：其余不足 7 天或已锁定，不会删除。", counting: "正在统计…", save: "保存", saveDelete: "删除并保存", saved: "{name} 的上限已保存",
  },
};

export type StorageWords = typeof zhCN;
