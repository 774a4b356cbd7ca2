import { useEffect, useRef, useState } from "react";
import { attach, type SdkError, type Status } from "@zaichang/web";

interface Props {
  src: string;
  /** Address of the service's websocket. */
  url: string;
  /** Asks your server for a launch token; called again when one expires. */
  fetchToken: () => Promise<string>;
  onMinute?: (index: number, verdict: string) => void;
}

/** A lesson's video whose watching counts. */
export function StudyVideo({ src, url, fetchToken, onMinute }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const latest = useRef({ fetchToken, onMinute });
  latest.current = { fetchToken, onMinute };
  const [status, setStatus] = useState<Status | null>(null);
  const [error, setError] = useState<SdkError | null>(null);

  useEffect(() => {
    if (video.current === null) return;
    const session = attach(video.current, { url, token: () => latest.current.fetchToken() });
    session.on("status", (event) => setStatus(event.status));
    session.on("minute", ({ minute }) => latest.current.onMinute?.(minute.index, minute.verdict));
    session.on("error", (event) => {
      if (event.error.fatal) setError(event.error);
    });
    return () => session.destroy();
  }, [url, src]);

  return (
    <figure>
      <video ref={video} src={src} controls playsInline />
      <figcaption>
        {error !== null ? error.message : status?.counting === true ? `${Math.floor(status.verifiedMs / 60_000)} min` : status?.reason}
      </figcaption>
    </figure>
  );
}
