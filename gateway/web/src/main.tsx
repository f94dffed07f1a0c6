import { render } from "preact";
import { getMeta } from "./api";
import { App } from "./app";
import { backoff } from "./backoff";
import { listenToKeys } from "./keys";
import { connect, meta, metaError } from "./live";
import { follow } from "./selection";
import { showTitle } from "./title";
import "uplot/dist/uPlot.min.css";
import "./styles/theme.css";
import "./styles/layout.css";
import "./styles/parts.css";
import "./styles/account.css";
import "./styles/ticket.css";
import "./styles/lists.css";

async function begin(attempt = 0): Promise<void> {
  try {
    const given = await getMeta();
    const address = new URL(given.ws, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    metaError.value = null;
    meta.value = given;
    connect(address.href);
  } catch (error) {
    metaError.value = error instanceof Error ? error.message : String(error);
    setTimeout(() => void begin(attempt + 1), backoff(attempt));
  }
}

follow();
listenToKeys();
showTitle();
render(<App />, document.getElementById("app")!);
void begin();
