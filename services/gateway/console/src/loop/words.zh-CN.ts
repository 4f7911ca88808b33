/** 案件与整改单。 */

export const zhCN = {
  cases: "案件", orders: "整改单", case: "案件", order: "整改单", back: "返回", retry: "重试", cancel: "取消", more: "更多", loading: "正在加载…", exactly: "准确时间：{time}",
  risk: { 1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", long: "{class} 类风险" },
  due: {
    by: "整改期限", left: { days: "还剩 {a} 天 {b} 小时", hours: "还剩 {a} 小时 {b} 分", minutes: "还剩 {a} 分钟", moment: "不到 1 分钟" },
    late: { days: "已逾期 {a} 天 {b} 小时", hours: "已逾期 {a} 小时 {b} 分", minutes: "已逾期 {a} 分钟", moment: "刚刚到期" },
  },
  card: { yellow: "黄牌", red: "红牌" },
  kind: { opinion: "改正意见", instruction: "提示指令", enforcement: "现场执法" },
  state: { served: "已送达，未读", read: "已读，待整改", answered: "已反馈，待复核", appealed: "申诉中", closed: "已办结", withdrawn: "已撤销" },
  caseState: { open: "办理中", closed: "已结案" },
  source: { alert: "告警", snapshot: "截图", inspection: "检查", report: "上报" },
  rule: { no_mask: "未戴口罩", no_hat: "未戴厨师帽", no_uniform: "未穿厨师服", rodent: "疑似鼠患", intrusion: "非操作时段闯入", picture_fault: "视频质量异常", camera_offline: "摄像机离线" },
  filter: { site: "学校", allSites: "全部学校", state: "状态", all: "全部", open: "办理中", closed: "已结案", overdue: "有逾期整改单", words: "编号或标题" },
  list: {
    newCase: "开立案件", emptyTitle: "没有案件", emptyText: "确认告警后可立案，也可以手工开立。", noneTitle: "没有符合条件的案件", noneText: "换一个筛选条件再看。", orderCount: "{n} 张整改单", noOrder: "未下整改单",
    mine: "我下达的", overdue: "已逾期", waiting: "待复核", appeals: "申诉", allOrders: "全部", school: "待整改", noOrderFits: "没有符合条件的整改单", noOrders: "这里没有整改单", noOrdersText: "从案件或已确认的告警下达。",
  },
  form: {
    title: "标题", text: "说明", site: "学校", source: "来源", risk: "风险等级", cameras: "相关摄像机", save: "开立", choose: "请选择", titleHint: "一句话说清是什么问题", sealSight: "同时封存“{camera}”{time} 前后 30 秒的录像和画面", notSealed: "案件已开立，但录像没有封存：{why}", sealAgain: "再次封存", withoutSeal: "先去案件",
    risk1: "Ⅰ 类：立即处置", risk2: "Ⅱ 类：限期整改", risk3: "Ⅲ 类：日常指导",
  },
  page: {
    alerts: "告警", unreadAlerts: "有 {n} 条告警暂时无法显示：{why}", noAlerts: "这个案件不是由告警产生的。", seeAlert: "查看告警", playback: "看录像", orders: "整改单", noOrders: "还没有下达整改单。", newOrder: "下达整改单", notes: "备注", addNote: "添加备注", noteHint: "记下其他人需要知道的情况", save: "保存",
    timeline: "办理过程", close: "结案", closeTitle: "结案原因", closeHint: "例如：复核通过，现场已整改", closed: "{by} 于 {time} 结案", cannotClose: "还有 {n} 张整改单未办结，先办结再结案。",
    evidence: "存证", seal: "封存录像", sealHint: "封存违规前后和整改后的原始录像，一年内任何人不能修改或删除。", noEvidence: "还没有存证。", noRight: "您的账号不能查看存证。", download: "下载存证包", noRange: "没有录像画面可以封存。", openedBy: "{by} 立案",
    evidenceState: { queued: "排队中", running: "正在封存", sealed: "已封存", failed: "封存失败" },
  },
  share: { title: "与外部门共享", nobody: "没有共享给其他单位。", account: "对方账号", until: "截止时间", add: "共享", end: "取消共享", endTitle: "取消与“{name}”的共享？", endText: "对方立即不能再查看本案件。", hint: "对方只能看到本案件的告警和整改单，截止时间一到自动失效（最长一年，不晚于其账号到期）。" },
  step: {
    serve: "下达整改单", read: "学校已读", answer: "学校反馈整改", check: "机器复核", close: "办结", reopen: "退回重改", withdraw: "撤销", extend: "延长期限", appeal: "学校申诉", uphold: "申诉成立，撤销整改单", reject: "申诉不成立", remind: "到期提醒", overdue: "已逾期", card: "出示{card}",
    machine: "系统", newDue: "期限改为 {time}",
  },
  line: { seen: "发现{what}", reviewed: { confirmed: "确认告警", false: "判为误报", unclear: "判为看不清" }, opened: "立案", closed: "结案", note: "备注", ofOrder: "整改单《{title}》" },
  new: {
    title: "下达整改单", kind: "种类", kindHint: { opinion: "学校须在期限内改正并反馈", instruction: "提醒学校注意并反馈", enforcement: "执法人员到现场处理" }, template: "模板语言", both: "中英双语", heading: "标题", text: "内容", textHint: "可以修改；送达后不能再改。", refill: "重新套用模板",
    due: "整改期限", dueBy: "{class} 类风险，{hours} 个工作小时", change: "修改期限", automatic: "按规定", serve: "送达学校", cancel: "取消", confirmFirst: "这条告警还没有人确认。下达整改单之前，需要有人看过并确认。", confirm: "我看过了，确认违规", notConfirmed: "这条告警被判为误报或看不清，不能下达整改单。", about: "依据", noSubject: "请从一条告警或一个案件下达整改单。", toCases: "去案件列表", caseClosed: "这个案件已结案，不能再下整改单。", served: "已送达",
  },
  orderPage: {
    print: "打印", pdf: "下载 PDF", pdfBusy: "正在生成 PDF…", readAt: "学校于 {time} 已读", notRead: "学校还没有读", madeBy: "{by} 下达", process: "过程", whatSaid: "学校的反馈", decide: "处理", nothing: "现在没有需要处理的。", closeNow: "整改到位，办结", sendBack: "退回重改", withdraw: "撤销整改单", extend: "延长期限", uphold: "申诉成立", reject: "申诉不成立",
    why: "说明（学校能看到）", whyNeeded: "请写明原因。", newDue: "新的期限", fourEyes: "整改单是您下达的，申诉须由另一位监管人员裁定。", toCase: "查看案件", picture: "违规画面",
    check: {
      title: "机器复核", waiting: "学校反馈后，系统用同一台摄像机、同一条规则再观察一段时间。", running: "正在观察同一台摄像机…", none: "没有可比对的告警规则，请人工复核。", passed: "已看到整改", failed: "仍有违规", inconclusive: "没有看到足够的画面", looked: "观察 {looked} 次，其中违规 {broken} 次", before: "整改前", after: "整改后", noPicture: "没有画面", seeAlert: "查看新的告警", hint: "机器只提供参考，由人办结。",
    },
  },
  photo: { large: "查看大图", close: "关闭", of: "照片 {n}", missing: "照片加载失败" },
  answer: {
    title: "整改反馈", text: "写一句：怎么改的", appealText: "为什么有异议", take: "拍照", album: "从相册选", remove: "删除这张照片", send: "提交", sendAppeal: "提交申诉", edit: "修改", isAppeal: "有异议？申诉", isAnswer: "不申诉了，改为反馈", textNeeded: "请写一句话再提交。", tooMany: "最多 {n} 张照片。", badPhoto: "这张照片打不开，请用手机相机重新拍一张。",
    draft: "草稿已保存在手机上", draftHint: "关掉页面也不会丢。", waiting: "等待网络", waitingHint: "有网络后自动提交，只提交一次。可以关掉页面。", sending: "正在提交…", sent: "已提交", sentHint: "等待监管人员复核。", refused: "没有提交成功", shrinking: "正在处理照片…",
  },
  kitchen: {
    title: "我的后厨", wrong: "需要整改", nothingWrong: "没有需要整改的问题", nothingWrongText: "有新的整改单时，这里会显示。", read: "查看并整改", waiting: "等待复核", answered: "{time} 已反馈", appealed: "申诉处理中", live: "看我的后厨", liveHint: "点一台摄像机观看实时画面。", noCameras: "还没有登记摄像机。", hide: "收起", offline: "没有网络，显示的是 {time} 的内容。", offlineEmpty: "没有网络。连上网络后会自动显示。", warning: "预警", warningText: "系统发现{what}，请马上查看。", seenAt: "{time} 发现", install: "安装到桌面", details: "查看整改单", pictureHidden: "画面暂时看不到",
  },
  templates: {
    title: "{what}整改", titlePlain: "整改通知", seen: "{time}，{camera}摄像机拍到{site}{what}。", plain: "检查发现{site}存在以下问题：{what}。",
    opinion: "请按下列要求改正，并在整改期限内用文字和照片反馈：", instruction: "现提示如下，请落实并反馈：", enforcement: "执法人员将到现场处理，请配合，并做到：",
    demand: {
      no_mask: "后厨操作人员全程规范佩戴口罩，遮住口鼻。", no_hat: "后厨操作人员全程佩戴厨师帽，头发不外露。", no_uniform: "后厨操作人员穿着整洁的工作服上岗。", rodent: "立即停用该区域，排查鼠迹，封堵孔洞，清洗消毒后再使用。", intrusion: "非操作时段关闭后厨门窗，查明进入人员及原因。", picture_fault: "检查并清洁摄像机，恢复清晰画面。", camera_offline: "恢复摄像机供电和网络，并说明离线原因。", other: "查明原因，立即改正，防止再次发生。",
    },
  },
  print: { heading: "整改单", number: "编号", school: "学校", kind: "种类", risk: "风险等级", served: "送达时间", due: "整改期限", by: "下达人", content: "内容", steps: "办理过程", signature: "学校签收", date: "日期", go: "打印" },
};

export type LoopWords = typeof zhCN;
