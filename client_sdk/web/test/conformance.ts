/**
 * The other side of tests/unit/protocol/test_messages_conformance.py: answers each line of its input with one line.
 *
 * {"decode": text} gives the decoded message, or {"refused": code}; {"encode": fields} gives the text of a client's message.
 */
import { readFileSync } from "node:fs";
import { decodeServer, encodeClient } from "../src/core/codec.ts";
import type { ClientMessage } from "../src/core/wire.ts";

type Task = { decode: string } | { encode: ClientMessage };

for (const line of readFileSync(0, "utf8").split("\n")) {
  if (line === "") continue;
  const task = JSON.parse(line) as Task;
  if ("encode" in task) {
    console.log(JSON.stringify({ text: encodeClient(task.encode) }));
  } else {
    const decoded = decodeServer(task.decode);
    console.log(JSON.stringify(decoded.ok ? { message: decoded.message } : { refused: decoded.code }));
  }
}
