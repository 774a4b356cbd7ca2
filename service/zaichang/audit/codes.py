"""The meaning of each finding's code, in Chinese and English. docs/evidence.md lists this table."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A code's meaning."""

    zh: str
    en: str


def _m(zh: str, en: str) -> Meaning:
    return Meaning(zh=zh, en=en)


MEANINGS: Final = MappingProxyType(
    {
        "E_NOTE_SIG": _m(
            "检查点的签名不对，或没有可信的签名。", "The checkpoint's signature is wrong, or no trusted key signed it."
        ),
        "E_NOTE_FORMAT": _m("检查点不是合格的签名文本。", "The checkpoint is not a well-formed signed note."),
        "E_CHECKPOINT": _m("检查点的内容格式不对。", "The checkpoint's text is malformed."),
        "E_ORIGIN": _m("记录属于另一份日志。", "The record belongs to another log."),
        "E_KEY": _m(
            "只有已停用或已吊销的密钥签了这个检查点。",
            "Only a key that had been retired or revoked signed this checkpoint.",
        ),
        "E_FUTURE": _m(
            "检查点的见证时间晚于本机现在的时间（请先核对本机时钟）。",
            "The checkpoint is cosigned at a time still to come by this computer's clock (check the clock first).",
        ),
        "E_QUORUM": _m("见证方的签名不够。", "Too few witnesses have cosigned the checkpoint."),
        "E_FORK": _m(
            "同一长度有两个不同的签名，日志被分叉。", "Two different roots are signed for one size: the log was forked."
        ),
        "E_CONSISTENCY": _m(
            "日志与之前签过的检查点不一致，历史被改动。",
            "The log contradicts a checkpoint signed earlier: history was changed.",
        ),
        "E_STAMP": _m(
            "时间戳无法用所给的证书核验，或日志没有时间戳。",
            "A time stamp cannot be checked with the certificates that were given, or the log keeps none.",
        ),
        "E_TILE": _m(
            "日志文件（哈希块或记录包）被改动、截断或缺失。",
            "A file of the log (tile or bundle) was changed, cut off or is missing.",
        ),
        "E_LEAF_HASH": _m("这条记录的内容与日志中的哈希不符。", "The record's bytes do not match the hash in the log."),
        "E_INCLUSION": _m(
            "这条记录不在签过名的日志里，或内容被改。", "The record is not in the log that was signed, or was changed."
        ),
        "E_CANON": _m("记录不是规范写法，或一行被破坏。", "A record is not in canonical form, or a line is damaged."),
        "E_SCHEMA": _m(
            "记录缺少字段、多出字段或字段值不允许。",
            "A record lacks a field, has one too many, or a value is not allowed.",
        ),
        "E_CHAIN": _m("同一次学习的记录前后接不上。", "A session's records do not follow from one another."),
        "E_SEQ_GAP": _m("同一次学习的记录有缺号。", "A record of the session is missing."),
        "E_ORPHAN_START": _m("这次学习没有结束记录。", "The session has no final record."),
        "E_TIME_LOW": _m(
            "记录的时间早于它之前的记录，或引用了当时还不存在的检查点。",
            "The record is dated before the one it follows, or names a checkpoint that did not exist yet.",
        ),
        "E_TIME_LATE": _m(
            "记录的时间晚于见证方看到它的时间，或进入日志过晚。",
            "The record is dated after a witness had seen it, or entered the log too late.",
        ),
        "E_OPENING": _m("公开的内容与当时承诺的不符。", "The opened content is not what was committed to."),
        "E_EVENTS_ROOT": _m(
            "事件或分钟记录与日志中的汇总哈希不符。", "Events or minute records do not give the root in the log."
        ),
        "E_MINUTES": _m(
            "分钟结论或合计与记录、规则不符，或回执上的句子、二维码与记录不符。",
            "Verdicts or sums do not agree with the records or the rules, or a receipt's sentence or QR code does not.",
        ),
        "E_AMEND": _m(
            "事后更正与它所更正的记录不符。", "A later change of credit does not fit the record that it changes."
        ),
        "E_SCHED": _m("抓拍计划与开始时的承诺不符。", "The capture schedule is not the one committed to at the start."),
        "E_CAPTURE_MISSED": _m("计划要求的抓拍没有出现。", "A capture that the schedule demanded is missing."),
        "E_CAPTURE_UNDEMANDED": _m(
            "有一次抓拍不是计划要求的。", "A capture was analysed that the schedule had not demanded."
        ),
        "E_CAPTURE": _m("保存的抓拍不是当时的那一张。", "A kept capture is not the picture that was committed to."),
        "E_CAPTURE_GONE": _m(
            "抓拍在保存期满之前已经没有了。", "A kept capture is missing before its time of keeping has ended."
        ),
        "E_LIVENESS": _m(
            "动作核验的结论不能由记录的几何数据得出，或缺少这些数据。",
            "The result of a liveness try does not follow from its recorded geometry, or the geometry is missing.",
        ),
        "E_PASSKEY": _m(
            "通行密钥的结论不能由记录的签名得出。",
            "The recorded result of a passkey does not follow from its recorded assertion.",
        ),
        "E_POLICY": _m(
            "规则文件缺失或不是当时使用的规则。", "The policy is missing, or is not the one that was in force."
        ),
        "E_DOUBLE": _m(
            "同一学员的同一段内容或同一段时间被计了两次学时。",
            "One learner is credited twice for the same media or for the same time.",
        ),
        "E_PERIOD": _m(
            "记录所写的计学时年度与学习开始的时间不符，或与打开的记录不同。",
            "The period in which a session counts does not hold its start, or is another than the opened record's.",
        ),
        "E_INCOMPLETE": _m(
            "这一时段的记录不完整：有学习被漏掉，或无法证明没有漏掉。",
            "The bundle of a period leaves out a session, or does not show that it leaves out none.",
        ),
        "E_EXPIRED": _m("公钥文件已过有效期，请取得新的一份。", "The trust file has ended; a newer one is needed."),
        "E_VOID": _m("这次学习已被机构作废，不计学时。", "The institution voided this session; it counts for nothing."),
        "E_REVOKED": _m(
            "这份材料作出之后（或其中），部分学时已被撤销。",
            "Time that the file states was taken back later.",
        ),
        "E_CERTIFICATE": _m(
            "这份证明已被撤销，或已被新的证明取代。",
            "The certificate was revoked, or a later one stands in its place.",
        ),
        "E_BADGE": _m(
            "徽章与它的证明不一致，或缺少证明、有效的状态清单，无法核对。",
            "The badge is not what its certificate gives, or lacks the certificate or a status list of now.",
        ),
        "E_PAGE": _m(
            "PDF 页面与所附数据不一致，或无法逐字节核对。以数据为准，不以页面为准。",
            "The pages of the PDF differ from its data, or cannot be compared byte for byte. The data counts.",
        ),
        "E_RULES": _m(
            "记录所用的规则版本与本程序不同，无法用本程序重算。",
            "The record was made under a version of the rules that this release does not replay.",
        ),
        "E_DRAW": _m("抽样结果与公开的种子不符。", "The sample is not what the public seed gives."),
        "E_PROJECT": _m(
            "有学习记录的课程没有在日志中公布为项目。", "A course has sessions and no published project in the log."
        ),
        "E_NOT_PRODUCED": _m("被抽中的记录没有提交。", "A drawn record was not produced."),
        "E_FORMAT": _m("文件格式不对或不完整。", "The file is not of the expected format, or is incomplete."),
        "E_ENCODING": _m("编码不规范。", "A value is not properly encoded."),
        "E_VKEY": _m("公钥行不对。", "A verifier key line is wrong."),
        "E_TRUST": _m("信任文件有误。", "The trust file is wrong."),
        "E_WITNESS_REQUEST": _m("给见证方的请求格式不对。", "A request to a witness is malformed."),
        "E_WITNESS_REFUSED": _m("见证方拒绝签名。", "A witness refused to cosign."),
        "E_PROOF_FORMAT": _m("证明文本格式不对。", "The proof text is malformed."),
    }
)
"""Code to meaning; a test checks that it is complete."""
