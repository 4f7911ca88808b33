export const zhCN = {
  title: "在此设备上通知我",
  asking: "正在查看……",
  again: "重试",
  test: "发送测试",
  tested: "已发出测试，通知会出现在此设备上。",
  testFailed: "测试没有成功：{said}",
  refused: "没有得到允许：浏览器询问时请选择“允许”。",
  noService: "浏览器连不上自己的推送服务。封闭网络和部分手机上会这样：请保持本系统页面打开，页面中的提示照常。",
  state: {
    on: "已开启。不打开本系统也会收到通知；退出登录后停止。",
    off: "未开启。开启后，不打开本系统也会收到通知。",
    failing: "已开启，但上一次没有送达：",
    denied: "浏览器不允许本系统通知。请在浏览器的网站设置中允许“通知”，再回到这里。",
    closed: "这里没有启用推送，封闭网络即是如此。登录本系统时，页面中的提示照常。",
    unsupported: "这个浏览器不支持推送。iPhone 和 iPad：请先把本系统添加到主屏幕，再从主屏幕打开。",
    insecure: "只有通过 https 打开本系统时才能推送，请联系管理员。",
  },
};

export type PushWords = typeof zhCN;
