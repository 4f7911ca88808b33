/** 我的账号：密码、两步验证、登录、程序令牌。 */

export const zhCN = {
  title: "我的账号", allSites: "全部学校", wrongPassword: "密码不正确，请输入当前密码。", present: "当前密码", failed: "暂时无法读取。",
  password: {
    title: "密码", next: "新密码", nextHint: "至少 10 个字符", again: "再输入一次新密码", change: "修改密码", changed: "密码已修改，其他设备上的登录已全部退出。", short: "新密码至少 10 个字符。", differs: "两次输入不一致。", same: "新密码不能与当前密码相同。", ends: "修改后，其他设备上的登录会全部退出。",
  },
  second: {
    title: "两步验证", on: "已开启", off: "未开启", why: "登录时除密码外，还要输入手机验证器应用上的 6 位码。密码泄露也无法登录。", left: "剩余恢复码 {n} 个", few: "恢复码快用完了：请关闭后重新开启，以取得新的恢复码。", setUp: "开启两步验证", turnOff: "关闭两步验证", offHint: "关闭后仅凭密码即可登录。",
    scan: "用验证器应用扫描", scanText: "任何支持 TOTP 的应用均可，例如腾讯身份验证器、Google Authenticator。二维码在本机生成。", qr: "两步验证二维码", type: "或手动输入密钥", open: "在本机的验证器应用中打开", code: "应用上显示的 6 位码", codeOrRecovery: "6 位码或恢复码", wrongCode: "验证码不正确：请核对手机时间，输入最新的一个。", confirm: "确认并开启", next: "下一步", lost: "手机和恢复码都丢失时，请管理员解除。",
  },
  recovery: { title: "恢复码：仅显示这一次", text: "手机丢失时，可用一个恢复码代替 6 位码登录，每个只能用一次。请抄下、打印或存入密码管理器。", copy: "复制", copied: "已复制", notCopied: "无法复制，请选中后手动复制。", print: "打印", kept: "已妥善保存", of: "{product} 恢复码 · 账号 {name}", leave: "离开此页？", leaveText: "恢复码不会再次显示。" },
  logins: { title: "登录的设备", this: "本机", since: "{time} 登录", until: "{time} 到期", end: "退出", endOthers: "退出其他所有设备", endOthersTitle: "退出其他所有设备？", endOthersText: "它们正在观看的画面会立即中断，需要重新登录。", ended: "已退出", onlyThis: "没有其他登录。", none: "没有登录。", unknown: "未知设备", program: "程序：{text}", on: "{system} 上的 {browser}", from: "来自 {address}" },
  tokens: {
    title: "程序令牌", text: "供大屏、数据对接等程序使用，权限不超过您本人，到期自动失效。", add: "新建令牌", none: "没有令牌。", name: "用途", nameHint: "例如：区平台数据对接", verbs: "允许", sites: "学校", sitesHint: "留空：您能看到的全部学校", endsOn: "有效期至（含当日）", make: "生成令牌", shown: "令牌仅显示这一次，请现在复制：", copy: "复制", done: "已保存", until: "有效期至 {time}", expired: "已于 {time} 到期", used: "最近使用 {time}", unused: "还没有用过", end: "停用", endTitle: "停用“{name}”？", endText: "使用它的程序会立即失去访问权限。", nothing: "您的角色没有可以授予程序的权限。",
    needName: "请填写用途。", needVerb: "至少选择一项权限。", needEnd: "请选择一年以内的日期。", needPassword: "请输入当前密码。",
  },
  verb: {
    stay_logged_in: "保持登录", manage_self: "管理自己的账号", be_told: "接收通知", view: "看实时画面", snapshot: "截图", playback: "看录像", export: "导出片段", seal_evidence: "存证", teach: "训练识别", talk: "对讲与喊话", invite: "邀请访客", review: "处理告警", answer: "答复整改", order: "下达整改单", inspect: "抽查", configure: "修改规则与设置", see_storage: "查看存储情况", change_registry: "登记学校与摄像机", manage_accounts: "管理人员", see_watching: "查看观看记录", read_audit: "查看审计",
  },
  of: {
    title: "{name} 的登录与验证", open: "登录…", logins: "登录的设备", endAll: "全部退出", endAllTitle: "让 {name} 从所有设备退出？", endAllText: "其正在观看的画面会立即中断；密码和权限不变。", second: "两步验证", take: "解除两步验证", takeTitle: "解除 {name} 的两步验证？", takeText: "仅在本人手机和恢复码都丢失、并已核实身份时使用。之后仅凭密码即可登录，请提醒本人尽快重新开启。", taken: "已解除", tokens: "程序令牌",
  },
};

export const refusalZh = {
  second_factor_on: "两步验证已经开启：请先关闭，再重新设置。", second_factor_not_begun: "请从第一步重新开始。", too_many_tokens: "令牌已满 50 个：请先停用一个。", no_second_factor: "该账号没有开启两步验证。", no_such_session: "该登录已经结束。", no_such_api_token: "该令牌已经停用。", password_must_change: "请先修改首次登录密码。",
};

export type AccountWords = typeof zhCN;
export type AccountRefusals = typeof refusalZh;
