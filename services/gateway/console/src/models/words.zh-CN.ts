/** 模型：正在用什么、哪些被拒绝及原因、如何更换。 */

export const zhCN = {
  intro: "智能识别由模型包提供。这里列出各识别进程上的模型包、来源与自带的评测数据；数字取自模型包本身，并非在本系统上测得。",
  can: "识别能力", packs: "模型包", refusedTitle: "被拒绝的模型包", workers: "识别进程", worker: "{name}（{device}）", silent: "{names} 有心跳但没有应答", workersCount: "{n} 个识别进程",
  capability: { people: "人员", heads: "头部", head_attributes: "口罩与工作帽", uniform: "工作服", things: "物品：{name}" },
  ability: { ready: "可用", unavailable: "不可用" },
  state: { in_force: "使用中", shadow: "并行试用", spare: "备用", refused: "被拒绝" },
  by: "由 {pack} 提供", unableText: "看不到不等于没有问题：此项在恢复前不会产生告警。", differs: "并行试用 {pack}：{n}% 的画面结果不同", shadowed: "并行试用 {pack}，尚无比较结果",
  field: { capability: "能力", labels: "识别内容", licence: "许可", source: "来源", digest: "SHA-256", size: "大小", format: "格式", input: "输入", origin: "位置", since: "自 {time}", on: "所在进程", missingOn: "{names} 上没有" },
  origin: { shipped: "随产品提供", folder: "模型目录", bucket: "对象存储" },
  figures: "自带的评测数据", noFigures: "此模型包没有自带评测数据。", ofAll: "总体",
  figure: { heads: "头部数", present_found: "有：识别为有", present_missed: "有：误为无", present_unknown: "有：无法判断", absent_found: "无：识别为无", absent_as_present: "无：误为有", absent_unknown: "无：无法判断", milliseconds_a_picture: "每张画面毫秒", conditions: "测试条件", accuracy: "准确率", present: "判为有", absent: "判为无", unknown: "无法判断", measured_on: "测试数据", recall: "召回率" },
  part: { mask: "口罩", headwear: "工作帽", all: "全部", by_source: "按来源", confusion: "混淆矩阵", present: "实际有", absent: "实际无" },
  reason: { none: "没有模型包提供此能力。", removed: "其模型包已被移除。", chosenMissing: "指定使用 {pack}，但它不存在。", failed: "连续多次运行失败，一分钟后再试：{why}", digest: "{file} 与清单不符（实际 SHA-256 {digest}…）：文件不完整或被改动，请重新放入。", noFile: "缺少文件 {file}。", manifest: "清单有误：{what}" },
  swap: {
    title: "如何更换模型包", one: "准备一个文件夹，内含 manifest.json 与权重文件。格式见 shared/design/model-packs.md。", two: "放入识别服务的 BK_PACKS_DIR 目录，或放到 BK_PACKS_S3_BUCKET 的 packs/ 下。约 2 秒内（对象存储约 15 秒）校验、试运行并启用，无需重启。", three: "同一能力以最新的完整版本为准；要退回，移除新版本的文件夹即可。没有通过校验的不会启用，原来的继续工作，原因显示在此页。", four: "torch 格式的权重含可执行代码：只放入可信来源的模型包。",
  },
  empty: { title: "没有识别进程应答", text: "摄像机画面此刻不被分析，不会产生识别类告警。请在“系统状态”中查看识别服务。", status: "查看系统状态" },
  noPacks: "识别服务没有说明其模型包：它的版本较旧。",
};

export type ModelWords = typeof zhCN;
