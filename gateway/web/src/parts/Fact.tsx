interface Props {
  name: string;
  value: string;
  title?: string;
}

export function Fact({ name, value, title }: Props) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="num" title={title}>
        {value}
      </dd>
    </div>
  );
}
