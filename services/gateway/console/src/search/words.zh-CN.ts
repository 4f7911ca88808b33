/** 搜索：学校、摄像机、案件、整改单。 */

export const zhCN = {
  title: "搜索", placeholder: "学校、摄像机、案件或整改单", close: "关闭", clear: "清除输入",
  kind: { site: "学校", camera: "摄像机", case: "案件", order: "整改单", recent: "最近打开" },
  way: { live: "实时", playback: "回放", cases: "案件", cameras: "摄像机列表", open: "打开" },
  more: "还有更多，请继续输入", found: "没有结果 | 1 条结果 | {n} 条结果", asking: "正在搜索…",
  hint: "输入名称或编号的一部分，多个词用空格分开，例如“二小 烹饪”。",
  keys: "↑ ↓ 选择，→ 其他去处，回车打开，Esc 关闭",
  nothing: "没有找到“{words}”", nothingText: "少输入几个字，或检查是否有错字；只在您负责的学校中查找。",
  offline: "无法连接服务器", offlineText: "恢复后会自动重新搜索。", retry: "重试",
  missing: "暂时无法搜索{kinds}，其余结果完整。", and: "、", forget: "清除记录",
};

export type SearchWords = typeof zhCN;
