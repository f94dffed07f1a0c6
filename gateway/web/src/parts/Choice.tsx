interface Props<T extends string> {
  name: string;
  legend: string;
  value: T;
  options: readonly { value: T; label: string; class?: string }[];
  onChange: (value: T) => void;
}

/** Radio buttons drawn as one segmented control, so that arrow keys and readers treat it as a choice. */
export function Choice<T extends string>({ name, legend, value, options, onChange }: Props<T>) {
  return (
    <fieldset class="choice">
      <legend class="hidden">{legend}</legend>
      {options.map((option) => (
        <label key={option.value} class={option.class ?? ""}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
