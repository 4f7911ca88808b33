/** 管理：规则、静默与检修、通知、人员、日历、公开画面。 */

export const zhCN = {
  title: "管理", tabs: { rules: "规则", silences: "静默与检修", notices: "我的通知", duty: "值班与升级", accounts: "人员", organisation: "组织机构", import: "批量导入", calendars: "日历", public: "公开画面", storage: "存储与保留", models: "模型" },
  forbidden: "没有查看此页的权限", forbiddenText: "请联系管理员为您的账号开通。", retry: "重试", save: "保存", cancel: "取消", close: "关闭", edit: "修改", saved: "已保存", look: "查看",
  risk: { 1: "Ⅰ 类", 2: "Ⅱ 类", 3: "Ⅲ 类" }, allSites: "全部学校", pickSites: "留空：全部学校", nobody: "系统", version: "第 {n} 版", on: "启用", off: "停用", stale: "别人刚刚修改过。请关闭后重新打开，再作修改。",
  day: { 1: "一", 2: "二", 3: "三", 4: "四", 5: "五", 6: "六", 7: "日" }, daily: "每天", weekdays: "工作日", weekend: "周末", week: "周{days}", nextDay: "次日", hours: { add: "添加时段", remove: "移除时段", from: "开始", to: "结束", days: "星期" },
  rules: {
    nights: "{all} 台摄像机中，{n} 台设有夜间（停业）时段。", nightsDo: "其余摄像机夜间无人看守，这条规则对它们不会告警。请为学校设置日历，或在摄像机中单独设置营业时段。", nightsOf: "未设置的学校：{schools}。", nightsMore: "{schools}等", toCalendars: "去设置日历",
    emptyTitle: "还没有规则", emptyText: "告警服务首次启动时会写入预置规则。", changed: "{by} 于 {time} 修改", of: "{n} / {m} 次", seconds: "持续 {n} 秒", always: "不限时段", kinds: "类型",
    isEnabled: "启用这条规则", risk: "风险等级", deadline: "整改期限（工作小时）", deadlineHint: "留空：按风险等级", broken: "违规次数", looked: "在最近几次中", duration: "最短持续（秒）", score: "最低置信度（0–1）", height: "最小高度（占画面 0–1）",
    timesHint: "留空：不限时段", times: "时段", time: { closed: "停业", preparing: "备餐", serving: "供餐", cleaning: "清洁", open: "营业（以上全部）" }, units: "组织单位", unitsHint: "所选单位及其下级的学校；留空：不限", everyUnit: "全部单位", sites: "后厨", siteKinds: "学校类型", purposes: "摄像机用途", everywhere: "留空：不限",
    warns: "人工复核前先提醒后厨（仅 Ⅰ 类）", announcement: "在后厨播报的内容", announcementHint: "播报编号或文字；留空：不播报", over: "多久没有再出现算结束（秒）", reopen: "多久内再出现仍算同一告警（秒）", folds: "合并告警", fold: { camera: "每台摄像机各自一条", site: "同一后厨合为一条" },
    trial: "试运行：按这样设置会报什么", trialDays: "看最近", days: "{n} 天", run: "试运行", trialSum: "会产生 {count} 条告警", trialOf: "依据 {facts} 条识别结果，{from} 至 {to}", trialNot: "识别结果太多，只读了一部分。", trialNone: "按这样设置，这段时间不会产生告警。", trialAdvise: "生效前先试运行。试运行不保存，也不通知任何人。", trialOld: "设置已修改，请重新试运行。", more: "仅列出最近 {n} 条",
    copy: "复制", copyOf: "复制“{name}”为新规则", id: "编号", idHint: "小写字母、数字和 - _，以后不能修改", idTaken: "已有这个编号的规则。", titleZhCN: "中文名称", titleEn: "英文名称",
    put: "使其生效", putDone: "{name} 已生效", versions: "历次版本", versionsNone: "没有更早的版本。", take: "填入此版", current: "当前", numbers: "请填写有效的数字。", brokenOver: "违规次数不能多于识别次数。", readOnly: "仅管理员可以修改规则。",
    deadlineOf: "{n} 工作小时", changes: { is_enabled: "启停", risk: "等级", deadline_h: "期限", condition: "条件", where: "范围", when: "时段", warns_kitchen: "提醒后厨", announcement: "播报", over_after_s: "结束时间", reopen_s: "合并时间", folds: "合并方式", tell: "通知对象", title: "名称", watched: "识别对象" }, noChange: "内容相同", first: "首版",
  },
  silences: {
    add: "新建", emptyTitle: "没有静默或检修", emptyText: "设备检修或活动期间，可在这里让告警暂不通知；告警照常记录。", show: { current: "生效与待生效", over: "已结束" }, kind: { silence: "静默", maintenance: "检修" }, kindHint: { silence: "一段时间内不通知，最长 7 天", maintenance: "计划内检修，可设每周时段" },
    state: { now: "生效中", later: "未到时间", over: "已结束", pause: "今日时段外" }, kept: "已压下 {n} 条告警", keptNone: "没有压下告警", see: "查看告警", by: "{by} 设置", endedBy: "{by} 提前结束", until: "至 {time}", fromTo: "{from} 至 {to}",
    end: "提前结束", endTitle: "现在结束“{name}”？", endText: "仍在发生的告警会立即通知。", reason: "原因", reasonHint: "例如：粗加工间更换摄像机", sites: "学校", cameras: "摄像机", rules: "规则", all: "全部", from: "开始", fromHint: "留空：现在", to: "结束", quick: "{n} 小时", weekly: "每周时段", weeklyHint: "留空：整段时间", class1: "也压下 Ⅰ 类告警（需管理员，最长 1 天）", class1Mark: "含 Ⅰ 类", needSites: "请选择学校或摄像机：全部学校只有管理员可以静默。", needSome: "请选择学校、摄像机或规则：不能全部静默。", needEnd: "请填写结束时间。", endFirst: "结束须晚于开始。", made: "已生效，几秒内开始", whole: "全部摄像机", wholeRules: "全部规则",
  },
  notices: {
    channels: "通知方式", channelsText: "登录本系统时始终会在页面中提示。", add: "添加", kind: { console: "本系统页面", mail: "邮件", webhook: "Webhook", apprise: "企业微信、钉钉等", web_push: "设备推送" }, test: "发送测试", testOk: "已送达（{ms} 毫秒）：{said}", testBad: "没有送达：{said}", remove: "移除", removeTitle: "移除“{name}”？", removeText: "之后不再通过它通知您。", failures: "连续失败 {n} 次：{why}", working: "上次成功 {time}", never: "还没有用过", 
    title: "名称", titleHint: "例如：值班手机", address: "地址", addressHint: { mail: "name{'@'}example.org", webhook: "https://…", apprise: "wecombot://… 或 dingtalk://…" }, secret: "签名密钥（至少 16 位）", addressKept: "地址保存后不再显示。", onlyMail: "Webhook 和企业微信、钉钉由管理员添加。",
    wishes: "通知我什么", isEnabled: "接收通知", risk: "等级", riskMax: { 1: "仅 Ⅰ 类", 2: "Ⅰ 类和 Ⅱ 类", 3: "全部等级" }, sites: "学校", language: "通知语言", kinds: "事项", kindsHint: "全不勾选：全部事项", kindOf: { alert: "告警", order_served: "下达整改单", order_reminder: "整改临期", order_overdue: "整改逾期", order_answered: "整改反馈", order_reopened: "退回整改", order_appealed: "申诉", appeal_decided: "申诉决定", card_yellow: "黄牌", card_red: "红牌" },
    hours: "时段", hoursHint: "不设：任何时候。时段之外的通知会等到时段开始。", quiet: "两条通知之间至少间隔（秒）", quietHint: "期间的通知合成一条。", rota: "仅在值班时", rotaNone: "不限", 
    deliveries: "通知记录", deliveriesNone: "还没有通知过您。", more: "更早的", state: { queued: "等待", sent: "已发出", delivered: "已送达", failed: "失败", acknowledged: "已处理" }, tries: "{n} 次尝试", outcome: { began: "结果不明", sent: "已发出", delivered: "已送达", failed: "失败" }, waits: "等到 {time}", ack: "{by} 已处理",
  },
  accounts: {
    add: "添加人员", emptyTitle: "还没有其他人员", name: "账号", nameHint: "字母、数字、. {'@'} -", roles: "角色", role: { admin: "管理员", chief: "负责人", supervisor: "监管人员", inspector: "检查员", viewer: "查看者", school: "学校人员", guest: "访客", auditor: "审计员", sre: "运维" }, roleText: { admin: "全部权限，含规则与人员", chief: "监管人员权限，另可设置规则、日历和通知", supervisor: "值守、处置、对讲、整改", inspector: "到校检查：查看、记录、取证", viewer: "只看", school: "看自己的后厨，答复整改", guest: "到期为止，看给定的内容", auditor: "查看谁做了什么，不看画面", sre: "摄像机、学校与系统运行，不看画面" },
    sites: "可见学校", units: "可见单位", unitsEmpty: "单位：其下全部学校", sitesEmpty: "单个学校", ends: "有效期至", endsHint: "留空：长期有效；访客必填", password: "初始密码（至少 10 位）", newPassword: "新密码（至少 10 位，留空不改）", generate: "生成", show: "请现在转交本人，之后不再显示：", isEnabled: "可以登录", disabled: "已停用", ended: "已到期", until: "至 {time}", forever: "长期", made: "{time} 添加", you: "您", disable: "停用", enable: "恢复", endNow: "停用“{name}”？", endText: "其登录立即失效，记录保留，可随时恢复。", endsLogins: "保存后，该账号现有登录全部失效。", needRole: "至少选择一个角色。", shortPassword: "密码至少 10 位。", badName: "账号为 1–64 位字母、数字、. {'@'} - _。", guestEnds: "访客必须有有效期。", onlySites: "仅所选学校", noSites: "仅分享的案件", guestSites: "访客只能看所选学校，或仅看分享的案件。", schoolSites: "学校人员须指定学校。", adminSites: "管理员管理全部学校。", search: "查找账号", none: "没有匹配的账号。",
  },
  organisation: {
    intro: "限定到某个单位的人员，可看到该单位及其下级的全部学校，学校调整后立即生效。规则也可以按单位适用。", add: "添加单位", addBelow: "添加下级", remove: "移除", removeTitle: "移除“{name}”？", removeText: "只有没有下级单位、没有学校、也没有人员限定于此的单位可以移除。", emptyTitle: "还没有单位", emptyText: "先添加最上级的单位，例如本区，再添加其下级。",
    name: "名称（中文）", nameEn: "名称（英文）", nameEnHint: "留空：用中文名", id: "编号", idHint: "小写字母、数字、- 和 _，之后不可更改", kind: "类型", kinds: { province: "省", city: "市", district: "区县", station: "监管所", operator: "办学单位" }, parent: "上级单位", top: "无：最上级",
    moveText: "单位连同其全部下级一起移动，此后由新的上级查看这些学校。", count: "学校 {n} 所", fold: "展开或收起 {name}", stray: "未归属单位的学校：{n} 所", noUnit: "未归属", placeOf: "{name} 所属单位", move: "调整", moved: "{name} 现归属 {unit}",
  },
  import: {
    title: "表格批量导入食堂", intro: "每行一台摄像机，并写明所属学校及单位。请先预检，逐行查看结果；重复导入不会改动已有内容，密码加密保存、不再显示。", template: "下载模板：", file: "文件（CSV 或 XLSX）", look: "预检", apply: "导入", tooLarge: "文件最大 {n} MB，请分成几个文件。",
    running: "正在导入", progress: "第 {done} 行，共 {of} 行", brokeOff: "连接中断。请重新导入同一文件，将从中断处继续。", wouldBe: "此文件将会：", wasDone: "已完成：", outcome: { new: "新增", changed: "变更", unchanged: "不变", wrong: "有误" }, leftOut: "有误的行不会导入，请在文件中改正后重新预检。", nothing: "此文件中的内容均已登记。",
    badSheet: "此文件不是食堂清单。",
    row: "行", about: "学校 · 摄像机", becomes: "结果", more: "仅列出 {n} 行", column: { unit: "单位路径", site_id: "学校编号", site_name: "学校名称", site_kind: "学校类型", camera_id: "摄像机编号", camera_name: "摄像机名称", purpose: "用途", main_url: "主码流地址", sub_url: "子码流地址", username: "用户名", password: "密码", name: "名称", main: "地址", sub: "子码流", row: "整行" },
  },
  publics: {
    intro: "让家长和公众凭链接查看所选摄像机的画面。人脸由服务器处理到无法辨认；做不到时不显示画面。链接只能打开这一页。", add: "新建公开画面", edit: "修改公开画面", emptyTitle: "还没有公开画面", emptyText: "选择摄像机和截止时间，即可得到一个链接。", name: "名称", nameHint: "公众会看到，例如：第二小学食堂", cameras: "摄像机", camerasHint: "最多 12 台；未开启智能分析的摄像机不能公开。请选俯拍或背向的机位。",
    ends: "截止时间", endsHint: "一年之内", hours: "展示时段", hoursHint: "留空：全天；按厨房当地时间", isOn: "现在展示", state: { open: "展示中", off: "已关闭", over: "已到期", outside_hours: "时段外" }, until: "至 {time}", by: "{by} 于 {time} 建立", linkMade: "链接生成于 {time}", turnOff: "关闭", turnOn: "开启", renew: "更换链接", renewTitle: "更换“{name}”的链接？", renewText: "原链接立即失效，已打开的页面也不再显示画面。", end: "终止", endTitle: "终止“{name}”？", endText: "链接立即失效，且不能恢复。",
    linkOf: "“{name}”的链接", link: "链接", once: "链接只显示这一次，请现在复制。", copy: "复制", copied: "已复制", whoHas: "任何持有链接的人都能查看，无需登录；随时可以更换或终止。", open: "打开看看", needName: "请填写名称。", needCameras: "请选择摄像机。", tooMany: "最多 12 台摄像机。", needEnd: "请填写一年之内的截止时间。", needDays: "每个时段至少选一天。",
  },
  calendars: {
    add: "新建日历", emptyTitle: "还没有日历", emptyText: "没有日历时，按各摄像机的工作时段判断。", default: "默认", parent: "上级日历", noParent: "无", inherits: "随上级", sites: "适用学校", sitesCount: "{n} 所学校", title: "名称", titleEn: "英文名称", id: "编号", idHint: "小写字母、数字、- 和 _", isDefault: "也用于没有日历的学校", zone: "时区", holidays: "法定节假日", holiday: { china: "放假停业，调休上班", none: "不考虑", inherit: "随上级" },
    weekly: "每周时段", weeklyOwn: "使用自己的每周时段", part: { preparing: "备餐", serving: "供餐", cleaning: "清洁" }, partWord: "环节", label: "名称（如午餐）", terms: "学期", termsOwn: "使用自己的学期", termAdd: "添加学期", termsNone: "没有学期：全年营业。", termLabel: "名称", from: "从", to: "到", days: "例外日期", dayAdd: "添加日期", daysNone: "没有例外日期。", dayOpen: "营业", dayClosed: "停业", dayReason: "原因", daysCount: "{n} 个例外", windowsCount: "{n} 个时段", termsCount: "{n} 个学期",
    put: "保存（两分钟内生效）", remove: "移除", removeTitle: "移除“{name}”？", removeText: "其学校改用默认日历；历次版本保留。", export: "导出 .ics", import: "导入 .ics", mode: "方式", modes: { merge: "合并", replace: "替换全部例外" }, unnamed: "未分类的全天事件", unnameds: { closed: "算停业", open: "算营业", skip: "忽略" }, trial: "先看结果", doImport: "导入", imported: "读到 {days} 个例外、{terms} 个学期、{windows} 个时段，忽略 {skipped} 个。", importWould: "试读，未保存：", importDone: "已导入：", file: "文件",
    ask: "某校某日适用什么", site: "学校", day: "日期", isOpen: "营业", isClosed: "停业", decided: "依据：{calendar}", chain: "日历：{list}", unknownYear: "该年节假日安排尚未公布，暂按平日判断。", whole: "全天", none: "按各摄像机的工作时段",
    reason: { exceptional_day: "例外日期", outside_terms: "不在学期内", public_holiday: "法定节假日", make_up_day: "调休上班", weekly_hours: "每周时段", no_hours_that_day: "当天没有时段", no_calendar: "没有日历" }, readOnly: "仅管理员可以修改日历。", order: "结束不能早于开始。", needTitle: "请填写名称和编号。",
  },
};

export type ManageWords = typeof zhCN;
