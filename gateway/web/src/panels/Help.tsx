import { useEffect, useRef } from "preact/hooks";
import { helpOpen, SHORTCUTS } from "../keys";

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => (helpOpen.value = false)}>
      <header>
        <h2 id="help-title">Keyboard shortcuts</h2>
        <button type="button" class="quiet" onClick={() => (helpOpen.value = false)}>
          Close
        </button>
      </header>
      <dl>
        {SHORTCUTS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key, n) => (
                <span key={key}>
                  {n > 0 && (keys[0] === "1" ? " to " : " or ")}
                  <kbd>{key}</kbd>
                </span>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <footer>
        <p>
          TradingView Lightweight Charts{"\u2122"}. Copyright {"\u00A9"} 2025 TradingView, Inc.{" "}
          <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
            tradingview.com
          </a>
        </p>
        <p>
          <a href="./licences.txt" target="_blank" rel="noreferrer">
            Licences of the parts this page is made with
          </a>
        </p>
      </footer>
    </dialog>
  );
}
