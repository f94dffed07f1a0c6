import { link, meta, metaError } from "./live";
import { AccountCard } from "./panels/AccountCard";
import { Banner } from "./panels/Banner";
import { BoardPanel } from "./panels/Board";
import { EquityPanel } from "./panels/Equity";
import { Events } from "./panels/Events";
import { Help } from "./panels/Help";
import { Limits } from "./panels/Limits";
import { Objectives } from "./panels/Objectives";
import { Orders } from "./panels/Orders";
import { Positions } from "./panels/Positions";
import { PricePanel } from "./panels/Price";
import { Ticket } from "./panels/Ticket";
import { TopBar } from "./panels/TopBar";

export function App() {
  const cut = meta.value !== null && (link.value.state === "waiting" || link.value.state === "stale");
  return (
    <div class={cut ? "page cut" : "page"}>
      <TopBar />
      {metaError.value !== null && (
        <p class="notice" role="alert">
          The engine does not answer yet ({metaError.value}). Trying again.
        </p>
      )}
      <main>
        <div class="account-column">
          <div class="column">
            <AccountCard />
            <Banner />
            <Limits />
            <Objectives />
            <Positions />
            <Orders />
          </div>
          <Ticket />
        </div>
        <PricePanel />
        <EquityPanel />
        <Events />
        <BoardPanel />
      </main>
      <Help />
    </div>
  );
}
