"""The sentence of each reason code, in both languages: it says what happened and what to do.

docs/reasons.md is generated from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from zaichang.core.reasons import ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A learner's sentence in both languages: the event, and the thing to do."""

    zh: str
    en: str


def _s(zh: str, en: str) -> Sentence:
    return Sentence(zh=zh, en=en)


_R = ReasonCode
SENTENCES: Final = MappingProxyType(
    {
        _R.NO_FACE: _s(
            "画面中没有人脸。请正对摄像头。",
            "No face was seen. Please sit in front of the camera and go on.",
        ),
        _R.MULTIPLE_FACES: _s(
            "镜头前不止一人。请独自学习。",
            "More than one face was close to the camera. Please study alone.",
        ),
        _R.BACKGROUND_FACE: _s("您身后有其他人，不影响计时。", "Someone was behind you; this costs you nothing."),
        _R.FACE_TOO_SMALL: _s("人脸太小。请坐近一些。", "Your face was too small. Please sit closer."),
        _R.FACE_CUT_OFF: _s(
            "人脸不完整。请调整摄像头。",
            "Your face was partly outside the picture. Please adjust the camera.",
        ),
        _R.FACE_OCCLUDED: _s(
            "面部被遮挡。请移开遮挡物。", "Your face was covered in part. Please remove what covers it."
        ),
        _R.FACE_MASKED: _s("请在核验时取下口罩。", "Please take off the mask for the check."),
        _R.POSE_TOO_FAR: _s("头部偏转过大。请正对屏幕。", "Your head was turned too far. Please face the screen."),
        _R.TOO_DARK: _s("光线太暗。请开灯或换个位置。", "It was too dark. Please turn on a light or move."),
        _R.TOO_BRIGHT: _s(
            "光线太强或逆光。请避开强光。", "It was too bright or lit from behind. Please turn away from the light."
        ),
        _R.BLURRED: _s(
            "画面模糊。请擦拭镜头，稍停不动。",
            "The picture was blurred. Please wipe the lens and hold still for a moment.",
        ),
        _R.CAMERA_COVERED: _s("摄像头被遮住。请检查镜头盖。", "The camera seemed covered. Please check its shutter."),
        _R.FRAME_UNREADABLE: _s(
            "画面无法读取。请刷新页面，仍不行请联系机构。",
            "The picture could not be read. Reload the page; tell your institution if it happens again.",
        ),
        _R.FRAME_TOO_LARGE: _s("画面过大。请更新播放器。", "The picture was too large. Please update the player."),
        _R.NOT_ANALYSED: _s(
            "系统繁忙，未及时分析画面。这段时间待人工审核。",
            "The service was busy and did not analyse the picture in time. A reviewer will look at this time.",
        ),
        _R.NOT_SAME_PERSON: _s(
            "多次抓拍与登记照片不符。请本人学习；如有误请申诉。",
            "Several captures did not match the enrolled photo. Please study in person, or appeal if this is wrong.",
        ),
        _R.IDENTITY_UNCERTAIN: _s(
            "抓拍不够清楚，无法确认本人。请正对镜头。",
            "The capture was not clear enough to confirm it was you. Please face the camera.",
        ),
        _R.REFERENCE_MISSING: _s(
            "尚未登记照片。请联系机构完成登记。", "No enrolled photo exists. Please ask your institution to enrol you."
        ),
        _R.REFERENCE_OUTDATED: _s(
            "登记照片的特征版本过旧，无法比对。请重新登记。",
            "Your reference was made by an older version and cannot be compared. Enrol again, or ask your institution.",
        ),
        _R.PAD_MISSING: _s(
            "未做活体检测，待人工审核。",
            "No liveness check was made; under the rules a reviewer looks at this time.",
        ),
        _R.PAD_ATTACK: _s(
            "画面像照片或屏幕，不像真人。请开灯，请本人面对镜头；如有误请申诉。",
            "The picture looked like a photo or a screen. Face the camera in even light, or appeal if this is wrong.",
        ),
        _R.LIVENESS_FAILED: _s(
            "动作核验未通过。请照提示做。", "The movement check was not passed. Please try again as shown."
        ),
        _R.DUPLICATE_FRAME: _s(
            "画面与之前相同。请使用实时摄像头。", "The picture equals an earlier one. Please use a live camera."
        ),
        _R.CAMERA_FROZEN: _s(
            "摄像头画面没有变化。请重新打开摄像头。", "The camera's picture did not change. Please reopen the camera."
        ),
        _R.CAMERA_CHANGED: _s(
            "摄像头已更换，需要重新核验本人。", "The camera changed, so we check again that it is you."
        ),
        _R.VIRTUAL_CAMERA: _s(
            "摄像头像是虚拟设备，需要补充核验。", "The camera looks like a virtual device; one more check is needed."
        ),
        _R.CAMERA_UNAVAILABLE: _s(
            "摄像头无法使用。请检查权限，或申请非人脸核验方式。",
            "The camera could not be used. Check its permission, or ask for the route without face recognition.",
        ),
        _R.FACE_IN_TWO_SESSIONS: _s(
            "另一账号以同一张脸同时学习，这段时间待人工审核。请只用一个账号；如有误请申诉。",
            "Another account with this face studied at the same time; a reviewer looks. Appeal if it is not you.",
        ),
        _R.CAPTURE_MISSED: _s(
            "未按时收到抓拍。请保持摄像头开启。", "No capture arrived in time. Please keep the camera on."
        ),
        _R.CAPTURE_LATE: _s(
            "抓拍画面到达过晚。请检查网络。", "The capture arrived too late. Please check the network."
        ),
        _R.CAME_WHEN_CALLED: _s("提示后才出现在画面中。", "You came only when called. Please stay in view."),
        _R.CAPTURE_NONCE: _s(
            "抓拍编号不符，画面未被采用。请刷新页面。",
            "The capture did not answer our request and was not used. Please reload the page.",
        ),
        _R.CHALLENGE_UNANSWERED: _s(
            "未按时回应验证弹窗。现在回答即可继续计时。",
            "The challenge was not answered in time. Confirm that you are here to go on.",
        ),
        _R.CHALLENGE_WRONG: _s("回答有误。请重新作答。", "The challenge was answered wrongly. Please answer again."),
        _R.CHALLENGE_TOO_FAST: _s(
            "回答过快，需换一种方式验证。",
            "The answer came faster than a person can react; another kind of check follows.",
        ),
        _R.CHALLENGE_TOO_REGULAR: _s(
            "多次回答的时间几乎相同，将由人工审核。",
            "Your answers took nearly the same time again and again; a reviewer will look.",
        ),
        _R.CHALLENGE_SAME_ANSWER: _s(
            "多次都选择同一位置的选项，将由人工审核。请看清选项后再选择。",
            "You chose the option at the same place again and again; a reviewer will look. Read the options first.",
        ),
        _R.PASSKEY_FAILED: _s(
            "确认未通过。请重试，或选择其他方式。",
            "That did not confirm you. Please try again, or choose another way.",
        ),
        _R.PASSKEY_MISSING: _s(
            "这段时间没有用通行密钥确认本人，将由人工审核。换了手机或设备丢失的，请联系机构。",
            "No passkey confirmed you for this time; a reviewer will look. New or lost device? Tell your institution.",
        ),
        _R.LIVENESS_NO_RESPONSE: _s(
            "没有看到要求的动作。看到提示后再做，幅度大一些。请避开强光。",
            "The movement was not seen. Wait for the prompt, then move clearly, without glare on glasses.",
        ),
        _R.LIVENESS_WRONG_ACTION: _s(
            "动作与提示不同。请照提示做。",
            "That was another movement than the one asked for. Please do just what the screen says.",
        ),
        _R.LIVENESS_TOO_EARLY: _s(
            "动作过早。请保持不动，看到提示后再做。",
            "You moved before the prompt. Please hold still first, and move once it is shown.",
        ),
        _R.LIVENESS_FLAT: _s(
            "画面像平面，没有看到头部转动。请本人面对镜头；如有误请申诉。",
            "The picture moved as if flat. Turn your own head before the camera, or appeal if this is wrong.",
        ),
        _R.LIVENESS_INTERRUPTED: _s(
            "动作核验中断。请点击按钮重做。",
            "The movement check was cut short. Press the button to do it again.",
        ),
        _R.LIVENESS_MISSING: _s(
            "这段时间之后没有通过动作核验，将由人工审核。下次请在结束前完成核验。",
            "No movement check was passed after this time, so a reviewer will look. Complete it before you leave.",
        ),
        _R.PLAYER_PAUSED: _s(
            "视频已暂停，不计时，也不扣时。", "The video was paused; a pause earns nothing and costs nothing."
        ),
        _R.PLAYER_STALLED: _s("视频在缓冲，这段时间不计时。", "The video was buffering; this time does not count."),
        _R.PAGE_HIDDEN: _s(
            "学习页面在后台，不计时。回到页面即可继续。",
            "The page was in the background; that time does not count. Come back to go on.",
        ),
        _R.PAGE_UNFOCUSED: _s("学习窗口失去焦点，请点击页面继续。", "The window lost focus. Click the page to go on."),
        _R.PICTURE_IN_PICTURE: _s(
            "小窗播放不计时。请关闭小窗，回到页面。",
            "The video floats in a small window; that time does not count. Put it back into the page.",
        ),
        _R.SECOND_SCREEN: _s(
            "接有扩展屏幕时不计时。请断开后继续。",
            "A second screen is connected; that time does not count. Disconnect it to go on.",
        ),
        _R.SEEK_FORWARD: _s(
            "首次学习不能快进，跳过的部分不计时。",
            "The first viewing cannot skip ahead; skipped parts do not count. Go on from where you were.",
        ),
        _R.RATE_TOO_FAST: _s(
            "播放过快，这一段不计时。请以正常速度播放。",
            "The video played faster than allowed; that part does not count. Go on from where you were.",
        ),
        _R.AHEAD_OF_LIVE: _s(
            "播放进度超前于直播，不计时。请刷新页面。",
            "The player was ahead of the live broadcast; that does not count. Please reload the page.",
        ),
        _R.LIVE_JUMP: _s(
            "直播跳到了新的位置，跳过的部分不计时。",
            "The live broadcast went on at another place; the part left out does not count.",
        ),
        _R.ALREADY_CREDITED: _s(
            "这部分已经计过时，重复观看不再累计。", "This part was counted before; watching again earns no more."
        ),
        _R.LESSON_ENDED: _s("本节已播放完毕。", "The lesson has ended."),
        _R.MEDIA_NOT_DELIVERED: _s(
            "没有查到这段视频的传输记录，将由人工审核。请在课程页面内正常播放视频。",
            "No record shows that this part of the video was sent to you; a reviewer will look. Play it on its page.",
        ),
        _R.NETWORK_GAP: _s("网络中断，仅中断的这段时间不计时。", "The network was down; only that gap does not count."),
        _R.HEARTBEAT_REJECTED: _s(
            "收到异常的进度报告，未被采用。请刷新页面。",
            "An invalid progress report was not used. Please reload the page.",
        ),
        _R.AWAITING_NONCE: _s(
            "正在准备，尚未计时；若一直如此，请刷新页面。",
            "The session is being prepared and nothing counts yet; if this stays, please reload the page.",
        ),
        _R.NONCE_REJECTED: _s(
            "播放器的数据与开始时的承诺不符，未被采用。请刷新页面。",
            "The player's data is not what it had committed to, and was not used. Please reload the page.",
        ),
        _R.AWAITING_PROOF: _s(
            "正在核验本人，通过后开始计时。", "We are checking that it is you; counting starts when that passes."
        ),
        _R.NO_CLOSING_PROOF: _s(
            "学习结束前没有再次确认本人在场，最后一小段不计时。",
            "Nothing confirmed you were present at the end, so the last short stretch does not count.",
        ),
        _R.SUPERSEDED: _s(
            "您在另一个页面或设备开始了学习，本页面停止计时。",
            "You started studying on another page or device, so this one stopped counting.",
        ),
        _R.SESSION_ABANDONED: _s(
            "长时间没有连接，学习已结束。之前已核验的时间不受影响。",
            "There was no connection for a long time, so the session ended. Time verified before is kept.",
        ),
        _R.SESSION_FINISHED: _s("学习已结束。", "The session has ended."),
        _R.SESSION_TIME_LIMIT: _s(
            "已达到单次学习时长上限，请休息后重新开始。",
            "The longest session has been reached. Take a rest and start again.",
        ),
        _R.STRIKES_EXHAUSTED: _s(
            "多次验证未通过，本次学习已结束。如有误请申诉。",
            "Too many checks failed, so the session ended. Appeal if this is wrong.",
        ),
        _R.NON_BIOMETRIC: _s("本次采用非人脸核验方式。", "This session used the route without face recognition."),
        _R.PAGE_TAMPERED: _s(
            "学习页面的脚本似乎被改动。请关闭修改网页的插件；这不会直接扣时，将由人工审核。",
            "The page seems altered. Please turn off extensions that change pages; nothing is lost, a reviewer looks.",
        ),
        _R.SHARED_DEVICE: _s(
            "同一设备上有多个账号学习，将由人工审核。", "Several accounts studied on one device; a reviewer will look."
        ),
        _R.FACE_OF_ANOTHER_ACCOUNT: _s(
            "抓拍与另一账号的登记照片相似，将由人工审核。",
            "A capture resembles another account's photo; a reviewer will look.",
        ),
        _R.SEVERAL_FACES: _s(
            "同一账号的抓拍像是不同的人，将由人工审核。",
            "The captures of one account seem to show different people; a reviewer will look.",
        ),
        _R.SHARED_ADDRESS: _s(
            "很多账号从同一网络地址学习。单位或校园网络常有这种情况，不影响计时，只供审核人员参考。",
            "Many accounts studied from one address, as offices and campuses do; nothing is lost, a reviewer may look.",
        ),
        _R.MANY_DEVICES: _s(
            "一天内在多台设备上学习，将由人工审核。",
            "The account studied on many devices within a day; a reviewer will look.",
        ),
        _R.PARALLEL_COURSES: _s(
            "多次同时打开不同课程。同一时间只有一门课计时，将由人工审核。",
            "Different lessons were opened at once, again and again. Only one counts at a time; a reviewer will look.",
        ),
        _R.APPEALED: _s("您已提出申诉，将由审核人员答复。", "You appealed; a reviewer will answer."),
        _R.REVIEW_GRANTED: _s(
            "审核人员看过记录，确认您在场，这段时间已计入。",
            "A reviewer looked at the record and confirmed that you were there; this time now counts.",
        ),
        _R.REVIEW_REFUSED: _s(
            "审核人员看过记录，不能确认您在场，这段时间未计入。如有异议请申诉。",
            "A reviewer looked at the record and could not confirm that you were there. Appeal if this is wrong.",
        ),
        _R.DELIVERY_CONFIRMED: _s(
            "视频传输记录已补到，这段时间已计入。",
            "The record that the video was sent to you came; this time now counts.",
        ),
        _R.MOVEMENTS_FOLLOWED: _s(
            "您回来后通过了动作核验，离开前的这段时间已计入。",
            "You came back and passed a movement check; the time before you left now counts.",
        ),
        _R.SERVICE_FAULT: _s(
            "这是我方服务的故障，这段时间已计入。", "This was a fault of the service; the time now counts."
        ),
        _R.REVOKED_PROXY: _s(
            "经两名工作人员核实，这段时间是他人代学，学时已撤销。如有异议请申诉。",
            "Two people found that another person studied here; this time was taken back. Appeal if this is wrong.",
        ),
        _R.REVOKED_FRAUD: _s(
            "经两名工作人员核实，这段学时以不正当手段取得，已撤销。如有异议请申诉。",
            "Two people found that this time was obtained improperly; it was taken back. Appeal if this is wrong.",
        ),
        _R.REVOKED_ERROR: _s(
            "这段时间因记录有误而撤销，同样的内容可以再学并计时。如有异议请申诉。",
            "This time was recorded in error and taken back; you can earn it again. Appeal if this is wrong.",
        ),
        _R.REVOKED_YEAR: _s(
            "因弄虚作假，您这一年度的学时已全部撤销。如有异议请申诉。",
            "All your time of this year was taken back because of cheating. Appeal if this is wrong.",
        ),
    }
)
"""Every code's sentence. Receipts quote the sentences of session ends word for word: never change those."""
