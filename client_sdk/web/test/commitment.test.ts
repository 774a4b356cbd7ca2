import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { commitmentTo } from "../src/core/commitment.ts";

test("the commitment is SHA-256 over the tag and the nonce, for every length that a nonce may have", () => {
  for (let length = 16; length <= 64; length++) {
    const nonce = randomBytes(length);
    const expected = createHash("sha256").update("vm/client-nonce/v1").update(nonce).digest("hex");
    assert.equal(commitmentTo(nonce.toString("hex")), expected, nonce.toString("hex"));
  }
});
