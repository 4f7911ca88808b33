/** 简体中文：第一语言。 */

export const zhCN = {
  product: "明厨亮灶",
  productLine: "学校食堂后厨监管",
  language: "English",
  signIn: { title: "登录", name: "账号", password: "密码", submit: "登录", wrong: "账号或密码不正确。", tooOften: "失败次数过多，请在 {seconds} 秒后重试。", inLine: "当前登录的人较多，本页将在 {seconds} 秒后自动重试。", hint: "首次启动时生成的管理员密码打印在终端，并保存在数据目录的 admin-password 文件中。", offline: "无法连接服务器，请检查网络后重试。",
    code: "验证码", codeHint: "来自身份验证器应用，或使用一个恢复码。", wrongCode: "验证码错误或已使用过，请等待下一个。",
    mustChange: "该密码仅用于首次登录。请设置新密码，至少 10 个字符。", newPassword: "新密码", change: "修改并继续", anotherPassword: "请设置另一个密码，至少 10 个字符。", with: "使用 {name} 登录" },
  nav: { watch: "值守", alerts: "告警", cases: "案件", kitchen: "我的后厨", more: "更多", live: "实时", playback: "回放", broadcast: "喊话", figures: "统计", inspections: "抽查", cameras: "摄像机", sites: "学校", status: "系统", audit: "审计", watching: "谁看过我们", manage: "管理", signOut: "退出登录", account: "我的账号", notices: "我的通知", user: "{name} 的菜单", menu: "菜单" },
  role: { admin: "管理员", chief: "负责人", inspector: "检查员", sre: "运维", supervisor: "监管人员", viewer: "查看者", school: "学校人员", guest: "访客", auditor: "审计员" },
  header: {
    waiting: "没有待处理的告警 | 1 条待处理告警 | {n} 条待处理告警", reach: "{online} / {all} 所学校在线（至少一台摄像机有画面）；摄像机 {camerasOnline} / {cameras} 台", reachOld: "{at} 时 {online} / {all} 所学校在线，暂时无法更新", offline: "连接中断",
    reachUnknown: "现在不知道有多少学校在线，最近一次得知是 {at}", reachWords: "所学校在线", search: "搜索", searchWords: "学校、摄像机、案件",
    alarmOn: "一类告警声音：已开启", alarmOff: "一类告警声音：已静音", alarmHeld: "声音已开启，但浏览器要求先点击一次页面", newGrave: "新的一类告警",
  },
  live: {
    title: "实时画面", layout: "宫格", page: "第 {page} / {pages} 页", previous: "上一页", next: "下一页", fullScreen: "全屏", enlarge: "放大 {name}", back: "返回",
    online: "{online} / {all} 在线", behind: "延迟 {ms} 毫秒", mute: "静音", unmute: "打开声音", allSites: "全部学校", connecting: "正在连接…", since: "自 {time} 起",
    emptyTitle: "还没有摄像机", emptyText: "添加第一台摄像机后，画面会出现在这里。", add: "添加摄像机", noneHere: "该学校还没有摄像机。", emptyAsk: "管理员登记摄像机后，画面会出现在这里。", listFailed: "摄像机列表读取失败", view: "画面类型", allViews: "全部画面", noneOfView: "没有这类画面的摄像机", mainStream: "主码流", live: "实时",
    talk: "对讲", talkTo: "与 {name} 对讲", talkOpen: "对讲中", talkSpeaking: "正在讲话",
  },
  condition: { online: "在线", connecting: "连接中", refused: "被拒绝", unreachable: "无法连接", stalled: "无画面", disabled: "已停用" },
  reason: {
    ok: "画面正常。", starting: "正在首次连接摄像机。", disabled: "已在登记中停用，启用后可观看。", wrong_password: "摄像机拒绝了账号或密码。请更正；在此之前每分钟只尝试一次，以免账号被锁。",
    not_found: "摄像机没有这个码流，请检查地址中的路径。", busy: "摄像机的连接数已满，请关闭其他观看端。", refused: "摄像机拒绝了请求。", frozen: "连接正常但没有画面：检查电源与网线，必要时重启摄像机。", no_video: "没有可用的视频，请将编码设为 H.264 或 H.265。",
    protocol: "摄像机发送了不符合标准的数据。", port_closed: "该地址和端口没有服务：检查地址、端口，并确认已启用 RTSP。", no_such_host: "找不到该主机名，请检查地址。", no_route: "到该网络没有路由，请检查地址、路由或 VPN。",
    timed_out: "在规定时间内没有应答：检查电源、地址和防火墙。", closed: "摄像机结束了码流，可能正在重启，系统会自动重试。", unreachable: "无法连接摄像机。", failed: "连接失败，系统会自动重试。",
    no_connection: "与服务器的连接中断，正在重连。", no_fragments: "几秒内没有收到新画面。", decode_error: "浏览器无法解码，正在重试。", codec: "此浏览器不能播放该编码。", no_media_source: "此浏览器不支持实时播放，请升级。",
    login_ended: "登录已失效，请重新登录。", forbidden: "没有观看此摄像机的权限。", no_such_camera: "该摄像机已被移除。", not_taken: "等待接入服务处理。", needs_password: "请输入密码后再检测。",
  },
  purpose: { hygiene: "环境卫生", processing: "加工操作", dishes: "餐具洗消", storage: "食材仓储" },
  cameras: {
    analysis: {
      title: "智能分析", enabled: "开启智能分析", offText: "关闭后不识别人员、鼠患和画面故障，也不会有这些告警。", hours: "营业时段", asCalendar: "按学校日历", own: "单独设置", ownText: "时段以外为夜间，看守鼠患。时区：{zone}", toCalendars: "去设置日历",
      needHours: "请至少添加一个时段，或改为按学校日历。", needDays: "每个时段至少选一天。", noLength: "时段的开始和结束不能相同。",
      night: { noCalendar: "这所学校没有日历：夜间无人看守，不会有“疑似鼠患”和“非操作时段闯入”告警。请设置日历，或为此摄像机单独设置营业时段。", noHours: "这所学校的日历没有每周时段：平日夜间无人看守，不会有“疑似鼠患”和“非操作时段闯入”告警。请在日历中添加时段，或为此摄像机单独设置。", shut: "今天停业，全天按夜间看守。", open: "今天营业 {hours}，其余时间按夜间看守。" },
    },
    title: "摄像机", add: "添加摄像机", edit: "编辑", remove: "移除", name: "名称", site: "学校", purpose: "用途", address: "地址", state: "状态", picture: "画面", user: "用户名", password: "密码", passwordKept: "已保存，留空则不改", transport: "传输", sub: "子码流地址（可选）", id: "编号",
    idHint: "小写字母、数字、- 和 _，登记后不再改变", probe: "检测", probing: "正在检测…", found: "检测成功", notFound: "检测失败", codec: "编码", size: "分辨率", fps: "帧率", gop: "关键帧间隔", audio: "声音", noAudio: "无", first: "首帧", save: "保存", cancel: "取消", enabled: "启用", wantsAudio: "接收声音",
    removeTitle: "移除 {name}？", removeText: "将停止拉流并从登记中移除；已录制的内容不受影响。", removed: "已移除 {name}", saved: "已保存", emptyTitle: "还没有登记摄像机", emptyText: "准备好摄像机的 RTSP 地址和账号，点击“添加摄像机”并先检测。", noSite: "请先添加一所学校。", newTitle: "添加摄像机", editTitle: "编辑 {name}", addressHint: "例如 rtsp://192.168.1.64:554/Streaming/Channels/101", auto: "自动", advise: "建议先检测，再保存。", part: "只显示 {all} 台摄像机中的 {n} 台。", showAll: "显示全部",
  },
  relearn: { act: "画面正确，重新学习", when: "摄像机是有意转动的，现在的画面正确时使用。", done: "已以现在的画面为准，正在重新学习。" },
  speaker: {
    title: "对讲", way: "对讲方式", auto: "自动识别", none: "没有扬声器", isapi: "海康 ISAPI", dahua: "大华 CGI", onvif: "ONVIF", port: "设备 HTTP 端口", channel: "对讲通道",
    pending: "对讲：待检测", can: "对讲：{way} · {codec}", cannot: "对讲：{reason}",
    reason: { no_speaker: "摄像机没有可对讲的扬声器", busy: "对讲通道被占用", intercom_away: "对讲服务没有响应", refused: "摄像机拒绝对讲，请检查用户的对讲权限", protocol: "摄像机的应答不符合标准", password_unreadable: "保存的密码无法读取，请重新输入" },
  },
  sites: { title: "学校", add: "添加学校", name: "名称", id: "编号", kind: "类型", emptyTitle: "还没有学校", emptyText: "先添加学校，再为它的后厨登记摄像机。", cameras: "摄像机", remove: "移除", removeTitle: "移除 {name}？", removeText: "只有没有摄像机的学校可以移除。", newTitle: "添加学校" },
  kind: { kindergarten: "幼儿园", primary: "小学", secondary: "中学", school: "学校", university: "高校", other: "其他" },
  status: { title: "系统状态", since: "自 {time}" },
  playback: {
    laneLoading: "正在读取…", laneUnread: "没有读到，不代表没有录像", laneFailed: "{name}：录像时间轴读取失败。{why}", laneOld: "{name}：时间轴未能更新，显示的可能不是最新。{why}", alerts: "当天告警", alertsFailed: "告警标记读取失败。{why}", alertsMore: "当天告警较多，只标出最近 {n} 条。", alertAndMore: "{first}，另有 {n} 条",
    title: "录像回放", timeline: "时间轴", nothing: "该时段没有录像。", failed: "录像暂时无法播放，请稍后重试。", day: "日期", dayBefore: "前一天", dayAfter: "后一天", play: "播放", pause: "暂停", space: "空格",
    back10: "后退 10 秒 (←)", on10: "前进 10 秒 (→)", stepBack: "后退一帧", stepOn: "前进一帧", speed: "倍速", still: "截图", openCase: "立案", openCaseHint: "就这一刻立案，并封存前后录像", zoomIn: "放大", zoomOut: "缩小", markStart: "设为起点", markEnd: "设为终点", selected: "已选 {n} 秒", clear: "清除",
    makeClip: "导出片段", evidence: "存证…", reason: "存证原因（写入案卷）", sealNow: "封存", sealHint: "锁定一年：任何人（包括您）都不能修改或删除。", selectHint: "设置起点和终点，或按住 Shift 拖动，即可导出片段或存证。",
    removeTitle: "移除“{name}”的片段？", removeText: "移除后不能恢复；录像本身不受影响。", moreCases: "更早的案卷", retry: "重试",
    exports: "片段与案卷", noExports: "暂无。", clip: "片段", case: "案卷", seconds: "{n} 秒", download: "下载", remove: "移除", progress: "进度", emptyText: "该学校的摄像机开始录像后，会显示在这里。",
    error: { nothing_recorded: "该时段没有录像。", no_space: "录像服务器磁盘空间不足。", clip_spans_formats: "该时段内摄像机更换了编码格式，请分两段导出。", recording_missing: "部分录像缺失。", picture_not_decodable: "部分录像无法读取。" },
  },
  gap: { unknown: "未录像，原因未知。", missing_on_bus: "存储前已丢失。", not_wanted: "按计划不录像。", first: "首次录像之前。", worker_lost: "接入服务曾中断。", bus_away: "消息总线曾中断。" },
  problem: { title: "操作未完成", unknown: "服务器没有给出原因，请稍后重试。", retry: "重试" },
};

export type Words = typeof zhCN;
