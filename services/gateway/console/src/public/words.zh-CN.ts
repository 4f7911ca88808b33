/** 公开画面：没有账号的人看到的页面。 */

export const zhCN = {
  title: "明厨亮灶", notice: "画面中的人脸已由服务器处理，无法辨认；本页不录像、不录音。", taken: "拍摄于 {time}", language: "English",
  preparing: "画面准备中…", away: "暂时没有画面", awayText: "恢复后自动显示。", paused: "已暂停", pausedText: "回到本页即继续。", full: "全屏",
  state: { off: "本画面暂时关闭", over: "本画面的展示时间已结束", outside_hours: "现在不在展示时段", gone: "链接无效", offline: "连不上服务器", busy: "访问过于频繁" },
  stateText: { off: "由管理方暂停，恢复后自动显示。", over: "如需继续查看，请向学校或监管部门索取新链接。", outside_hours: "到展示时段会自动显示。", gone: "链接可能已更换或停用，请索取新链接。", offline: "请检查网络，恢复后自动显示。", busy: "请稍候，会自动重试。" },
  pictureOf: "{name}，{time} 的画面",
};

export type PublicWords = typeof zhCN;
