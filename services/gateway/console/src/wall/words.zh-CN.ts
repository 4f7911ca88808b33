/** 大屏与巡查用语：简体中文。 */

export const zhCN = {
  open: "大屏", schools: "学校", camerasOnline: "摄像机在线", waiting: "待处理告警", today: "今日告警", confirmed: "今日确认", orders: "今日整改单",
  state: { online: "全部在线", away: "部分离线", dark: "全部离线", none: "未接入摄像机", alert: "有告警" },
  cameras: "{online}/{all} 在线", alerts: "{n} 条告警", more: "另有 {n} 所", moreAlerts: "待处理告警超过 {n} 条，未全部标出",
  newest: "最新确认的告警", noneYet: "还没有确认的告警", noPicture: "没有画面", at: "{time} 确认",
  away: "自 {time} 起与服务器断开，正在重连", old: "以下内容停留在断开之时", loading: "正在读取", noSchools: "还没有学校", noPictures: "没有摄像机在线",
  tour: {
    start: "巡查", pause: "暂停", resume: "继续", stop: "结束", dwell: "每页停留", seconds: "{n} 秒", runs: "巡查中", paused: "巡查已暂停", alert: "因告警暂停：{what}，{where}", look: "处理告警", key: "按 P 继续",
  },
  order: { reset: "恢复默认顺序", hint: "拖动画面可调整顺序；选中画面后也可按 Shift + 方向键", moved: "{name} 移到第 {n} 位" },
};

export type WallWords = typeof zhCN;
