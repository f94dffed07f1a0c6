/** Canvases cannot read classes, so the theme's colours are read once from the page. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
