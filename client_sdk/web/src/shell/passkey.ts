/** Passkeys (WebAuthn): the learner's device confirms its owner, by finger, face or PIN. */
import type { ChallengeOrder, PasskeyAssertion } from "../core/wire.ts";

export type PasskeySigned = Omit<PasskeyAssertion, "t" | "challenge_id">;

export function canUsePasskeys(): boolean {
  return typeof PublicKeyCredential === "function" && isSecureContext;
}

/** Have the device sign an order; null where the learner closed the browser's prompt or the device has no such passkey. */
export async function signPasskey(order: ChallengeOrder): Promise<PasskeySigned | null> {
  const allowCredentials = order.options.map((id) => ({ type: "public-key" as const, id: bytesOf(id) }));
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: bytesOf(order.nonce), rpId: order.rp_id, userVerification: "required", timeout: order.within_ms, allowCredentials,
  };
  try {
    const { id, response } = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    const { clientDataJSON, authenticatorData, signature } = response as AuthenticatorAssertionResponse;
    return { credential_id: id, client_data: textOf(clientDataJSON), authenticator_data: textOf(authenticatorData), signature: textOf(signature) };
  } catch {
    return null;
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function textOf(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
