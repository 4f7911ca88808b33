/** 系统状态：各服务、其依赖与摄像机，出了问题会影响什么、先做什么。 */

export const zhCN = {
  well: "一切正常", wellText: "{services} 个服务均在运行，{cameras} 台摄像机在线。", someCameras: "服务正常，{n} 台摄像机不在线", trouble: "{n} 项需要处理", asOf: "更新于 {time}", old: "以下为 {time} 的状态。", retry: "重试",
  offline: "连接不上服务器。正在重试；请检查网络，或确认网关服务在运行。", refused: "服务器暂时答复不了：{why}", database: "网关连接不上数据库（PostgreSQL），此时无法登录和查看登记信息；录像、告警和对讲不受影响。恢复数据库后本页自动更新。",
  service: { ingest: "接入", detector: "识别", alerting: "告警", recorder: "录制", intercom: "对讲", gateway: "网关" },
  does: { ingest: "连接摄像机，取得画面和声音", detector: "识别画面中的违规与异常", alerting: "规则、告警、案件、通知", recorder: "录像、回放、证据", intercom: "对讲、广播、应急指挥", gateway: "登录、页面与接口" },
  mood: { well: "正常", partly: "部分异常", starting: "正在启动", silent: "无应答", down: "未运行" },
  means: {
    ingest: "摄像机没有新画面：实时、录像、识别都停在断开之时，缺失的时段会记录在案。", detector: "画面不再分析，不会产生识别类告警；实时画面与录像不受影响。未分析的时段会记录在案。", alerting: "不产生告警，也不发通知；识别结果在消息总线上保留，恢复后补判。案件和整改单暂时打不开。",
    recorder: "画面先留在消息总线上，恢复后补存；回放、录像片段和证据暂时不可用。超过总线保留时长会丢失，请尽快恢复。", intercom: "对讲、广播、应急指挥和低延时画面不可用；普通实时画面不受影响。", gateway: "有其他网关时，页面会改连到它们。",
  },
  next: {
    down: "先看它的日志，再启动它：单机：数据目录下 logs/{service}.log；Compose：docker compose logs {service}；Kubernetes：kubectl logs deploy/{service}。", silent: "它有心跳但不应答：多半过载或卡住。看其日志和所在机器的 CPU、内存；持续一分钟以上请重启该进程。", starting: "它已启动，正在等待所需的服务。请先处理其缺少的部分。", partly: "其余进程仍在工作并会接管。请看有问题的进程的日志，必要时重启。",
  },
  peers: "所依赖的服务", peer: { bus: "消息总线（NATS）", database: "数据库（PostgreSQL）", objects: "对象存储（S3）" },
  peerMeans: {
    bus: "各服务彼此联系不上：没有新的告警，实时画面停住。接入服务只保留最近 10 秒画面。", database: "依赖它的服务无法读写登记、告警和录像索引；录制的画面先留在总线上。", objects: "录像暂存在消息总线上，回放与证据暂不可用；恢复后自动补存。",
  },
  peerNext: { bus: "请检查 nats-server 是否在运行、磁盘是否已满、网络是否可达。", database: "请检查 PostgreSQL 是否在运行、磁盘是否已满、连接数是否用尽。", objects: "请检查对象存储是否在运行、桶和密钥是否正确、空间是否已满。" }, saidBy: "由 {names} 报告",
  services: "服务", instances: "{n} 个进程", noInstances: "没有进程", version: "版本 {v}", since: "此状态自 {time}", can: "能力", started: "{time} 启动", instance: { ready: "正常", not_ready: "未就绪", silent: "无应答" }, lacks: "缺少：{what}", lackOf: { start: "尚在启动", stop: "正在停止", bus: "消息总线", database: "数据库", objects: "对象存储" },
  versions: "正在运行不同的版本：{list}。若不在升级中，请把所有进程升级到同一版本。",
  cameras: "摄像机", more: "另有 {n} 台不在线", manage: "查看摄像机", noCameras: "还没有摄像机", noCamerasText: "登记之后，这里显示每台摄像机的状态。", allOnline: "全部在线", ofAll: "{online} / {all} 台在线",
};

export type HealthWords = typeof zhCN;
