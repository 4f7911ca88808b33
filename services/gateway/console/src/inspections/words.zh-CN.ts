/** 随机抽查。 */

export const zhCN = {
  title: "抽查", tabs: { looks: "检查任务", draws: "随机抽取", coverage: "学期覆盖" }, retry: "重试", more: "更多", save: "保存", cancel: "取消", copy: "复制", copied: "已复制",
  drawState: { committing: "等待承诺", revealing: "等待揭示", drawn: "已抽出", void: "作废", cancelled: "已取消" },
  lookState: { to_do: "待检查", looking: "检查中", done: "已完成", not_possible: "未能检查" },
  look: {
    whose: "任务归属", mine: "我的任务", all: "所有人", state: "状态", open: "未完成", anyState: "全部状态", empty: "没有检查任务", emptyText: "随机抽取完成后，抽中的学校会出现在这里。", due: "截止 {time}", overdue: "已超期", stratum: "风险 {risk} 类 · 第 {band} 档", by: "检查人 {name}",
    start: { video: "视频检查", on_site: "现场检查" }, live: "看实时画面", finish: "提交结果", give_up: "不能检查", hand_over: "转交", reopen: "重新开始", way: { video: "视频", on_site: "现场" },
    found: { title: "发现了什么", nothing: "未发现问题", violation: "发现违规" }, text: "检查记录", textHint: "看了什么、情况如何", caseTitle: "违规标题", caseHint: "一句话说清问题，将立案", risk: "风险等级", why: "原因", to: "转交给（账号）", toCase: "查看案件", since: "{time} 开始", took: "用时 {time}", ofDraw: "所属抽取", steps: "办理过程", notMine: "{name} 正在检查，由其提交结果。",
    action: { assign: "分派", start: "开始检查", finish: "提交结果", give_up: "不能检查", hand_over: "转交", reopen: "重新开始" },
  },
  draw: {
    call: "发起随机抽取", empty: "还没有随机抽取", emptyText: "发起后，各部门先承诺、再揭示随机种子，结果任何人都能复算。", kitchens: "名单 {n} 所，抽 {count} 所", by: "{name} 于 {time} 发起", rule: "抽取规则", weights: "风险权重 Ⅰ {a} · Ⅱ {b} · Ⅲ {c}", band: "{n} 天未查起 ×{w}", never: "从未检查 ×{w}",
    until: { commit: "承诺截止", reveal: "揭示截止", look: "检查截止" }, departments: "参与部门", people: "检查人员", account: "账号 {name}", committed: "已承诺", revealed: "已揭示", waiting: "等待中", late: "逾期未完成：{names}", ifMissing: "有部门不揭示时", if: { go_on: "用已揭示的种子继续", void: "作废" },
    proof: "公开与复算", frozen: "冻结名单与规则的哈希", published: "公布的哈希（请保存）", notYet: "承诺结束后公布", file: "下载抽取文件", replay: "用独立程序复算：", replayHint: "replay_draw.py 在产品的 shared/design 目录，只用标准 Python。", chosen: "抽中的学校", cancel: "取消抽取", why: "取消原因", cancelled: "原因：{why}", gone: "种子公开后不能取消。",
    commitment: "承诺", seed: "种子", nonce: "随机数",
  },
  seed: {
    mine: "我的部门：{name}", commitText: "点击后在本机生成随机种子，只提交它的哈希。种子文件会下载到本机并保留到揭示，请妥善保管，揭示前不要给任何人看。", commit: "生成种子并承诺", revealText: "现在公开种子。它必须与承诺一致。", reveal: "揭示种子", file: "选择种子文件", wrong: "这个文件不是本部门承诺的种子，请选择承诺时下载的文件。", missing: "本机没有找到种子，请选择承诺时下载的文件。", done: "您的部门已揭示。", committed: "您的部门已承诺，揭示开始后请回到这里。", lost: "您的部门未按时承诺。",
  },
  form: {
    title: "发起随机抽取", name: "名称", nameHint: "例如：2026 年秋季第一次抽查", count: "抽取学校数", roster: "名单为登记的全部学校；风险等级与上次检查时间由系统加入并一起冻结。", riskWeights: "风险权重（Ⅰ / Ⅱ / Ⅲ 类）", bands: "距上次检查的权重", fromDays: "天起", weight: "权重", never: "从未检查的权重",
    departments: "参与部门", department: "部门名称", account: "账号", commitment: "承诺（可选，随发起提交）", addDepartment: "添加部门", remove: "移除", make: "为本部门生成", supervisors: "检查人员账号", supervisorsHint: "用逗号或空格分开；任务在他们之间平均分配", ifMissing: "有部门不揭示时", call: "冻结名单并发起", callHint: "发起后名单、规则、部门和时间都不能再改。",
    fault: { title: "请填写名称。", count: "抽取数应为 1 到 10000 的整数。", weights: "权重应为 1 到 1000 的整数。", bands: "天数从 0 开始并依次增大。", departments: "每个部门要有名称和账号，名称不能重复。", commitment: "承诺应为 64 位十六进制。", supervisors: "至少填写一名检查人员。", times: "时间应依次为：现在、承诺截止、揭示截止、检查截止。" },
  },
  coverage: { of: "{n} / {all} 所已检查", never: "本期未检查", school: "学校", looks: "检查次数", violations: "发现违规", time: "检查时长", last: "最近一次", none: "从未", empty: "没有登记的学校", emptyText: "先在“学校”页登记。" },
};
