/** One websocket at a time; events of an abandoned one are not heard. */

export interface SocketEvents {
  opened(): void;
  text(text: string): void;
  lost(code: number): void;
}

/** Make a websocket address of the page's address: relative, http(s) or ws(s). Null where it is none. */
export function socketUrl(url: string, base: string): string | null {
  try {
    const parsed = new URL(url, base);
    if (parsed.protocol === "http:") parsed.protocol = "ws:";
    else if (parsed.protocol === "https:") parsed.protocol = "wss:";
    return parsed.protocol === "ws:" || parsed.protocol === "wss:" ? parsed.href : null;
  } catch {
    return null;
  }
}

export class Socket {
  private socket: WebSocket | null = null;

  constructor(
    private readonly url: string,
    private readonly events: SocketEvents,
  ) {}

  connect(): void {
    this.drop();
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      // A content security policy or mixed content; reported like an unreachable service, but not within this call.
      queueMicrotask(() => this.events.lost(1006));
      return;
    }
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.events.opened();
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "string") this.events.text(data);
    };
    socket.onclose = ({ code }) => {
      this.socket = null;
      this.events.lost(code);
    };
  }

  send(data: string | Uint8Array<ArrayBuffer>): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(data);
    return true;
  }

  /** Bytes given to the socket that have not left yet. */
  get waitingBytes(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  /** Close and report the loss at once: a dead network may take minutes to say so. */
  disconnect(): void {
    if (this.socket === null) return;
    this.drop();
    queueMicrotask(() => this.events.lost(1006));
  }

  /** Close without a word. */
  drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }
}
