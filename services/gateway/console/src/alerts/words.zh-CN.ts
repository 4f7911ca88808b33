/** 告警与值守用语：简体中文。 */

export const zhCN = {
  watch: "值守", history: "告警记录", inbox: "待处理告警", back: "返回列表",
  ago: { now: "刚刚", seconds: "{n} 秒前", minutes: "{n} 分钟前", hours: "{n} 小时前", days: "{n} 天前" },
  risk: { 1: "一类风险", 2: "二类风险", 3: "三类风险" },
  sign: { 1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ" },
  verdict: { confirmed: "确认", false: "误报", unclear: "看不清", none: "待处理" },
  count: "{n} 条", countMore: "{n} 条以上", times: "同类 {n} 条", unread: "未读", goesOn: "仍在持续", over: "已结束", new: "新告警：{what}，{where}",
  quiet: { title: "一切正常", text: "没有待处理的告警。新告警会自动出现在这里。", reach: "{online} / {all} 台摄像机在线，系统正在值守。", unknown: "不知道现在有没有告警", unknownText: "连接恢复后，断开期间的告警会自动补上。", unsure: "没有待处理的告警", unsureText: "暂时无法确认智能分析和告警服务是否在运行。", noCamera: "还没有在用的摄像机", noCameraText: "没有画面可看，也就不会有告警。", noneOnline: "没有一台摄像机在线", noneOnlineText: "{all} 台摄像机都没有画面，没有告警并不表示一切正常。" },
  away: {
    title: "{names}已停", join: "、", since: "自 {time} 起", link: "查看系统状态", none: "列表里没有待处理的告警，不等于后厨没有问题。",
    name: { ingest: "视频接入", detector: "智能分析", alerting: "告警服务" },
    means: { ingest: "收不到摄像机的新画面。", detector: "后厨画面没有在分析，出现违规也不会告警。", alerting: "不会产生新告警，也不会通知任何人。" },
  },
  choose: "选择左侧的一条告警",
  failed: { title: "无法读取告警", text: "告警服务没有应答，系统会继续重试。", retry: "立即重试" },
  forbidden: { title: "没有查看告警的权限", text: "此页面供监管人员使用。如需权限，请联系管理员。", live: "查看实时画面" },
  offline: "自 {time} 起与服务器断开，正在重连；以下内容可能不是最新。", reconnect: "立即重连",
  gone: { title: "找不到这条告警", text: "它不存在，或不属于您管辖的学校。" },
  act: { confirm: "确认", false: "误报", unclear: "看不清", order: "整改单", talk: "对讲", take: "接手", change: "改判" },
  only: "您的账号只能查看，不能处理告警。",
  orderFor: "为“{what}”开整改单（{where}）", done: "已判为{verdict}：{what}", doneMany: "已判为{verdict}：{what} 等 {n} 条", together: "{n} 条一起判", lastOne: "已判为{verdict}：{what}。没有待处理的告警了。", notTaken: "“{what}”的判定没有提交成功，已放回列表。{why}", changing: "选择另一项即可改判；每次判定都会留痕。",
  judgedBy: "{name} 判为{verdict}", takenBy: "{name} 已接手", takeFailed: "没能接手。{why}",
  picture: {
    alt: "{what}的最佳画面，{where}", waiting: "正在读取画面…", soon: "这一刻的录像还在保存，画面马上就来。", none: "这一刻没有录像画面。", noneOffline: "摄像机离线，没有画面可看。", failed: "画面暂时无法读取。{why}", retry: "重试", playback: "回放这一刻",
    boxes: "标框", hideBoxes: "隐藏标框", showBoxes: "显示标框", at: "拍摄于 {time}", other: "录像中最近的一帧，与告警画面相差 {s} 秒", clip: "前后 10 秒片段", crop: "局部放大", download: "下载片段", clipFailed: "片段播放不了",
  },
  spoken: "现场播报", spokenState: { due: "等待播报", asked: "正在播报", played: "已播放", heard: "摄像机已收到", not_played: "未播报", too_late: "未播报：发现太久" },
  spokenWhy: { camera_unreachable: "摄像机无法连接", no_backchannel: "没有扬声器", wrong_password: "密码错误", floor_taken: "当时有人讲话", too_often: "本小时播报次数已满", intercom_away: "对讲服务不可用" },
  facts: "依据", place: "地点", rule: "规则", ruleVersion: "{rule}，第 {version} 版", seen: "画面", seenText: "{looked} 帧中 {broken} 帧违规", score: "可信度", first: "首次出现", last: "最近出现", models: "模型", verdictPicture: "画面质量", usable: "画面可用", thresholds: "阈值", cameras: "同时看到", handled: "处理", nobody: "尚无人接手", digest: "完整摘要 {digest}",
  case: { see: "查看案件", none: "未立案", order: "开整改单", count: "{n} 条已确认未立案", countMore: "{n} 条以上已确认未立案" },
  hops: "各环节用时", hop: { received: "接收", heard: "送达检测", decoded: "解码", inferred: "识别", ruled: "判定", stored: "入库" }, fromPicture: "从拍摄起", ms: "{n} 毫秒", s: "{n} 秒",
  fault: {
    no_signal: "无信号", black: "黑屏", frozen: "画面冻结", looped: "画面循环", covered: "被遮挡", blurred: "模糊", moved: "镜头移位", overexposed: "过曝", underexposed: "过暗", colour_cast: "偏色", noise: "噪点", stripes: "条纹", low_bitrate: "码率过低", low_frame_rate: "帧率过低", wrong_clock: "时钟错误",
  },
  model: { people: "人员", heads: "头部", mask: "口罩", headwear: "厨师帽", uniform: "厨师服", head_attributes: "口罩与工作帽" },
  threshold: { score: "最低可信度", broken: "违规帧数", looked: "观察帧数", seconds: "持续秒数", height: "最小高度" },
  live: "实时", liveGone: "摄像机已移除或无法读取。", older: "同类告警", keys: "快捷键",
  filter: { site: "学校", rule: "规则", state: "状态", risk: "等级", from: "从", to: "到", all: "全部", clear: "清除筛选", silent: "静默（未通知）", open: "待处理", uncased: "已确认，未立案" },
  list: { time: "时间", what: "告警", where: "地点", state: "状态", links: "查看", none: "没有符合条件的告警", noneText: "放宽时间或清除筛选再试。", newest: "回到最新", older: "更早的", open: "查看", playback: "回放", lasted: "持续 {time}", judged: "{name}，{time}" },
};

export type AlertWords = typeof zhCN;
