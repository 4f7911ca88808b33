/** 审计：谁做了什么，谁看了我们。 */

export const zhCN = {
  title: "审计记录",
  watchingTitle: "谁看过我们",
  watchingText: "每一次观看、回放和截图都有记录；本校人员可以在这里查看。",
  who: "账号", action: "操作", camera: "摄像机", from: "从", to: "到", outcome: "结果", every: "全部", refused: "被拒绝的", school: "学校",
  at: "时间", about: "对象", how: "说明", address: "来源地址", seconds: "{n} 秒", goesOn: "进行中", purpose: "事由", noPurpose: "未说明",
  more: "更早的", empty: "没有这样的记录", emptyText: "放宽时间范围或清除筛选条件。", nobody: "还没有人看过", nobodyText: "有人观看本校摄像机后，会出现在这里。",
  export: "导出全部", exporting: "正在导出…", verify: "导出的文件可以用 bk audit verify 检查：任何一行被改动或删除都会被发现。",
  retry: "再试一次", hash: "哈希",
  deeds: { live_view: "实时画面", snapshot: "截图", playback: "录像回放", clip_made: "导出片段", clip_downloaded: "下载片段", evidence_sealed: "存证", evidence_downloaded: "下载案卷", talk_opened: "对讲时看画面", talk_heard: "听取对讲录音" },
  outcomes: { wrong_credentials: "账号或密码错误", wrong_code: "验证码错误", no_role: "没有角色", account_exists: "两个账号名均已被占用", last_administrator: "最后一名管理员" },
  details: {
    account: "账号", alerts: "告警", announcement: "播报", before: "原为", began: "开始", broadcast: "广播", by: "方式", cameras: "摄像机", case: "案件", channel: "渠道",
    clip: "片段", count: "数量", department: "部门", draw: "抽查", fields: "修改项", file: "文件", from_us: "起", guest: "来宾", inspection: "检查", kind: "类型", name: "名称",
    order: "整改单", person: "姓名", reason: "原因", room: "会商室", rule: "规则", schedule: "计划", silence: "静默", site: "学校", talk: "对讲", talker: "讲话人", text: "内容",
    title: "标题", to_us: "止", unit: "单位", until: "截止", what: "内容", why: "原因",
  },
  purposes: { patrol: "巡查", draw: "随机抽查", case: "案件", drill: "演练" },
};

export type AuditWords = typeof zhCN;
