import { width } from "../decimal";

interface Props {
  percent: string;
  label: string;
  tone: string;
}

export function Bar({ percent, label, tone }: Props) {
  const share = width(percent);
  return (
    <div
      class={`bar ${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share)}
    >
      <span style={{ transform: `scaleX(${share / 100})` }} />
    </div>
  );
}
