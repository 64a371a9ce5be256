// Where the moderators' panel stands: in the studio, and in a drawer beside the show's chat.

import { api } from "./api.js";
import { auth } from "./auth.js";
import { part, setOptional } from "./dom.js";
import { ModerationPanel } from "./moderation-panel.js";

/** Asks whether a stream has tickets, until it has. */
function sellsTickets(streamId) {
  let sells = false;
  return async () => {
    try {
      sells ||= (await api.tickets(streamId)).length > 0;
    } catch {
      // not now: it is asked again
    }
    return sells;
  };
}

/** The panel in the studio, told by `client`. Wake it when its owner is there. */
export function moderateInStudio(root, client, roomId) {
  const panel = new ModerationPanel(root, { roomId, sells: sellsTickets(roomId) });
  client.addEventListener("push", ({ detail }) => panel.take(detail.push));
  return panel;
}

/**
 * The drawer on the page of a show, for those alone who moderate: `chat` is the section with the
 * button, `client` the one that is connected to the room.
 */
export function moderateBesideShow(chat, client, roomId) {
  const button = part(chat, "moderate");
  const drawer = document.getElementById("moderation-drawer");
  const panel = new ModerationPanel(drawer, { roomId, sells: sellsTickets(roomId) });
  panel.open = false;

  const follow = () => {
    const moderates = auth.user !== null && client.state !== "closed" && client.room.moderates;
    if (moderates === !button.hidden) return;
    button.hidden = !moderates;
    if (moderates) panel.wake();
    else {
      drawer.close();
      panel.sleep();
    }
  };
  for (const event of ["state", "change", "push"]) client.addEventListener(event, follow);
  client.addEventListener("push", ({ detail }) => panel.take(detail.push));
  panel.addEventListener("count", ({ detail }) => {
    setOptional(part(button, "moderate-count"), detail.text);
  });
  button.addEventListener("click", () => {
    panel.open = true;
    drawer.showModal();
  });
  drawer.addEventListener("close", () => {
    panel.open = false;
  });
  drawer.addEventListener("click", (event) => {
    if (event.target === drawer) drawer.close(); // the backdrop
  });
  follow();
}
