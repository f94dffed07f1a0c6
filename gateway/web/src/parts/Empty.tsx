import type { ComponentChildren } from "preact";

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

export function Loading({ lines }: { lines: number }) {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, n) => (
        <span key={n} style={{ width: `${88 - ((n * 29) % 45)}%` }} />
      ))}
    </div>
  );
}
