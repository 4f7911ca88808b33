/** 应急指挥。 */

export const zhCN = {
  title: "应急指挥", open: "开设指挥室", name: "事件，如：二小燃气异味", choose: "选择后厨的摄像机", make: "开设", empty: "没有进行中的指挥室", emptyText: "发生突发事件时，把几个后厨的画面、多位人员和外部单位集中到一处。", isOpen: "进行中", closed: "已结束 · {who}", by: "{who} 开设于 {time}", entries: "{n} 条记录",
  close: "结束指挥", closeTitle: "结束“{name}”？", closeText: "来宾立即退出，记录保留，不能再次打开。", talk: "对讲", speaks: "{who} 正在讲话", quiet: "无人讲话", people: "在场", guest: "来宾", here: "在场 {n} 人", timeline: "时间线", note: "记录", order: "指令", noteHint: "写下决定或指令，写入后不能修改", say: "写入",
  invite: "邀请来宾", guestName: "单位和姓名", may: "允许", view: "看画面", speak: "讲话", hours: "{n} 小时", link: "链接只显示一次，请复制给对方", copy: "复制链接", copied: "已复制", retry: "重试", seal: "封存证据", sealReason: "封存事由", sealNow: "封存", sealHint: "封存本指挥室各摄像机从开设前 1 分钟到现在（已结束的到结束时）的原始录像和时间线，一年内任何人不能修改或删除。", revoke: "请出", until: "至 {time}", out: "您的来宾时间已结束，请联系邀请您的人。", notGuest: "链接无效，请索取新的链接。",
  kind: { opened: "开设", joined: "进入", left: "离开", talk_started: "开始讲话", talk_ended: "讲话结束", view_started: "开始观看", view_ended: "结束观看", note: "记录", order: "指令", guest_invited: "邀请来宾", guest_revoked: "请出来宾", guest_expired: "来宾到期", sealed: "封存证据", closed: "结束" },
};

export type RoomWords = typeof zhCN;
