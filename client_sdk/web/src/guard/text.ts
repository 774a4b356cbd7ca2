/** Words of the screens before a lesson. */

const zh = {
  consentTitle: "学习前请了解人脸核验",
  consentIntro: "为确认是您本人在学习，本课程可以使用人脸核验。请单独作出选择，您随时可以改变。",
  points: [
    "抓拍时用摄像头拍一张照片上传；需要做动作核验时，只上传那几秒的画面。不录音，不分析表情和视线。",
    "照片与您登记的照片作一对一比对，加密保存，仅供机构审核和依法检查。",
    "保存期满即删除；您可以查询、更正、申诉，也可以撤回同意。",
    "不同意也可以学习：改用非人脸核验方式，以验证弹窗代替抓拍，不使用摄像头。",
  ],
  keptUntil: (text: string) => `保存期限：${text}`,
  agree: "同意使用人脸核验",
  refuse: "不同意，使用非人脸核验方式",
  more: "隐私说明全文",
  checkTitle: "摄像头检查",
  asking: "请在浏览器的提示中点“允许”。",
  good: "光线合适。请让脸在椭圆内，坐姿自然即可。",
  dark: "光线太暗。请开灯，或面向窗户坐。",
  bright: "光线太强或逆光。请避开强光。",
  choose: "选择摄像头",
  camera: (n: number) => `摄像头 ${n}`,
  start: "开始学习",
  again: "重试",
  wechat: "微信等应用内浏览器可能不提供摄像头。如无法打开，请点右上角菜单，选择“在浏览器打开”。",
  tokenFailed: "无法取得登录凭证。请稍后重试，或从课程页面重新进入。",
  region: "学习前的准备",
};

const en: typeof zh = {
  consentTitle: "Before you study: checking that it is you",
  consentIntro: "To confirm that you yourself are studying, this course can compare your face. This choice is separate from any other, and you can change it at any time.",
  points: [
    "For a capture the camera takes one picture, which is sent; in a movement check the pictures of those few seconds. No sound; expressions and gaze are not analysed.",
    "The picture is compared with your enrolled photo only. It is kept encrypted, for your institution's review and lawful inspection.",
    "It is deleted when its time is over. You can ask to see it, correct it, appeal, or withdraw your consent.",
    "You can study without agreeing: challenges on the screen are used instead, and no camera.",
  ],
  keptUntil: (text) => `Kept until: ${text}`,
  agree: "I agree to the face check",
  refuse: "I do not agree: study without it",
  more: "The whole privacy notice",
  checkTitle: "Camera check",
  asking: "Please choose “Allow” in the browser's prompt.",
  good: "The light is fine. Keep your face in the oval and sit as you like.",
  dark: "It is too dark. Turn on a light or face a window.",
  bright: "It is too bright or lit from behind. Turn away from the light.",
  choose: "Choose a camera",
  camera: (n) => `Camera ${n}`,
  start: "Start studying",
  again: "Try again",
  wechat: "Browsers inside apps such as WeChat may give no camera. If it does not open, use the menu at the top right and choose “Open in browser”.",
  tokenFailed: "The lesson could not be opened. Try again later, or open it again from the course page.",
  region: "Before the lesson",
};

export type GuardText = typeof zh;

export function guardText(locale: string): GuardText {
  return locale.startsWith("en") ? en : zh;
}
