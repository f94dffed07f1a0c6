import { sign, signed } from "../decimal";

interface Props {
  value: string;
  digits?: number;
  unit?: string;
  arrow?: boolean;
}

const TONE = { [-1]: "loss", 0: "flat", 1: "gain" } as const;
const ARROW = { [-1]: "\u25BC", 0: "", 1: "\u25B2" } as const;

/** Colour repeats what the sign already says; it never says it alone. */
export function Signed({ value, digits = 2, unit = "", arrow = false }: Props) {
  const way = sign(value);
  return (
    <span class={`num ${TONE[way]}`}>
      {arrow && <Arrow way={way} />}
      {signed(value, digits)}
      {unit}
    </span>
  );
}

export function Arrow({ way }: { way: -1 | 0 | 1 }) {
  return (
    <span class={`arrow ${TONE[way]}`} aria-hidden="true">
      {ARROW[way] || "\u00A0"}
    </span>
  );
}
