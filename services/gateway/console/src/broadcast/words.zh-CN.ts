/** 喊话、播报、对讲演练、对讲记录。 */

export const zhCN = {
  title: "一键喊话", tabs: { speak: "喊话", past: "喊话记录", library: "信息播报", drills: "对讲演练", talks: "对讲记录", rooms: "应急指挥" },
  to: "喊给谁", search: "查找学校或摄像机", everybody: "全部", chosen: "已选 {cameras} 台 · {sites} 所学校", none: "先在左侧勾选学校或摄像机。", clear: "清空", fold: "展开或收起 {name}",
  offline: "离线", off: "已停用", mute: "没有扬声器", nothingFound: "没有匹配的学校或摄像机。", noCameras: "还没有登记摄像机。", open: "选择", shut: "收起",
  what: "喊什么", source: { microphone: "麦克风", announcement: "播报库", text: "文字转语音" },
  pickAnnouncement: "从播报库中选择…", noAnnouncements: "播报库还是空的，请在“信息播报”中添加。", textHint: "例如：请各食堂立即检查燃气阀门。", language: "朗读语言", chinese: "普通话", english: "英语", listen: "先听一遍", listening: "正在试听…",
  priority: "优先级", routine: "日常", order: "指令", emergency: "应急", emergencyHint: "应急会打断正在讲话的人，并记入审计。", reason: "事由（记入审计和回执）",
  hold: "按住喊话", holdSpace: "或按住空格键", letGo: "松开结束", play: "开始播放", connecting: "正在接通…", again: "再喊一次", stop: "停止", end: "结束喊话", retry: "重试失败的 {n} 台", fresh: "新的喊话",
  state: { idle: "还没有接通", warming: "正在接通：{ready} / {all} 台就绪", ready: "{ready} / {all} 台就绪，可以喊话", speaking: "正在喊话：{n} / {all} 台", over: "喊话结束：{n} / {all} 台收到" },
  hint: { idle: "选好学校和内容后自动接通，按下之前后厨听不到任何声音。", ready: "没就绪的不影响其他：它们接通后会自动加入。", speaking: "后厨正在收听。", over: "未收到的请重试，或打电话。" },
  mark: { waiting: "等待接通", ready: "已就绪", sounding: "播放中", heard: "已收到", failed: "失败" }, receipts: "回执", played: "已播完，设备不回报", attempt: "第 {n} 次尝试",
  why: {
    floor_taken: "{holder} 正在讲话", preempted: "被 {holder} 以更高优先级接管", camera_busy: "被其他程序占用", wrong_password: "密码错误", no_backchannel: "没有扬声器", codec: "声音编码不支持", camera_refused: "摄像机拒绝", camera_unreachable: "无法连接",
    camera_gone: "播放中断开", not_heard: "收不到声音", camera_disabled: "已停用", no_such_camera: "已移除", not_in_time: "没来得及接通", too_often: "本小时已达次数上限", bus_away: "系统消息总线不可用",
  },
  trouble: { offline: "无法连接服务器，请检查网络后重试。", failed: "没有成功：{detail}" },
  library: {
    name: "名称", text: "内容", add: "添加播报", save: "保存", file: "上传录音", remove: "删除", removeTitle: "删除“{name}”？", removeText: "删除后不能恢复；有定时任务使用时不能删除。", seconds: "{n} 秒", empty: "播报库还是空的", emptyText: "写一段文字由系统朗读，或上传录音。", kept: "音量已统一为 {lufs} LUFS",
    schedules: "定时播报", addSchedule: "添加定时", which: "播报", days: "星期", day: { 1: "一", 2: "二", 3: "三", 4: "四", 5: "五", 6: "六", 7: "日" }, times: "时间", timesHint: "如 10:30, 16:00", whereTo: "学校", all: "全部学校", next: "下次 {time}", last: "上次 {time} · {outcome}", none: "还没有定时播报。",
    outcome: { played: "已播放", missed: "错过", failed: "失败", skipped: "跳过" },
  },
  drills: {
    now: "此刻能喊到的后厨", cameras: "摄像机 {percent}", nothing: "还没有演练过", start: "开始演练", startSite: "演练", stop: "停止", running: "演练中 {done} / {total}", startTitle: "现在开始演练？", startText: "每台摄像机会响约 2 秒的提示音，正在讲话的后厨会跳过。",
    explain: "扬声器放出编码提示音，由同一摄像机的麦克风识别：扬声器、麦克风、线路和延迟一次验证。{hours} 小时内通过且在线的算“能喊到”。", never: "从未演练", last: "上次 {time}", delay: "延迟 {ms} 毫秒", of: "{reachable} / {all} 台",
    state: { reachable: "能喊到", offline: "离线", stale: "已过期", failed: "未通过", never: "未演练" },
    cause: {
      heard: "通过", tone_not_found: "麦克风没有听到提示音：扬声器可能关闭、太小或损坏", microphone_silent: "麦克风没有声音", no_sound_track: "没有声音码流", not_delivered: "摄像机没有收到声音", no_picture: "没有码流", heard_elsewhere: "提示音在另一台摄像机处响起：{other}", another_heard_here: "听到的是另一台的提示音：{other}",
      floor_taken: "当时有人讲话", preempted: "演练让位给讲话", no_backchannel: "没有扬声器", camera_refused: "摄像机拒绝", camera_unreachable: "无法连接", camera_gone: "中途断开", disabled: "已停用", stopped: "已停止", window_over: "时间窗已过", camera_removed: "已移除",
    },
  },
  hours: {
    title: "定时演练", explain: "在后厨无人的时段自动演练，每个时段一次；没有设置时不会自动演练。", all: "所有学校（默认）", none: "没有设置，不自动演练", off: "不自动演练", set: "设置", edit: "修改", remove: "删除", add: "为某所学校单独设置…", when: "演练时段", whenHint: "只在时段内开始，时段结束即停止。", noDay: "请至少选一天。", zone: "时区", isOn: "自动演练", isOnSite: "自动演练（不勾选：该校不随默认时段演练）",
    removeTitle: "删除“{name}”的演练时段？", removeSite: "该校恢复使用默认时段。", removeAll: "没有单独设置的学校不再自动演练。",
  },
  past: {
    title: "喊话记录", empty: "还没有喊过话", emptyText: "喊话结束后，每台摄像机的回执会保留在这里。", by: "{who} 喊话", reason: "事由：{reason}", going: "正在进行", neverBegan: "没有开始", noReceipts: "这次喊话没有回执。", more: "更早的", retry: "重试", loading: "正在加载…",
    ending: { finished: "播放完毕", hung_up: "已结束", browser_gone: "浏览器断开", browser_silent: "浏览器没有声音", ice_failed: "网络不通", time_limit: "达到时长上限", idle: "一直没有人讲话", draining: "服务重启", worker_lost: "服务中断" },
  },
  talks: { camera: "摄像机", all: "全部摄像机", when: "时间", who: "讲话人", where: "后厨", long: "时长", ending: "结束", sound: "录音", noSound: "没有录音", noMicrophone: "仅有讲话一方", empty: "还没有对讲记录", emptyText: "对讲结束后几秒，双向录音会出现在这里。", more: "更早的", presses: "{n} 次按下", lostWorker: "服务中断" },
};

export type BroadcastWords = typeof zhCN;
