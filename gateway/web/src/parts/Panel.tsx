import type { ComponentChildren } from "preact";

interface Props {
  name: string;
  title: string;
  class?: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}

export function Panel({ name, title, class: extra = "", aside, children }: Props) {
  return (
    <section class={`panel ${name} ${extra}`} aria-labelledby={`${name}-title`} data-panel={name}>
      <header class="panel-head">
        <h2 id={`${name}-title`}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
