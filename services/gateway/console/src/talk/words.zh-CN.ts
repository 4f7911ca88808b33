/** 语音对讲的用语：简体中文。 */

export const zhCN = {
  title: "语音对讲", end: "结束对讲", retry: "重试", details: "技术细节", with: "对讲 · {name}",
  hold: "按住讲话", holdSpace: "或按住空格键", wait: "按住等候", takeOver: "按住接管", letGo: "松开结束", letGoWait: "松开即不再等候", close: "关闭", level: "麦克风音量",
  phase: {
    opening: "正在接通", ready: "可以讲话", pressing: "正在打开扬声器…", speaking: "正在讲话", heard: "正在讲话，摄像机已收到", unheard: "摄像机报告没有收到声音",
    busy: "{name} 正在讲话", busySelf: "您在另一处正在讲话", queued: "{name} 正在讲话，您排在第 {place} 位", waiting: "正在等候，您排在第 {place} 位", lost: "{name} 以更高的优先级接管了讲话", lostQueued: "{name} 以更高的优先级接管了讲话，您排在第 {place} 位", failed: "无法对讲",
  },
  step: { microphone: "请在浏览器的提示中允许使用麦克风。", network: "正在与对讲服务连接…", camera: "正在准备摄像机的扬声器…" },
  hint: {
    ready: "按住按钮或空格键讲话，松开即停。现在后厨听不到您。", readyTouch: "按住按钮讲话，松开即停。现在后厨听不到您。", pressing: "马上就好，请先不要松开。", speaking: "后厨能听到您。松开即停。", heard: "松开即停。",
    unheard: "继续讲可能没有人听到：请看画面中有没有反应，必要时改用电话。", busy: "按住不放，空出后立即接通您。更紧急时请选择更高的优先级。",
    wait: "对方的优先级不低于您。按住不放，空出后立即接通您。", order: "按住试接：对方若是日常讲话，立即接通您；否则空出后接通。", emergency: "按住即可打断对方；对方若也是应急，空出后接通您。",
    lost: "按住不放，对方讲完后立即接通您。", silent: "麦克风没有声音：检查耳机上的静音键，以及系统选择的麦克风。",
  },
  priority: { title: "优先级", routine: "日常", order: "指令", emergency: "应急" },
  emergency: { ask: "应急会立即打断正在讲话的人，并记入审计。", use: "使用应急", back: "取消" },
  why: {
    insecure: "本页面不是通过 HTTPS 打开的，浏览器因此不提供麦克风。", unsupported: "此浏览器不支持对讲。", microphone_denied: "浏览器没有使用麦克风的权限。", no_microphone: "没有找到麦克风。",
    microphone_busy: "麦克风打不开，可能正被其他程序占用。", microphone_failed: "麦克风打不开。", microphone_gone: "麦克风断开了。", ice_failed: "浏览器与对讲服务之间的网络不通（ICE）。",
    connection_lost: "与对讲服务的连接中断了。", offline: "无法连接服务器。", login_ended: "登录已失效。", not_allowed: "您的账号没有对讲权限。", no_such_camera: "该摄像机已被移除。",
    intercom_full: "对讲通道已满。", unavailable: "对讲服务没有应答。", talk_lost: "对讲服务重新启动了，这次对讲已经没有了。", bad_offer: "对讲服务不接受此浏览器的请求。",
    password_unreadable: "摄像机保存的密码无法读取。", other_window: "已在此浏览器的另一个窗口打开了对讲。", failed: "对讲没有成功。",
    hung_up: "对讲已结束。", browser_gone: "对讲服务与本浏览器失去了联系。", browser_silent: "几秒内没有收到麦克风的声音，讲话已停止。", no_backchannel: "这台摄像机没有可用的扬声器通道。",
    camera_refused: "摄像机拒绝了对讲。", camera_unreachable: "摄像机没有应答。", camera_gone: "摄像机中断了对讲。", preempted: "更紧急的讲话接管了这台摄像机。", no_longer_allowed: "您的来宾时间已结束。",
    codec: "摄像机只接收我们不支持的声音编码。", camera_busy: "摄像机正与别的程序对讲。", floor_taken: "别人正在对这台摄像机讲话。", time_limit: "一次讲话的时间到了。", idle: "长时间没有讲话，对讲已自动关闭。", draining: "对讲服务正在更新。",
  },
  next: {
    insecure: "请用 https:// 开头的地址打开；如果没有，请管理员启用 TLS。", unsupported: "请用新版 Chrome、Edge 或 Safari；在微信中请选“在浏览器打开”。", microphone_denied: "点击地址栏左侧的图标，把麦克风设为“允许”，然后重试。",
    no_microphone: "插好耳机或麦克风，然后重试。", microphone_busy: "关闭正在使用它的程序（如会议软件），然后重试。", microphone_failed: "重新插拔麦克风或重启浏览器，然后重试。", microphone_gone: "重新插好麦克风，然后重试。",
    ice_failed: "换一个网络再试；若仍不通，请管理员放行对讲服务的 UDP 端口。", connection_lost: "检查网络，然后重试。", offline: "检查网络，然后重试。", login_ended: "请重新登录。", not_allowed: "请管理员为您的账号添加“监管人员”角色。",
    no_such_camera: "请选择另一台摄像机。", intercom_full: "请等其他人讲完，然后重试。", unavailable: "稍后重试；若持续如此，请管理员查看“系统”页。", talk_lost: "请重试，会重新接通。", bad_offer: "请升级浏览器，然后重试。",
    password_unreadable: "请管理员在“摄像机”页重新输入该摄像机的密码。", other_window: "请回到那个窗口；或重试，改在这里对讲。", failed: "请稍后重试。",
    hung_up: "需要时重试。", browser_gone: "检查网络，然后重试。", browser_silent: "检查麦克风和网络，然后重试。", no_backchannel: "若它装有扬声器，请管理员在摄像机中启用音频输出；现在请打电话，或选同一后厨的另一台。",
    camera_refused: "它可能正与别的程序对讲，或账号没有权限：稍后重试，或请管理员检查账号。", camera_unreachable: "检查摄像机的电源和网络；现在请选同一后厨的另一台，或打电话。", camera_gone: "它可能正在重启：半分钟后重试。",
    preempted: "对方讲完后再重试。", no_longer_allowed: "请联系邀请您的人，索取新的链接。", codec: "请管理员把摄像机的音频输入编码改为 G.711 或 AAC。", camera_busy: "关闭正在对它讲话的其他程序，然后重试。", floor_taken: "对方讲完后再重试。", time_limit: "没讲完就重试，接着讲。", idle: "需要讲话时重试。", draining: "现在重试，会接到另一个对讲服务。",
  },
};

export type TalkWords = typeof zhCN;
